"""Slack: where a message was said, and the workspaces the app is installed in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inbox", sa.Column("place", sa.JSON(), nullable=True))
    op.create_table(
        "slack_installation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("installed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slack_installation")),
        sa.UniqueConstraint("key", name=op.f("uq_slack_installation_key")),
    )


def downgrade() -> None:
    op.drop_table("slack_installation")
    with op.batch_alter_table("inbox") as inbox:
        inbox.drop_column("place")
