"""What suppliers say of their matches, and what it concerns: the codes, regions and language of each version of a need."""

import sqlalchemy as sa
from alembic import op

from samspil.adapters.sql.types import Moment, json_column

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_needs = sa.table("needs", sa.column("id"), sa.column("content_version"), sa.column("content", json_column()))
_ledger = sa.table(
    "ledger",
    sa.column("need_id"),
    sa.column("version"),
    sa.column("language"),
    sa.column("cpv"),
    sa.column("regions", json_column()),
)
_dialogues = sa.table("dialogues", sa.column("need_id"), sa.column("content_version"), sa.column("content", json_column()))
_invitees = sa.table("invitees", sa.column("revision"), sa.column("told"))


def upgrade() -> None:
    """Bring the tables one step on."""
    _create_feedback()
    _create_lifts()
    op.add_column("invitees", sa.Column("told", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("ledger", sa.Column("language", sa.String(length=40), nullable=True))
    op.add_column("ledger", sa.Column("cpv", sa.String(length=40), nullable=True))
    op.add_column("ledger", sa.Column("regions", json_column(), nullable=True))
    op.execute(sa.update(_invitees).where(_invitees.c.revision > 0).values(told=sa.true()))
    _fill_in_what_needs_say(op.get_bind())


def _create_feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("match_id", sa.String(length=200), nullable=False),
        sa.Column("supplier_id", sa.String(length=200), nullable=False),
        sa.Column("need_id", sa.String(length=200), nullable=False),
        sa.Column("need_version", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("relevant", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("given_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("match_id", name=op.f("pk_feedback")),
    )
    op.create_index(op.f("ix_feedback_supplier_id"), "feedback", ["supplier_id"], unique=False)


def _create_lifts() -> None:
    op.create_table(
        "lifts",
        sa.Column("supplier_id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("lifted_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("supplier_id", "kind", "value", name=op.f("pk_lifts")),
    )


def _fill_in_what_needs_say(connection: sa.Connection) -> None:
    """The newest version of each need is in the record; of older ones only the ledger's row is."""
    for need_id, version, content in connection.execute(sa.select(_needs).where(_needs.c.content.is_not(None))).all():
        codes, regions = content.get("cpv") or [None], content.get("regions") or []
        row = sa.and_(_ledger.c.need_id == need_id, _ledger.c.version == version)
        facts = {"language": content["language"], "cpv": codes[0], "regions": regions}
        connection.execute(sa.update(_ledger).where(row).values(facts))
        offer = sa.and_(_dialogues.c.need_id == need_id, _dialogues.c.content_version == version)
        for (offered,) in connection.execute(sa.select(_dialogues.c.content).where(offer)).all():
            said = offered | {"cpv": codes[0], "regions": regions}
            connection.execute(sa.update(_dialogues).where(offer).values(content=said))
