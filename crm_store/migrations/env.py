"""Alembic's entry point: runs revisions on the connection that ``crm_store.schema`` hands over."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext

from crm_store.models import Base  # with all tables: crm_store.base alone has none
from crm_store.types import ExactAmount, UtcDateTime


def render_item(kind: str, item: Any, autogen_context: AutogenContext) -> str | Literal[False]:
    """Write our column types as the plain types they are stored as: a revision must not change when our code does."""
    if kind == "type":
        if isinstance(item, ExactAmount):
            return "sa.BigInteger()"
        if isinstance(item, UtcDateTime):
            return "sa.DateTime(timezone=True)"
        if isinstance(item, sa.Enum):
            return f"sa.String(length={item.length})"
    return False


def run(connection: sa.Connection) -> None:
    """Run what the command asked for, in one transaction."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_item=render_item,
        render_as_batch=True,  # SQLite cannot alter most of a table: batch mode copies it there, and alters it elsewhere
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
