"""Automation rules at work: finding what they are about, acting as their owners, and reaching the outside."""
