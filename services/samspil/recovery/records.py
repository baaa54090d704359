"""What passes through a recovery: raw records, what they say, and what fails."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class RawRecord:
    """A record as it stands in the log. Header names may repeat, and header values may be null or no text."""

    topic: str
    partition: int = 0
    offset: int = 0
    key: bytes | None = None
    value: bytes | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    timestamp_ms: int = 0


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """A record that could not be read, why, and what could still be made out of it."""

    reason: str
    event_id: str | None = None
    key: str | None = None


@dataclass(frozen=True, kw_only=True)
class Delivery(Generic[T]):
    """A raw record and what it says."""

    record: RawRecord
    content: T | Unreadable


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A record that its group gives up, and why."""

    record: RawRecord
    reason: str
    event_id: str | None = None


class DeadLetters(Protocol):
    """Keeps what a group gives up."""

    async def put(self, failures: Sequence[Failure]) -> None:
        """Return when every failure is kept durably.

        Raises:
            Transient: they are not all kept; some may be.
        """
        ...
