"""Follow-ups: what needs are cited by and refer to, and what buyers said is none."""

import sqlalchemy as sa
from alembic import op

from samspil.adapters.sql.types import Moment, json_column

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the two tables, and find the histories that a body stands in."""
    op.create_table(
        "published_needs",
        sa.Column("need_id", sa.String(length=200), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("buyer_id", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=400), nullable=False),
        sa.Column("heard_at", Moment(), nullable=False),
        sa.Column("dated_at", Moment(), nullable=True),
        sa.Column("names", json_column(), nullable=False),
        sa.Column("follows", json_column(), nullable=False),
        sa.Column("refers", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("need_id", name=op.f("pk_published_needs")),
    )
    op.create_index("ix_published_needs_buyer_id", "published_needs", ["buyer_id", "refers"], unique=False)
    op.create_table(
        "rejected_follow_ups",
        sa.Column("joint_need_id", sa.String(length=200), nullable=False),
        sa.Column("need_id", sa.String(length=200), nullable=False),
        sa.Column("by_organisation", sa.String(length=200), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["joint_need_id"], ["joint_needs.joint_need_id"], name=op.f("fk_rejected_follow_ups_joint_need_id")
        ),
        sa.PrimaryKeyConstraint("joint_need_id", "need_id", name=op.f("pk_rejected_follow_ups")),
    )
    op.create_index("ix_joint_need_changes_subject", "joint_need_changes", ["subject"], unique=False)
