"""Registering over HTTP: the places, the line, and who sees whom."""

from datetime import timedelta
from typing import Any

import pytest
import vobject

from samspil.ports import DialogueState
from samspil_schemas import DialogueAnnouncement
from tests.component.web_fakes import NOW, World, a_dialogue
from tests.factories import a_profile

PLACE = "/v1/dialogues/dialogue-1"
BEGINS = NOW + timedelta(days=30)
STARTS = [f"2026-04-02T0{hour}:00:00Z" for hour in (8, 9)]
SLOTS = [{"starts_at": start, "ends_at": start.replace(":00:00", ":45:00")} for start in STARTS]


def a_world(**announcement: Any) -> World:
    world = World()
    offer = DialogueAnnouncement(**({"kind": "conference", "starts_at": BEGINS} | announcement))
    world.record.stored_dialogues.append(a_dialogue(announcement=offer))
    return world


async def answer(world: World, who: str, **body: Any) -> Any:
    values = {"answer": "accept", "name": f"Sample {who}", "country": "DK"} | body
    return await world.ask("PUT", f"{PLACE}/registrations/{who}", who=who, json=values)


async def test_who_registers_gets_a_place_or_waits_and_is_promoted() -> None:
    world = a_world(capacity=1)
    first, second = [(await answer(world, f"supplier-{number}")).json() for number in (1, 2)]
    assert (first["status"], first["waiting_place"], first["changed"]) == ("registered", None, True)
    assert (second["status"], second["waiting_place"]) == ("waiting", 1)
    places = (await world.ask("GET", f"{PLACE}/places")).json()
    assert places == {"capacity": 1, "taken": 1, "waiting": 1, "free_slots": []}
    gone = await world.ask("DELETE", f"{PLACE}/registrations/supplier-1?reason=No%20time", who="supplier-1")
    assert (gone.json()["status"], gone.json()["reason"]) == ("withdrawn", "No time")
    promoted = (await world.ask("GET", f"{PLACE}/registrations/supplier-2", who="supplier-2")).json()
    assert (promoted["status"], promoted["revision"], promoted["name"]) == ("registered", 2, "Sample supplier-2")


async def test_the_same_answer_again_changes_nothing() -> None:
    world = a_world()
    answers = [(await answer(world, "supplier-1")).json() for _ in range(2)]
    assert [one.pop("changed") for one in answers] == [True, False]
    assert answers[0] == answers[1]
    assert len(world.registrations.events) == 2


async def test_whom_no_slot_suits_waits_and_reads_which_are_free() -> None:
    world = a_world(kind="one_to_one", starts_at=None, slots=SLOTS)
    given = (await answer(world, "supplier-1", slots=[STARTS[0]])).json()
    assert (given["slot"], given["free_slots"]) == (SLOTS[0], [STARTS[1]])
    waits = (await answer(world, "supplier-2", slots=[STARTS[0]])).json()
    assert (waits["status"], waits["slot"], waits["free_slots"]) == ("waiting", None, [STARTS[1]])
    other = (await answer(world, "supplier-2", slots=[STARTS[0], "2026-04-02T11:00:00+02:00"])).json()
    assert (other["status"], other["slot"]) == ("registered", SLOTS[1])
    wrong = await answer(world, "supplier-3", slots=["2026-04-02T12:00:00Z"])
    assert (wrong.status_code, "There is no slot" in wrong.json()["detail"]) == (422, True)
    assert (await world.ask("GET", f"{PLACE}/places")).json()["free_slots"] == []


async def test_the_leader_and_the_operator_see_who_comes_in_order_and_nobody_else_sees_anybody() -> None:
    world = a_world(capacity=1)
    for number in (3, 1, 2):
        await answer(world, f"supplier-{number}", reason="We listen")
    for who in ("buyer-1", "operator"):
        page = (await world.ask("GET", f"{PLACE}/registrations?limit=2", who=who)).json()
        assert [(one["supplier_id"], one["waiting_place"]) for one in page["items"]] == [("supplier-3", None), ("supplier-1", 1)]
        rest = (await world.ask("GET", page["next"], who=who)).json()
        assert [one["supplier_id"] for one in rest["items"]] == ["supplier-2"]
        one = await world.ask("GET", f"{PLACE}/registrations/supplier-3", who=who)
        assert (one.json()["name"], one.json()["reason"]) == ("Sample supplier-3", "We listen")
    for who in ("supplier-3", "supplier-9", "buyer-2"):
        assert (await world.ask("GET", f"{PLACE}/registrations", who=who)).status_code == 403
    for who in ("supplier-1", "buyer-2"):
        assert (await world.ask("GET", f"{PLACE}/registrations/supplier-3", who=who)).status_code == 403


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"answer": "withdrawn"}, 422, "1 field is not valid."),
        ({"answer": "perhaps"}, 422, "1 field is not valid."),
        ({"answer": "accept", "score": 1}, 422, "1 field is not valid."),
        ({"answer": "accept"}, 422, "Give a name and a country."),
    ],
)
async def test_what_is_no_answer_is_refused(body: dict[str, Any], status: int, says: str) -> None:
    response = await a_world().ask("PUT", f"{PLACE}/registrations/supplier-1", who="supplier-1", json=body)
    assert (response.status_code, says in response.json()["detail"]) == (status, True)


async def test_a_name_comes_from_the_profile() -> None:
    world = a_world()
    await world.record.submit_profile("supplier-1", a_profile())
    response = await world.ask("PUT", f"{PLACE}/registrations/supplier-1", who="supplier-1", json={"answer": "tentative"})
    assert (response.json()["name"], response.json()["status"]) == ("Listen Sample Acoustics", "tentative")


async def test_what_comes_too_late_contradicts_what_stands() -> None:
    world = a_world(registration_deadline=NOW + timedelta(days=1))
    await answer(world, "supplier-1")
    world.clock.advance(timedelta(days=2))
    late = await answer(world, "supplier-2")
    assert late.status_code == 409
    assert late.json()["detail"].startswith("Registration ended on 2026-03-03 08:00 (UTC). Ask the buyer")
    assert (await world.ask("DELETE", f"{PLACE}/registrations/supplier-1", who="supplier-1")).status_code == 200
    world.record.stored_dialogues[0] = a_dialogue(state=DialogueState.HELD, held_at=NOW)
    assert (await answer(world, "supplier-1", answer="decline")).status_code == 409


async def test_what_does_not_exist_is_not_found() -> None:
    world = a_world()
    for path in (f"{PLACE}/registrations/supplier-1", "/v1/dialogues/dialogue-9/registrations/supplier-1"):
        for method in ("GET", "DELETE"):
            assert (await world.ask(method, path, who="supplier-1")).status_code == 404
    assert (await world.ask("GET", "/v1/dialogues/dialogue-9/places")).status_code == 404
    assert (await world.ask("GET", "/v1/dialogues/dialogue-9/registrations", who="operator")).status_code == 404


async def test_an_own_slot_goes_into_the_calendar_and_names_nobody_else() -> None:
    world = a_world(kind="one_to_one", starts_at=None, slots=SLOTS)
    for number in (1, 2):
        await answer(world, f"supplier-{number}")
    file = await world.ask("GET", f"{PLACE}/registrations/supplier-2/calendar.ics", who="supplier-2")
    entry = vobject.readOne(file.text).vevent
    assert entry.dtstart.value.isoformat() == "2026-04-02T09:00:00+00:00"
    assert entry.transp.value == "OPAQUE"
    assert "supplier-1" not in file.text
    letter = await world.ask("GET", f"{PLACE}/registrations/supplier-2/letter?language=en", who="supplier-2")
    assert letter.text.startswith("You are registered: ")
    assert "Your time: Thursday, 2 April 2026, 11:00–11:45 (Central European Summer Time, UTC+02:00)" in letter.text
    assert (await world.ask("GET", f"{PLACE}/registrations/supplier-3/letter", who="supplier-3")).status_code == 404
