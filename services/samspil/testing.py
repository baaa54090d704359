"""Stand-ins for what the services run on, for fast tests.

Public surface: `MemoryLog`, the log without a broker.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from samspil.clock import Clock, ManualClock
from samspil.errors import BrokerUnavailable
from samspil.ports import DeadLetter, DeadLetterSubscription, GroupLag, Received, Subscription
from samspil.recovery import BreakerSettings, Delivery, Failure, GroupState, RawRecord, Recovery, RetryPolicy, Unreadable
from samspil_schemas import Event, Topic, dead_letter_topic, event_id, spec_of, topics

E = TypeVar("E", bound=Event)

Content = Received | DeadLetter | Unreadable


@dataclass
class _Reader:
    """One subscription and how far it has come in the whole log."""

    subscription: Subscription | DeadLetterSubscription
    recovery: Recovery[Any]
    position: int = 0


class _MemoryDeadLetters:
    """Puts the dead letters of one group back into the log, on their own topic."""

    def __init__(self, log: "MemoryLog", *, group: str) -> None:
        self._log = log
        self._group = group

    async def put(self, failures: Sequence[Failure]) -> None:
        """Keep them, unless the log is unavailable."""
        self._log.check_available()
        for failure in failures:
            self._log.bury(failure, group=self._group)


class MemoryLog:
    """A log in memory: a `Publisher`, a `LogAdmin`, and what delivers to subscriptions.

    Batches go through the same recovery as on Kafka: dead letters, retries (on a clock that needs no waiting), rewinds and the
    breaker. Every event passes through its JSON, so that what cannot be written is found here too. Unlike Kafka, it delivers in
    one order, that of publishing, and only when told to: `deliver`.

    While `unavailable` is true, nothing can be published, as when the broker is down.
    """

    def __init__(
        self,
        *subscriptions: Subscription | DeadLetterSubscription,
        clock: Clock | None = None,
        retry: RetryPolicy | None = None,
        breaker: BreakerSettings | None = None,
    ) -> None:
        self.unavailable = False
        self._clock = clock or ManualClock()
        self._retry = retry
        self._breaker = breaker
        self._entries: list[Delivery[Any]] = []
        self._ends: Counter[str] = Counter()
        self._readers: list[_Reader] = []
        self.subscribe(*subscriptions)

    def subscribe(self, *subscriptions: Subscription | DeadLetterSubscription) -> None:
        """Deliver to these too, from the beginning of the log."""
        for subscription in subscriptions:
            recovery: Recovery[Any] = Recovery(
                subscription.handle,
                group=subscription.group,
                dead_letters=_MemoryDeadLetters(self, group=subscription.group),
                retry=self._retry,
                breaker=self._breaker,
                clock=self._clock,
                random=lambda: 0.0,
            )
            self._readers.append(_Reader(subscription=subscription, recovery=recovery))

    async def publish(self, events: Sequence[Event]) -> None:
        """Append the events.

        Raises:
            BrokerUnavailable: the log is told to be unavailable.
        """
        self.check_available()
        for event in events:
            written = event.model_dump_json(exclude_none=True).encode()
            topic = spec_of(event).topic.name
            received = Received(
                event=type(event).model_validate_json(written),
                event_id=event_id(event),
                key=event.key,
                topic=topic,
                offset=self._end(topic),
                time=self._clock.now(),
            )
            self._append(topic, received, key=event.key, value=written)

    def withdraw(self, topic: Topic, key: str) -> None:
        """Append a tombstone."""
        offset = self._end(topic.name)
        received = Received(event=None, event_id=f"tombstone-{topic.name}-{offset}", key=key, topic=topic.name, offset=offset)
        self._append(topic.name, received, key=key, value=None)

    def garble(self, topic: Topic, *, reason: str = "The value is no JSON.", key: str | None = None) -> None:
        """Append a record that cannot be read."""
        self._append(topic.name, Unreadable(reason=reason, key=key), key=key, value=b"{")

    async def deliver(self) -> int:
        """Deliver until no group has anything left, and return how many records were taken.

        Raises:
            Rewound: a batch was given back; it is the next one again.
        """
        taken = 0
        while sizes := [size for reader in self._readers if (size := await self._deliver_batch(reader))]:
            taken += sum(sizes)
        return taken

    async def _deliver_batch(self, reader: _Reader) -> int:
        """Let one reader take its next batch, and return how many records that had."""
        batch: list[Delivery[Any]] = []
        position = reader.position
        while position < len(self._entries) and len(batch) < reader.subscription.max_records:
            if self._entries[position].record.topic in reader.subscription.topics:
                batch.append(self._entries[position])
            position += 1
        if batch:
            await reader.recovery.take(batch)
        reader.position = min(position, len(self._entries))
        return len(batch)

    def replay(self, group: str) -> None:
        """Let a group begin again, as after a commit that was lost."""
        for reader in self._readers:
            if reader.subscription.group == group:
                reader.position = 0

    def lose_everything(self) -> None:
        """Be empty, as the embedded broker after a restart."""
        self._entries.clear()
        self._ends.clear()
        for reader in self._readers:
            reader.position = 0

    def events(self, kind: type[E]) -> list[E]:
        """All events of one kind that were published, in order."""
        contents = (entry.content for entry in self._entries)
        return [content.event for content in contents if isinstance(content, Received) and isinstance(content.event, kind)]

    @property
    def dead_letters(self) -> list[DeadLetter]:
        """All dead letters, in order."""
        return [entry.content for entry in self._entries if isinstance(entry.content, DeadLetter)]

    def ready(self) -> tuple[GroupState, ...]:
        """For each subscription, whether it takes records."""
        return tuple(reader.recovery.state() for reader in self._readers)

    async def end_offsets(self) -> Mapping[str, int]:
        """Records ever written, by topic."""
        return {topic.name: self._end(topic.name) for topic in topics.TOPICS} | self._ends

    async def lags(self) -> Sequence[GroupLag]:
        """The lag of every group on every topic that it reads."""
        lags = []
        for reader in self._readers:
            done = self._entries[: reader.position]
            for name in reader.subscription.topics:
                committed = sum(entry.record.topic == name for entry in done)
                end = self._end(name)
                lags.append(GroupLag(group=reader.subscription.group, topic=name, end=end, committed=committed or None))
        return lags

    def check_available(self) -> None:
        """Raise BrokerUnavailable if the log is told to be."""
        if self.unavailable:
            raise BrokerUnavailable("The log is told to be unavailable.")

    def bury(self, failure: Failure, *, group: str) -> None:
        """Append a dead letter; dead letters of dead letters are dropped, as on Kafka."""
        record = failure.record
        source = self._content_of(record)
        if isinstance(source, DeadLetter):
            return
        letter = DeadLetter(
            source_topic=record.topic,
            group=group,
            partition=record.partition,
            offset=record.offset,
            key=record.key.decode() if record.key else None,
            event_id=failure.event_id,
            ce_type=spec_of(source.event).ce_type if isinstance(source, Received) and source.event else None,
            reason=failure.reason,
            value=record.value,
            failed_at=self._clock.now(),
            event=source.event if isinstance(source, Received) else None,
        )
        topic = dead_letter_topic(record.topic, group=group).name
        self._append(topic, letter, key=letter.key, value=record.value)

    def _content_of(self, record: RawRecord) -> Content | None:
        return next((entry.content for entry in self._entries if entry.record == record), None)

    def _append(self, topic: str, content: Content, *, key: str | None, value: bytes | None) -> None:
        encoded = key.encode() if key is not None else None
        record = RawRecord(topic=topic, offset=self._end(topic), key=encoded, value=value)
        self._entries.append(Delivery(record=record, content=content))
        self._ends[topic] += 1

    def _end(self, topic: str) -> int:
        return self._ends[topic]
