"""The terminal: replies drawn with Rich, and a loop to talk in."""
