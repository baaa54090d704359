"""Follow-ups: recognised whatever comes first, over the record on both databases and over fakes."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from samspil import ids
from samspil.adapters.sql import SqlRecord
from samspil.clock import ManualClock
from samspil.dialogue import app
from samspil.dialogue.follow_ups import FollowUps
from samspil.dialogue.joint_needs import KeptJointNeeds
from samspil.domain.joint_needs import folded
from samspil.errors import Refused
from samspil.ports import Received
from samspil.ports.follow_ups import FollowUpBasis
from samspil.ports.joint_service import Declaration, Proposal
from samspil.registry.handlers import Registry
from samspil_schemas import Buyer, Event, JointNeedChanged, NeedMatched, NeedPublished, Rung, Source, event_id, spec_of, topics
from tests.component.joint_fakes import FakeJointRecord
from tests.component.web_fakes import FakeRecord
from tests.factories import a_need, a_statement
from tests.protocol import START, a_similar

ADDRESS = "https://nordby.example/leaks"
OWNERS_NEED = a_need("need-1", source=Source(kind="web", reference="r-1", url=ADDRESS))


def received(*events: Event) -> list[Received]:
    return [Received(event=event, event_id=event_id(event), key=event.key, topic=spec_of(event).topic.name) for event in events]


def body(number: int) -> Buyer:
    return Buyer(id=f"buyer-{number}", name=f"Sample body {number}", country="DK")


def tender(number: int = 2, *follows: str, version: int = 1, name: str = "tender", **changes: Any) -> NeedPublished:
    return a_need(f"{name}-{number}", version, **({"buyer": body(number), "follows": follows} | changes))


def declared(number: int = 2, rung: str = "intent_signer", **changes: Any) -> Declaration:
    undertaking = "We put the same requirement to the market." if rung in ("intent_signer", "first_buyer") else None
    return Declaration(**({"rung": rung, "name": body(number).name, "country": "DK", "undertaking": undertaking} | changes))


class Kept:
    """The service of joint needs and the follow-ups, over one record."""

    def __init__(self, record: SqlRecord, clock: ManualClock) -> None:
        self.record = record
        self.clock = clock
        self.joint_needs = KeptJointNeeds(record, readings=record.readings, joint_readings=record.joint_needs, clock=clock)
        self.follow_ups = FollowUps(record, clock=clock)
        self.registry = Registry(record, clock=clock)

    async def propose(self) -> str:
        await self.record.submissions.submit_need("need-1", OWNERS_NEED.statement)
        return (await self.joint_needs.propose(Proposal(need_id="need-1"), by="buyer-1")).joint_need_id

    async def snapshots(self) -> list[JointNeedChanged]:
        """What leaves the outbox; it is taken for published and acted on by nobody."""
        rows = await self.record.outbox.claim(limit=1000, lease=timedelta(seconds=30))
        await self.record.outbox.published([row.event_id for row in rows], again_after=timedelta(days=1))
        return [row.event for row in rows if isinstance(row.event, JointNeedChanged)]

    async def settle(self) -> list[JointNeedChanged]:
        """Hand the snapshots over until there are no more, and return the last of each joint need."""
        last: dict[str, JointNeedChanged] = {}
        while snapshots := await self.snapshots():
            last |= {one.joint_need_id: one for one in snapshots}
            await self.follow_ups.joint_needs(received(*snapshots))
        return list(last.values())

    async def linked(self, joint: str) -> dict[str, tuple[str, ...]]:
        stands = await self.joint_needs.joint_need(joint)
        assert stands is not None
        return {member.buyer_id: member.followed_up_by for member in stands.changed.members if member.followed_up_by}

    async def suggested(self, joint: str, by: str) -> list[str]:
        found = await self.joint_needs.follow_ups(joint, by=by)
        assert found is not None
        return [one.need.need_id for one in found.suggestions]


def verdict(need_id: str, *pairs: tuple[str, str], version: int = 1) -> NeedMatched:
    return NeedMatched(
        need_id=need_id,
        need_version=version,
        caused_by=f"cause-{need_id}-{version}",
        follow_ups=tuple(a_similar(joint, need, *_versions(need_id, version, joint)) for joint, need in pairs),
        space="e5s-1f0c2a9b",
        scorer="v1",
        evaluated_at=START,
    )


def _versions(need_id: str, version: int, joint: str) -> tuple[int, int]:
    return (version, 1) if need_id == joint else (1, version)


async def test_a_tender_that_refers_to_the_joint_need_is_linked_when_it_is_published(
    record: SqlRecord, clock: ManualClock
) -> None:
    kept = Kept(record, clock)
    joint = await kept.propose()
    await kept.joint_needs.declare(joint, declared(), by="buyer-2")
    await kept.settle()
    clock.advance(timedelta(days=40))
    await kept.follow_ups.needs(received(tender(2, joint), tender(3, joint)))
    assert await kept.linked(joint) == {"buyer-2": ("tender-2",)}
    (snapshot,) = await kept.settle()
    assert snapshot.follow_up_summary == "1 of 1 that signed intent has followed up"
    (change,) = [change for change in await kept.joint_needs.joint_need_history(joint) if change.content.kind == "followed_up"]
    assert (change.by, change.content.basis, change.content.reference) == ("buyer-2", FollowUpBasis.REFERENCE, joint)
    report = (await kept.joint_needs.follow_ups(joint)).report
    assert [one.days for one in report.bodies[0].follow_ups] == [40]


async def test_a_tender_that_came_before_the_joint_need_is_linked_once_its_buyer_has_signed(
    record: SqlRecord, clock: ManualClock
) -> None:
    kept = Kept(record, clock)
    await kept.follow_ups.needs(received(tender(2, ADDRESS), OWNERS_NEED))
    joint = await kept.propose()
    await kept.settle()
    await kept.joint_needs.declare(joint, declared(rung="partner"), by="buyer-2")
    await kept.settle()
    assert await kept.linked(joint) == {}
    await kept.joint_needs.declare(joint, declared(), by="buyer-2")
    await kept.settle()
    assert await kept.linked(joint) == {"buyer-2": ("tender-2",)}


async def test_a_reference_is_understood_when_what_it_names_is_published_last(record: SqlRecord, clock: ManualClock) -> None:
    kept = Kept(record, clock)
    joint = await kept.propose()
    await kept.joint_needs.declare(joint, declared(), by="buyer-2")
    await kept.settle()
    await kept.follow_ups.needs(received(tender(2, "nordby.example/other", "https://www.nordby.example/leaks/")))
    assert await kept.linked(joint) == {}
    await kept.follow_ups.needs(received(OWNERS_NEED))
    assert await kept.linked(joint) == {"buyer-2": ("tender-2",)}


async def test_a_repeat_changes_nothing_and_a_closed_joint_need_is_followed_up_too(record: SqlRecord, clock: ManualClock) -> None:
    kept = Kept(record, clock)
    joint = await kept.propose()
    await kept.joint_needs.declare(joint, declared(), by="buyer-2")
    await kept.joint_needs.withdraw(joint, by="buyer-2", reason="Bought elsewhere")
    await kept.joint_needs.close(joint, by="buyer-1")
    for _ in range(3):
        await kept.follow_ups.needs(received(tender(2, joint), tender(2, joint, version=2)))
        await kept.settle()
    history = await kept.joint_needs.joint_need_history(joint)
    assert [change.content.need_id for change in history if change.content.kind == "followed_up"] == ["tender-2"]
    (follower,) = (await kept.joint_needs.follow_ups(joint)).report.bodies
    assert (follower.rung, [one.need_id for one in follower.follow_ups]) == (None, ["tender-2"])


async def test_a_tender_and_a_commitment_at_the_same_instant_find_each_other(record: SqlRecord, clock: ManualClock) -> None:
    kept = Kept(record, clock)
    joint = await kept.propose()

    async def sign(number: int) -> None:
        await kept.joint_needs.declare(joint, declared(number), by=f"buyer-{number}")
        await kept.settle()

    numbers = range(2, 8)
    await asyncio.gather(
        *(sign(number) for number in numbers),
        *(kept.follow_ups.needs(received(tender(number, joint))) for number in numbers),
    )
    await kept.settle()
    assert await kept.linked(joint) == {f"buyer-{number}": (f"tender-{number}",) for number in numbers}


async def test_a_need_that_reads_like_the_joint_text_is_suggested_to_its_buyer_who_confirms_it(
    record: SqlRecord, clock: ManualClock
) -> None:
    kept = Kept(record, clock)
    joint = await kept.propose()
    for number in (2, 3):
        await kept.joint_needs.declare(joint, declared(number), by=f"buyer-{number}")
    clock.advance(timedelta(days=1))
    for number in (2, 3):
        await record.submissions.submit_need(f"tender-{number}", tender(number).statement)
    await kept.follow_ups.needs(received(tender(2), tender(3)))
    await kept.registry.reports(received(verdict("tender-2", (joint, "tender-2"))))
    assert await kept.linked(joint) == {}
    assert [await kept.suggested(joint, f"buyer-{number}") for number in (1, 2, 3)] == [[], ["tender-2"], []]
    assert await kept.joint_needs.follow_ups("joint:none") is None
    assert (await kept.joint_needs.follow_up(joint, "tender-2", by="buyer-2")).changed
    assert await kept.suggested(joint, "buyer-2") == []
    assert (await kept.joint_needs.follow_up(joint, "tender-3", by="buyer-3")).changed
    bases = [one.basis for follower in (await kept.joint_needs.follow_ups(joint)).report.bodies for one in follower.follow_ups]
    assert bases == [FollowUpBasis.TEXT, FollowUpBasis.NAMED]


async def test_what_was_rejected_is_never_suggested_or_linked_again(record: SqlRecord, clock: ManualClock) -> None:
    kept = Kept(record, clock)
    joint = await kept.propose()
    await kept.joint_needs.declare(joint, declared(), by="buyer-2")
    clock.advance(timedelta(days=1))
    await record.submissions.submit_need("tender-2", tender().statement)
    await kept.follow_ups.needs(received(tender()))
    await kept.registry.reports(received(verdict("tender-2", (joint, "tender-2"))))
    assert (await kept.joint_needs.reject_follow_up(joint, "tender-2", by="buyer-2")).changed
    assert not (await kept.joint_needs.reject_follow_up(joint, "tender-2", by="buyer-2")).changed
    await kept.registry.reports(received(verdict("tender-2", (joint, "tender-2"), version=2)))
    assert await kept.suggested(joint, "buyer-2") == []
    await kept.follow_ups.needs(received(tender(2, joint, version=2)))
    await kept.settle()
    assert await kept.linked(joint) == {}
    # It may still say so itself.
    await kept.joint_needs.follow_up(joint, "tender-2", by="buyer-2")
    assert await kept.linked(joint) == {"buyer-2": ("tender-2",)}
    assert (await kept.joint_needs.reject_follow_up(joint, "tender-2", by="buyer-2")).changed
    await kept.settle()
    assert await kept.linked(joint) == {}


async def test_a_suggestion_ends_with_the_likeness_and_with_the_need(record: SqlRecord, clock: ManualClock) -> None:
    kept = Kept(record, clock)
    joint = await kept.propose()
    await kept.joint_needs.declare(joint, declared(), by="buyer-2")
    for name in ("tender", "other"):
        event = tender(name=name)
        await record.submissions.submit_need(event.need_id, event.statement)
        await kept.follow_ups.needs(received(event))
    await kept.registry.reports(received(verdict(joint, (joint, "tender-2"), (joint, "other-2"))))
    assert await kept.suggested(joint, "buyer-2") == ["other-2", "tender-2"]
    await kept.registry.reports(received(verdict("other-2", version=2)))
    assert await kept.suggested(joint, "buyer-2") == ["tender-2"]
    await record.submissions.withdraw_need("tender-2", reason="not bought")
    assert await kept.suggested(joint, "buyer-2") == []
    assert (await record.readings.totals())["similar"] == 0


def test_the_service_hands_needs_and_snapshots_to_the_follow_ups_too(clock: ManualClock) -> None:
    subscriptions = app.subscriptions(None, clock=clock)  # type: ignore[arg-type]
    assert [subscription.topics for subscription in subscriptions] == [
        (topics.NEEDS.name,),
        (topics.MATCHES.name,),
        (topics.JOINT_NEEDS.name,),
        (topics.RESPONSES.name,),
    ]


JOINT = ids.joint_need_id(need_id="need-1", number=0)
REFERENCES = (JOINT, "need-1", ADDRESS, "r-1", "of-nothing")


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[list[Declaration | None]], list[NeedPublished]]:
    """What two bodies declare, each in order (None: it withdraws), and what they publish; some needs are named as their own."""
    declarations: list[list[Declaration | None]] = []
    published = [OWNERS_NEED]
    for number in (2, 3):
        versions = draw(st.lists(st.lists(st.sampled_from(REFERENCES), max_size=2), min_size=1, max_size=3))
        published += [tender(number, *follows, version=version) for version, follows in enumerate(versions, start=1)]
        own = st.sampled_from([None, None, f"tender-{number}"])
        said = draw(st.lists(st.none() | st.tuples(st.sampled_from(Rung), own), max_size=4))
        declarations.append([one and declared(number, one[0].value, need_id=one[1]) for one in said])
    return declarations, published


async def _play(steps: Sequence[object], *, clock: ManualClock) -> set[tuple[str, str]]:
    """Take the steps in this order, each snapshot later and perhaps again; return what is linked in the end."""
    record, needs = FakeJointRecord(), FakeRecord()
    kept = KeptJointNeeds(record, readings=needs, joint_readings=record, clock=clock)
    follow_ups = FollowUps(record, clock=clock)
    await needs.submit_need("need-1", OWNERS_NEED.statement)
    for number in (2, 3):
        await needs.submit_need(f"tender-{number}", a_statement(buyer=body(number)))
    assert (await kept.propose(Proposal(need_id="need-1"), by="buyer-1")).joint_need_id == JOINT
    for step in steps:
        match step:
            case NeedPublished():
                await follow_ups.needs(received(step))
            case (str() as by, declaration):
                try:
                    await (kept.declare(JOINT, declaration, by=by) if declaration else kept.withdraw(JOINT, by=by))
                except Refused:
                    continue
            case _:
                snapshots = [event for event in record.events if isinstance(event, JointNeedChanged)]
                await follow_ups.joint_needs(received(*snapshots[-1:]))
    snapshots = [event for event in record.events if isinstance(event, JointNeedChanged)]
    await follow_ups.joint_needs(received(*reversed(snapshots)))
    return set(folded(JOINT, record.histories[JOINT]).follow_ups)


def expected(declarations: list[list[Declaration | None]], published: list[NeedPublished]) -> set[tuple[str, str]]:
    """What is to be linked, said in another way than the rules say it."""
    found = set()
    for number, said in zip((2, 3), declarations, strict=True):
        binding = [place for place, one in enumerate(said) if one and one.rung in (Rung.INTENT_SIGNER, Rung.FIRST_BUYER)]
        follows = {ref for event in published if event.statement.buyer.id == f"buyer-{number}" for ref in event.statement.follows}
        seed = any(one and one.need_id for one in said[: binding[0] + 1]) if binding else True
        if follows & set(REFERENCES[:4]) and not seed:
            found.add((f"buyer-{number}", f"tender-{number}"))
    return found


@settings(max_examples=150, deadline=None)
@given(life=lives(), data=st.data())
def test_any_order_and_any_repeat_of_needs_commitments_and_references_gives_the_same_links(
    life: Any, data: st.DataObject
) -> None:
    declarations, published = life
    again = data.draw(st.lists(st.sampled_from(published), max_size=3))
    turns = data.draw(
        st.permutations(
            [*published, *again, "snapshot", "snapshot"]
            + [f"buyer-{number}" for number, said in zip((2, 3), declarations, strict=True) for _ in said]
        )
    )
    # What one body declares keeps its order: the service takes one after the other.
    left = {f"buyer-{number}": list(said) for number, said in zip((2, 3), declarations, strict=True)}
    steps = [(turn, left[turn].pop(0)) if isinstance(turn, str) and turn in left else turn for turn in turns]
    assert asyncio.run(_play(steps, clock=ManualClock())) == expected(declarations, published)
