"""Letters tell suppliers what a dialogue is, in their language and in their time."""

from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil.domain.dialogue_changes import changes_between
from samspil.domain.dialogue_reasons import Because
from samspil.domain.letters import Letter, Occasion, Reader, cancellation, change, invitation, over, registration
from samspil.domain.letters.facts import one_line
from samspil.domain.letters.phrases import TABLES
from samspil_schemas import Evidence, RegistrationChanged, RegistrationStatus, Slot
from tests.unit.dialogue_parts import LANGUAGES, SAID_AT, an_announcement, an_occasion, announcements, occasions, readers, texts

SENTENCES = Evidence(
    need_sentence="We want to find leaks.",
    answer="Vi finder utætheder.",
    need_language="en",
    answer_language="da",
    strength=0.9,
)
DANE = Reader(language="da", country="DK")


def a_registration(**changes: object) -> RegistrationChanged:
    about = {"registration_id": "r-1", "revision": 1, "dialogue_id": "d-1", "supplier_id": "s-1", "changed_at": SAID_AT}
    return RegistrationChanged(**{**about, "status": "registered", **changes})


def test_every_language_has_the_same_phrases_with_the_same_placeholders() -> None:
    shapes = {
        language: {key: {name for _, name, _, _ in Formatter().parse(phrase) if name} for key, phrase in table.items()}
        for language, table in TABLES.items()
    }
    assert set(shapes) == {"da", "nb", "nn", "sv", "fi", "en", "de"}
    assert all(shape == shapes["en"] for shape in shapes.values())


def test_no_phrase_was_left_in_english_or_is_empty() -> None:
    shared = {"label.stream_url", "kind.conference", "kind.webinar", "label.kind", "label.programme", "label.starts_at"}
    for language in set(TABLES) - {"en"}:
        same = {key for key, phrase in TABLES[language].items() if phrase == TABLES["en"][key] and any(map(str.isalpha, phrase))}
        assert {key for key in same if not key.startswith(("when.", "label.reference"))} <= shared, language
        assert all(phrase.strip() for phrase in TABLES[language].values())


def _complete(letter: Letter, occasion: Occasion, reader: Reader) -> None:
    assert "\n" not in letter.subject
    assert one_line(occasion.title) in letter.subject
    assert one_line(occasion.title) in letter.text
    assert one_line(occasion.buyer_name) in letter.text
    assert occasion.dialogue_id in letter.text
    assert letter.language == reader.written
    deadline = occasion.announcement.registration_deadline
    if deadline:
        assert reader.moment(deadline) in letter.text
    assert all(letter.paragraphs)


@given(occasions, readers)
def test_an_invitation_holds_what_the_buyer_announced(occasion: Occasion, reader: Reader) -> None:
    letter = invitation(occasion, reader=reader, evidence=[SENTENCES])
    _complete(letter, occasion, reader)
    announcement = occasion.announcement
    for words in (announcement.purpose, announcement.confidentiality, announcement.non_binding, *announcement.programme):
        assert words is None or words in letter.text
    assert announcement.stream_url is None or announcement.stream_url in letter.text
    assert announcement.place is None or one_line(announcement.place) in letter.text
    assert SENTENCES.need_sentence in letter.text
    assert SENTENCES.answer in letter.text
    assert reader.say("fair.open") in letter.text


@given(occasions, readers, texts(50), announcements())
def test_a_change_is_told_line_by_line(occasion: Occasion, reader: Reader, title: str, before: object) -> None:
    changes = changes_between((title, before), (occasion.title, occasion.announcement))
    letter = change(occasion, reader=reader, changes=changes)
    _complete(letter, occasion, reader)
    for one in changes:
        if one.what != "capacity" or not occasion.announcement.slots:
            assert f"- {reader.say(f'label.{one.what}')}: " in letter.text


@given(occasions, readers, st.none() | st.sampled_from(Because) | texts(100))
def test_a_cancellation_says_why(occasion: Occasion, reader: Reader, reason: str | None) -> None:
    letter = cancellation(occasion, reader=reader, reason=reason)
    _complete(letter, occasion, reader)
    if isinstance(reason, Because):
        assert reader.say(f"reason.{reason.name.lower()}") in letter.text
    elif reason:
        assert reason in letter.text


@given(
    occasions,
    readers,
    st.builds(
        a_registration,
        status=st.sampled_from(RegistrationStatus),
        slot=st.none() | st.just(Slot(starts_at="2026-03-02T09:00:00Z", ends_at="2026-03-02T09:20:00Z")),
        waiting_place=st.none() | st.integers(1, 1_000_000),
        reason=st.none() | texts(100),
    ),
    st.booleans(),
)
def test_a_registration_says_how_one_stands(
    occasion: Occasion, reader: Reader, stands: RegistrationChanged, promoted: object
) -> None:
    letter = registration(occasion, reader=reader, stands=stands, promoted=bool(promoted))
    _complete(letter, occasion, reader)
    if stands.slot:
        assert reader.span(stands.slot.starts_at, stands.slot.ends_at) in letter.text
    if stands.waiting_place:
        assert reader.label("waiting_place", reader.number(stands.waiting_place)) in letter.text
    assert stands.reason is None or stands.reason in letter.text


@given(readers, st.sampled_from(RegistrationStatus), st.booleans())
def test_no_placeholder_is_left_unfilled(reader: Reader, status: RegistrationStatus, full: object) -> None:
    """The words of the buyer have no braces here, so that each brace would be one of ours."""
    more = {"capacity": 40, "purpose": "To learn.", "programme": ("Welcome",), "note_on": "2026-04-01"} if full else {}
    occasion = an_occasion(an_announcement(**more))
    changes = changes_between(("Old", an_announcement(kind="webinar", place=None)), (occasion.title, occasion.announcement))
    letters = [
        invitation(occasion, reader=reader, evidence=[SENTENCES]),
        change(occasion, reader=reader, changes=changes),
        cancellation(occasion, reader=reader, reason=Because.NEED_WITHDRAWN),
        registration(occasion, reader=reader, stands=a_registration(status=status)),
        over(occasion, reader=reader, stands=a_registration(status=status)),
    ]
    assert not any(brace in letter.subject + letter.text for letter in letters for brace in "{}")


@given(occasions, readers)
def test_once_it_was_held_a_letter_asks_for_no_answer_and_says_which_time_one_had(occasion: Occasion, reader: Reader) -> None:
    slot = Slot(starts_at="2026-03-02T09:20:00+01:00", ends_at="2026-03-02T09:40:00+01:00")
    had, gone = (a_registration(status=status, slot=slot) for status in ("registered", "withdrawn"))
    for stands in (had, gone, None):
        letter = over(occasion, reader=reader, stands=stands)
        _complete(letter, occasion, reader)
        assert reader.say("heading.answer") not in letter.text.splitlines()
        time = reader.label("your_slot", reader.span(slot.starts_at, slot.ends_at))
        assert (time in letter.paragraphs) == (stands is had)


def test_braces_in_the_words_of_people_are_left_as_they_are() -> None:
    letter = invitation(an_occasion(title="{buyer} {0} {", buyer_name="{title}"), reader=DANE)
    assert letter.subject == "Invitation til markedsdialog: {buyer} {0} {"
    assert "{title} inviterer jer" in letter.text


@pytest.mark.parametrize(
    ("language", "written"),
    [("no", "nb"), ("nb", "nb"), ("nn", "nn"), ("da", "da"), ("fr", "en"), ("se", "en"), ("zxx", "en")],
)
def test_who_reads_another_language_is_written_to_in_english_and_norwegian_is_bokmal(language: str, written: str) -> None:
    assert Reader(language=language).written == written


@pytest.mark.parametrize(
    ("language", "country", "told"),
    [
        ("da", "DK", "mandag den 2. marts 2026 kl. 09.00–11.30 (Centraleuropæisk normaltid, UTC+01:00)"),
        ("nb", "NO", "mandag 2. mars 2026 kl. 09:00–11:30 (sentraleuropeisk normaltid, UTC+01:00)"),
        ("nn", "NO", "måndag 2. mars 2026 kl. 09:00–11:30 (sentraleuropeisk standardtid, UTC+01:00)"),
        ("sv", "SE", "måndag 2 mars 2026 kl. 09:00–11:30 (centraleuropeisk normaltid, UTC+01:00)"),
        ("fi", "FI", "maanantai 2. maaliskuuta 2026 klo 10.00–12.30 (Itä-Euroopan normaaliaika, UTC+02:00)"),
        ("en", "GB", "Monday, 2 March 2026, 08:00–10:30 (Greenwich Mean Time, UTC)"),
        ("de", "DE", "Montag, 2. März 2026, 09:00–11:30 Uhr (Mitteleuropäische Normalzeit, UTC+01:00)"),
        ("en", "US", "Monday, 2 March 2026, 03:00–05:30 (Eastern Standard Time, UTC-05:00)"),
        ("en", None, "Monday, 2 March 2026, 08:00–10:30 (UTC)"),
    ],
)
def test_times_are_in_the_readers_zone_and_manner(language: str, country: str | None, told: str) -> None:
    reader = Reader(language=language, country=country)
    assert told in invitation(an_occasion(), reader=reader).text


def test_in_summer_the_name_and_the_offset_are_those_of_summer() -> None:
    summer = an_announcement().model_copy(update={"starts_at": SAID_AT.replace(month=7), "ends_at": None})
    text = invitation(an_occasion(summer), reader=DANE).text
    assert "onsdag den 1. juli 2026 kl. 10.00 (Centraleuropæisk sommertid, UTC+02:00)" in text


def test_a_zone_without_a_name_of_its_own_is_named_by_its_place() -> None:
    assert "Irland-tid, UTC+01:00" in Reader(language="da", country="IE").moment(SAID_AT.replace(month=7))


def test_what_the_buyer_wrote_in_another_language_says_which() -> None:
    text = invitation(an_occasion(an_announcement(purpose="To learn.")), reader=DANE, evidence=[SENTENCES]).text
    assert "Find leaks in drinking water pipes [sprog: engelsk]" in text
    assert "Formål [sprog: engelsk]: To learn." in text
    assert "“We want to find leaks.” [sprog: engelsk]" in text
    assert "“Vi finder utætheder.”\n" in text


@pytest.mark.parametrize("form", ["nb", "nn"])
def test_norwegian_of_an_unknown_form_is_not_another_language(form: str) -> None:
    assert Reader(language=form).words("Finn lekkasjer", "no") == "Finn lekkasjer"


def test_the_places_of_one_to_one_meetings_are_their_slots() -> None:
    slots = tuple(Slot(starts_at=f"2026-03-02T{hour:02}:00:00Z", ends_at=f"2026-03-02T{hour:02}:30:00Z") for hour in range(22))
    occasion = an_occasion(an_announcement(kind="one_to_one", slots=slots, capacity=99))
    text = invitation(occasion, reader=DANE).text
    assert "Antal pladser: 22" in text
    assert "- og 2 til" in text
    assert "den bedste først" in text


def test_a_place_that_fell_to_one_is_told_otherwise_than_one_that_was_free() -> None:
    told = registration(an_occasion(), reader=DANE, stands=a_registration(), promoted=True)
    assert told.subject.startswith("I har nu fået en plads")
    waiting = registration(an_occasion(), reader=DANE, stands=a_registration(status="waiting"), promoted=True)
    assert waiting.subject.startswith("I står på venteliste")


def test_the_reader_answers_at_the_address_that_there_is() -> None:
    assert "Referencen er dialogue:sample-need-leaks-1" in invitation(an_occasion(), reader=DANE).text
    url = "https://samspil.example/d/1"
    assert f"her: {url}" in invitation(an_occasion(answer_url=url), reader=DANE).text


def test_line_ends_in_a_title_cannot_make_lines_of_a_letter() -> None:
    occasion = an_occasion(an_announcement(place="Hall\nReference: other"), title="Leaks\r\nBcc: all\u2028x")
    letter = invitation(occasion, reader=DANE)
    assert letter.subject == "Invitation til markedsdialog: Leaks Bcc: all x"
    assert "Sted: Hall Reference: other" in letter.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_dialogue_and_reason_has_words(language: str) -> None:
    reader = Reader(language=language)
    for because in Because:
        assert reader.say(f"reason.{because.name.lower()}") in cancellation(an_occasion(), reader=reader, reason=because).text
