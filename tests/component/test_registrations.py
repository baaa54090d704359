"""Registrations over the record, on both databases: at once, over the topic, and when the dialogue changes."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from samspil import ids
from samspil.adapters.sql import SqlRecord
from samspil.clock import ManualClock
from samspil.dialogue import app
from samspil.dialogue.handlers import Dialogues
from samspil.dialogue.keeping import KeptDialogues
from samspil.dialogue.registering import KeptRegistrations
from samspil.errors import Conflict, NotFound, Refused
from samspil.ports import PlacedRegistration, Reply
from samspil.ports.disclosures import ShownKind
from samspil.testing import MemoryLog
from samspil_schemas import (
    Answer,
    DialogueAnnouncement,
    DialogueChanged,
    Event,
    NeedWithdrawn,
    RegistrationChanged,
    RegistrationStatus,
    ResponseGiven,
    Slot,
)
from tests.component.test_dialogue import announcing, found, kinds, received, said
from tests.factories import a_need, a_profile
from tests.protocol import START

DIALOGUE = ids.dialogue_id(need_id="n")
BEGINS = START + timedelta(days=30)
SLOTS = [
    {"starts_at": BEGINS + timedelta(hours=number), "ends_at": BEGINS + timedelta(hours=number, minutes=45)}
    for number in range(10)
]


class Hall:
    """A dialogue and all that can be done with it."""

    def __init__(self, record: SqlRecord, clock: ManualClock) -> None:
        self.record = record
        self.clock = clock
        self.dialogues = Dialogues(record, clock=clock)
        self.keeping = KeptDialogues(record, readings=record.readings, clock=clock)
        self.desk = KeptRegistrations(record, readings=record.readings, registrations=record.registrations, clock=clock)
        self.version = 0

    async def opens(self, **announcement: Any) -> None:
        """Announce the dialogue of the need's statement, or change it."""
        self.version += 1
        offer = DialogueAnnouncement(**({"kind": "webinar", "starts_at": BEGINS} | announcement))
        await self.dialogues.needs(received(a_need("n", self.version, dialogue=offer)))

    async def opens_meetings(self, *slots: dict[str, Any]) -> str:
        """Announce one-to-one meetings beside the open part."""
        need = a_need("n", dialogue=DialogueAnnouncement(kind="webinar", starts_at=START + timedelta(days=20)))
        await self.record.submissions.submit_need("n", need.statement)
        await self.dialogues.needs(received(need))
        offer = DialogueAnnouncement(kind="one_to_one", slots=list(slots))
        return (await self.keeping.announce("n", offer, by="buyer-1")).dialogue_id

    async def accept(self, supplier: str, *, dialogue: str = DIALOGUE, **reply: Any) -> str:
        values = {"answer": Answer.ACCEPT, "name": f"Sample {supplier}", "country": "DK"} | reply
        return (await self.desk.answer(dialogue, supplier, Reply(**values))).placed.registration.status.value

    async def all(self, dialogue: str = DIALOGUE) -> list[PlacedRegistration]:
        return await self.desk.registrations(dialogue, limit=1000)

    async def with_status(self, status: RegistrationStatus, dialogue: str = DIALOGUE) -> list[str]:
        return [one.registration.supplier_id for one in await self.all(dialogue) if one.registration.status is status]

    async def told(self) -> list[tuple[str, str]]:
        events = [event for event in await said(self.record) if isinstance(event, RegistrationChanged)]
        return [(event.supplier_id, event.status.value) for event in events]


@pytest.fixture
def hall(record: SqlRecord, clock: ManualClock) -> Hall:
    return Hall(record, clock)


def response(supplier: str, revision: int = 1, answer: str = "accept", **changes: Any) -> ResponseGiven:
    values: dict[str, Any] = {"dialogue_id": DIALOGUE, "name": f"Sample {supplier}", "country": "SE", "given_at": START}
    return ResponseGiven(supplier_id=supplier, revision=revision, answer=answer, **(values | changes))


async def test_two_hundred_at_once_for_fifty_places_fill_them_exactly_and_wait_in_order(hall: Hall) -> None:
    await hall.opens(capacity=50)
    suppliers = [f"s-{number:03}" for number in range(200)]
    statuses = await asyncio.gather(*(hall.accept(supplier) for supplier in suppliers))
    assert (statuses.count("registered"), statuses.count("waiting")) == (50, 150)
    everybody = await hall.all()
    assert [one.registration.number for one in everybody] == list(range(1, 201))
    assert {one.registration.supplier_id for one in everybody} == set(suppliers)
    assert [one.waiting_place for one in everybody] == [None] * 50 + list(range(1, 151))
    places = await hall.desk.places(DIALOGUE)
    assert (places.capacity, places.taken, places.waiting) == (50, 50, 150)
    line = [one.registration.supplier_id for one in everybody]
    await hall.told()
    for gone in (line[3], line[40]):
        await hall.desk.withdraw(DIALOGUE, gone)
    assert [told for told in await hall.told() if told[1] == "registered"] == [(line[50], "registered"), (line[51], "registered")]
    await asyncio.gather(*(hall.desk.withdraw(DIALOGUE, gone) for gone in line[5:15]))
    stay = [one for one in line[:62] if one not in (line[3], line[40], *line[5:15])]
    assert await hall.with_status(RegistrationStatus.REGISTERED) == stay
    assert await hall.with_status(RegistrationStatus.WAITING) == line[62:]


async def test_forty_at_once_for_ten_slots_get_no_slot_twice(hall: Hall) -> None:
    dialogue = await hall.opens_meetings(*SLOTS)
    wishes = [tuple(SLOTS[(number + step) % 10]["starts_at"] for step in range(3)) for number in range(40)]
    await asyncio.gather(
        *(hall.accept(f"s-{number}", dialogue=dialogue, slots=wish if number % 2 else ()) for number, wish in enumerate(wishes))
    )
    everybody = [one.registration for one in await hall.all(dialogue)]
    given = [one.slot.starts_at for one in everybody if one.slot]
    assert sorted(given) == [slot["starts_at"] for slot in SLOTS]
    assert len(await hall.with_status(RegistrationStatus.REGISTERED, dialogue)) == 10
    assert len(await hall.with_status(RegistrationStatus.WAITING, dialogue)) == 30
    assert all(not one.slots or one.slot.starts_at in one.slots for one in everybody if one.slot)
    assert (await hall.desk.places(dialogue)).free == ()


async def test_answers_over_the_web_and_on_the_topic_at_once_share_the_places(hall: Hall) -> None:
    await hall.opens(capacity=10)
    await asyncio.gather(
        *(hall.accept(f"web-{number}") for number in range(15)),
        *(hall.dialogues.responses(received(response(f"topic-{number}"))) for number in range(15)),
    )
    assert len(await hall.with_status(RegistrationStatus.REGISTERED)) == 10
    assert len(await hall.with_status(RegistrationStatus.WAITING)) == 20


async def test_places_that_are_added_while_many_register_fall_to_the_first_in_line(hall: Hall) -> None:
    await hall.opens(capacity=3)
    await asyncio.gather(
        *(hall.accept(f"early-{number}") for number in range(15)),
        hall.opens(capacity=8),
        *(hall.accept(f"late-{number}") for number in range(15)),
    )
    everybody = [one.registration for one in await hall.all()]
    assert [one.status for one in everybody] == [RegistrationStatus.REGISTERED] * 8 + [RegistrationStatus.WAITING] * 22


async def test_who_was_never_matched_stands_in_the_same_line_with_the_same_rights(hall: Hall, record: SqlRecord) -> None:
    await hall.opens(capacity=2)
    await hall.dialogues.matches(received(found("n", "best", score=0.99), found("n", "good", score=0.8)))
    assert len(await record.readings.invitations()) == 2
    for supplier in ("stranger", "good", "other", "best"):
        await hall.accept(supplier)
    assert await hall.with_status(RegistrationStatus.REGISTERED) == ["stranger", "good"]
    assert await hall.with_status(RegistrationStatus.WAITING) == ["other", "best"]
    await hall.desk.withdraw(DIALOGUE, "good")
    assert await hall.with_status(RegistrationStatus.REGISTERED) == ["stranger", "other"]


async def test_the_same_answer_again_changes_nothing(hall: Hall, record: SqlRecord) -> None:
    await hall.opens()
    await hall.accept("s")
    assert kinds(await said(record))[-2:] == [ResponseGiven, RegistrationChanged]
    before = await hall.all()
    again = await hall.desk.answer(DIALOGUE, "s", Reply(answer=Answer.ACCEPT))
    assert (again.changed, await hall.all(), await said(record)) == (False, before, [])


async def test_what_is_answered_over_the_web_comes_back_on_the_topic_and_changes_nothing(hall: Hall, record: SqlRecord) -> None:
    await hall.opens()
    await hall.accept("s")
    await hall.desk.withdraw(DIALOGUE, "s", reason="No time")
    given = [event for event in await said(record) if isinstance(event, ResponseGiven)]
    assert [(event.revision, event.answer) for event in given] == [(1, Answer.ACCEPT), (2, Answer.WITHDRAWN)]
    before = await hall.all()
    for _ in range(2):
        await hall.dialogues.responses(received(*given))
    assert (await hall.all(), await said(record)) == (before, [])


async def test_on_the_topic_the_highest_revision_holds_in_any_order(hall: Hall) -> None:
    await hall.opens(capacity=1)
    await hall.dialogues.responses(received(response("a", 1), response("b", 3, "withdrawn"), response("c", 1)))
    assert await hall.told() == [("a", "registered"), ("b", "withdrawn"), ("c", "waiting")]
    await hall.dialogues.responses(received(response("b", 2), response("a", 1, "decline"), response("c", 1)))
    assert await hall.told() == []
    await hall.dialogues.responses(received(response("a", 2, "decline"), response("a", 3)))
    assert await hall.told() == [("a", "declined"), ("c", "registered"), ("a", "waiting")]
    await hall.accept("a", name="Sample Renamed")
    (a,) = [one.registration for one in await hall.all() if one.registration.supplier_id == "a"]
    assert (a.answered, a.name) == (4, "Sample Renamed")


async def test_an_answer_that_comes_too_late_on_the_topic_is_answered_with_the_reason(hall: Hall, record: SqlRecord) -> None:
    await hall.opens(registration_deadline=START + timedelta(days=1))
    await hall.dialogues.responses(received(response("early", answer="tentative")))
    await said(record)
    hall.clock.advance(timedelta(days=2))
    late = received(response("late"), response("early", 2))
    for _ in range(2):
        await hall.dialogues.responses(late)
    events = await said(record)
    assert [(event.supplier_id, event.revision, event.status.value) for event in events] == [
        ("late", 1, "refused"),
        ("early", 2, "refused"),
    ]
    assert all(event.reason.startswith("Registration ended on 2026-03-03 08:00 (UTC).") for event in events)
    assert await hall.with_status(RegistrationStatus.TENTATIVE) == ["early"]
    with pytest.raises(Conflict, match="Registration ended"):
        await hall.accept("later")
    with pytest.raises(NotFound, match="no registration"):
        await hall.desk.withdraw(DIALOGUE, "late")
    assert (await hall.desk.withdraw(DIALOGUE, "early")).changed


async def test_an_answer_without_a_name_takes_it_from_the_profile_or_is_told_to_give_one(hall: Hall, record: SqlRecord) -> None:
    await record.submissions.submit_profile("known", a_profile())
    await hall.opens()
    await said(record)
    answers = [response(supplier, name=None, country=None) for supplier in ("known", "unknown")]
    await hall.dialogues.responses(received(*answers))
    known, unknown = await said(record)
    assert (known.status, unknown.status) == (RegistrationStatus.REGISTERED, RegistrationStatus.REFUSED)
    assert "Give a name and a country." in unknown.reason
    (placed,) = [one for one in await hall.all() if one.registration.supplier_id == "known"]
    assert (placed.registration.name, placed.registration.country) == ("Listen Sample Acoustics", "DK")
    with pytest.raises(Refused, match="no profile"):
        await hall.desk.answer(DIALOGUE, "unknown", Reply(answer=Answer.ACCEPT))


async def test_an_answer_to_a_dialogue_that_nobody_announced_is_refused(hall: Hall) -> None:
    await hall.opens()
    with pytest.raises(NotFound, match="There is no dialogue dialogue-9"):
        await hall.dialogues.responses(received(response("s", dialogue_id="dialogue-9")))
    for asked in (hall.accept("s", dialogue="dialogue-9"), hall.desk.places("dialogue-9")):
        with pytest.raises(NotFound):
            await asked
    await hall.dialogues.needs(received(announcing("m", kind="webinar", starts_at=None)))
    assert await hall.desk.registration(DIALOGUE, "s") is None


async def test_an_answer_to_an_unknown_dialogue_is_a_dead_letter_and_the_others_go_on(hall: Hall, record: SqlRecord) -> None:
    await hall.opens()
    log = MemoryLog(*app.subscriptions(record, clock=hall.clock), clock=hall.clock)
    await log.publish([response("a"), response("b", dialogue_id="dialogue-9"), response("c")])
    await log.deliver()
    assert await hall.with_status(RegistrationStatus.REGISTERED) == ["a", "c"]
    (letter,) = log.dead_letters
    assert "There is no dialogue dialogue-9." in letter.reason


async def test_more_places_are_given_to_those_who_wait_when_the_dialogue_changes(hall: Hall, record: SqlRecord) -> None:
    await hall.opens(capacity=1)
    for supplier in "abcd":
        await hall.accept(supplier)
    await said(record)
    await hall.opens(capacity=3)
    events = await said(record)
    assert kinds(events) == [DialogueChanged, *[RegistrationChanged] * 4]
    assert [event.status.value for event in events[1:]] == ["registered", "registered", "registered", "waiting"]
    assert await hall.with_status(RegistrationStatus.REGISTERED) == ["a", "b", "c"]
    await hall.opens(capacity=1)
    await said(record)
    assert await hall.with_status(RegistrationStatus.REGISTERED) == ["a", "b", "c"]


async def test_whose_slot_is_taken_away_is_told_that_it_waits(hall: Hall, record: SqlRecord) -> None:
    dialogue = await hall.opens_meetings(*SLOTS[:2])
    first, second = (slot["starts_at"] for slot in SLOTS[:2])
    await hall.accept("a", dialogue=dialogue, slots=(first,))
    await hall.accept("b", dialogue=dialogue, slots=(second,))
    await hall.accept("c", dialogue=dialogue, slots=(first,))
    await said(record)
    fewer = DialogueAnnouncement(kind="one_to_one", slots=SLOTS[1:2])
    await hall.keeping.change(dialogue, fewer, by="buyer-1")
    assert await hall.told() == [("a", "waiting"), ("b", "registered"), ("c", "waiting")]
    await hall.keeping.change(dialogue, DialogueAnnouncement(kind="one_to_one", slots=SLOTS[:2]), by="buyer-1")
    assert await hall.told() == [("a", "registered"), ("b", "registered"), ("c", "waiting")]
    assert await hall.with_status(RegistrationStatus.WAITING, dialogue) == ["c"]


async def test_two_may_take_each_others_slots_within_one_batch(hall: Hall) -> None:
    dialogue = await hall.opens_meetings(*SLOTS[:2])
    first, second = (slot["starts_at"] for slot in SLOTS[:2])

    def wants(supplier: str, revision: int, answer: str, *slots: Any) -> Event:
        return response(supplier, revision, answer, dialogue_id=dialogue, slots=slots)

    await hall.dialogues.responses(received(wants("a", 1, "accept", first), wants("b", 1, "accept", second)))
    await hall.dialogues.responses(
        received(wants("b", 2, "withdrawn"), wants("a", 2, "accept", second), wants("b", 3, "accept", first))
    )
    slots = {one.registration.supplier_id: one.registration.slot.starts_at for one in await hall.all(dialogue)}
    assert slots == {"a": second, "b": first}


async def test_a_cancelled_dialogue_leaves_registrations_as_they_are_and_each_is_told(hall: Hall, record: SqlRecord) -> None:
    await hall.opens(capacity=1)
    for supplier in "ab":
        await hall.accept(supplier)
    before = [(one.registration.status, one.waiting_place) for one in await hall.all()]
    await said(record)
    for _ in range(2):
        await hall.dialogues.needs(received(NeedWithdrawn(need_id="n", version=hall.version, withdrawn_at=START)))
    assert [(one.registration.status, one.waiting_place) for one in await hall.all()] == before
    assert await hall.told() == [("a", "registered"), ("b", "waiting")]
    for answer in (hall.accept("c"), hall.desk.withdraw(DIALOGUE, "a")):
        with pytest.raises(Conflict, match="it was cancelled"):
            await answer


async def test_who_was_never_invited_is_told_of_all_that_becomes_of_the_dialogue(
    hall: Hall, record: SqlRecord, clock: ManualClock
) -> None:
    await hall.opens(capacity=1)
    for supplier, reply in {"a": Answer.ACCEPT, "b": Answer.ACCEPT, "c": Answer.TENTATIVE, "d": Answer.DECLINE}.items():
        await hall.accept(supplier, answer=reply)
    await record.submissions.submit_need("n", a_need("n").statement)
    await said(record)

    async def heard() -> list[tuple[str, str, int | None, str | None]]:
        events = [event for event in await said(record) if isinstance(event, RegistrationChanged)]
        assert len({event.revision for event in events}) <= 1
        return [(one.supplier_id, one.status.value, one.dialogue_revision, one.dialogue_state) for one in events]

    def everyone(revision: int, state: str) -> list[tuple[str, str, int | None, str | None]]:
        return [("a", "registered", revision, state), ("b", "waiting", revision, state), ("c", "tentative", revision, state)]

    await hall.opens(capacity=1, place="Town hall, Northby")
    assert await heard() == everyone(2, "announced")
    await hall.opens(capacity=1, place="Town hall, Northby")
    assert await heard() == []
    clock.advance(BEGINS - START + timedelta(days=1))
    for _ in range(2):
        await hall.keeping.hold(DIALOGUE, by="buyer-1")
    assert await heard() == everyone(3, "held")
    await hall.keeping.conclude(DIALOGUE, by="buyer-1", outcome="A specification follows.")
    assert await heard() == everyone(4, "concluded")
    entries = await record.disclosures.ledger_of(DIALOGUE)
    assert [entry.to for entry in entries if entry.kind == ShownKind.REGISTRATION.value] == [*"abcd", *"abc" * 3]


async def test_the_time_that_one_had_is_kept(hall: Hall) -> None:
    dialogue = await hall.opens_meetings(*SLOTS[:2])
    await hall.accept("a", dialogue=dialogue)
    await hall.desk.withdraw(dialogue, "a")
    await hall.accept("b", dialogue=dialogue)
    slots = {
        one.registration.supplier_id: (one.registration.slot, one.registration.last_slot) for one in await hall.all(dialogue)
    }
    assert slots == {"a": (None, Slot(**SLOTS[0])), "b": (Slot(**SLOTS[0]), None)}
