"""Dialogues by command over the record, on both databases: who may, who is invited, and what is said."""

from collections.abc import Sequence

import pytest

from samspil import ids
from samspil.adapters.sql import SqlRecord
from samspil.clock import ManualClock
from samspil.dialogue.handlers import Dialogues
from samspil.dialogue.joint_needs import KeptJointNeeds
from samspil.dialogue.keeping import KeptDialogues
from samspil.errors import Conflict, Forbidden, NotFound
from samspil.ports import DialogueState
from samspil.ports.joint_service import Declaration, Proposal
from samspil.registry.handlers import Registry
from samspil_schemas import (
    Buyer,
    DialogueAnnounced,
    DialogueAnnouncement,
    DialogueCancelled,
    DialogueChanged,
    DialogueConcluded,
    DialogueHeld,
    Event,
    InvitationCancelled,
    InvitationChanged,
    InvitationIssued,
    NeedMatched,
    NeedPublished,
    event_id,
)
from tests.component.test_dialogue import announcing, found, kinds, received, said
from tests.factories import a_statement
from tests.protocol import a_match

WEBINAR = DialogueAnnouncement(kind="webinar", starts_at="2026-05-04T09:00:00+02:00")
MEETINGS = DialogueAnnouncement(
    kind="one_to_one", slots=[{"starts_at": "2026-05-05T09:00:00+02:00", "ends_at": "2026-05-05T09:30:00+02:00"}]
)


class Kept:
    """The services over one record, and a need of buyer-1 that two suppliers match."""

    def __init__(self, record: SqlRecord, clock: ManualClock) -> None:
        self.record, self.clock = record, clock
        self.heard: set[str] = set()
        self.service = Dialogues(record, clock=clock)
        self.registry = Registry(record, clock=clock)
        self.joint_needs = KeptJointNeeds(record, readings=record.readings, joint_readings=record.joint_needs, clock=clock)
        self.dialogues = KeptDialogues(record, readings=record.readings, clock=clock)

    async def need(self, need_id: str = "n", buyer: str = "buyer-1", *, suppliers: Sequence[str] = ("s", "t")) -> None:
        own = Buyer(id=buyer, name=f"Body {buyer}", country="DK")
        await self.record.submissions.submit_need(need_id, a_statement(buyer=own))
        await self.verdict(need_id, *suppliers)
        await self.told()

    async def verdict(self, need_id: str, *suppliers: str) -> None:
        verdict = NeedMatched(
            need_id=need_id,
            need_version=1,
            caused_by="cause",
            matches=tuple(a_match(need_id, supplier, 1, score=0.8) for supplier in suppliers),
            space="space",
            scorer="v1",
            evaluated_at=self.clock.now(),
        )
        await self.registry.reports(received(verdict))

    async def announce(self, announcement: DialogueAnnouncement = WEBINAR, need_id: str = "n", by: str = "buyer-1") -> str:
        return (await self.dialogues.announce(need_id, announcement, by=by)).dialogue_id

    async def told(self) -> list[Event]:
        """What was said since it was last asked; the outbox says again what nobody has taken."""
        new = {event_id(event): event for event in await said(self.record)}
        fresh = [event for id_, event in new.items() if id_ not in self.heard]
        self.heard |= new.keys()
        return fresh


@pytest.fixture
async def kept(record: SqlRecord, clock: ManualClock) -> Kept:
    world = Kept(record, clock)
    await world.need()
    return world


async def test_whom_the_need_matched_before_is_invited_at_once(kept: Kept) -> None:
    dialogue_id = await kept.announce()
    announced, *invited = await kept.told()
    assert isinstance(announced, DialogueAnnounced)
    assert (announced.dialogue_id, announced.need_id, announced.joint_need_id) == (dialogue_id, "n", None)
    assert sorted(one.supplier_id for one in invited if isinstance(one, InvitationIssued)) == ["s", "t"]
    stored = await kept.record.readings.dialogue(dialogue_id)
    assert stored is not None
    assert (stored.state, stored.number, stored.buyer_id) == (DialogueState.ANNOUNCED, 1, "buyer-1")


async def test_whom_it_matches_later_is_invited_to_each_of_its_dialogues_once(kept: Kept) -> None:
    await kept.service.needs(received(announcing("n", 2, buyer=Buyer(id="buyer-1", name="Body", country="DK"))))
    first, second = await kept.announce(), await kept.announce(MEETINGS)
    await kept.told()
    for _ in range(2):
        await kept.service.matches(received(found("n", "u", 2)))
    invited = [event.dialogue_id for event in await kept.told() if isinstance(event, InvitationIssued)]
    assert sorted(invited) == sorted([ids.dialogue_id(need_id="n"), first, second])


async def test_the_same_again_changes_nothing_and_another_is_another_dialogue(kept: Kept) -> None:
    first = await kept.announce()
    await kept.told()
    again = await kept.dialogues.announce("n", WEBINAR, by="buyer-1")
    assert (again.dialogue_id, again.changed) == (first, False)
    assert await kept.told() == []
    assert await kept.announce(WEBINAR.model_copy(update={"place": "Odense"})) != first


async def test_a_dialogue_goes_its_way_and_who_is_invited_hears_of_each_change(kept: Kept, clock: ManualClock) -> None:
    dialogue_id = await kept.announce()
    await kept.told()
    moved = WEBINAR.model_copy(update={"place": "Odense"})
    assert (await kept.dialogues.change(dialogue_id, moved, by="buyer-1")).revision == 2
    assert kinds(await kept.told()) == [DialogueChanged, InvitationChanged, InvitationChanged]
    with pytest.raises(Conflict, match="not begun"):
        await kept.dialogues.hold(dialogue_id, by="buyer-1")
    clock.advance(WEBINAR.starts_at - clock.now())
    assert (await kept.dialogues.hold(dialogue_id, by="buyer-1")).revision == 3
    assert not (await kept.dialogues.hold(dialogue_id, by="buyer-1")).changed
    await kept.dialogues.conclude(dialogue_id, by="buyer-1", outcome="We specify functions.")
    assert kinds(await kept.told()) == [DialogueHeld, DialogueConcluded]
    stored = await kept.record.readings.dialogue(dialogue_id)
    assert stored is not None
    assert (stored.state, stored.outcome, stored.announcement) == (DialogueState.CONCLUDED, "We specify functions.", moved)
    for refused in (
        kept.dialogues.change(dialogue_id, WEBINAR, by="buyer-1"),
        kept.dialogues.cancel(dialogue_id, by="buyer-1"),
    ):
        with pytest.raises(Conflict, match="concluded"):
            await refused


async def test_who_was_invited_hears_why_it_is_called_off(kept: Kept) -> None:
    dialogue_id = await kept.announce()
    await kept.told()
    await kept.dialogues.cancel(dialogue_id, by="buyer-1", reason="The speaker is ill.")
    cancelled, *invitations = await kept.told()
    assert isinstance(cancelled, DialogueCancelled)
    assert {cancelled.reason, *(one.reason for one in invitations if isinstance(one, InvitationCancelled))} == {
        "The speaker is ill."
    }
    assert not (await kept.dialogues.cancel(dialogue_id, by="buyer-1")).changed
    assert await kept.record.readings.dialogues() == []
    assert [one.state for one in await kept.record.readings.dialogues(past=True)] == [DialogueState.CANCELLED]


async def test_what_was_held_is_not_undone_when_its_need_is_withdrawn(kept: Kept, clock: ManualClock) -> None:
    dialogue_id = await kept.announce()
    clock.advance(WEBINAR.starts_at - clock.now())
    await kept.dialogues.hold(dialogue_id, by="buyer-1")
    await kept.told()
    await kept.record.submissions.withdraw_need("n")
    (withdrawn, *_) = await kept.told()
    await kept.service.needs(received(withdrawn))
    assert await kept.told() == []


async def test_one_to_one_meetings_come_after_the_open_part(kept: Kept) -> None:
    with pytest.raises(Conflict, match="open to all"):
        await kept.announce(MEETINGS)
    await kept.announce()
    await kept.announce(MEETINGS)
    assert [one.announcement.kind.value for one in await kept.record.readings.dialogues(need_id="n")] == ["webinar", "one_to_one"]


async def test_a_need_that_announces_meetings_alone_waits_until_an_open_part_is_announced(kept: Kept) -> None:
    own = Buyer(id="buyer-1", name="Body", country="DK")
    statement = a_statement(buyer=own, dialogue=MEETINGS)
    await kept.service.needs(received(NeedPublished(need_id="n", version=2, statement=statement)))
    assert await kept.told() == []
    await kept.announce()
    assert [type(event) for event in await kept.told() if isinstance(event, DialogueAnnounced)] == [DialogueAnnounced] * 2


async def test_only_the_buyer_of_the_need_decides(kept: Kept) -> None:
    dialogue_id = await kept.announce()
    for refused in (
        kept.dialogues.announce("n", MEETINGS, by="buyer-2"),
        kept.dialogues.change(dialogue_id, MEETINGS, by="buyer-2"),
        kept.dialogues.cancel(dialogue_id, by="buyer-2"),
        kept.dialogues.hold(dialogue_id, by="buyer-2"),
        kept.dialogues.conclude(dialogue_id, by="buyer-2"),
    ):
        with pytest.raises(Forbidden):
            await refused
    for unknown in (kept.announce(need_id="unknown"), kept.dialogues.hold("unknown", by="buyer-1")):
        with pytest.raises(NotFound):
            await unknown


async def test_who_leads_a_joint_need_announces_its_dialogues(kept: Kept) -> None:
    joint = (await kept.joint_needs.propose(Proposal(need_id="n"), by="buyer-1")).joint_need_id
    await kept.joint_needs.declare(joint, Declaration(rung="partner", name="Body two", country="SE"), by="buyer-2")
    await kept.verdict(joint, "s")
    await kept.told()
    with pytest.raises(Forbidden):
        await kept.announce(need_id=joint, by="buyer-2")
    await kept.joint_needs.offer(joint, "facilitator", "buyer-2", by="buyer-1")
    await kept.joint_needs.accept(joint, "facilitator", by="buyer-2")
    await kept.told()
    await kept.announce(need_id=joint, by="buyer-2")
    announced, invited = await kept.told()
    assert isinstance(announced, DialogueAnnounced)
    assert isinstance(invited, InvitationIssued)
    assert (announced.joint_need_id, announced.need_id, invited.supplier_id) == (joint, None, "s")
