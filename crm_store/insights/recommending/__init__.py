"""What a customer may want next, judged on purchases that were kept back."""
