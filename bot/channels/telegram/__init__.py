"""Telegram: updates in by long polling or webhook, answers out within the platform's limits."""
