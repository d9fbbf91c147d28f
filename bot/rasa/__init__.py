"""The second engine: a Rasa server understands messages and follows the rules; our handlers do the work."""
