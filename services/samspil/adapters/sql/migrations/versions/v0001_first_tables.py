"""The tables of the first version."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column

from samspil.adapters.sql.types import Moment, counting_id, json_column

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create all tables."""
    _create_needs()
    _create_profiles()
    _create_ledger()
    _create_evaluated()
    _create_listings()
    _create_outbox()
    _create_outbox_awaits()
    _create_inbox()
    _create_dead_letters()
    _create_dialogues()
    _create_invitees()
    _create_tokens()


def _create_needs() -> None:
    op.create_table(
        "needs",
        Column("id", sa.String(length=200), nullable=False),
        Column("version", sa.BigInteger(), nullable=False),
        Column("withdrawn", sa.Boolean(), nullable=False),
        Column("withdrawn_version", sa.BigInteger(), nullable=False),
        Column("reason", sa.String(length=300)),
        Column("content_version", sa.BigInteger(), nullable=False),
        Column("content", json_column()),
        Column("source_published_at", Moment()),
        Column("source_number", sa.BigInteger()),
        Column("changed_at", Moment()),
        Column("buyer_id", sa.String(length=200)),
        sa.PrimaryKeyConstraint("id", name="pk_needs"),
    )
    op.create_index("ix_needs_buyer_id", "needs", ["buyer_id"])
    op.create_index("ix_needs_changed_at", "needs", ["changed_at", "id"])


def _create_profiles() -> None:
    op.create_table(
        "profiles",
        Column("id", sa.String(length=200), nullable=False),
        Column("version", sa.BigInteger(), nullable=False),
        Column("withdrawn", sa.Boolean(), nullable=False),
        Column("withdrawn_version", sa.BigInteger(), nullable=False),
        Column("reason", sa.String(length=300)),
        Column("content_version", sa.BigInteger(), nullable=False),
        Column("content", json_column()),
        Column("source_published_at", Moment()),
        Column("source_number", sa.BigInteger()),
        Column("changed_at", Moment()),
        sa.PrimaryKeyConstraint("id", name="pk_profiles"),
    )


def _create_ledger() -> None:
    op.create_table(
        "ledger",
        Column("need_id", sa.String(length=400), nullable=False),
        Column("version", sa.BigInteger(), nullable=False),
        Column("title", sa.String(length=400)),
        Column("buyer_id", sa.String(length=200)),
        Column("source", sa.Text()),
        Column("accepted_at", Moment()),
        Column("matches", sa.Integer()),
        Column("similar", sa.Integer()),
        Column("evaluated_at", Moment()),
        Column("refusal", sa.Text()),
        Column("refused_at", Moment()),
        Column("status", sa.String(length=40), nullable=False),
        Column("reason", sa.Text()),
        Column("settled_at", Moment()),
        Column("known_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("need_id", "version", name="pk_ledger"),
    )
    op.create_index("ix_ledger_buyer_id", "ledger", ["buyer_id"])
    op.create_index("ix_ledger_known_at", "ledger", ["known_at", "need_id", "version"])
    op.create_index("ix_ledger_status_accepted_at", "ledger", ["status", "accepted_at"])


def _create_evaluated() -> None:
    op.create_table(
        "evaluated",
        Column("entity", sa.String(length=40), nullable=False),
        Column("owner_id", sa.String(length=200), nullable=False),
        Column("version", sa.BigInteger(), nullable=False),
        Column("withdrawn", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "owner_id", name="pk_evaluated"),
    )


def _create_listings() -> None:
    op.create_table(
        "listings",
        Column("kind", sa.String(length=40), nullable=False),
        Column("left_id", sa.String(length=200), nullable=False),
        Column("right_id", sa.String(length=200), nullable=False),
        Column("left_version", sa.BigInteger(), nullable=False),
        Column("right_version", sa.BigInteger(), nullable=False),
        Column("stands", sa.Boolean(), nullable=False),
        Column("score", sa.Float(), nullable=False),
        Column("seen_by", sa.String(length=200), nullable=False),
        Column("told", json_column(), nullable=False),
        Column("evaluated_at", Moment(), nullable=False),
        Column("report_id", sa.String(length=40), nullable=False),
        Column("space", sa.String(length=300), nullable=False),
        Column("scorer", sa.String(length=300), nullable=False),
        Column("content", json_column(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "left_id", "right_id", "left_version", "right_version", name="pk_listings"),
    )
    op.create_index("ix_listings_right_id", "listings", ["kind", "right_id"])
    op.create_index("ix_listings_stands", "listings", ["kind", "stands"])


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        Column("id", counting_id(), autoincrement=True, nullable=False),
        Column("event_id", sa.String(length=40), nullable=False),
        Column("topic", sa.String(length=300), nullable=False),
        Column("key", sa.String(length=200), nullable=False),
        Column("ce_type", sa.String(length=300), nullable=False),
        Column("payload", json_column(), nullable=False),
        Column("awaited", sa.Boolean(), nullable=False),
        Column("attempts", sa.Integer(), nullable=False),
        Column("enqueued_at", Moment(), nullable=False),
        Column("due_at", Moment(), nullable=False),
        Column("published_at", Moment()),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("event_id", name="uq_outbox_event_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_due_at", "outbox", ["due_at"])
    op.create_index("ix_outbox_topic_key", "outbox", ["topic", "key", "id"])


def _create_outbox_awaits() -> None:
    op.create_table(
        "outbox_awaits",
        Column("event_id", sa.String(length=40), nullable=False),
        Column("grp", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["outbox.event_id"], name="fk_outbox_awaits_event_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("event_id", "grp", name="pk_outbox_awaits"),
    )


def _create_inbox() -> None:
    op.create_table(
        "inbox",
        Column("grp", sa.String(length=40), nullable=False),
        Column("event_id", sa.String(length=300), nullable=False),
        Column("taken_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("grp", "event_id", name="pk_inbox"),
    )
    op.create_index("ix_inbox_taken_at", "inbox", ["taken_at"])


def _create_dead_letters() -> None:
    op.create_table(
        "dead_letters",
        Column("id", sa.String(length=40), nullable=False),
        Column("source_topic", sa.String(length=300), nullable=False),
        Column("grp", sa.String(length=300), nullable=False),
        Column("partition", sa.BigInteger(), nullable=False),
        Column("offset", sa.BigInteger(), nullable=False),
        Column("key", sa.Text()),
        Column("event_id", sa.Text()),
        Column("ce_type", sa.Text()),
        Column("reason", sa.Text(), nullable=False),
        Column("need_id", sa.String(length=200)),
        Column("version", sa.BigInteger()),
        Column("failed_at", Moment()),
        Column("stored_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dead_letters"),
    )
    op.create_index("ix_dead_letters_need_id", "dead_letters", ["need_id"])
    op.create_index("ix_dead_letters_stored_at", "dead_letters", ["stored_at"])


def _create_dialogues() -> None:
    op.create_table(
        "dialogues",
        Column("dialogue_id", sa.String(length=200), nullable=False),
        Column("need_id", sa.String(length=200), nullable=False),
        Column("version", sa.BigInteger(), nullable=False),
        Column("withdrawn", sa.Boolean(), nullable=False),
        Column("withdrawn_version", sa.BigInteger(), nullable=False),
        Column("reason", sa.String(length=300)),
        Column("content_version", sa.BigInteger(), nullable=False),
        Column("content", json_column()),
        Column("policies", json_column(), nullable=False),
        Column("revision", sa.BigInteger(), nullable=False),
        Column("title", sa.String(length=400)),
        Column("announcement", json_column()),
        Column("cancelled", sa.Boolean(), nullable=False),
        Column("buyer_id", sa.String(length=200)),
        Column("starts_at", Moment()),
        sa.PrimaryKeyConstraint("dialogue_id", name="pk_dialogues"),
        sa.UniqueConstraint("need_id", name="uq_dialogues_need_id"),
    )
    op.create_index("ix_dialogues_buyer_id", "dialogues", ["buyer_id"])
    op.create_index("ix_dialogues_starts_at", "dialogues", ["starts_at"])


def _create_invitees() -> None:
    op.create_table(
        "invitees",
        Column("invitation_id", sa.String(length=200), nullable=False),
        Column("dialogue_id", sa.String(length=200), nullable=False),
        Column("need_id", sa.String(length=200), nullable=False),
        Column("supplier_id", sa.String(length=200), nullable=False),
        Column("matches", json_column(), nullable=False),
        Column("need_version", sa.BigInteger(), nullable=False),
        Column("need_withdrawn", sa.Boolean(), nullable=False),
        Column("profile_version", sa.BigInteger(), nullable=False),
        Column("profile_withdrawn", sa.Boolean(), nullable=False),
        Column("approved", sa.Boolean(), nullable=False),
        Column("status", sa.String(length=40)),
        Column("revision", sa.BigInteger(), nullable=False),
        Column("supplier_name", sa.String(length=300)),
        Column("score", sa.Float()),
        Column("issued_at", Moment()),
        Column("changed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("invitation_id", name="pk_invitees"),
    )
    op.create_index("ix_invitees_dialogue_id", "invitees", ["dialogue_id"])
    op.create_index("ix_invitees_need_id", "invitees", ["need_id"])
    op.create_index("ix_invitees_status", "invitees", ["status"])
    op.create_index("ix_invitees_supplier_id", "invitees", ["supplier_id"])


def _create_tokens() -> None:
    op.create_table(
        "tokens",
        Column("id", sa.String(length=40), nullable=False),
        Column("hash", sa.String(length=64), nullable=False),
        Column("organisation", sa.String(length=200), nullable=False),
        Column("role", sa.String(length=40), nullable=False),
        Column("label", sa.String(length=300), nullable=False),
        Column("issued_at", Moment(), nullable=False),
        Column("revoked_at", Moment()),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
    )
