"""A colleague may work on other days than Monday to Friday."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attention", sa.Column("work_days", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("attention", schema=None) as batch_op:
        batch_op.drop_column("work_days")
