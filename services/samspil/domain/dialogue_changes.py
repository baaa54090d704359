"""What changed in a dialogue: as values, to be told in any language, and as English sentences for the event."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from samspil.domain.moments import moment_in_words
from samspil_schemas import DialogueAnnouncement
from samspil_schemas.base import LABEL_MAX, LIST_MAX


class Changed(StrEnum):
    """What can change: the title, and each field of the announcement by its name.

    Who sends the invitations off is the buyer's own business and no change to those who attend.
    """

    TITLE = "title"
    KIND = "kind"
    STARTS_AT = "starts_at"
    ENDS_AT = "ends_at"
    REGISTRATION_DEADLINE = "registration_deadline"
    PLACE = "place"
    STREAM_URL = "stream_url"
    LANGUAGES = "languages"
    CAPACITY = "capacity"
    PROGRAMME = "programme"
    PURPOSE = "purpose"
    SLOTS = "slots"
    NOTE_ON = "note_on"
    CONFIDENTIALITY = "confidentiality"
    NON_BINDING = "non_binding"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change; `old` and `new` are values of that field, None or empty where nothing is stated."""

    what: Changed
    old: Any
    new: Any


def changes_between(
    before: tuple[str | None, DialogueAnnouncement | None], after: tuple[str, DialogueAnnouncement]
) -> tuple[Change, ...]:
    """The changes from one title and announcement to the next, in the order of `Changed`; none if the two say the same.

    The same moment given with another offset is no change. Of an announcement that is not known, nothing has changed.
    """
    old, new = _values(*before), _values(*after)
    return tuple(Change(what=what, old=old[what], new=new[what]) for what in Changed if what in old and old[what] != new[what])


def described(before: tuple[str | None, DialogueAnnouncement | None], after: tuple[str, DialogueAnnouncement]) -> tuple[str, ...]:
    """The changes from one title and announcement to the next, one English sentence each; none if the two say the same."""
    return tuple(_short(_SENTENCES[change.what](change)) for change in changes_between(before, after)[:LIST_MAX])


def _values(title: str | None, announcement: DialogueAnnouncement | None) -> dict[Changed, Any]:
    if announcement is None:
        return {Changed.TITLE: title}
    return {Changed.TITLE: title, **{what: getattr(announcement, what) for what in Changed if what is not Changed.TITLE}}


def _now_and_before(name: str, show: Callable[[Any], str]) -> Callable[[Change], str]:
    return lambda change: f"The {name} is now {show(change.new)}; it was {show(change.old)}."


def _rewritten(name: str, verb: str) -> Callable[[Change], str]:
    return lambda _: f"The {name} {verb} changed."


def _moment(moment: datetime | None) -> str:
    return moment_in_words(moment) if moment is not None else "not given"


def _day(day: date | None) -> str:
    return day.isoformat() if day else "not given"


def _given(text: str | None) -> str:
    return text or "not given"


def _short(sentence: str) -> str:
    return sentence if len(sentence) <= LABEL_MAX else f"{sentence[: LABEL_MAX - 1]}…"


_SENTENCES: Mapping[Changed, Callable[[Change], str]] = MappingProxyType(
    {
        Changed.TITLE: lambda change: f"The title is now: {change.new}",
        Changed.KIND: _now_and_before("form", lambda kind: str(kind.value).replace("_", " ")),
        Changed.STARTS_AT: _now_and_before("start", _moment),
        Changed.ENDS_AT: _now_and_before("end", _moment),
        Changed.REGISTRATION_DEADLINE: _now_and_before("registration deadline", _moment),
        Changed.PLACE: _now_and_before("place", _given),
        Changed.STREAM_URL: lambda change: (
            "The address of the stream has changed." if change.new else "There is no stream any more."
        ),
        Changed.LANGUAGES: lambda change: f"The languages are now {', '.join(change.new) or 'not given'}.",
        Changed.CAPACITY: lambda change: f"The capacity is now {change.new or 'not limited'}.",
        Changed.PROGRAMME: _rewritten("programme", "has"),
        Changed.PURPOSE: _rewritten("purpose", "has"),
        Changed.SLOTS: _rewritten("times of the one-to-one meetings", "have"),
        Changed.NOTE_ON: _now_and_before("day of the dialogue note", _day),
        Changed.CONFIDENTIALITY: _rewritten("rules of confidentiality", "have"),
        Changed.NON_BINDING: _rewritten("words on what taking part means", "have"),
    }
)
