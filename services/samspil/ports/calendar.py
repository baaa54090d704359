"""What is put into a calendar, and what writes it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Words:
    """A text in a language, ISO 639."""

    text: str
    language: str


@dataclass(frozen=True, kw_only=True)
class Appointment:
    """One entry of a calendar. It names no participant: nobody learns from a file who else takes part.

    uid: the same in every file about the same thing; a client replaces the older by its sequence.
    sequence: grows with each change, from 0.
    stamped_at: when what it says became so; never the moment of writing, so that the same facts make the same file.
    ends_at: None where only a moment is known.
    organiser: the name of an organisation, never a person's.
    cancelled: it does not take place, and a client that holds it takes it out or strikes it.
    busy: whether it blocks the time of who takes part.
    """

    uid: str
    sequence: int
    stamped_at: datetime
    starts_at: datetime
    ends_at: datetime | None = None
    summary: Words
    description: Words
    organiser: str
    location: str | None = None
    url: str | None = None
    cancelled: bool = False
    busy: bool = False


class CalendarFiles(Protocol):
    """Writes calendar files."""

    def write(self, appointment: Appointment) -> bytes:
        """The file, UTF-8; of the same appointment always the same bytes."""
        ...
