"""Fixtures of the store's tests."""

from __future__ import annotations

from tests.postgres import postgres_server, postgres_url, postgres_url_for_module

__all__ = ["postgres_server", "postgres_url", "postgres_url_for_module"]
