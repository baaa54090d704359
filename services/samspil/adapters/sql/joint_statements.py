"""Joint needs within a transaction: their histories, what follows from them, and the need that each publishes."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, RowMapping, delete, func, or_, select

from samspil.adapters.sql.opinions import PROSPECTS, OpinionStatements, prospect_of
from samspil.adapters.sql.publishing import NeedPublishing, says_what_stands
from samspil.adapters.sql.statements import chunks
from samspil.adapters.sql.tables import joint_need_changes, joint_need_members, joint_needs, listings
from samspil.domain.preferences import learned, withheld
from samspil.ports import Lift, Opinion
from samspil.ports.joint_changes import Change
from samspil.ports.joint_needs import StoredJointNeed
from samspil_schemas import NeedStatement
from samspil_schemas.base import MATCHES_MAX

_WordT = TypeVar("_WordT", Opinion, Lift)
_REGISTRY = "registry"  # whose transactions make and end matches


class JointNeedStatements(NeedPublishing, OpinionStatements):
    """Reads and writes joint needs. Who writes one holds it (`joint_need_changes`)."""

    async def joint_need_changes(self, joint_need_id: str) -> list[Change]:
        """The whole history, held until the end of the transaction; empty where there is no such joint need."""
        held = select(joint_needs.c.revision).where(joint_needs.c.joint_need_id == joint_need_id).with_for_update()
        if (await self._connection.execute(held)).first() is None:
            return []
        query = select(joint_need_changes).where(joint_need_changes.c.joint_need_id == joint_need_id)
        return [change_of(row) for row in (await self._connection.execute(query)).mappings()]

    async def add_joint_need_changes(self, joint_need_id: str, changes: Sequence[Change]) -> None:
        """Append to the history."""
        rows = [_change_row(joint_need_id, change) for change in changes]
        await self._connection.execute(joint_need_changes.insert(), rows)

    async def put_joint_need(self, stored: StoredJointNeed) -> None:
        """Store what follows from the history."""
        changed = stored.changed
        await self._upsert(joint_needs, [_row(stored)])
        mine = joint_need_members.c.joint_need_id == changed.joint_need_id
        await self._connection.execute(delete(joint_need_members).where(mine))
        await self._insert_new(
            joint_need_members,
            [
                {"joint_need_id": changed.joint_need_id, "buyer_id": member.buyer_id, "need_id": member.need_id}
                for member in changed.members
            ],
        )

    async def stored_joint_needs(self, joint_need_ids: Collection[str]) -> list[StoredJointNeed]:
        """Those of these joint needs that there are."""
        found: list[StoredJointNeed] = []
        for chunk in chunks(joint_need_ids):
            query = select(joint_needs.c.content).where(joint_needs.c.joint_need_id.in_(chunk))
            found += [StoredJointNeed.model_validate(content) for content in await self._connection.scalars(query)]
        return found

    async def open_joint_needs_about(self, need_ids: Collection[str]) -> list[str]:
        """The open joint needs that have one of these needs as a member's, or were proposed from a find of it."""
        found: set[str] = set()
        for chunk in chunks(need_ids):
            query = select(joint_needs.c.joint_need_id).where(joint_needs.c.is_open, about_needs(chunk))
            found |= set(await self._connection.scalars(query))
        return sorted(found)

    async def count_joint_needs(self) -> int:
        """How many there ever were."""
        return (await self._connection.scalar(select(func.count()).select_from(joint_needs))) or 0

    async def matched_suppliers(self, need_id: str) -> list[str]:
        """The suppliers that match the need and that are told of it: the best `MATCHES_MAX`, by id.

        Those whose preferences withhold the match are left out. No match of any need comes or goes until the end of the
        transaction.
        """
        await self.alone(_REGISTRY)
        best_first = PROSPECTS.where(listings.c.left_id == need_id).order_by(listings.c.score.desc(), listings.c.right_id)
        rows = {row["right_id"]: row for row in (await self._connection.execute(best_first)).mappings()}
        opinions, lifts = await self.opinions_of(rows), await self.lifts_of(rows)
        said, lifted = _by_supplier(opinions), _by_supplier(lifts)
        told = [
            supplier_id
            for supplier_id, row in rows.items()
            if withheld(learned(said.get(supplier_id, ()), lifted.get(supplier_id, ())), prospect_of(row)) is None
        ]
        return sorted(told[:MATCHES_MAX])

    async def state_joint_need(self, joint_need_id: str, statement: NeedStatement) -> None:
        """Publish the joint text as the next version of a need with this id; the same again changes nothing."""
        known = (await self.needs_known([joint_need_id]))[joint_need_id]
        if not (known.is_open and says_what_stands(known, statement)):
            await self.publish_need(known, statement)

    async def end_joint_need(self, joint_need_id: str, *, reason: str | None) -> None:
        """Withdraw the need with this id."""
        known = (await self.needs_known([joint_need_id]))[joint_need_id]
        if known.is_open:
            await self.retract_need(known, reason=reason)


def about_needs(need_ids: Sequence[str]) -> ColumnElement[bool]:
    """True of the joint needs that have one of these needs as a member's, or were proposed from a find of it."""
    return or_(joint_needs.c.other_need_id.in_(need_ids), _has_members(joint_need_members.c.need_id.in_(need_ids)))


def has_member(**stated: str) -> ColumnElement[bool]:
    """True of the joint needs with a member in whose row these columns have these values."""
    return _has_members(*(joint_need_members.c[name] == value for name, value in stated.items()))


def _has_members(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    held = joint_need_members.c.joint_need_id == joint_needs.c.joint_need_id
    return select(joint_need_members.c.buyer_id).where(held, *which).exists()


def _by_supplier(words: Iterable[_WordT]) -> dict[str, list[_WordT]]:
    found: dict[str, list[_WordT]] = {}
    for word in words:
        found.setdefault(word.supplier_id, []).append(word)
    return found


def change_of(row: RowMapping) -> Change:
    """The change in a row."""
    return Change(
        subject=row["subject"],
        version=row["version"],
        by=row["by_organisation"],
        at=row["at"],
        revision=row["revision"],
        content=row["content"],
    )


def _change_row(joint_need_id: str, change: Change) -> dict[str, Any]:
    return {
        "joint_need_id": joint_need_id,
        "subject": change.subject,
        "version": change.version,
        "revision": change.revision,
        "by_organisation": change.by,
        "at": change.at,
        "content": change.content.model_dump(mode="json"),
    }


def _row(stored: StoredJointNeed) -> dict[str, Any]:
    changed, proposal = stored.changed, stored.proposal
    return {
        "joint_need_id": changed.joint_need_id,
        "revision": changed.revision,
        "is_open": changed.closed_at is None,
        "other_need_id": proposal.other_need_id,
        "other_buyer_id": proposal.other_buyer_id,
        "content": stored.model_dump(mode="json"),
        "changed_at": changed.changed_at,
    }
