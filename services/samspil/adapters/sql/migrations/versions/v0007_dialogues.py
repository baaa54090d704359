"""Several dialogues about one need, announced by command, held and concluded."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from samspil.adapters.sql.types import Moment, json_column

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_dialogues = sa.table("dialogues", sa.column("revision"), sa.column("said_at", Moment()))


def upgrade() -> None:
    """Bring the tables one step on."""
    with op.batch_alter_table("dialogues") as table:
        table.drop_constraint(op.f("uq_dialogues_need_id"), type_="unique")
        table.add_column(sa.Column("number", sa.Integer(), server_default="0", nullable=False))
        table.add_column(sa.Column("own", json_column(), nullable=True))
        table.add_column(sa.Column("called_off", sa.Boolean(), server_default=sa.false(), nullable=False))
        table.add_column(sa.Column("because", sa.String(length=300), nullable=True))
        table.add_column(sa.Column("held_at", Moment(), nullable=True))
        table.add_column(sa.Column("concluded_at", Moment(), nullable=True))
        table.add_column(sa.Column("outcome", sa.Text(), nullable=True))
        table.add_column(sa.Column("said_at", Moment(), nullable=True))
        table.create_unique_constraint(op.f("uq_dialogues_need_id_number"), ["need_id", "number"])
    # When it was said is not known; a calendar that has the entry takes the same revision with a later stamp for the same.
    op.execute(sa.update(_dialogues).where(_dialogues.c.revision > 0).values(said_at=datetime.now(UTC)))
