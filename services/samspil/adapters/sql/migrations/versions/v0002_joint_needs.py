"""Joint needs: their histories, their members, and what follows from them."""

import sqlalchemy as sa
from alembic import op

from samspil.adapters.sql.types import Moment, json_column

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the three tables."""
    _create_joint_needs()
    _create_joint_need_members()
    _create_joint_need_changes()


def _create_joint_needs() -> None:
    op.create_table(
        "joint_needs",
        sa.Column("joint_need_id", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("other_need_id", sa.String(length=200), nullable=True),
        sa.Column("other_buyer_id", sa.String(length=200), nullable=True),
        sa.Column("content", json_column(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("joint_need_id", name=op.f("pk_joint_needs")),
    )
    op.create_index("ix_joint_needs_changed_at", "joint_needs", ["changed_at", "joint_need_id"], unique=False)
    op.create_index(op.f("ix_joint_needs_other_buyer_id"), "joint_needs", ["other_buyer_id"], unique=False)
    op.create_index(op.f("ix_joint_needs_other_need_id"), "joint_needs", ["other_need_id"], unique=False)


def _create_joint_need_members() -> None:
    op.create_table(
        "joint_need_members",
        sa.Column("joint_need_id", sa.String(length=200), nullable=False),
        sa.Column("buyer_id", sa.String(length=200), nullable=False),
        sa.Column("need_id", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["joint_need_id"], ["joint_needs.joint_need_id"], name=op.f("fk_joint_need_members_joint_need_id")
        ),
        sa.PrimaryKeyConstraint("joint_need_id", "buyer_id", name=op.f("pk_joint_need_members")),
    )
    op.create_index("ix_joint_need_members_buyer_id", "joint_need_members", ["buyer_id"], unique=False)
    op.create_index(op.f("ix_joint_need_members_need_id"), "joint_need_members", ["need_id"], unique=False)


def _create_joint_need_changes() -> None:
    op.create_table(
        "joint_need_changes",
        sa.Column("joint_need_id", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=440), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("by_organisation", sa.String(length=200), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("content", json_column(), nullable=False),
        sa.PrimaryKeyConstraint("joint_need_id", "subject", "version", name=op.f("pk_joint_need_changes")),
    )
    op.create_index("ix_joint_need_changes_revision", "joint_need_changes", ["joint_need_id", "revision"], unique=False)
