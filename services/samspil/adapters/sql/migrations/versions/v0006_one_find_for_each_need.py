"""One find for each need: who holds a find for open, and what tells copies."""

import sqlalchemy as sa
from alembic import op

from samspil.adapters.sql.types import json_column

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_listings = sa.table("listings", sa.column("told", json_column()), sa.column("heard", json_column()))


def upgrade() -> None:
    """Take who was told of a find for who holds it for open; what tells copies is learned with new verdicts."""
    for name in ("heard", "left_keys", "right_keys"):
        op.add_column("listings", sa.Column(name, json_column(), server_default=sa.text("'[]'"), nullable=False))
    op.execute(sa.update(_listings).values(heard=_listings.c.told))
