"""The rules of conversation: what Rasa's files say, and what follows from a message in a state."""
