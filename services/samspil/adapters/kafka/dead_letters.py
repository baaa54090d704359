"""Dead letters: the raw record as it was, and why a group gave it up.

Public surface: `dead_letter` makes the record for `<topic>.<group>.dlt`; `read_dead_letter` reads it back as `ports.DeadLetter`;
`KafkaDeadLetters` writes them; `SkippedDeadLetters` is where a reader of dead letters puts what it cannot take itself.

Value, key and headers stay as they were, so that a dead letter can be sent again; ours stand beside them, prefixed `dlt_`.
A value above the limit of a readable record is cut, because a broker might refuse the dead letter for the same size.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from samspil.adapters.kafka.envelope import VALUE_MAX, decode, guess_id, guess_key, guess_type
from samspil.clock import Clock
from samspil.errors import Refused
from samspil.ports import DeadLetter, Received
from samspil.recovery import Failure, RawRecord
from samspil_schemas import dead_letter_topic

PREFIX = "dlt_"
# What the consumer puts in place of a record that it could not take apart: a value is why. It never leaves this process.
UNREADABLE_HEADER = "samspil-unreadable"
CUT_VALUE = 64 * 1024  # bytes kept of a value that is too large to be read anyway
KEY_MAX = 16 * 1024
HEADERS_MAX = 64 * 1024
REASON_MAX = 1_000

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class OutgoingRecord:
    """A raw record to be sent; `partition` is the wanted one, where the topic has it."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    partition: int | None = None


def dead_letter(failure: Failure, *, group: str, failed_at: datetime, cut: bool = False) -> OutgoingRecord:
    """The dead letter of a failure; `cut` keeps the first `CUT_VALUE` bytes of the value alone."""
    record = failure.record
    facts = {
        "reason": failure.reason[:REASON_MAX],
        "topic": record.topic,
        "partition": str(record.partition),
        "offset": str(record.offset),
        "group": group,
        "failed_at": failed_at.isoformat(),
    }
    value = record.value
    if value is not None and (cut or len(value) > VALUE_MAX):
        facts["value_bytes"] = str(len(value))
        value = value[:CUT_VALUE]
    key = record.key[:KEY_MAX] if record.key else record.key
    ours = tuple((f"{PREFIX}{name}", text.encode(errors="replace")) for name, text in facts.items())
    # A dead letter that is sent again and fails again carries only its last failure.
    theirs = tuple(header for header in record.headers if not header[0].startswith(PREFIX) and header[0] != UNREADABLE_HEADER)
    if sum(len(name) + len(content or b"") for name, content in theirs) > HEADERS_MAX:
        theirs = ()
    topic = dead_letter_topic(record.topic, group=group).name
    # A record without value and key cannot be sent.
    value = b"" if value is None and key is None else value
    return OutgoingRecord(topic=topic, key=key, value=value, headers=(*theirs, *ours), partition=record.partition)


def read_dead_letter(record: RawRecord) -> DeadLetter:
    """What stands in a dead-letter topic, whoever wrote it; the event too, where it can be read."""
    ours = {name: content.decode(errors="replace") for name, content in record.headers if name.startswith(PREFIX) and content}
    topic, _, group = record.topic.removesuffix(".dlt").rpartition(".")
    theirs = tuple((name, content) for name, content in record.headers if not name.startswith(PREFIX))
    source = RawRecord(
        topic=ours.get("dlt_topic", topic),
        partition=_number(ours.get("dlt_partition"), default=record.partition),
        offset=_number(ours.get("dlt_offset"), default=record.offset),
        key=record.key,
        value=record.value,
        headers=theirs,
        timestamp_ms=record.timestamp_ms,
    )
    content = decode(source)
    readable = isinstance(content, Received)
    return DeadLetter(
        source_topic=source.topic,
        group=ours.get("dlt_group", group),
        partition=source.partition,
        offset=source.offset,
        key=guess_key(source),
        event_id=content.event_id if readable else guess_id(source),
        ce_type=guess_type(source),
        reason=ours.get("dlt_reason", "No reason was given."),
        value=source.value,
        failed_at=_moment(ours.get("dlt_failed_at")),
        event=content.event if isinstance(content, Received) else None,
    )


def _number(text: str | None, *, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else default


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


class KafkaDeadLetters:
    """Writes the dead letters of one group."""

    def __init__(self, *, group: str, send: Callable[[Sequence[OutgoingRecord]], Awaitable[None]], clock: Clock) -> None:
        self._group = group
        self._send = send
        self._clock = clock

    async def put(self, failures: Sequence[Failure]) -> None:
        """Return when the broker has acknowledged every dead letter.

        Raises:
            BrokerUnavailable: it did not acknowledge them all; some may be written.
        """
        now = self._clock.now()
        try:
            await self._send([dead_letter(failure, group=self._group, failed_at=now) for failure in failures])
        except Refused:
            # Some are too large for this broker with their reason beside them.
            await self._send([dead_letter(failure, group=self._group, failed_at=now, cut=True) for failure in failures])


class SkippedDeadLetters:
    """Where a reader of dead letters puts those that it cannot take: they stay where they are, and the log says which."""

    def __init__(self, *, group: str) -> None:
        self._group = group

    async def put(self, failures: Sequence[Failure]) -> None:
        """Name each in the log."""
        for failure in failures:
            place = {"topic": failure.record.topic, "partition": failure.record.partition, "offset": failure.record.offset}
            _log.error("dead_letter_skipped", group=self._group, reason=failure.reason, **place)
