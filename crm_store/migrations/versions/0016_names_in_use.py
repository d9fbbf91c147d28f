"""The sources, reasons, industries and the like that are in use are found without reading every record."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_INDEXED = (
    ("deal", "source"),
    ("deal", "lost_reason"),
    ("account", "industry"),
    ("ticket", "category"),
    ("address", "country"),
)


def upgrade() -> None:
    for table, column in _INDEXED:
        op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    for table, column in _INDEXED:
        op.drop_index(f"ix_{table}_{column}", table)
