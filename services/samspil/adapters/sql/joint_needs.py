"""What can be read of joint needs."""

from collections.abc import Collection

from sqlalchemy import and_, or_, select, true

from samspil.adapters.sql.database import Database
from samspil.adapters.sql.follow_ups import published_need
from samspil.adapters.sql.joint_statements import change_of, has_member
from samspil.adapters.sql.tables import (
    joint_need_changes,
    joint_needs,
    listings,
    needs,
    published_needs,
    rejected_follow_ups,
)
from samspil.ports.follow_ups import Candidate
from samspil.ports.joint_changes import Change
from samspil.ports.joint_needs import StoredJointNeed
from samspil.ports.registry import PairKind
from samspil_schemas import SimilarNeed


class SqlJointNeedReadings:
    """Implements `FollowUpReadings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def joint_need(self, joint_need_id: str) -> StoredJointNeed | None:
        """The joint need, closed or not, or None."""
        query = select(joint_needs.c.content).where(joint_needs.c.joint_need_id == joint_need_id)
        async with self._database.connection(writes=False) as connection:
            content = await connection.scalar(query)
        return StoredJointNeed.model_validate(content) if content is not None else None

    async def joint_needs(
        self,
        *,
        open_only: bool = True,
        buyer_id: str | None = None,
        need_id: str | None = None,
        finds_of: Collection[str] | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[StoredJointNeed]:
        """Joint needs, the newest change first.

        buyer_id: only those that it is a member of, or that were proposed from a find of a need of its.
        need_id: only those that have it as a member's need, or were proposed from a find of it.
        finds_of: finds count only where the other need is one of these buyers'; None: all of them.
        """
        query = select(joint_needs.c.content).order_by(joint_needs.c.changed_at.desc(), joint_needs.c.joint_need_id)
        if open_only:
            query = query.where(joint_needs.c.is_open)
        told = true() if finds_of is None else joint_needs.c.other_buyer_id.in_(finds_of)
        if need_id is not None:
            query = query.where(or_(has_member(need_id=need_id), and_(joint_needs.c.other_need_id == need_id, told)))
        if buyer_id is not None:
            query = query.where(or_(has_member(buyer_id=buyer_id), and_(joint_needs.c.other_buyer_id == buyer_id, told)))
        async with self._database.connection(writes=False) as connection:
            contents = await connection.scalars(query.limit(limit).offset(offset))
            return [StoredJointNeed.model_validate(content) for content in contents]

    async def joint_need_history(self, joint_need_id: str) -> list[Change]:
        """Every change, in the order in which they were recorded."""
        query = select(joint_need_changes).where(joint_need_changes.c.joint_need_id == joint_need_id)
        query = query.order_by(joint_need_changes.c.revision, joint_need_changes.c.subject, joint_need_changes.c.version)
        async with self._database.connection(writes=False) as connection:
            return [change_of(row) for row in (await connection.execute(query)).mappings()]

    async def follow_up_candidates(self, joint_need_id: str, *, buyer_id: str) -> list[Candidate]:
        """The buyer's open needs that read like the joint text and that it has not rejected, the likest first."""
        pair = and_(
            listings.c.kind == PairKind.FOLLOW_UP.value, listings.c.stands, listings.c.right_id == published_needs.c.need_id
        )
        closed = select(needs.c.id).where(needs.c.id == published_needs.c.need_id, needs.c.withdrawn).exists()
        rejected = select(rejected_follow_ups.c.need_id).where(
            rejected_follow_ups.c.joint_need_id == joint_need_id, rejected_follow_ups.c.need_id == published_needs.c.need_id
        )
        query = select(published_needs, listings.c.content.label("find")).select_from(published_needs.join(listings, pair))
        query = query.where(listings.c.left_id == joint_need_id, published_needs.c.buyer_id == buyer_id)
        query = query.where(~closed, ~rejected.exists()).order_by(listings.c.score.desc(), published_needs.c.need_id)
        async with self._database.connection(writes=False) as connection:
            rows = (await connection.execute(query)).mappings()
            return [Candidate(need=published_need(row), find=SimilarNeed.model_validate(row["find"])) for row in rows]
