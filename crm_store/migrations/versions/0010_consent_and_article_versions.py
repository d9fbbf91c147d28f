"""Consent to messages, proofs of export and erasure, versions of articles and what readers said of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "privacy_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("done_by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_act")),
    )
    with op.batch_alter_table("privacy_act", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_privacy_act_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_privacy_act_subject"), ["subject"], unique=False)

    op.create_table(
        "article_verdict",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_article_verdict_article_id")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_article_verdict_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_verdict")),
    )
    with op.batch_alter_table("article_verdict", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_article_verdict_article_id"), ["article_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_article_verdict_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_article_verdict_conversation_id"), ["conversation_id"], unique=False)

    op.create_table(
        "article_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("phrasings", sa.Text(), nullable=False),
        sa.Column("related", sa.String(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_article_version_article_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_version")),
        sa.UniqueConstraint("article_id", "number", name=op.f("uq_article_version_article_id_number")),
    )
    op.execute(
        "INSERT INTO article_version (article_id, number, title, category, body, phrasings, related, saved_at, saved_by)"
        " SELECT id, 1, title, category, body, phrasings, related, updated_at, 'system' FROM article"
    )
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("identity_id", sa.Integer(), nullable=True),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_consent_contact_id")),
        sa.ForeignKeyConstraint(["identity_id"], ["channel_identity.id"], name=op.f("fk_consent_identity_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.create_index("ix_consent_contact", ["contact_id", "purpose"], unique=False)
        batch_op.create_index("ix_consent_identity", ["identity_id", "purpose"], unique=False)

    with op.batch_alter_table("unanswered_question", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reason", sa.String(length=32), server_default="nothing", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("unanswered_question", schema=None) as batch_op:
        batch_op.drop_column("reason")

    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.drop_index("ix_consent_identity")
        batch_op.drop_index("ix_consent_contact")

    op.drop_table("consent")
    op.drop_table("article_version")
    with op.batch_alter_table("article_verdict", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_article_verdict_conversation_id"))
        batch_op.drop_index(batch_op.f("ix_article_verdict_at"))
        batch_op.drop_index(batch_op.f("ix_article_verdict_article_id"))

    op.drop_table("article_verdict")
    with op.batch_alter_table("privacy_act", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_privacy_act_subject"))
        batch_op.drop_index(batch_op.f("ix_privacy_act_at"))

    op.drop_table("privacy_act")
