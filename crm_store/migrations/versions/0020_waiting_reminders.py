"""Reminders that wait are found without looking at those of the past."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_task_remind_at", "task")
    op.create_index("ix_task_waiting_remind_at", "task", ["reminded_at", "done_at", "remind_at"])


def downgrade() -> None:
    op.drop_index("ix_task_waiting_remind_at", "task")
    op.create_index("ix_task_remind_at", "task", ["remind_at"])
