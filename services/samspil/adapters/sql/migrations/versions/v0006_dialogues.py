"""Several dialogues about one need, announced by command, held and concluded."""

import sqlalchemy as sa
from alembic import op

from samspil.adapters.sql.types import Moment, json_column

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


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
        table.create_unique_constraint(op.f("uq_dialogues_need_id_number"), ["need_id", "number"])
