"""What was won and lost by whom in a period is read from an index alone."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_NAME = "ix_deal_owner_closed"
_COLUMNS = ["owner_id", "closed_at", "stage_id", "deleted_at", "currency", "amount", "created_at"]


def upgrade() -> None:
    op.create_index(_NAME, "deal", _COLUMNS)


def downgrade() -> None:
    op.drop_index(_NAME, "deal")
