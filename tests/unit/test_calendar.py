"""Calendar files say when a dialogue is, and clients that did not write them read them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from samspil.adapters.calendar import ICalendarFiles
from samspil.domain.appointments import of_dialogue, of_slot
from samspil.domain.letters import Occasion, Reader
from samspil.ports.calendar import Appointment
from samspil_schemas import Slot
from tests.unit.dialogue_parts import SAID_AT, an_announcement, an_occasion, occasions, readers

SLOT = Slot(starts_at="2026-03-02T09:20:00+01:00", ends_at="2026-03-02T09:40:00+01:00")
DANE = Reader(language="da", country="DK")
SECRETS = ("ATTENDEE", "CONTACT", "mailto:", "VALARM", "COMMENT")


def of(occasion: Occasion, **changes: Any) -> Appointment | None:
    return of_dialogue(occasion, **{"reader": DANE, "revision": 1, "said_at": SAID_AT, **changes})


def written(appointment: Appointment | None) -> bytes:
    assert appointment is not None
    return ICalendarFiles().write(appointment)


def read(file: bytes) -> dict[str, Any]:
    """What vobject, which other calendars are built on, makes of the file: the values of its one event, by name."""
    calendar = vobject.readOne(file.decode())
    calendar.validate(raiseException=True)
    assert [child.name for child in calendar.components()] == ["VEVENT"]
    values = {name: [line.value for line in lines] for name, lines in calendar.vevent.contents.items()}
    assert all(len(lines) == 1 for lines in values.values())
    return {"method": calendar.method.value, **{name: lines[0] for name, lines in values.items()}}


def an_slot_appointment(**changes: Any) -> Appointment:
    about = {"reader": DANE, "slot": SLOT, "registration_id": "r-1", "revisions": (1, 1), "said_at": SAID_AT}
    return of_slot(an_occasion(an_announcement(kind="one_to_one", slots=(SLOT,))), **{**about, **changes})


def test_a_client_reads_what_the_buyer_announced() -> None:
    occasion = an_occasion(an_announcement(stream_url="https://stream.example/one"))
    event = read(written(of(occasion)))
    assert event["method"] == "PUBLISH"
    assert event["uid"] == "dialogue:sample-need-leaks-1@samspil"
    assert event["summary"] == "Find leaks in drinking water pipes"
    assert event["dtstart"] == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert event["dtend"] == datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
    assert event["dtstamp"] == SAID_AT
    assert event["location"] == "Town hall, Northby"
    assert event["url"] == "https://stream.example/one"
    assert event["status"] == "CONFIRMED"
    assert "Tilmeldingsfrist: fredag den 20. februar 2026 kl. 13.00" in event["description"]
    assert "Det forpligter ingen at deltage" in event["description"]


def test_the_words_say_their_language() -> None:
    lines = written(of(an_occasion())).decode()
    assert "SUMMARY;LANGUAGE=en:" in lines
    assert "DESCRIPTION;LANGUAGE=da:" in lines


@given(
    occasion=occasions,
    reader=readers,
    revision=st.integers(1, 2**31 - 1),
    cancelled=st.booleans(),
    attends=st.booleans(),
)
def test_any_dialogue_is_read_as_it_was_written(
    *, occasion: Occasion, reader: Reader, revision: int, cancelled: bool, attends: bool
) -> None:
    appointment = of(occasion, reader=reader, revision=revision, cancelled=cancelled, attends=attends)
    announcement = occasion.announcement
    assert (appointment is None) == (not (announcement.starts_at or announcement.slots or announcement.registration_deadline))
    if appointment is None:
        return
    file = written(appointment)
    assert file == written(appointment)
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))
    assert b"\r" not in file.replace(b"\r\n", b"")
    assert b"\n" not in file.replace(b"\r\n", b"")
    assert not any(f"\n{secret}" in file.decode() for secret in SECRETS)
    event = read(file)
    assert event["uid"] == f"{occasion.dialogue_id}@samspil"
    assert event["sequence"] == str(revision - 1)
    assert event["summary"] == appointment.summary.text
    again = icalendar.Calendar.from_ical(file).walk("VEVENT")[0]
    assert again["DTSTART"].dt == event["dtstart"]
    assert again["DESCRIPTION"] == _lines(appointment.description.text)
    assert (event["method"], event["status"]) == (("CANCEL", "CANCELLED") if cancelled else ("PUBLISH", "CONFIRMED"))


def _lines(text: str) -> str:
    for end in ("\r\n", "\r", "\x85", "\u2028", "\u2029"):
        text = text.replace(end, "\n")
    return text


def test_a_change_raises_the_sequence_of_the_same_entry() -> None:
    first, second = (read(written(of(an_occasion(), revision=revision))) for revision in (1, 2))
    assert first["uid"] == second["uid"]
    assert (first["sequence"], second["sequence"]) == ("0", "1")


def test_of_a_cancelled_one_the_same_entry_is_taken_out() -> None:
    event = read(written(of(an_occasion(), revision=3, cancelled=True, attends=True)))
    assert (event["method"], event["status"], event["transp"], event["sequence"]) == ("CANCEL", "CANCELLED", "TRANSPARENT", "2")


def test_only_who_attends_is_busy() -> None:
    assert read(written(of(an_occasion())))["transp"] == "TRANSPARENT"
    assert read(written(of(an_occasion(), attends=True)))["transp"] == "OPAQUE"


def test_a_registration_replaces_the_entry_of_the_invitation_and_its_withdrawal_the_one_of_the_registration() -> None:
    files = [of(an_occasion()), of(an_occasion(), registration=1, attends=True), of(an_occasion(), registration=2)]
    events = [read(written(file)) for file in files]
    assert len({event["uid"] for event in events}) == 1
    assert [event["sequence"] for event in events] == ["0", "1", "2"]
    assert [event["transp"] for event in events] == ["TRANSPARENT", "OPAQUE", "TRANSPARENT"]


def test_what_takes_no_answers_asks_for_none() -> None:
    asked, over = (read(written(of(an_occasion(takes_answers=takes))))["description"] for takes in (True, False))
    assert ("Svar ja, nej" in asked, "Svar ja, nej" in over) == (True, False)


def test_without_a_time_the_deadline_is_entered_as_the_moment_that_it_is() -> None:
    event = read(written(of(an_occasion(an_announcement(kind="written", starts_at=None, ends_at=None)), attends=True)))
    assert event["summary"] == "Tilmeldingsfrist: Find leaks in drinking water pipes"
    assert event["dtstart"] == datetime(2026, 2, 20, 12, tzinfo=UTC)
    assert "dtend" not in event
    assert event["transp"] == "TRANSPARENT"


def test_without_a_time_and_a_deadline_there_is_nothing_to_enter() -> None:
    announcement = an_announcement(kind="written", starts_at=None, ends_at=None, registration_deadline=None)
    assert of(an_occasion(announcement)) is None


@pytest.mark.parametrize("ends_at", [None, "2026-03-02T09:00:00+01:00"])
def test_an_end_is_not_made_up(ends_at: str | None) -> None:
    assert "dtend" not in read(written(of(an_occasion(an_announcement(ends_at=ends_at)))))


def test_one_to_one_meetings_last_from_the_first_slot_to_the_last() -> None:
    later = Slot(starts_at=SLOT.starts_at + timedelta(hours=2), ends_at=SLOT.ends_at + timedelta(hours=2))
    event = read(written(of(an_occasion(an_announcement(kind="one_to_one", starts_at=None, slots=(later, SLOT))))))
    assert (event["dtstart"], event["dtend"]) == (SLOT.starts_at, later.ends_at)


def test_a_suppliers_own_time_is_an_entry_of_its_own_that_names_nobody_else() -> None:
    file = written(an_slot_appointment())
    event = read(file)
    assert event["uid"] == "r-1@samspil"
    assert (event["dtstart"], event["dtend"]) == (SLOT.starts_at, SLOT.ends_at)
    assert event["transp"] == "OPAQUE"
    assert event["description"].startswith("Jeres tid: mandag den 2. marts 2026 kl. 09.20–09.40")
    assert not any(secret in file.decode() for secret in SECRETS)


def test_the_sequence_of_an_own_time_grows_with_the_dialogue_and_with_the_registration() -> None:
    sequences = [an_slot_appointment(revisions=revisions).sequence for revisions in [(1, 1), (1, 2), (2, 2), (3, 2)]]
    assert sequences == [0, 1, 2, 3]


def test_an_own_time_that_was_withdrawn_is_cancelled() -> None:
    event = read(written(an_slot_appointment(revisions=(1, 2), cancelled=True)))
    assert (event["method"], event["status"], event["dtstart"]) == ("CANCEL", "CANCELLED", SLOT.starts_at)


def test_the_organiser_is_a_name_and_no_address() -> None:
    file = written(of(an_occasion(buyer_name='Northby "Sample": A, B; C')))
    assert "ORGANIZER;CN=\"Northby 'Sample': A, B; C\":invalid:nomail\r\n" in file.decode()


def test_a_stream_is_the_place_where_there_is_no_other() -> None:
    event = read(written(of(an_occasion(an_announcement(place=None, stream_url="https://stream.example/one")))))
    assert event["location"] == "https://stream.example/one"


def test_an_address_is_written_as_a_uri() -> None:
    event = read(written(of(an_occasion(an_announcement(stream_url='https://æ.example/%20"a"')))))
    assert event["url"] == "https://%C3%A6.example/%20%22a%22"
