"""Follow-ups within a transaction: what was published, what refers to it, and what buyers said is none."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import RowMapping, and_, select

from samspil.adapters.sql.statements import Statements, chunks
from samspil.adapters.sql.tables import joint_need_changes, published_needs, rejected_follow_ups
from samspil.domain.joint_needs import member_subject
from samspil.ports.follow_ups import PublishedNeed


class FollowUpStatements(Statements):
    """Reads and writes what follow-ups are found by. Who writes is alone (`alone`)."""

    async def published_needs(self, need_ids: Collection[str]) -> list[PublishedNeed]:
        """Those of these needs that were heard of."""
        found: list[PublishedNeed] = []
        for chunk in chunks(need_ids):
            query = select(published_needs).where(published_needs.c.need_id.in_(chunk)).order_by(published_needs.c.need_id)
            found += [published_need(row) for row in (await self._connection.execute(query)).mappings()]
        return found

    async def put_published_needs(self, needs: Sequence[PublishedNeed]) -> None:
        """Store what is known of these needs."""
        await self._upsert(published_needs, [_row(need) for need in needs])

    async def referring_needs(self, buyer_ids: Collection[str]) -> list[PublishedNeed]:
        """The needs of these buyers that refer to any publication."""
        found: list[PublishedNeed] = []
        for chunk in chunks(buyer_ids):
            query = select(published_needs).where(published_needs.c.buyer_id.in_(chunk), published_needs.c.refers)
            query = query.order_by(published_needs.c.need_id)
            found += [published_need(row) for row in (await self._connection.execute(query)).mappings()]
        return found

    async def joint_needs_ever_joined(self, buyer_ids: Collection[str]) -> list[str]:
        """The joint needs, closed or not, that one of these bodies is or was a member of."""
        found: set[str] = set()
        for chunk in chunks([member_subject(buyer_id) for buyer_id in buyer_ids]):
            query = select(joint_need_changes.c.joint_need_id).where(joint_need_changes.c.subject.in_(chunk)).distinct()
            found |= set(await self._connection.scalars(query))
        return sorted(found)

    async def rejected_follow_ups(self, joint_need_id: str) -> set[str]:
        """The needs whose buyers said that they do not follow up this joint need."""
        query = select(rejected_follow_ups.c.need_id).where(rejected_follow_ups.c.joint_need_id == joint_need_id)
        return set(await self._connection.scalars(query))

    async def reject_follow_up(self, joint_need_id: str, need_id: str, *, by: str) -> bool:
        """Remember for good that its buyer said so; False where that stood already."""
        stands = and_(rejected_follow_ups.c.joint_need_id == joint_need_id, rejected_follow_ups.c.need_id == need_id)
        if (await self._connection.execute(select(rejected_follow_ups.c.at).where(stands))).first() is not None:
            return False
        row = {"joint_need_id": joint_need_id, "need_id": need_id, "by_organisation": by, "at": self._clock.now()}
        await self._insert_new(rejected_follow_ups, [row])
        return True


def published_need(row: RowMapping) -> PublishedNeed:
    """The need in a row."""
    return PublishedNeed(
        need_id=row["need_id"],
        version=row["version"],
        buyer_id=row["buyer_id"],
        title=row["title"],
        heard_at=row["heard_at"],
        dated_at=row["dated_at"],
        names=frozenset(row["names"]),
        follows=tuple(row["follows"]),
    )


def _row(need: PublishedNeed) -> dict[str, Any]:
    return {
        "need_id": need.need_id,
        "version": need.version,
        "buyer_id": need.buyer_id,
        "title": need.title,
        "heard_at": need.heard_at,
        "dated_at": need.dated_at,
        "names": sorted(need.names),
        "follows": list(need.follows),
        "refers": bool(need.follows),
    }
