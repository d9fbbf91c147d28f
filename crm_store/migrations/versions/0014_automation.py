"""Automation rules, their firings, and what they have still to send."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rule_cursor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_cursor")),
    )
    op.create_table(
        "automation_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("on_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("off_because", sa.String(), nullable=True),
        sa.Column("ready_key", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_automation_rule_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_automation_rule")),
        sa.UniqueConstraint("ready_key", name=op.f("uq_automation_rule_ready_key")),
    )
    op.create_index(op.f("ix_automation_rule_owner_id"), "automation_rule", ["owner_id"])
    op.create_table(
        "rule_firing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("occurrence", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("chain", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.id"], name=op.f("fk_rule_firing_entry_id")),
        sa.ForeignKeyConstraint(["rule_id"], ["automation_rule.id"], name=op.f("fk_rule_firing_rule_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_firing")),
        sa.UniqueConstraint("rule_id", "ref", "occurrence", name=op.f("uq_rule_firing_rule_id_ref_occurrence")),
    )
    op.create_index(op.f("ix_rule_firing_entry_id"), "rule_firing", ["entry_id"])
    op.create_index(op.f("ix_rule_firing_ref"), "rule_firing", ["ref"])
    op.create_index("ix_rule_firing_rule_at", "rule_firing", ["rule_id", "at"])
    op.create_table(
        "rule_effect",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("firing_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["firing_id"], ["rule_firing.id"], name=op.f("fk_rule_effect_firing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_effect")),
    )
    op.create_index(op.f("ix_rule_effect_firing_id"), "rule_effect", ["firing_id"])
    op.create_index(op.f("ix_rule_effect_next_at"), "rule_effect", ["next_at"])


def downgrade() -> None:
    for table in ("rule_effect", "rule_firing", "automation_rule", "rule_cursor"):
        op.drop_table(table)
