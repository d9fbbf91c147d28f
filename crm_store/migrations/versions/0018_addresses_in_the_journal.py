"""Addresses are records: journaled, versioned, deleted by marking."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("address", schema=None) as batch_op:
        batch_op.add_column(sa.Column("created_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    # Nobody wrote down since when an address is known: since its owner is.
    op.execute(
        "UPDATE address SET created_at = COALESCE("
        "(SELECT created_at FROM contact WHERE contact.id = address.contact_id), "
        "(SELECT created_at FROM account WHERE account.id = address.account_id), CURRENT_TIMESTAMP)"
    )
    with op.batch_alter_table("address", schema=None) as batch_op:
        batch_op.alter_column("created_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        batch_op.alter_column("version", existing_type=sa.Integer(), server_default=None)
        batch_op.create_index(batch_op.f("ix_address_created_at"), ["created_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("address", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_address_created_at"))
        batch_op.drop_column("version")
        batch_op.drop_column("deleted_at")
        batch_op.drop_column("created_at")
