"""Scores of customers and deals with the models behind them, the pipeline day by day, and a deal's own category."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scoring_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("today", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("customers", sa.Integer(), nullable=False),
        sa.Column("deals", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scoring_run")),
    )
    with op.batch_alter_table("scoring_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_scoring_run_finished_at"), ["finished_at"], unique=False)

    op.create_table(
        "segment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment")),
        sa.UniqueConstraint("key", name=op.f("uq_segment_key")),
    )
    op.create_table(
        "snapshot_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_snapshot_day")),
    )
    op.create_table(
        "score_model",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("task", sa.String(length=32), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["scoring_run.id"], name=op.f("fk_score_model_run_id")),
        sa.PrimaryKeyConstraint("run_id", "task", name=op.f("pk_score_model")),
    )
    op.create_table(
        "account_score",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("churn", sa.Double(), nullable=True),
        sa.Column("churn_before", sa.Double(), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("first_order_on", sa.Date(), nullable=True),
        sa.Column("last_order_on", sa.Date(), nullable=True),
        sa.Column("usual_days", sa.Integer(), nullable=True),
        sa.Column("order_days", sa.Integer(), nullable=False),
        sa.Column("revenue", sa.BigInteger(), nullable=False),
        sa.Column("revenue_year", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("simple_value", sa.BigInteger(), nullable=True),
        sa.Column("expected_orders", sa.Double(), nullable=True),
        sa.Column("order_value", sa.BigInteger(), nullable=True),
        sa.Column("alive", sa.Double(), nullable=True),
        sa.Column("recency_score", sa.Integer(), nullable=True),
        sa.Column("frequency_score", sa.Integer(), nullable=True),
        sa.Column("spend_score", sa.Integer(), nullable=True),
        sa.Column("segment", sa.String(), nullable=True),
        sa.Column("cluster", sa.Integer(), nullable=True),
        sa.Column("offers", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_score_account_id")),
        sa.ForeignKeyConstraint(["run_id"], ["scoring_run.id"], name=op.f("fk_account_score_run_id")),
        sa.PrimaryKeyConstraint("run_id", "account_id", name=op.f("pk_account_score")),
    )
    with op.batch_alter_table("account_score", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_score_account_id"), ["account_id"], unique=False)
        batch_op.create_index("ix_account_score_run_id_churn", ["run_id", "churn"], unique=False)
        batch_op.create_index("ix_account_score_run_id_segment", ["run_id", "segment"], unique=False)
        batch_op.create_index("ix_account_score_run_id_value", ["run_id", "value"], unique=False)

    op.create_table(
        "deal_score",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("deal_id", sa.Integer(), nullable=False),
        sa.Column("win", sa.Double(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_deal_score_deal_id")),
        sa.ForeignKeyConstraint(["run_id"], ["scoring_run.id"], name=op.f("fk_deal_score_run_id")),
        sa.PrimaryKeyConstraint("run_id", "deal_id", name=op.f("pk_deal_score")),
    )
    with op.batch_alter_table("deal_score", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deal_score_deal_id"), ["deal_id"], unique=False)

    op.create_table(
        "deal_snapshot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deal_id", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("close_date", sa.Date(), nullable=True),
        sa.Column("category", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_deal_snapshot_deal_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_deal_snapshot_owner_id")),
        sa.ForeignKeyConstraint(["stage_id"], ["stage.id"], name=op.f("fk_deal_snapshot_stage_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_snapshot")),
    )
    with op.batch_alter_table("deal_snapshot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deal_snapshot_deal_id"), ["deal_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_deal_snapshot_first_day"), ["first_day"], unique=False)
        batch_op.create_index(batch_op.f("ix_deal_snapshot_last_day"), ["last_day"], unique=False)
        batch_op.create_index(batch_op.f("ix_deal_snapshot_owner_id"), ["owner_id"], unique=False)

    with op.batch_alter_table("deal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("forecast_category", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("forecast_reason", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("deal", schema=None) as batch_op:
        batch_op.drop_column("forecast_reason")
        batch_op.drop_column("forecast_category")

    with op.batch_alter_table("deal_snapshot", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deal_snapshot_owner_id"))
        batch_op.drop_index(batch_op.f("ix_deal_snapshot_last_day"))
        batch_op.drop_index(batch_op.f("ix_deal_snapshot_first_day"))
        batch_op.drop_index(batch_op.f("ix_deal_snapshot_deal_id"))

    op.drop_table("deal_snapshot")
    with op.batch_alter_table("deal_score", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deal_score_deal_id"))

    op.drop_table("deal_score")
    with op.batch_alter_table("account_score", schema=None) as batch_op:
        batch_op.drop_index("ix_account_score_run_id_value")
        batch_op.drop_index("ix_account_score_run_id_segment")
        batch_op.drop_index("ix_account_score_run_id_churn")
        batch_op.drop_index(batch_op.f("ix_account_score_account_id"))

    op.drop_table("account_score")
    op.drop_table("score_model")
    op.drop_table("snapshot_day")
    op.drop_table("segment")
    with op.batch_alter_table("scoring_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_scoring_run_finished_at"))

    op.drop_table("scoring_run")
