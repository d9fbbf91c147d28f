"""Contacts have a birthday."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.add_column(sa.Column("birthday", sa.String(length=5), nullable=True))
        batch_op.create_index(batch_op.f("ix_contact_birthday"), ["birthday"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_birthday"))
        batch_op.drop_column("birthday")
