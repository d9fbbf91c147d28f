"""Automation rules: what one says, which occurrences it is about, and whether a record fits it."""
