"""The steps of deals from stage to stage are added up from an index."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("stage_change", schema=None) as batch_op:
        batch_op.create_index("ix_stage_change_steps", ["deal_id", "to_stage_id", "from_stage_id", "at"], unique=False)
        batch_op.drop_index("ix_stage_change_deal_id")


def downgrade() -> None:
    with op.batch_alter_table("stage_change", schema=None) as batch_op:
        batch_op.create_index("ix_stage_change_deal_id", ["deal_id"], unique=False)
        batch_op.drop_index("ix_stage_change_steps")
