"""Rapport in Slack."""
