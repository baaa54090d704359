"""The log: what a consumer receives, and how a service publishes."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from samspil_schemas import Event

# What the value of a record may weigh: below Kafka's default of 1 MiB, with room for the envelope.
RECORD_BYTES_MAX = 900_000


@dataclass(frozen=True, kw_only=True)
class Received:
    """One record that could be read. `event` is None for a tombstone, whose `key` names what it withdraws.

    event_id: what its repeats share: derived from what the event says, whoever published it.
    """

    event: Event | None
    event_id: str
    key: str
    topic: str
    partition: int = 0
    offset: int = 0
    time: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """A record that a consumer group gave up, as read back from its dead-letter topic."""

    source_topic: str
    group: str
    partition: int
    offset: int
    key: str | None
    event_id: str | None
    ce_type: str | None
    reason: str
    value: bytes | None
    failed_at: datetime | None
    event: Event | None = None


Handler = Callable[[Sequence[Received]], Awaitable[None]]
DeadLetterHandler = Callable[[Sequence[DeadLetter]], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """A consumer group's handler for some topics; the broker adapter delivers to it in batches, at least once.

    The handler returns when all effects of the batch are durable, or raises: `Transient` to have the same batch again, anything
    else to have each record tried alone, and the failing ones put to the dead letters.
    """

    group: str
    topics: tuple[str, ...]
    handle: Handler
    max_records: int = 64


@dataclass(frozen=True, kw_only=True)
class DeadLetterSubscription:
    """Reads the dead letters of other groups; `topics` are dead-letter topics."""

    group: str
    topics: tuple[str, ...]
    handle: DeadLetterHandler
    max_records: int = 64


class Publisher(Protocol):
    """Writes events to the topics that the catalogue gives them."""

    async def publish(self, events: Sequence[Event]) -> None:
        """Return when the broker has acknowledged every event.

        Raises:
            Transient: the broker did not acknowledge them all; some may be written.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class GroupLag:
    """How far one group has come on one topic. `committed` is None where the group has not committed yet."""

    group: str
    topic: str
    end: int
    committed: int | None

    @property
    def lag(self) -> int:
        """Records not yet taken."""
        return self.end - (self.committed or 0)


class LogAdmin(Protocol):
    """Looks at the log from outside."""

    async def end_offsets(self) -> Mapping[str, int]:
        """Records ever written, by topic, dead-letter topics among them."""
        ...

    async def lags(self) -> Sequence[GroupLag]:
        """The lag of every known group on every topic that it reads."""
        ...
