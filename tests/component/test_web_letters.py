"""Letters and calendar files over HTTP."""

import pytest
import vobject

from samspil.ports import DialogueState, InvitationStatus
from samspil_schemas import DialogueAnnouncement
from tests.component.web_fakes import World, a_dialogue, a_pair, an_invitation
from tests.factories import a_profile

LETTER = "/v1/suppliers/supplier-1/invitations/invitation-1/letter"
CALENDAR = "/v1/suppliers/supplier-1/invitations/invitation-1/calendar.ics"


@pytest.fixture
async def world() -> World:
    world = World()
    await world.publish("need-1")
    await world.record.submit_profile("supplier-1", a_profile(country="FI", languages=("fi", "en")))
    world.record.stored_dialogues = [a_dialogue()]
    world.record.stored_invitations = [an_invitation(evidence=a_pair().evidence)]
    return world


async def test_an_invitation_is_read_in_the_suppliers_language_and_time(world: World) -> None:
    answer = await world.ask("GET", LETTER, who="supplier-1")
    assert answer.headers["content-language"] == "fi"
    assert answer.text.startswith("Kutsu markkinavuoropuheluun: Find leaks in drinking water pipes\n\n")
    for words in ("Itä-Euroopan normaaliaika, UTC+02:00", "Northby Sample Municipality", a_pair().evidence[0].answer):
        assert words in answer.text
    assert (await world.ask("GET", f"{LETTER}?language=da", who="supplier-1")).text.startswith("Invitation til markedsdialog")


async def test_a_cancelled_one_says_why(world: World) -> None:
    world.record.stored_dialogues = [a_dialogue(state=DialogueState.CANCELLED, because="The speaker is ill.")]
    world.record.stored_invitations = [an_invitation(status=InvitationStatus.CANCELLED)]
    letter = (await world.ask("GET", f"{LETTER}?language=en", who="supplier-1")).text
    assert letter.startswith("Cancelled")
    assert "The speaker is ill." in letter


@pytest.mark.parametrize("address", [LETTER, CALENDAR])
async def test_what_was_not_sent_or_is_anothers_is_not_found(world: World, address: str) -> None:
    world.record.stored_invitations = [an_invitation(status=InvitationStatus.AWAITING_REVIEW, issued_at=None)]
    assert (await world.ask("GET", address, who="supplier-1")).status_code == 404
    world.record.stored_invitations = [an_invitation(supplier_id="supplier-2")]
    assert (await world.ask("GET", address, who="supplier-1")).status_code == 404


@pytest.mark.parametrize("address", [CALENDAR, "/v1/dialogues/dialogue-1/calendar.ics"])
async def test_a_calendar_of_another_maker_reads_the_file_and_takes_the_change(world: World, address: str) -> None:
    first = await world.ask("GET", address, who="supplier-1" if "suppliers" in address else None)
    assert first.headers["content-type"].startswith("text/calendar")
    world.record.stored_dialogues = [a_dialogue(revision=4, state=DialogueState.CANCELLED)]
    last = await world.ask("GET", address, who="supplier-1" if "suppliers" in address else None)
    before, after = vobject.readOne(first.text), vobject.readOne(last.text)
    assert before.vevent.uid.value == after.vevent.uid.value
    assert (before.vevent.sequence.value, after.vevent.sequence.value) == ("0", "3")
    assert (before.method.value, after.method.value) == ("PUBLISH", "CANCEL")
    assert before.vevent.summary.value == "Find leaks in drinking water pipes"
    assert "attendee" not in before.vevent.contents


async def test_a_dialogue_without_a_time_has_no_calendar_file(world: World) -> None:
    world.record.stored_dialogues = [a_dialogue(announcement=a_dialogue().announcement.model_copy(update={"starts_at": None}))]
    answer = await world.ask("GET", "/v1/dialogues/dialogue-1/calendar.ics")
    assert answer.status_code == 404
    assert "neither a time nor a deadline" in answer.text


async def registered(world: World) -> str:
    reply = {"answer": "accept", "name": "Sample", "country": "FI"}
    await world.ask("PUT", "/v1/dialogues/dialogue-1/registrations/supplier-1", who="supplier-1", json=reply)
    return "/v1/dialogues/dialogue-1/registrations/supplier-1"


async def test_the_letter_of_a_registration_says_that_the_dialogue_was_cancelled_and_why(world: World) -> None:
    mine = await registered(world)
    assert (await world.ask("GET", f"{mine}/letter?language=en", who="supplier-1")).text.startswith("You are registered")
    world.record.stored_dialogues = [a_dialogue(state=DialogueState.CANCELLED, because="The speaker is ill.")]
    letter = (await world.ask("GET", f"{mine}/letter?language=en", who="supplier-1")).text
    assert letter.startswith("Cancelled")
    assert ("The speaker is ill." in letter, "You are registered" in letter) == (True, False)


@pytest.mark.parametrize("state", [DialogueState.HELD, DialogueState.CONCLUDED])
async def test_after_a_dialogue_was_held_no_letter_asks_for_an_answer(world: World, state: DialogueState) -> None:
    mine = await registered(world)
    addresses = [LETTER, f"{mine}/letter"]
    before = [(await world.ask("GET", f"{address}?language=en", who="supplier-1")).text for address in addresses]
    assert all("How to answer" in letter for letter in before)
    world.record.stored_dialogues = [a_dialogue(state=state)]
    after = [(await world.ask("GET", f"{address}?language=en", who="supplier-1")).text for address in addresses]
    for letter in after:
        assert letter.startswith("Held market dialogue")
        assert "answer yes" not in letter.lower()
        assert "You are registered" not in letter


async def test_the_entry_of_a_registration_blocks_the_day_until_it_is_withdrawn(world: World) -> None:
    invited = vobject.readOne((await world.ask("GET", CALENDAR, who="supplier-1")).text).vevent
    mine = await registered(world)
    here = vobject.readOne((await world.ask("GET", f"{mine}/calendar.ics", who="supplier-1")).text).vevent
    await world.ask("DELETE", mine, who="supplier-1")
    gone = vobject.readOne((await world.ask("GET", f"{mine}/calendar.ics", who="supplier-1")).text).vevent
    assert len({event.uid.value for event in (invited, here, gone)}) == 1
    assert [event.sequence.value for event in (invited, here, gone)] == ["0", "1", "2"]
    assert [event.transp.value for event in (invited, here, gone)] == ["TRANSPARENT", "OPAQUE", "TRANSPARENT"]


async def test_a_slot_that_is_given_up_is_taken_out_of_the_calendar_that_holds_it(world: World) -> None:
    slot = {"starts_at": "2026-04-02T08:00:00Z", "ends_at": "2026-04-02T08:45:00Z"}
    meetings = DialogueAnnouncement(kind="one_to_one", slots=[slot])
    world.record.stored_dialogues = [a_dialogue(announcement=meetings)]
    mine = await registered(world)
    here = vobject.readOne((await world.ask("GET", f"{mine}/calendar.ics", who="supplier-1")).text)
    await world.ask("DELETE", mine, who="supplier-1")
    gone = vobject.readOne((await world.ask("GET", f"{mine}/calendar.ics", who="supplier-1")).text)
    assert here.vevent.uid.value == gone.vevent.uid.value
    assert here.vevent.dtstart.value == gone.vevent.dtstart.value
    assert [one.vevent.sequence.value for one in (here, gone)] == ["0", "1"]
    assert [one.method.value for one in (here, gone)] == ["PUBLISH", "CANCEL"]
    world.record.stored_dialogues = [a_dialogue(announcement=meetings, revision=2, state=DialogueState.CANCELLED)]
    off = vobject.readOne((await world.ask("GET", f"{mine}/calendar.ics", who="supplier-1")).text)
    assert (off.vevent.sequence.value, off.method.value) == ("2", "CANCEL")
