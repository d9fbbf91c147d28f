"""Proof of who somebody on a channel is, and requests that wait for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_proof",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("proven_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["identity_id"], ["channel_identity.id"], name=op.f("fk_identity_proof_identity_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_identity_proof_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_proof")),
    )
    op.create_index(op.f("ix_identity_proof_identity_id"), "identity_proof", ["identity_id"])
    op.create_index(op.f("ix_identity_proof_contact_id"), "identity_proof", ["contact_id"])
    op.create_table(
        "proof_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("address_hash", sa.String(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("send_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("send_attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["identity_id"], ["channel_identity.id"], name=op.f("fk_proof_code_identity_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_proof_code_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proof_code")),
    )
    op.create_index("ix_proof_code_identity_created", "proof_code", ["identity_id", "created_at"])
    op.create_index("ix_proof_code_address_created", "proof_code", ["address_hash", "created_at"])
    op.create_index("ix_proof_code_send", "proof_code", ["send_at"])
    op.create_table(
        "contact_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_contact_link_contact_id")),
        sa.ForeignKeyConstraint(["used_by"], ["channel_identity.id"], name=op.f("fk_contact_link_used_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_contact_link_token_hash")),
    )
    op.create_index(op.f("ix_contact_link_contact_id"), "contact_link", ["contact_id"])
    op.add_column("channel_identity", sa.Column("vouched_at", sa.DateTime(timezone=True), nullable=True))
    # Until now everybody known was vouched for by their channel.
    identity = sa.table("channel_identity", sa.column("vouched_at"), sa.column("proven_at"))
    op.execute(identity.update().values(vouched_at=identity.c.proven_at))
    op.add_column("conversation", sa.Column("interrupted", sa.JSON(), nullable=True))
    op.create_table(
        "session_end",
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_session_end_contact_id")),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_session_end")),
    )


def downgrade() -> None:
    op.drop_table("session_end")
    op.drop_column("conversation", "interrupted")
    op.drop_column("channel_identity", "vouched_at")
    op.drop_table("contact_link")
    op.drop_table("proof_code")
    op.drop_table("identity_proof")
