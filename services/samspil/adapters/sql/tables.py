"""The tables of the record. A change here needs a migration; a test compares the two."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from samspil.adapters.sql.types import Moment, counting_id, json_column
from samspil_schemas.base import ID_MAX, LABEL_MAX, TITLE_MAX

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
# Ids of places in the log are longer than the ids of the contract: unreadable:<topic>:<partition>:<offset>.
_PLACE_MAX = 400
_WORD = 40
_DIGEST = 64  # SHA-256 in hexadecimal
# The subject of a change names a body and a need: follow-up/<buyer id>/<need id>.
_SUBJECT_MAX = 2 * ID_MAX + _WORD

metadata = MetaData(naming_convention=_NAMES)


def _standing() -> list[Column[object]]:
    """The columns of a `Standing`; version 0 is a row that only holds a lock."""
    return [
        Column("version", BigInteger, nullable=False),
        Column("withdrawn", Boolean, nullable=False),
        Column("withdrawn_version", BigInteger, nullable=False),
        Column("reason", String(LABEL_MAX)),
        Column("content_version", BigInteger, nullable=False),
        Column("content", json_column()),
    ]


def _order() -> list[Column[object]]:
    return [
        Column("source_published_at", Moment()),
        Column("source_number", BigInteger),
        Column("changed_at", Moment()),
    ]


needs = Table(
    "needs",
    metadata,
    Column("id", String(ID_MAX), primary_key=True),
    *_standing(),
    *_order(),
    Column("buyer_id", String(ID_MAX), index=True),
    Index("ix_needs_changed_at", "changed_at", "id"),
)

profiles = Table("profiles", metadata, Column("id", String(ID_MAX), primary_key=True), *_standing(), *_order())

ledger = Table(
    "ledger",
    metadata,
    Column("need_id", String(_PLACE_MAX), primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("title", String(TITLE_MAX)),
    Column("buyer_id", String(ID_MAX), index=True),
    Column("language", String(_WORD)),
    Column("cpv", String(_WORD)),
    Column("regions", json_column()),
    Column("source", Text),
    Column("accepted_at", Moment()),
    Column("matches", Integer),
    Column("similar", Integer),
    Column("evaluated_at", Moment()),
    Column("refusal", Text),
    Column("refused_at", Moment()),
    Column("status", String(_WORD), nullable=False),
    Column("reason", Text),
    Column("settled_at", Moment()),
    Column("known_at", Moment(), nullable=False),
    Index("ix_ledger_status_accepted_at", "status", "accepted_at"),
    Index("ix_ledger_known_at", "known_at", "need_id", "version"),
)

# The newest state of a need or supplier that a verdict was given on.
evaluated = Table(
    "evaluated",
    metadata,
    Column("entity", String(_WORD), primary_key=True),
    Column("owner_id", String(ID_MAX), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
)

# Pairs of a need and a supplier, and of two needs; `stands` marks the listing that is the pair's match.
listings = Table(
    "listings",
    metadata,
    Column("kind", String(_WORD), primary_key=True),
    Column("left_id", String(ID_MAX), primary_key=True),
    Column("right_id", String(ID_MAX), primary_key=True),
    Column("left_version", BigInteger, primary_key=True),
    Column("right_version", BigInteger, primary_key=True),
    Column("stands", Boolean, nullable=False),
    Column("score", Float, nullable=False),
    Column("seen_by", String(ID_MAX), nullable=False),
    Column("told", json_column(), nullable=False),
    Column("heard", json_column(), nullable=False),
    Column("left_keys", json_column(), nullable=False),
    Column("right_keys", json_column(), nullable=False),
    Column("evaluated_at", Moment(), nullable=False),
    Column("report_id", String(_WORD), nullable=False),
    Column("space", String(LABEL_MAX), nullable=False),
    Column("scorer", String(LABEL_MAX), nullable=False),
    Column("content", json_column(), nullable=False),
    Index("ix_listings_right_id", "kind", "right_id"),
    Index("ix_listings_stands", "kind", "stands"),
)

# That a supplier once had a match is kept after it has ended: it may still say what it thinks of it.
ended_matches = Table(
    "ended_matches",
    metadata,
    Column("match_id", String(ID_MAX), primary_key=True),
    Column("supplier_id", String(ID_MAX), nullable=False),
    Column("need_id", String(ID_MAX), nullable=False),
    Column("need_version", BigInteger, nullable=False),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", String(_WORD), primary_key=True),
    Column("source_topic", String(LABEL_MAX), nullable=False),
    Column("grp", String(LABEL_MAX), nullable=False),
    Column("partition", BigInteger, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("key", Text),
    Column("event_id", Text),
    Column("ce_type", Text),
    Column("reason", Text, nullable=False),
    Column("need_id", String(ID_MAX), index=True),
    Column("version", BigInteger),
    Column("failed_at", Moment()),
    Column("stored_at", Moment(), nullable=False, index=True),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", counting_id(), primary_key=True, autoincrement=True),
    Column("event_id", String(_WORD), nullable=False, unique=True),
    Column("topic", String(LABEL_MAX), nullable=False),
    Column("key", String(ID_MAX), nullable=False),
    Column("ce_type", String(LABEL_MAX), nullable=False),
    Column("payload", json_column(), nullable=False),
    Column("awaited", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("enqueued_at", Moment(), nullable=False),
    Column("due_at", Moment(), nullable=False, index=True),
    Column("published_at", Moment()),
    Index("ix_outbox_topic_key", "topic", "key", "id"),
    # A reused number would let the mark of a row that is gone fall on another.
    sqlite_autoincrement=True,
)

# The groups that have not taken an event of the outbox yet.
outbox_awaits = Table(
    "outbox_awaits",
    metadata,
    Column("event_id", String(_WORD), ForeignKey("outbox.event_id", ondelete="CASCADE"), primary_key=True),
    Column("grp", String(_WORD), primary_key=True),
)

inbox = Table(
    "inbox",
    metadata,
    Column("grp", String(_WORD), primary_key=True),
    Column("event_id", String(LABEL_MAX), primary_key=True),
    Column("taken_at", Moment(), nullable=False, index=True),
)

dialogues = Table(
    "dialogues",
    metadata,
    Column("dialogue_id", String(ID_MAX), primary_key=True),
    Column("need_id", String(ID_MAX), nullable=False),
    Column("number", Integer, nullable=False, server_default="0"),
    *_standing(),
    Column("own", json_column()),
    Column("called_off", Boolean, nullable=False, server_default=false()),
    Column("because", String(LABEL_MAX)),
    Column("policies", json_column(), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("title", String(TITLE_MAX)),
    Column("announcement", json_column()),
    Column("cancelled", Boolean, nullable=False),
    Column("buyer_id", String(ID_MAX), index=True),
    Column("starts_at", Moment(), index=True),
    Column("held_at", Moment()),
    Column("concluded_at", Moment()),
    Column("outcome", Text),
    Column("said_at", Moment()),
    UniqueConstraint("need_id", "number"),
)

invitees = Table(
    "invitees",
    metadata,
    Column("invitation_id", String(ID_MAX), primary_key=True),
    Column("dialogue_id", String(ID_MAX), nullable=False, index=True),
    Column("need_id", String(ID_MAX), nullable=False, index=True),
    Column("supplier_id", String(ID_MAX), nullable=False, index=True),
    Column("matches", json_column(), nullable=False),
    Column("need_version", BigInteger, nullable=False),
    Column("need_withdrawn", Boolean, nullable=False),
    Column("profile_version", BigInteger, nullable=False),
    Column("profile_withdrawn", Boolean, nullable=False),
    Column("approved", Boolean, nullable=False),
    Column("status", String(_WORD), index=True),
    Column("revision", BigInteger, nullable=False),
    Column("supplier_name", String(LABEL_MAX)),
    Column("score", Float),
    Column("issued_at", Moment()),
    Column("told", Boolean, nullable=False, server_default=false()),
    Column("changed_at", Moment(), nullable=False),
)

# One row for each organisation that ever answered; no two of a dialogue hold one slot.
registrations = Table(
    "registrations",
    metadata,
    Column("dialogue_id", String(ID_MAX), ForeignKey("dialogues.dialogue_id"), primary_key=True),
    Column("supplier_id", String(ID_MAX), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("status", String(_WORD), nullable=False),
    Column("slot_starts_at", Moment()),
    Column("slot_ends_at", Moment()),
    Column("last_slot_starts_at", Moment()),
    Column("last_slot_ends_at", Moment()),
    Column("name", String(LABEL_MAX)),
    Column("country", String(_WORD)),
    Column("slots", json_column(), nullable=False),
    Column("reason", String(LABEL_MAX)),
    Column("answered", BigInteger, nullable=False),
    Column("changed_at", Moment(), nullable=False),
    UniqueConstraint("dialogue_id", "slot_starts_at"),
)

# What was shown of each dialogue to whom, chained; only ever added to.
disclosures = Table(
    "disclosures",
    metadata,
    Column("dialogue_id", String(ID_MAX), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment(), nullable=False),
    Column("kind", String(_WORD), nullable=False),
    Column("to", String(LABEL_MAX)),
    Column("channel", String(LABEL_MAX), nullable=False),
    Column("event_id", String(_WORD)),
    Column("content", json_column()),
    Column("content_digest", String(_DIGEST), nullable=False),
    Column("previous", String(_DIGEST), nullable=False),
    Column("digest", String(_DIGEST), nullable=False),
    Index("ix_disclosures_to", "to"),
)

# Where each of these ledgers ends, apart from it, so that an end that is cut off is found.
disclosure_heads = Table(
    "disclosure_heads",
    metadata,
    Column("dialogue_id", String(ID_MAX), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("digest", String(_DIGEST), nullable=False),
    Column("at", Moment(), nullable=False),
)

questions = Table(
    "questions",
    metadata,
    Column("question_id", String(_WORD), primary_key=True),
    Column("dialogue_id", String(ID_MAX), nullable=False),
    Column("asker", String(ID_MAX), nullable=False),
    Column("named", Boolean, nullable=False),
    Column("text", Text, nullable=False),
    Column("language", String(_WORD), nullable=False),
    Column("asked_at", Moment(), nullable=False),
    Column("status", String(_WORD), nullable=False),
    Column("reason", String(LABEL_MAX)),
    Column("settled_at", Moment()),
    Index("ix_questions_dialogue_id_asker", "dialogue_id", "asker"),
)

# Every revision of what was made public, with the bytes of its file.
publications = Table(
    "publications",
    metadata,
    Column("dialogue_id", String(ID_MAX), primary_key=True),
    Column("document_id", String(ID_MAX), primary_key=True),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("made_at", Moment(), nullable=False),
    Column("content", json_column(), nullable=False),
    Column("file", LargeBinary),
    Index("ix_publications_made_at", "dialogue_id", "made_at"),
)

# What follows from the history of each joint need, and what it is looked up by.
joint_needs = Table(
    "joint_needs",
    metadata,
    Column("joint_need_id", String(ID_MAX), primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("other_need_id", String(ID_MAX), index=True),
    Column("other_buyer_id", String(ID_MAX), index=True),
    Column("content", json_column(), nullable=False),
    Column("changed_at", Moment(), nullable=False),
    Index("ix_joint_needs_changed_at", "changed_at", "joint_need_id"),
)

joint_need_members = Table(
    "joint_need_members",
    metadata,
    Column("joint_need_id", String(ID_MAX), ForeignKey("joint_needs.joint_need_id"), primary_key=True),
    Column("buyer_id", String(ID_MAX), primary_key=True),
    Column("need_id", String(ID_MAX), index=True),
    Index("ix_joint_need_members_buyer_id", "buyer_id"),
)

# Only ever added to: a withdrawal is one more row.
joint_need_changes = Table(
    "joint_need_changes",
    metadata,
    Column("joint_need_id", String(ID_MAX), primary_key=True),
    Column("subject", String(_SUBJECT_MAX), primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("by_organisation", String(ID_MAX), nullable=False),
    Column("at", Moment(), nullable=False),
    Column("content", json_column(), nullable=False),
    Index("ix_joint_need_changes_revision", "joint_need_id", "revision"),
    Index("ix_joint_need_changes_subject", "subject"),
)

# What needs are cited by and refer to, over all of their versions; `refers` finds the few that refer to anything.
published_needs = Table(
    "published_needs",
    metadata,
    Column("need_id", String(ID_MAX), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("buyer_id", String(ID_MAX), nullable=False),
    Column("title", String(TITLE_MAX), nullable=False),
    Column("heard_at", Moment(), nullable=False),
    Column("dated_at", Moment()),
    Column("names", json_column(), nullable=False),
    Column("follows", json_column(), nullable=False),
    Column("refers", Boolean, nullable=False),
    Index("ix_published_needs_buyer_id", "buyer_id", "refers"),
)

# What buyers said is no follow-up.
rejected_follow_ups = Table(
    "rejected_follow_ups",
    metadata,
    Column("joint_need_id", String(ID_MAX), ForeignKey("joint_needs.joint_need_id"), primary_key=True),
    Column("need_id", String(ID_MAX), primary_key=True),
    Column("by_organisation", String(ID_MAX), nullable=False),
    Column("at", Moment(), nullable=False),
)

# The newest word of a supplier on each of its matches.
feedback = Table(
    "feedback",
    metadata,
    Column("match_id", String(ID_MAX), primary_key=True),
    Column("supplier_id", String(ID_MAX), nullable=False, index=True),
    Column("need_id", String(ID_MAX), nullable=False),
    Column("need_version", BigInteger),
    Column("revision", BigInteger, nullable=False),
    Column("relevant", Boolean, nullable=False),
    Column("reason", String(_WORD)),
    Column("given_at", Moment(), nullable=False),
)

# What a supplier has lifted of what was learned; the value is empty where it lifted all of a kind.
lifts = Table(
    "lifts",
    metadata,
    Column("supplier_id", String(ID_MAX), primary_key=True),
    Column("kind", String(_WORD), primary_key=True),
    Column("value", String(ID_MAX), primary_key=True),
    Column("lifted_at", Moment(), nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", String(_WORD), primary_key=True),
    Column("hash", String(64), nullable=False),
    Column("organisation", String(ID_MAX), nullable=False),
    Column("role", String(_WORD), nullable=False),
    Column("label", String(LABEL_MAX), nullable=False),
    Column("issued_at", Moment(), nullable=False),
    Column("revoked_at", Moment()),
)
