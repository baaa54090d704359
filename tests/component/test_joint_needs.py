"""The service of joint needs over the record, on both databases."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from samspil.adapters.sql import SqlRecord, open_record
from samspil.clock import ManualClock
from samspil.dialogue.joint_needs import KeptJointNeeds
from samspil.dialogue.snapshots import Snapshots
from samspil.domain.joint_history import entries
from samspil.domain.joint_needs import folded
from samspil.domain.joint_said import stored
from samspil.errors import Conflict, Forbidden, NotFound, Refused
from samspil.ids import match_id
from samspil.ports import NeedStatus, Received
from samspil.ports.joint_service import Declaration, Proposal
from samspil.registry.handlers import Registry
from samspil_schemas import (
    Buyer,
    Event,
    JointNeedChanged,
    JointNeedGrew,
    MemberRole,
    NeedMatched,
    NeedPublished,
    NeedWithdrawn,
    PreferenceKind,
    Rung,
    Volume,
    event_id,
    spec_of,
)
from tests.factories import a_statement
from tests.joint_needs import a_text
from tests.protocol import START, a_match, a_similar

UNDERTAKING = "We put the same requirement to the market."


def buyer(number: int) -> Buyer:
    return Buyer(id=f"buyer-{number}", name=f"Sample body {number}", country="DK")


def service(record: SqlRecord, clock: ManualClock) -> KeptJointNeeds:
    return KeptJointNeeds(record, readings=record.readings, joint_readings=record.joint_needs, clock=clock)


@pytest.fixture
def joint_needs(record: SqlRecord, clock: ManualClock) -> KeptJointNeeds:
    return service(record, clock)


async def published(record: SqlRecord, *numbers: int) -> None:
    """Have need-N of buyer-N stand."""
    for number in numbers:
        await record.submissions.submit_need(f"need-{number}", a_statement(buyer=buyer(number)))


async def proposed(record: SqlRecord, joint_needs: KeptJointNeeds, **changes: object) -> str:
    await published(record, 1)
    return (await joint_needs.propose(Proposal(need_id="need-1", **changes), by="buyer-1")).joint_need_id


def declared(rung: str = "partner", number: int = 2, **changes: object) -> Declaration:
    undertaking = UNDERTAKING if rung in ("intent_signer", "first_buyer") else None
    return Declaration(**({"rung": rung, "name": buyer(number).name, "country": "DK", "undertaking": undertaking} | changes))


def received(*events: Event) -> list[Received]:
    return [Received(event=event, event_id=event_id(event), key=event.key, topic=spec_of(event).topic.name) for event in events]


async def said(record: SqlRecord) -> list[Event]:
    """What leaves the outbox, in order; it is taken for published and acted on by nobody."""
    rows = await record.outbox.claim(limit=1000, lease=timedelta(seconds=30))
    await record.outbox.published([row.event_id for row in rows], again_after=timedelta(days=1))
    return [row.event for row in rows]


def of_kind(events: Sequence[Event], kind: type) -> list:
    return [event for event in events if isinstance(event, kind)]


def verdict(need_id: str, *, suppliers: Sequence[str] = (), alike: Sequence[str] = (), version: int = 1) -> NeedMatched:
    return NeedMatched(
        need_id=need_id,
        need_version=version,
        caused_by=f"cause-{need_id}-{version}",
        matches=tuple(a_match(need_id, supplier, version) for supplier in suppliers),
        similar=tuple(a_similar(need_id, other) for other in alike),
        space="e5s-1f0c2a9b",
        scorer="v1",
        evaluated_at=START,
    )


async def test_a_buyer_proposes_from_a_find_and_the_market_hears_of_a_need_with_the_joint_text(
    record: SqlRecord, joint_needs: KeptJointNeeds, clock: ManualClock
) -> None:
    await published(record, 1, 2)
    await Registry(record, clock=clock).reports(received(verdict("need-1", alike=["need-2"])))
    await said(record)
    done = await joint_needs.propose(Proposal(need_id="need-1", other_need_id="need-2"), by="buyer-1")
    assert done.changed
    need, snapshot = await said(record)
    assert isinstance(need, NeedPublished)
    assert (need.need_id, need.version, need.statement.buyer.id) == (done.joint_need_id, 1, "buyer-1")
    assert need.statement.joint_members == ("buyer-1",)
    assert need.statement.description == a_statement().description
    assert isinstance(snapshot, JointNeedChanged)
    assert (snapshot.revision, snapshot.stage, snapshot.members[0].roles) == (1, "innovation need", (MemberRole.NEED_OWNER,))
    # The other side of the find sees what it is asked to.
    (seen,) = await joint_needs.joint_needs(buyer_id="buyer-of-need-2")
    for asked in ({"buyer_id": "buyer-of-need-2"}, {"need_id": "need-2"}):
        assert await joint_needs.joint_needs(**asked, finds_of=("buyer-of-need-2",)) == [seen]
        assert await joint_needs.joint_needs(**asked, finds_of=("buyer-9",)) == await joint_needs.joint_needs(
            **asked, finds_of=()
        )
        assert await joint_needs.joint_needs(**asked, finds_of=()) == []
    assert await joint_needs.joint_needs(need_id="need-1", finds_of=()) == [seen]
    assert seen.proposal.other_need_id == "need-2"
    assert [one.need_id for one in await record.readings.ledger(need_id=done.joint_need_id)] == [done.joint_need_id]


async def test_a_find_leads_to_one_joint_need_from_whichever_side_and_however_often(
    record: SqlRecord, joint_needs: KeptJointNeeds, clock: ManualClock
) -> None:
    await published(record, 1, 2)
    registry = Registry(record, clock=clock)
    await registry.reports(received(verdict("need-1", alike=["need-2"])))
    proposals = [("need-1", "need-2", "buyer-1"), ("need-2", "need-1", "buyer-2")]
    done = await asyncio.gather(
        *(joint_needs.propose(Proposal(need_id=own, other_need_id=other), by=by) for own, other, by in proposals),
        return_exceptions=True,
    )
    made = [one for one in done if not isinstance(one, BaseException)]
    assert len(made) == 1
    assert all(isinstance(one, Conflict) and made[0].joint_need_id in one.message for one in done if one not in made)
    (stands,) = await joint_needs.joint_needs()
    own, other, by = next(one for one in proposals if one[2] == stands.owner_id)
    again = await joint_needs.propose(Proposal(need_id=own, other_need_id=other), by=by)
    assert (again.joint_need_id, again.changed) == (made[0].joint_need_id, False)


async def test_a_proposal_is_repeated_after_its_find_was_scored_anew_and_is_no_way_to_other_terms(
    record: SqlRecord, joint_needs: KeptJointNeeds, clock: ManualClock
) -> None:
    await published(record, 1, 2)
    registry = Registry(record, clock=clock)
    await registry.reports(received(verdict("need-1", alike=["need-2"])))
    proposal = Proposal(need_id="need-1", other_need_id="need-2")
    made = await joint_needs.propose(proposal, by="buyer-1")
    stands = await joint_needs.joint_need(made.joint_need_id)
    nearer = verdict("need-1", version=2).model_copy(update={"similar": (a_similar("need-1", "need-2", 2, score=0.9),)})
    await record.submissions.submit_need("need-1", a_statement(buyer=buyer(1), title="Another title"))
    await registry.reports(received(nearer))
    (find,) = await record.readings.similar_to("need-1")
    assert find.score != stands.proposal.score
    again = await joint_needs.propose(proposal, by="buyer-1")
    assert (again.joint_need_id, again.changed) == (made.joint_need_id, False)
    more = proposal.model_copy(update={"rung": Rung.FIRST_BUYER, "undertaking": UNDERTAKING})
    with pytest.raises(Conflict, match=made.joint_need_id):
        await joint_needs.propose(more, by="buyer-1")
    assert await joint_needs.joint_need(made.joint_need_id) == stands


async def test_nobody_can_keep_another_body_from_proposing_from_its_own_need(
    record: SqlRecord, joint_needs: KeptJointNeeds, clock: ManualClock
) -> None:
    await published(record, 1, 2)
    await Registry(record, clock=clock).reports(received(verdict("need-1", alike=["need-2"])))
    one = await joint_needs.propose(Proposal(need_id="need-1", other_need_id="need-2", rung="observer"), by="buyer-1")
    with pytest.raises(Conflict, match=one.joint_need_id):
        await joint_needs.propose(Proposal(need_id="need-2", other_need_id="need-1"), by="buyer-2")
    other = await joint_needs.propose(Proposal(need_id="need-2"), by="buyer-2")
    assert other.changed
    assert {stands.owner_id for stands in await joint_needs.joint_needs(need_id="need-2")} == {"buyer-1", "buyer-2"}


async def test_a_joint_need_is_nobodys_own_need(record: SqlRecord, joint_needs: KeptJointNeeds) -> None:
    joint = await proposed(record, joint_needs)
    await joint_needs.declare(joint, declared("intent_signer", 1), by="buyer-1")
    before = await joint_needs.joint_need(joint)
    assert (await record.readings.need(joint)).statement.buyer.id == "buyer-1"
    for ask in (
        joint_needs.propose(Proposal(need_id=joint), by="buyer-1"),
        joint_needs.declare(joint, Declaration(rung="partner", need_id=joint), by="buyer-1"),
        joint_needs.follow_up(joint, joint, by="buyer-1"),
    ):
        with pytest.raises(Refused, match="is a joint need, which is no body's own"):
            await ask
    assert await joint_needs.joint_needs() == [before]


async def test_what_was_not_found_to_be_the_same_need_is_no_find(record: SqlRecord, joint_needs: KeptJointNeeds) -> None:
    await published(record, 1, 2)
    with pytest.raises(NotFound, match="was not found to be the same need"):
        await joint_needs.propose(Proposal(need_id="need-1", other_need_id="need-2"), by="buyer-1")
    with pytest.raises(Forbidden):
        await joint_needs.propose(Proposal(need_id="need-2"), by="buyer-1")
    with pytest.raises(NotFound, match="no open need"):
        await joint_needs.propose(Proposal(need_id="need-9"), by="buyer-1")
    assert await record.joint_needs.joint_needs() == []


async def test_a_joint_need_that_was_found_is_joined_and_not_proposed_anew(
    record: SqlRecord, joint_needs: KeptJointNeeds, clock: ManualClock
) -> None:
    joint = await proposed(record, joint_needs)
    await published(record, 2)
    await Registry(record, clock=clock).reports(received(verdict("need-2", alike=[joint])))
    with pytest.raises(Conflict, match="It is the joint need joint:"):
        await joint_needs.propose(Proposal(need_id="need-2", other_need_id=joint), by="buyer-2")
    await joint_needs.declare(joint, Declaration(rung="observer", need_id="need-2"), by="buyer-2")
    (found,) = await joint_needs.joint_needs(need_id="need-2")
    assert found.changed.members[1].name == buyer(2).name


async def test_a_find_that_is_published_as_a_joint_need_too_leads_to_joining_it(
    record: SqlRecord, joint_needs: KeptJointNeeds, clock: ManualClock
) -> None:
    joint = await proposed(record, joint_needs)
    await published(record, 2)
    one, other = (a_similar("need-2", id_).model_copy(update={"fold_keys": ("same",)}) for id_ in ("need-9", joint))
    seen = verdict("need-2").model_copy(update={"similar": (one, other)})
    await Registry(record, clock=clock).reports(received(seen))
    for found in ("need-9", joint):
        with pytest.raises(Conflict, match=joint):
            await joint_needs.propose(Proposal(need_id="need-2", other_need_id=found), by="buyer-2")


async def test_buyers_who_join_at_the_same_instant_are_all_members_and_the_last_snapshot_has_them(
    record: SqlRecord, record_url: str, joint_needs: KeptJointNeeds, clock: ManualClock
) -> None:
    joint = await proposed(record, joint_needs)
    elsewhere = open_record(record_url, clock=clock)
    other = service(elsewhere, clock)
    numbers = range(2, 12)
    done = await asyncio.gather(
        *(
            (joint_needs if number % 2 else other).declare(
                joint, declared("intent_signer", number, volume=Volume(amount=100, unit="meters")), by=f"buyer-{number}"
            )
            for number in numbers
        )
    )
    await elsewhere.close()
    assert sorted(one.revision for one in done) == list(range(2, 12))
    snapshots = of_kind(await said(record), JointNeedChanged)
    assert [one.revision for one in snapshots] == list(range(1, 12))
    assert {member.buyer_id for member in snapshots[-1].members} == {"buyer-1", *(f"buyer-{number}" for number in numbers)}
    assert snapshots[-1].summary == "10 bodies intend: 1,000 meters"
    assert len(await joint_needs.joint_need_history(joint)) == 15


async def test_the_history_read_back_is_what_was_recorded_to_the_digest(
    record: SqlRecord, joint_needs: KeptJointNeeds, clock: ManualClock
) -> None:
    joint = await proposed(record, joint_needs, volume=Volume(amount=1200, unit="meters"), horizon="2028-01-01")
    clock.advance(timedelta(hours=1, microseconds=7))
    await joint_needs.declare(joint, declared("intent_signer", volume=Volume(amount=0.1, unit="meters")), by="buyer-2")
    await joint_needs.withdraw(joint, by="buyer-2", reason="Not this year")
    history = await joint_needs.joint_need_history(joint)
    assert stored(folded(joint, history)) == await joint_needs.joint_need(joint)
    (before, after) = (entries(joint, history), entries(joint, await joint_needs.joint_need_history(joint)))
    assert before[-1].digest == after[-1].digest
    assert {change.by for change in history} == {"buyer-1", "buyer-2"}
    assert history[-1].at == clock.now()


async def test_a_buyer_cannot_change_what_another_has_declared(record: SqlRecord, joint_needs: KeptJointNeeds) -> None:
    joint = await proposed(record, joint_needs)
    await joint_needs.declare(joint, declared("intent_signer"), by="buyer-2")
    before = await joint_needs.joint_need(joint)
    await published(record, 2)
    with pytest.raises(Forbidden):
        await joint_needs.declare(joint, Declaration(rung="observer", need_id="need-2"), by="buyer-3")
    with pytest.raises(NotFound):
        await joint_needs.withdraw(joint, by="buyer-3")
    for ask in (
        joint_needs.state_text(joint, a_text(), by="buyer-2"),
        joint_needs.move(joint, "market dialogue", by="buyer-2"),
        joint_needs.offer(joint, MemberRole.NEED_OWNER, "buyer-2", by="buyer-2"),
        joint_needs.close(joint, by="buyer-2"),
    ):
        with pytest.raises(Forbidden):
            await ask
    assert await joint_needs.joint_need(joint) == before


async def test_a_need_that_stands_in_an_open_joint_need_is_no_members_need_of_another(
    record: SqlRecord, joint_needs: KeptJointNeeds
) -> None:
    joint = await proposed(record, joint_needs)
    await published(record, 2, 3)
    other = (await joint_needs.propose(Proposal(need_id="need-3"), by="buyer-3")).joint_need_id
    named = Declaration(rung="observer", need_id="need-2")
    await joint_needs.declare(joint, named, by="buyer-2")
    with pytest.raises(Conflict, match=joint):
        await joint_needs.declare(other, named, by="buyer-2")
    with pytest.raises(Conflict, match=other):
        await joint_needs.declare(joint, Declaration(rung="observer", need_id="need-3"), by="buyer-3")
    assert not (await joint_needs.declare(joint, named, by="buyer-2")).changed
    assert (await joint_needs.declare(other, declared("observer"), by="buyer-2")).changed
    await joint_needs.close(joint, by="buyer-1")
    assert (await joint_needs.declare(other, named, by="buyer-2")).changed


async def test_a_need_that_is_named_in_two_joint_needs_at_the_same_instant_stands_in_one(
    record: SqlRecord, record_url: str, joint_needs: KeptJointNeeds, clock: ManualClock
) -> None:
    await published(record, 1, 2, 3, 4)
    elsewhere = open_record(record_url, clock=clock)
    other = service(elsewhere, clock)
    proposals = [(f"need-{number}", f"buyer-{number}") for number in (1, 3)]
    made = [(await joint_needs.propose(Proposal(need_id=need_id), by=by)).joint_need_id for need_id, by in proposals]
    named = Declaration(rung="observer", need_id="need-2")
    asked = [one.declare(joint, named, by="buyer-2") for joint in made for one in (joint_needs, other)]
    done = await asyncio.gather(*asked, return_exceptions=True)
    await elsewhere.close()
    (stands,) = await joint_needs.joint_needs(need_id="need-2")
    assert sum(not isinstance(one, BaseException) for one in done) == 2
    assert all(stands.changed.joint_need_id in one.message for one in done if isinstance(one, Conflict))
    assert sum(isinstance(one, Conflict) for one in done) == 2


async def test_nobody_declares_without_saying_who_it_is(record: SqlRecord, joint_needs: KeptJointNeeds) -> None:
    joint = await proposed(record, joint_needs)
    with pytest.raises(Refused, match="not known who declares"):
        await joint_needs.declare(joint, Declaration(rung="observer"), by="buyer-2")
    await joint_needs.declare(joint, declared("observer"), by="buyer-2")
    await joint_needs.declare(joint, Declaration(rung="partner"), by="buyer-2")
    stands = await joint_needs.joint_need(joint)
    assert (stands.changed.members[1].name, stands.changed.members[1].rung) == (buyer(2).name, Rung.PARTNER)


async def test_matched_suppliers_hear_of_each_rung_once_and_matching_of_the_text_and_the_members(
    record: SqlRecord, joint_needs: KeptJointNeeds, clock: ManualClock
) -> None:
    joint = await proposed(record, joint_needs)
    await Registry(record, clock=clock).reports(received(verdict(joint, suppliers=["s-1", "s-2"])))
    await said(record)
    await joint_needs.declare(joint, declared("partner"), by="buyer-2")
    joining = await said(record)
    assert [event.supplier_id for event in of_kind(joining, JointNeedGrew)] == ["s-1", "s-2"]
    assert [event.statement.joint_members for event in of_kind(joining, NeedPublished)] == [("buyer-1", "buyer-2")]
    await joint_needs.declare(joint, declared("partner", volume=Volume(amount=3, unit="meters")), by="buyer-2")
    typing = await said(record)
    assert [type(event) for event in typing] == [JointNeedChanged]
    await joint_needs.declare(joint, declared("first_buyer", volume=Volume(amount=3, unit="meters")), by="buyer-2")
    rising = await said(record)
    assert [type(event) for event in rising] == [JointNeedGrew, JointNeedGrew, JointNeedChanged]
    assert {event.summary for event in of_kind(rising, JointNeedGrew)} == {"1 body committed: 3 meters"}
    await joint_needs.state_text(joint, a_text(title="Leaks, found without digging"), by="buyer-1")
    assert [type(event) for event in await said(record)] == [NeedPublished, JointNeedChanged]


async def test_who_leaves_and_comes_back_makes_no_new_version_of_the_joint_text(
    record: SqlRecord, joint_needs: KeptJointNeeds
) -> None:
    joint = await proposed(record, joint_needs)
    await joint_needs.declare(joint, declared("observer"), by="buyer-2")
    await said(record)
    for _ in range(3):
        await joint_needs.withdraw(joint, by="buyer-2")
        await joint_needs.declare(joint, declared("observer"), by="buyer-2")
    assert [type(event) for event in await said(record)] == [JointNeedChanged] * 6
    assert (await record.readings.need(joint)).version == 2


async def test_a_supplier_that_mutes_a_joint_need_hears_of_no_step_until_it_lifts_that(
    record: SqlRecord, joint_needs: KeptJointNeeds, clock: ManualClock
) -> None:
    joint = await proposed(record, joint_needs)
    await Registry(record, clock=clock).reports(received(verdict(joint, suppliers=["s-1", "s-2", "s-3"])))
    await record.feedback.give("s-1", match_id(need_id=joint, supplier_id="s-1"), relevant=False)
    await record.feedback.give("s-2", match_id(need_id=joint, supplier_id="s-2"), relevant=True)
    await said(record)
    await joint_needs.declare(joint, declared("observer"), by="buyer-2")
    assert [event.supplier_id for event in of_kind(await said(record), JointNeedGrew)] == ["s-2", "s-3"]
    clock.advance(timedelta(seconds=1))
    await record.feedback.lift("s-1", PreferenceKind.NEED, value=joint)
    await joint_needs.declare(joint, declared("partner"), by="buyer-2")
    assert [event.supplier_id for event in of_kind(await said(record), JointNeedGrew)] == ["s-1", "s-2", "s-3"]


async def test_a_step_up_is_told_to_no_more_suppliers_than_a_verdict_names_and_to_the_best(
    record: SqlRecord, joint_needs: KeptJointNeeds, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("samspil.adapters.sql.joint_statements.MATCHES_MAX", 2)
    joint = await proposed(record, joint_needs)
    matches = [a_match(joint, f"s-{number}", score=number / 10) for number in (3, 1, 2)]
    report = verdict(joint).model_copy(update={"matches": tuple(matches)})
    await Registry(record, clock=clock).reports(received(report))
    await said(record)
    await joint_needs.declare(joint, declared("partner"), by="buyer-2")
    assert [event.supplier_id for event in of_kind(await said(record), JointNeedGrew)] == ["s-2", "s-3"]


async def test_a_handover_makes_the_new_owner_the_buyer_of_the_joint_text(record: SqlRecord, joint_needs: KeptJointNeeds) -> None:
    joint = await proposed(record, joint_needs)
    await joint_needs.declare(joint, declared("partner"), by="buyer-2")
    await joint_needs.offer(joint, MemberRole.NEED_OWNER, "buyer-2", by="buyer-1")
    await joint_needs.accept(joint, MemberRole.NEED_OWNER, by="buyer-2")
    await joint_needs.withdraw(joint, by="buyer-1")
    need = await record.readings.need(joint)
    assert (need.statement.buyer, need.statement.joint_members) == (buyer(2), ("buyer-1", "buyer-2"))
    assert (await joint_needs.joint_need(joint)).owner_id == "buyer-2"


async def test_the_text_of_a_joint_need_changes_with_the_joint_need_alone(record: SqlRecord, joint_needs: KeptJointNeeds) -> None:
    joint = await proposed(record, joint_needs)
    for ask in (
        record.submissions.submit_need(joint, a_statement(buyer=buyer(1))),
        record.submissions.withdraw_need(joint),
        record.submissions.submit_need("mine", a_statement(buyer=buyer(1), joint_members=("buyer-2",))),
    ):
        with pytest.raises(Conflict, match="several bodies share"):
            await ask
    assert (await record.readings.need(joint)).version == 1


async def test_a_closed_joint_need_is_no_longer_matched_and_its_needs_are_free_for_another(
    record: SqlRecord, joint_needs: KeptJointNeeds
) -> None:
    joint = await proposed(record, joint_needs)
    await said(record)
    await joint_needs.close(joint, by="buyer-1", reason="All have bought")
    assert not (await joint_needs.close(joint, by="buyer-1")).changed
    withdrawn, snapshot = await said(record)
    assert isinstance(withdrawn, NeedWithdrawn)
    assert (withdrawn.reason, snapshot.closed_because) == ("All have bought", "All have bought")
    assert await joint_needs.joint_needs() == []
    assert [one.changed.joint_need_id for one in await joint_needs.joint_needs(open_only=False)] == [joint]
    assert (await record.readings.totals())["joint_needs"] == 0
    another = await joint_needs.propose(Proposal(need_id="need-1"), by="buyer-1")
    assert another.joint_need_id != joint
    (row,) = await record.readings.ledger(need_id=joint)
    assert row.status is NeedStatus.WITHDRAWN


async def test_a_later_need_of_a_signatory_is_linked_to_what_it_declared(record: SqlRecord, joint_needs: KeptJointNeeds) -> None:
    joint = await proposed(record, joint_needs)
    await joint_needs.declare(joint, declared("intent_signer"), by="buyer-2")
    await published(record, 2, 3)
    with pytest.raises(Forbidden):
        await joint_needs.follow_up(joint, "need-3", by="buyer-2")
    assert (await joint_needs.follow_up(joint, "need-2", by="buyer-2")).changed
    assert (await joint_needs.joint_need(joint)).changed.members[1].followed_up_by == ("need-2",)


@pytest.mark.parametrize("forgotten", [True, False])
async def test_an_old_snapshot_that_comes_late_is_followed_by_the_newest(
    record: SqlRecord, joint_needs: KeptJointNeeds, *, forgotten: bool
) -> None:
    joint = await proposed(record, joint_needs)
    await joint_needs.declare(joint, declared(), by="buyer-2")
    old, new = of_kind(await said(record), JointNeedChanged)
    snapshots = Snapshots(record)
    await snapshots.take(received(old))
    assert await said(record) == []  # the newest is still awaited, and published again by itself
    await snapshots.take(received(new))
    if forgotten:
        assert await record.outbox.forget_confirmed() == 2
    await snapshots.take(received(old))
    assert await said(record) == [new]
    await snapshots.take(received(new, new))
    assert await said(record) == []


async def test_a_joint_need_that_is_not_there_is_said_so(joint_needs: KeptJointNeeds) -> None:
    with pytest.raises(NotFound, match="no joint need joint:none"):
        await joint_needs.withdraw("joint:none", by="buyer-1")
    assert await joint_needs.joint_need("joint:none") is None
