"""Fixtures of the channels' tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_store.store import Store
from tests.bot.channels.served import ServedChat, make_company


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = make_company(f"sqlite:///{tmp_path}/crm.db")
    yield store
    store.close()


@pytest.fixture
def chat(store: Store, tmp_path: Path) -> Iterator[ServedChat]:
    with ServedChat(store, tmp_path) as chat:
        yield chat
