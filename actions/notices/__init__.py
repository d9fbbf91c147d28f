"""What the assistant says unasked, in words: one module per kind of notice."""
