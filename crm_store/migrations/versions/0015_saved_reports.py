"""Reports kept under a name, and when they are sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("recurrence", sa.String(), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_saved_report_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_report")),
        sa.UniqueConstraint("owner_id", "name_key", name=op.f("uq_saved_report_owner_id_name_key")),
    )
    with op.batch_alter_table("saved_report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_saved_report_next_at"), ["next_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("saved_report", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_saved_report_next_at"))
    op.drop_table("saved_report")
