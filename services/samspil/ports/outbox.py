"""The outbox: events that were decided in SQL and still have to reach the log, and have their effect there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from samspil_schemas import Event


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """An event of the outbox, claimed by one relay. `attempts` counts how often it was published before."""

    event_id: str
    event: Event
    attempts: int


class Outbox(Protocol):
    """What relays ask of the outbox. Any number of relays may work on it at once.

    A row is due, is claimed, and is published; it is forgotten when every group that it awaits has taken it, or at once if it
    awaits none. A later event with the same topic and key is never claimed while an earlier one is still to be published.
    All methods raise `RecordUnavailable` if the database does not answer.
    """

    async def claim(self, *, limit: int, lease: timedelta) -> list[Waiting]:
        """Take the rows that are due, oldest first; nobody else gets them before the lease ends."""
        ...

    async def published(self, event_ids: Sequence[str], *, again_after: timedelta) -> None:
        """The log acknowledged these: forget what awaits nobody; publish the others again if they are not taken in time."""
        ...

    async def give_back(self, event_ids: Sequence[str]) -> None:
        """These were not published: they are due at once."""
        ...

    async def forget_confirmed(self) -> int:
        """Forget the rows that every awaited group has taken; returns how many."""
        ...

    async def all_due(self) -> int:
        """Everything that is not confirmed is to be published again, in order; returns how many rows wait."""
        ...

    async def prune_inbox(self, *, older_than: timedelta) -> int:
        """Forget which events were taken, where that was long ago; returns how many."""
        ...

    async def enqueued(self) -> None:
        """Return when a transaction of this process has enqueued something since the last `claim` began."""
        ...


class Again(Protocol):
    """Puts what stands into the outbox once more. All methods raise `RecordUnavailable` if the database does not answer."""

    async def unanswered(self, *, older_than: timedelta) -> int:
        """Enqueue what has stood for so long, waits nowhere and was given no verdict; each state once, ever.

        Such is what another client published and the log then lost. Returns how many events.
        """
        ...

    async def everything(self) -> int:
        """Enqueue all that stands open, although it was taken before: a new index is filled so. Returns how many events."""
        ...
