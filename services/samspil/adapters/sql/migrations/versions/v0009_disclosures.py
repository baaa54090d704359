"""The disclosure ledger of each dialogue, questions, and what was made public."""

import sqlalchemy as sa
from alembic import op

from samspil.adapters.sql.types import Moment, json_column

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables one step on."""
    op.create_table(
        "disclosures",
        sa.Column("dialogue_id", sa.String(length=200), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("to", sa.String(length=300), nullable=True),
        sa.Column("channel", sa.String(length=300), nullable=False),
        sa.Column("event_id", sa.String(length=40), nullable=True),
        sa.Column("content", json_column(), nullable=True),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("dialogue_id", "number", name=op.f("pk_disclosures")),
    )
    op.create_index("ix_disclosures_to", "disclosures", ["to"], unique=False)
    op.create_table(
        "disclosure_heads",
        sa.Column("dialogue_id", sa.String(length=200), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("dialogue_id", name=op.f("pk_disclosure_heads")),
    )
    op.create_table(
        "questions",
        sa.Column("question_id", sa.String(length=40), nullable=False),
        sa.Column("dialogue_id", sa.String(length=200), nullable=False),
        sa.Column("asker", sa.String(length=200), nullable=False),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=40), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("settled_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("question_id", name=op.f("pk_questions")),
    )
    op.create_index("ix_questions_dialogue_id_asker", "questions", ["dialogue_id", "asker"], unique=False)
    op.create_table(
        "publications",
        sa.Column("dialogue_id", sa.String(length=200), nullable=False),
        sa.Column("document_id", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("content", json_column(), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("dialogue_id", "document_id", "revision", name=op.f("pk_publications")),
    )
    op.create_index("ix_publications_made_at", "publications", ["dialogue_id", "made_at"], unique=False)
