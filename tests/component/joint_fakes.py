"""The record of joint needs in memory, for what the database does not matter to."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

from samspil.domain.joint_needs import folded
from samspil.ports.follow_ups import Candidate, PublishedNeed
from samspil.ports.joint_changes import Change, Proposed
from samspil.ports.joint_needs import StoredJointNeed
from samspil_schemas import Event, NeedStatement


class FakeJointRecord:
    """A `Record` of `JointNeedTransaction`s, and `JointNeedReadings`; a refusal leaves no trace, as nothing is put before it."""

    def __init__(self) -> None:
        self.histories: dict[str, list[Change]] = {}
        self.stored: dict[str, StoredJointNeed] = {}
        self.statements: dict[str, NeedStatement] = {}
        self.suppliers: list[str] = []
        self.events: list[Event] = []
        self.published: dict[str, PublishedNeed] = {}
        self.rejected: set[tuple[str, str]] = set()
        self.alike: list[Candidate] = []
        self.fail: Exception | None = None

    @asynccontextmanager
    async def begin(self) -> AsyncIterator["FakeJointRecord"]:
        yield self

    async def alone(self, name: str) -> None:
        pass

    async def first_time(self, group: str, event_ids: Sequence[str]) -> set[str]:
        return set(event_ids)

    async def taken(self, group: str, event_ids: Collection[str]) -> set[str]:
        return set()

    async def enqueue(self, events: Sequence[Event], *, awaiting: Sequence[str] = (), anew: bool = False) -> None:
        self.events += events

    async def joint_need_changes(self, joint_need_id: str) -> list[Change]:
        return list(self.histories.get(joint_need_id, ()))

    async def add_joint_need_changes(self, joint_need_id: str, changes: Sequence[Change]) -> None:
        self.histories.setdefault(joint_need_id, []).extend(changes)

    async def put_joint_need(self, stored: StoredJointNeed) -> None:
        self.stored[stored.changed.joint_need_id] = stored

    async def stored_joint_needs(self, joint_need_ids: Collection[str]) -> list[StoredJointNeed]:
        return [self.stored[id_] for id_ in joint_need_ids if id_ in self.stored]

    async def open_joint_needs_about(self, need_ids: Collection[str]) -> list[str]:
        return [
            one.changed.joint_need_id
            for one in await self.joint_needs()
            if {one.proposal.other_need_id, *(member.need_id for member in one.changed.members)} & set(need_ids)
        ]

    async def count_joint_needs(self) -> int:
        return len(self.stored)

    async def matched_suppliers(self, need_id: str) -> list[str]:
        return self.suppliers

    async def state_joint_need(self, joint_need_id: str, statement: NeedStatement) -> None:
        self.statements[joint_need_id] = statement

    async def end_joint_need(self, joint_need_id: str, *, reason: str | None) -> None:
        self.statements.pop(joint_need_id, None)

    async def joint_need(self, joint_need_id: str) -> StoredJointNeed | None:
        if self.fail:
            raise self.fail
        return self.stored.get(joint_need_id)

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
        def told(one: StoredJointNeed) -> Proposed:
            seen = finds_of is None or one.proposal.other_buyer_id in finds_of
            return one.proposal if seen else Proposed(need_id=one.proposal.need_id)

        found = [
            one
            for one in self.stored.values()
            if not (open_only and one.changed.closed_at)
            and buyer_id in (None, told(one).other_buyer_id, *(member.buyer_id for member in one.changed.members))
            and need_id in (None, told(one).other_need_id, *(member.need_id for member in one.changed.members))
        ]
        return found[offset : offset + limit]

    async def joint_need_history(self, joint_need_id: str) -> list[Change]:
        return await self.joint_need_changes(joint_need_id)

    async def follow_up_candidates(self, joint_need_id: str, *, buyer_id: str) -> list[Candidate]:
        return [
            one for one in self.alike if one.need.buyer_id == buyer_id and (joint_need_id, one.need.need_id) not in self.rejected
        ]

    async def published_needs(self, need_ids: Collection[str]) -> list[PublishedNeed]:
        return [self.published[id_] for id_ in sorted(need_ids) if id_ in self.published]

    async def put_published_needs(self, needs: Sequence[PublishedNeed]) -> None:
        self.published |= {need.need_id: need for need in needs}

    async def referring_needs(self, buyer_ids: Collection[str]) -> list[PublishedNeed]:
        return [need for need in self.published.values() if need.buyer_id in buyer_ids and need.follows]

    async def joint_needs_ever_joined(self, buyer_ids: Collection[str]) -> list[str]:
        return [id_ for id_, history in self.histories.items() if set(folded(id_, history).members) & set(buyer_ids)]

    async def rejected_follow_ups(self, joint_need_id: str) -> set[str]:
        return {need_id for id_, need_id in self.rejected if id_ == joint_need_id}

    async def reject_follow_up(self, joint_need_id: str, need_id: str, *, by: str) -> bool:
        known = (joint_need_id, need_id) in self.rejected
        self.rejected.add((joint_need_id, need_id))
        return not known
