"""Proposals that others approve."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_ADDED = ("sort", "needs", "inbox_id", "entry_id", "told_at")


def upgrade() -> None:
    with op.batch_alter_table("proposal") as batch_op:
        batch_op.add_column(sa.Column("sort", sa.String(), server_default=sa.text("''"), nullable=False))
        batch_op.add_column(sa.Column("needs", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("inbox_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("entry_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_proposal_inbox_id"), "inbox", ["inbox_id"], ["id"])
        batch_op.create_foreign_key(batch_op.f("fk_proposal_entry_id"), "journal_entry", ["entry_id"], ["id"])

    op.create_table(
        "approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_approval_proposal_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_approval_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
        sa.UniqueConstraint("proposal_id", "user_id", name=op.f("uq_approval_proposal_id_user_id")),
    )
    with op.batch_alter_table("approval") as batch_op:
        batch_op.create_index(batch_op.f("ix_approval_user_id"), ["user_id"])


def downgrade() -> None:
    op.drop_table("approval")
    with op.batch_alter_table("proposal") as batch_op:
        batch_op.drop_constraint("fk_proposal_entry_id", type_="foreignkey")
        batch_op.drop_constraint("fk_proposal_inbox_id", type_="foreignkey")
        for column in _ADDED:
            batch_op.drop_column(column)
