"""The slot that a registration had, where it has none any more."""

import sqlalchemy as sa
from alembic import op

from samspil.adapters.sql.types import Moment

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables one step on."""
    op.add_column("registrations", sa.Column("last_slot_starts_at", Moment(), nullable=True))
    op.add_column("registrations", sa.Column("last_slot_ends_at", Moment(), nullable=True))
