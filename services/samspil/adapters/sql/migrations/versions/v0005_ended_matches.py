"""Which matches there once were: a supplier may say what it thinks of them after they have ended."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table. What ended before is not known."""
    op.create_table(
        "ended_matches",
        sa.Column("match_id", sa.String(length=200), nullable=False),
        sa.Column("supplier_id", sa.String(length=200), nullable=False),
        sa.Column("need_id", sa.String(length=200), nullable=False),
        sa.Column("need_version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("match_id", name=op.f("pk_ended_matches")),
    )
