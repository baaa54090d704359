"""Registrations to dialogues, in the order in which places are given."""

import sqlalchemy as sa
from alembic import op

from samspil.adapters.sql.types import Moment, json_column

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "registrations",
        sa.Column("dialogue_id", sa.String(length=200), nullable=False),
        sa.Column("supplier_id", sa.String(length=200), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("slot_starts_at", Moment(), nullable=True),
        sa.Column("slot_ends_at", Moment(), nullable=True),
        sa.Column("name", sa.String(length=300), nullable=True),
        sa.Column("country", sa.String(length=40), nullable=True),
        sa.Column("slots", json_column(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("answered", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["dialogue_id"], ["dialogues.dialogue_id"], name=op.f("fk_registrations_dialogue_id")),
        sa.PrimaryKeyConstraint("dialogue_id", "supplier_id", name=op.f("pk_registrations")),
        sa.UniqueConstraint("dialogue_id", "slot_starts_at", name=op.f("uq_registrations_dialogue_id_slot_starts_at")),
    )
