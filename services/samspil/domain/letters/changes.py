"""What changed in a dialogue, in the reader's language."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from samspil.domain.dialogue_changes import Change, Changed
from samspil.domain.letters.facts import one_line
from samspil.domain.letters.reader import Reader
from samspil_schemas import DialogueKind

# Too long to be told twice: the letter holds them as they are now.
_REWRITTEN = frozenset({Changed.PROGRAMME, Changed.PURPOSE, Changed.SLOTS, Changed.CONFIDENTIALITY, Changed.NON_BINDING})


def change_line(change: Change, reader: Reader) -> str:
    """One change in one line: what it is about, how it is now, and how it was."""
    if change.what in _REWRITTEN:
        return reader.label(change.what, reader.say("value.rewritten" if change.new else "value.not_given"))
    show = _SHOWN[change.what]
    values = {"new": show(change.new, reader), "old": show(change.old, reader)}
    return reader.label(change.what, reader.say("value.previously", **values))


def _text(text: str | None, reader: Reader) -> str:
    return one_line(text) if text else reader.say("value.not_given")


def _moment(moment: datetime | None, reader: Reader) -> str:
    return reader.moment(moment) if moment else reader.say("value.not_given")


def _day(day: date | None, reader: Reader) -> str:
    return reader.day(day) if day else reader.say("value.not_given")


def _kind(kind: DialogueKind, reader: Reader) -> str:
    return reader.say(f"kind.{kind.value}")


def _languages(codes: tuple[str, ...], reader: Reader) -> str:
    return reader.language_names(codes) if codes else reader.say("value.not_given")


def _capacity(capacity: int | None, reader: Reader) -> str:
    return reader.number(capacity) if capacity else reader.say("value.no_limit")


_SHOWN: Mapping[Changed, Callable[[Any, Reader], str]] = MappingProxyType(
    {
        Changed.TITLE: _text,
        Changed.KIND: _kind,
        Changed.STARTS_AT: _moment,
        Changed.ENDS_AT: _moment,
        Changed.REGISTRATION_DEADLINE: _moment,
        Changed.PLACE: _text,
        Changed.STREAM_URL: _text,
        Changed.LANGUAGES: _languages,
        Changed.CAPACITY: _capacity,
        Changed.NOTE_ON: _day,
    }
)
