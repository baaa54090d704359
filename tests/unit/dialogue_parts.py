"""Any dialogue that the contract allows."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from samspil.domain.letters import Occasion, Reader
from samspil.domain.letters.phrases import TABLES
from samspil_schemas import DialogueAnnouncement, DialogueKind, Slot
from samspil_schemas.base import LABEL_MAX, LIST_MAX, PARAGRAPH_MAX, TITLE_MAX

SAID_AT = datetime(2026, 2, 1, 8, tzinfo=UTC)
COUNTRIES = ["DK", "NO", "SE", "FI", "DE", "GB", "IS", "CH", "UA", "US", "AQ", None]
LANGUAGES = [*TABLES, "no", "fr", "se", "zxx"]


def an_announcement(**changes: Any) -> DialogueAnnouncement:
    return DialogueAnnouncement(
        **{
            "kind": "conference",
            "starts_at": "2026-03-02T09:00:00+01:00",
            "ends_at": "2026-03-02T11:30:00+01:00",
            "registration_deadline": "2026-02-20T12:00:00Z",
            "place": "Town hall, Northby",
            "languages": ("da", "en"),
            **changes,
        }
    )


def an_occasion(announcement: DialogueAnnouncement | None = None, **changes: Any) -> Occasion:
    return Occasion(
        **{
            "dialogue_id": "dialogue:sample-need-leaks-1",
            "title": "Find leaks in drinking water pipes",
            "language": "en",
            "buyer_name": "Northby Sample Municipality",
            "announcement": announcement or an_announcement(),
            **changes,
        }
    )


def texts(longest: int) -> st.SearchStrategy[str]:
    # With line ends, bidirectional marks, emoji, and all else that is no control character.
    some = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('\n\r\t";:,\\{}\x85\u2028'), max_size=longest)
    return some.map(lambda text: f"x{text}".strip()[:longest].strip())


_offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_minutes = st.integers(0, 2 * 366 * 24 * 60).map(lambda minutes: SAID_AT + timedelta(minutes=minutes))
moments = _minutes | st.datetimes(timezones=_offsets)
_codes = st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=3) | st.sampled_from(LANGUAGES)


@st.composite
def announcements(draw: st.DrawFn) -> DialogueAnnouncement:
    kind = draw(st.sampled_from(DialogueKind))
    starts_at, ends_at = draw(st.tuples(*[st.none() | moments] * 2))
    if starts_at and ends_at and ends_at < starts_at:
        starts_at, ends_at = ends_at, starts_at
    slots: tuple[Slot, ...] = ()
    if kind is DialogueKind.ONE_TO_ONE:
        first, count = draw(_minutes), draw(st.integers(0, 30))
        length = timedelta(minutes=20)
        slots = tuple(Slot(starts_at=first + n * length, ends_at=first + (n + 1) * length) for n in range(count))
    return DialogueAnnouncement(
        kind=kind,
        starts_at=starts_at,
        ends_at=ends_at,
        registration_deadline=draw(st.none() | moments),
        place=draw(st.none() | texts(LABEL_MAX)),
        stream_url=draw(st.sampled_from([None, "https://stream.example/one", 'http://æ.example/"<x>,;{y}%20\\'])),
        languages=draw(st.lists(_codes, max_size=5)),
        capacity=draw(st.none() | st.integers(1, 100_000)),
        programme=draw(st.lists(texts(200), max_size=min(LIST_MAX, 4))),
        purpose=draw(st.none() | texts(PARAGRAPH_MAX)),
        slots=slots,
        note_on=draw(st.none() | st.dates()),
        confidentiality=draw(st.none() | texts(300)),
        non_binding=draw(st.none() | texts(300)),
    )


occasions = st.builds(
    Occasion,
    dialogue_id=st.sampled_from(["dialogue:need-1", "dialogue:ocds-a/1@x+y"]),
    title=texts(TITLE_MAX),
    language=_codes,
    buyer_name=texts(LABEL_MAX),
    announcement=announcements(),
    answer_url=st.sampled_from([None, "https://samspil.example/d/1"]),
)
readers = st.builds(Reader, language=st.sampled_from(LANGUAGES), country=st.sampled_from(COUNTRIES))
