"""Registrations to dialogues: what is kept of them, what they are kept by, and what can be asked of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from samspil_schemas import Answer, RegistrationStatus, Slot


@dataclass(frozen=True, kw_only=True)
class Registration:
    """How one organisation stands in one dialogue. Nothing in it says whether it was matched or invited.

    number: its place in the order in which places are given; a new one where it accepts after it stood aside.
    revision: counts what was said of it (`RegistrationChanged`).
    slot: its time, where it is registered in a dialogue of slots.
    last_slot: the time that it had, where it has none any more: calendars that hold it are told that it is off.
    name, country: what it gave, or what its profile said; None where neither is known, of one that takes no part.
    slots: the starts that suit it, the best first; none means any.
    reason: its own word for the buyer; of a refused one, why.
    answered: the highest revision of its answers.
    """

    dialogue_id: str
    supplier_id: str
    number: int
    revision: int
    status: RegistrationStatus
    slot: Slot | None = None
    last_slot: Slot | None = None
    name: str | None = None
    country: str | None = None
    slots: tuple[datetime, ...] = ()
    reason: str | None = None
    answered: int
    changed_at: datetime


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What an organisation answers to a dialogue.

    name, country: None is as it said before, or as its profile says.
    slots: the starts that suit it, the best first; none means any.
    reason: why, for the buyer.
    """

    answer: Answer
    name: str | None = None
    country: str | None = None
    slots: tuple[datetime, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class PlacedRegistration:
    """A registration with its place on the waiting list, 1 for the next; None where it does not wait."""

    registration: Registration
    waiting_place: int | None


@dataclass(frozen=True, kw_only=True)
class RecordedRegistration:
    """What became of an answer: how it stands now, whether anything changed, and which slots are free."""

    placed: PlacedRegistration
    changed: bool
    free: tuple[Slot, ...]


@dataclass(frozen=True, kw_only=True)
class Places:
    """How full a dialogue is; capacity None is without limit, and `free` are the slots that can still be had."""

    capacity: int | None
    taken: int
    waiting: int
    free: tuple[Slot, ...]


class RegistrationTransaction(Protocol):
    """One transaction that changes registrations. Who changes those of a dialogue holds the dialogue."""

    async def registrations(self, dialogue_id: str) -> list[Registration]:
        """All of the dialogue, in order of their numbers."""
        ...

    async def put_registrations(self, registrations: Sequence[Registration]) -> None:
        """Store these."""
        ...

    async def organisations(self, supplier_ids: Collection[str]) -> dict[str, tuple[str, str]]:
        """Name and country of those of these suppliers whose profiles stand."""
        ...


class RegistrationReadings(Protocol):
    """What can be read of registrations."""

    async def registrations(self, dialogue_id: str) -> list[Registration]:
        """All of the dialogue, in order of their numbers."""
        ...


class RegistrationKeeping(Protocol):
    """Takes registrations to dialogues, and says how they stand.

    Each method raises NotFound where there is no such dialogue, and RecordUnavailable where the database does not answer.
    """

    async def answer(self, dialogue_id: str, supplier_id: str, reply: Reply) -> RecordedRegistration:
        """Record an answer. The same again changes nothing.

        Raises:
            Conflict: the state, the deadline or the start of the dialogue does not allow it, or no slot that suits can be had.
            Refused: name or country are missing, or a slot is none of the dialogue's.
        """
        ...

    async def withdraw(self, dialogue_id: str, supplier_id: str, *, reason: str | None = None) -> RecordedRegistration:
        """Withdraw what was answered; the place falls to the next.

        Raises:
            NotFound: nothing was answered.
            Conflict: the dialogue is over.
        """
        ...

    async def registration(self, dialogue_id: str, supplier_id: str) -> PlacedRegistration | None:
        """How the organisation stands; None where it never answered."""
        ...

    async def registrations(self, dialogue_id: str, *, limit: int = 100, offset: int = 0) -> list[PlacedRegistration]:
        """How all stand, in the order of registration."""
        ...

    async def places(self, dialogue_id: str) -> Places:
        """How full the dialogue is."""
        ...
