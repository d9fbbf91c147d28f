"""The support desk: promises and ends of tickets, hand-overs, events, surveys, canned replies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "canned_reply",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_reply")),
        sa.UniqueConstraint("name", name=op.f("uq_canned_reply_name")),
    )
    op.create_table(
        "support_agent",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("skills", sa.JSON(), nullable=False),
        sa.Column("available", sa.Boolean(), nullable=False),
        sa.Column("last_assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_support_agent_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_support_agent")),
    )
    op.create_table(
        "handover",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_how", sa.String(length=32), nullable=True),
        sa.Column("thread_id", sa.Integer(), nullable=True),
        sa.Column("agent_conversation_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_conversation_id"], ["conversation.id"], name=op.f("fk_handover_agent_conversation_id")
        ),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_handover_conversation_id")),
        sa.ForeignKeyConstraint(["identity_id"], ["channel_identity.id"], name=op.f("fk_handover_identity_id")),
        sa.ForeignKeyConstraint(["thread_id"], ["conversation.id"], name=op.f("fk_handover_thread_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_handover_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    with op.batch_alter_table("handover") as batch_op:
        batch_op.create_index(batch_op.f("ix_handover_agent_conversation_id"), ["agent_conversation_id"])
        batch_op.create_index(batch_op.f("ix_handover_thread_id"), ["thread_id"])
        batch_op.create_index(batch_op.f("ix_handover_ticket_id"), ["ticket_id"])
        batch_op.create_index(
            "uq_handover_open",
            ["conversation_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "support_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("conversation_id", sa.Integer(), nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_support_event_contact_id")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_support_event_conversation_id")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_support_event_ticket_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_support_event_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_event")),
        sa.UniqueConstraint("key", name=op.f("uq_support_event_key")),
    )
    with op.batch_alter_table("support_event") as batch_op:
        batch_op.create_index(batch_op.f("ix_support_event_contact_id"), ["contact_id"])
        batch_op.create_index(batch_op.f("ix_support_event_conversation_id"), ["conversation_id"])
        batch_op.create_index("ix_support_event_kind_at", ["kind", "at"])
        batch_op.create_index(batch_op.f("ix_support_event_ticket_id"), ["ticket_id"])
        batch_op.create_index(batch_op.f("ix_support_event_user_id"), ["user_id"])

    op.create_table(
        "survey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("followed_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_survey_contact_id")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_survey_conversation_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_survey_ticket_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_survey_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey")),
        sa.UniqueConstraint("key", name=op.f("uq_survey_key")),
    )
    with op.batch_alter_table("survey") as batch_op:
        batch_op.create_index(batch_op.f("ix_survey_asked_at"), ["asked_at"])
        batch_op.create_index(batch_op.f("ix_survey_contact_id"), ["contact_id"])
        batch_op.create_index(batch_op.f("ix_survey_conversation_id"), ["conversation_id"])
        batch_op.create_index(batch_op.f("ix_survey_ticket_id"), ["ticket_id"])
        batch_op.create_index(batch_op.f("ix_survey_user_id"), ["user_id"])

    with op.batch_alter_table("ticket") as batch_op:
        batch_op.add_column(sa.Column("tags", sa.String(), server_default=sa.text("''"), nullable=False))
        batch_op.add_column(sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("first_response_due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("next_response_due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("resolution_due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("resolution_left", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("solved_how", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_ticket_first_response_due_at"), ["first_response_due_at"])
        batch_op.create_index(batch_op.f("ix_ticket_merged_into_id"), ["merged_into_id"])
        batch_op.create_index(batch_op.f("ix_ticket_next_response_due_at"), ["next_response_due_at"])
        batch_op.create_index(batch_op.f("ix_ticket_resolution_due_at"), ["resolution_due_at"])
        batch_op.create_index(batch_op.f("ix_ticket_solved_at"), ["solved_at"])
        batch_op.create_index(batch_op.f("ix_ticket_waiting_since"), ["waiting_since"])
        batch_op.create_foreign_key(batch_op.f("fk_ticket_merged_into_id"), "ticket", ["merged_into_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("ticket") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_ticket_merged_into_id"), type_="foreignkey")
        for column in (
            "waiting_since",
            "solved_at",
            "resolution_due_at",
            "next_response_due_at",
            "merged_into_id",
            "first_response_due_at",
        ):
            batch_op.drop_index(batch_op.f(f"ix_ticket_{column}"))
        for column in (
            "merged_into_id",
            "solved_how",
            "waiting_since",
            "resolution_left",
            "resolution_due_at",
            "next_response_due_at",
            "first_response_due_at",
            "taken_at",
            "tags",
        ):
            batch_op.drop_column(column)
    for table in ("survey", "support_event", "handover", "support_agent", "canned_reply"):
        op.drop_table(table)
