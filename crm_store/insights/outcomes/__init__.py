"""Probabilities of a yes or no learned from the past: does this customer leave, is this deal won."""
