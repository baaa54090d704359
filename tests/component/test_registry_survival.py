"""Whatever is lost on the way, every accepted need ends in the ledger, and each pair is told once and holds."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from samspil.adapters.sql import SqlRecord, open_record
from samspil.clock import ManualClock
from samspil.dialogue import app as dialogue
from samspil.ports import NeedStatus, Received
from samspil.registry import app as registry
from samspil.registry.relay import Relay
from samspil_schemas import (
    Event,
    MatchFound,
    NeedMatched,
    NeedPublished,
    NeedWithdrawn,
    ProfilePublished,
    ProfileWithdrawn,
    SupplierMatched,
    event_id,
    spec_of,
    topics,
)
from tests.factories import a_profile, a_statement
from tests.protocol import START, a_match

NEEDS, SUPPLIERS = ("n1", "n2"), ("s1", "s2")
GROUPS = {
    "matching": (topics.NEEDS.name, topics.SUPPLIERS.name),
    "registry": (topics.NEEDS.name, topics.SUPPLIERS.name, topics.MATCH_REPORTS.name),
    "dialogue": (topics.NEEDS.name, topics.MATCHES.name),
}


class LossyLog:
    """A log in memory that forgets everything when it is killed; each group reads each topic from where it has come to."""

    def __init__(self) -> None:
        self.topics: dict[str, list[Event]] = defaultdict(list)
        self.places: dict[tuple[str, str], int] = defaultdict(int)
        self.ever: list[Event] = []

    async def publish(self, events: Sequence[Event]) -> None:
        for event in events:
            self.topics[spec_of(event).topic.name].append(event)
            self.ever.append(event)

    def read(self, group: str, topic: str, *, most: int) -> list[Received]:
        place = self.places[group, topic]
        events = self.topics[topic][place : place + most]
        return [Received(event=event, event_id=event_id(event), key=event.key, topic=topic) for event in events]

    def kill(self) -> None:
        self.topics.clear()
        self.places.clear()


class Matcher:
    """A matching service whose index survives; everything matches, and a stale version is skipped."""

    def __init__(self, log: LossyLog) -> None:
        self._log = log
        self.heads: dict[str, tuple[int, bool]] = {}

    async def handle(self, batch: Sequence[Received]) -> None:
        for received in batch:
            event = received.event
            assert isinstance(event, NeedPublished | NeedWithdrawn | ProfilePublished | ProfileWithdrawn)
            head = (event.version, isinstance(event, NeedWithdrawn | ProfileWithdrawn))
            if head < self.heads.get(event.key, (0, False)):
                continue
            self.heads[event.key] = head
            await self._log.publish([self._verdict(event.key, head, cause=received.event_id)])

    def _verdict(self, owner: str, head: tuple[int, bool], *, cause: str) -> Event:
        version, withdrawn = head
        others = SUPPLIERS if owner in NEEDS else NEEDS
        seen = [] if withdrawn else [(other, self.heads[other][0]) for other in others if not self.heads.get(other, (0, True))[1]]
        about = {"withdrawn": withdrawn, "caused_by": cause, "space": "space", "scorer": "v1", "evaluated_at": START}
        if owner in NEEDS:
            matches = tuple(a_match(owner, other, version, of) for other, of in seen)
            return NeedMatched(need_id=owner, need_version=version, matches=matches, **about)
        matches = tuple(a_match(other, owner, of, version) for other, of in seen)
        return SupplierMatched(supplier_id=owner, profile_version=version, matches=matches, **about)


class World:
    """All services over one record and one lossy log, driven one step at a time."""

    def __init__(self, record: SqlRecord, clock: ManualClock) -> None:
        self.record, self.clock, self.log = record, clock, LossyLog()
        self.matcher = Matcher(self.log)
        self.relay = Relay(record.outbox, again=record.again, publisher=self.log, clock=clock)
        subscribed = (*registry.subscriptions(record, clock=clock), *dialogue.subscriptions(record, clock=clock))
        self.handlers = {(one.group, topic): one.handle for one in subscribed for topic in one.topics}
        self.handlers |= {("matching", topic): self.matcher.handle for topic in GROUPS["matching"]}
        self.words = 0

    async def submit(self, id_: str) -> None:
        self.words += 1
        if id_ in NEEDS:
            await self.record.submissions.submit_need(id_, a_statement(title=f"Wording {self.words}"))
        else:
            await self.record.submissions.submit_profile(id_, a_profile(name=f"Name {self.words}"))

    async def withdraw(self, id_: str) -> None:
        if id_ in NEEDS and await self.record.readings.need(id_):
            await self.record.submissions.withdraw_need(id_)
        elif id_ in SUPPLIERS and await self.record.readings.profile(id_):
            await self.record.submissions.withdraw_profile(id_)

    async def deliver(self, group: str, *, commits: bool = True) -> int:
        """Deliver what a group has not taken; without a commit, the group was killed after its effects and gets all again."""
        delivered = 0
        for topic in GROUPS[group]:
            if batch := self.log.read(group, topic, most=3):
                await self.handlers[group, topic](batch)
                self.log.places[group, topic] += len(batch) if commits else 0
                delivered += len(batch)
        return delivered

    async def kill_broker(self) -> None:
        self.log.kill()
        await self.relay.broker_restarted()

    async def come_to_rest(self) -> None:
        for _ in range(60):
            published = await self.relay.publish_due()
            delivered = [await self.deliver(group) for group in GROUPS]
            if not published and not any(delivered):
                await self.record.outbox.forget_confirmed()
                if not (await self.record.readings.totals())["outbox"]:
                    return
                self.clock.advance(timedelta(hours=2))
        raise AssertionError("the outbox never empties")


steps = st.one_of(
    st.tuples(st.just("submit"), st.sampled_from((*NEEDS, *SUPPLIERS))),
    st.tuples(st.just("withdraw"), st.sampled_from((*NEEDS, *SUPPLIERS))),
    st.tuples(st.just("relay"), st.none()),
    st.tuples(st.just("deliver"), st.sampled_from(tuple(GROUPS))),
    st.tuples(st.just("deliver and die"), st.sampled_from(tuple(GROUPS))),
    st.tuples(st.just("kill broker"), st.none()),
    # The broker is lost and nobody notices: only the waiting outbox can tell.
    st.tuples(st.just("lose silently"), st.none()),
)


async def live(world: World, story: Sequence[tuple[str, str | None]]) -> None:
    for step, name in story:
        match step, name:
            case "submit", str():
                await world.submit(name)
            case "withdraw", str():
                await world.withdraw(name)
            case "relay", _:
                await world.relay.publish_due()
            case "deliver", str():
                await world.deliver(name)
            case "deliver and die", str():
                await world.deliver(name, commits=False)
            case "kill broker", _:
                await world.kill_broker()
            case _:
                world.log.kill()
    await world.come_to_rest()


async def check(story: Sequence[tuple[str, str | None]]) -> None:
    clock = ManualClock()
    record = open_record("sqlite+aiosqlite:///:memory:", clock=clock)
    await record.migrate()
    world = World(record, clock)
    await live(world, story)
    rows = await record.readings.ledger(limit=1000)
    assert NeedStatus.PENDING not in {row.status for row in rows}
    open_needs = {need.need_id: need.version for need in await record.readings.needs()}
    newest = {row.need_id: row.status for row in sorted(rows, key=lambda row: row.version)}
    assert all(newest[need_id] is NeedStatus.MATCHED for need_id in open_needs)
    profiles = {profile.supplier_id: profile.version for profile in await record.readings.profiles()}
    truth = {(need, supplier, of, by) for need, of in open_needs.items() for supplier, by in profiles.items()}
    held = {
        (match.need_id, match.supplier_id, match.need_version, match.profile_version)
        for need in NEEDS
        for match in await record.readings.matches_of_need(need)
    }
    assert held == truth
    told = {
        (event.need_id, event.supplier_id, event.need_version, event.profile_version)
        for event in world.log.ever
        if isinstance(event, MatchFound)
    }
    assert truth <= told
    await record.close()


@settings(max_examples=25, deadline=None)
@given(story=st.lists(steps, max_size=30))
def test_nothing_is_lost_whatever_is_killed(story: list[tuple[str, str | None]]) -> None:
    asyncio.run(check(story))
