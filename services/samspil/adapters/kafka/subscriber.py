"""What stands between a FastStream subscriber and a service's handler.

Public surface: `reader_of` makes a `Reader` of a subscription; `FastStreamLog` is FastStream's logger.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Generic, TypeVar

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from faststream.kafka.subscriber.usecase import BatchSubscriber

from samspil.adapters.kafka.consumer import TolerantConsumer
from samspil.adapters.kafka.dead_letters import (
    UNREADABLE_HEADER,
    KafkaDeadLetters,
    OutgoingRecord,
    SkippedDeadLetters,
    read_dead_letter,
)
from samspil.adapters.kafka.envelope import decode
from samspil.adapters.kafka.waiting import ended
from samspil.clock import Clock
from samspil.ports import DeadLetterSubscription, Received, Subscription
from samspil.recovery import BreakerSettings, Delivery, GroupState, RawRecord, Recovery, RetryPolicy, Unreadable, facts

T = TypeVar("T")

Read = Callable[[RawRecord], T | Unreadable]
Send = Callable[[Sequence[OutgoingRecord]], Awaitable[None]]

_DECODE_SLICE = 64 * 1024  # bytes read between two looks at the loop: about a millisecond

_log = structlog.get_logger(__name__)


class Assignment(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Knows how many partitions the group has given to this process; None before it has joined."""

    def __init__(self) -> None:
        self.partitions: int | None = None

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:  # noqa: ARG002 - aiokafka calls it so
        """The group is being arranged anew."""
        self.partitions = None

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """The group has been arranged."""
        self.partitions = len(assigned)


class Reader(Generic[T]):
    """One subscription: reads its raw records and hands them to its recovery."""

    def __init__(self, subscription: Subscription | DeadLetterSubscription, *, read: Read[T], recovery: Recovery[T]) -> None:
        self.group = subscription.group
        self.topics = subscription.topics
        self.max_records = subscription.max_records
        self.recovery = recovery
        self.listener = Assignment()
        self._read = read
        self._subscriber: BatchSubscriber | None = None

    def attach(self, subscriber: BatchSubscriber) -> None:
        """Belong to this FastStream subscriber."""
        self._subscriber = subscriber

    @property
    def subscriber(self) -> BatchSubscriber:
        """The FastStream subscriber."""
        if self._subscriber is None:
            raise RuntimeError(f"the reader of {self.group} is attached to no subscriber")
        return self._subscriber

    async def start(self) -> None:
        """Join the group; return when it has been arranged."""
        self.recovery.resume()
        await self.subscriber.start()

    def hurry(self) -> None:
        """Let nothing wait any longer for what does not come at once."""
        self.recovery.stop()
        if self._consumer is not None:
            self._consumer.ending.set()

    async def stop(self, *, within: float) -> None:
        """Finish the batch in hand and leave the group, in so many seconds at most."""
        self.hurry()
        error = await ended(self.subscriber.stop(), within=within)
        if error is not None:
            _log.warning("consumer_stopped_badly", group=self.group, error=type(error).__name__)
        self.listener.partitions = None

    @property
    def _consumer(self) -> TolerantConsumer | None:
        consumer = self.subscriber.consumer
        return consumer if isinstance(consumer, TolerantConsumer) else None

    @property
    def broken(self) -> bool:
        """True if the consumer can only be replaced."""
        return self._consumer is not None and self._consumer.broken

    @property
    def last_error(self) -> str | None:
        """What the last poll failed with; None if it did not."""
        return self._consumer.last_error if self._consumer else None

    def state(self) -> GroupState:
        """Whether records are taken, and why not."""
        state = self.recovery.state()
        reason = self._not_reading()
        if reason is not None:
            return replace(state, ready=False, reason=reason)
        return replace(state, reason=f"{self.listener.partitions} partitions are read.") if state.ready else state

    def _not_reading(self) -> str | None:
        if self.listener.partitions is None:
            return "The group is being joined." if self.subscriber.running else "The consumer is not running."
        return f"Reading fails ({self.last_error})." if self.last_error else None

    async def take(self, records: Sequence[RawRecord]) -> None:
        """Return when the batch counts as taken.

        Raises:
            Rewound: it must be delivered again.
        """
        deliveries: list[Delivery[T]] = []
        size = 0
        for record in records:
            deliveries.append(Delivery(record=record, content=self._content(record)))
            size += len(record.value or b"")
            if size > _DECODE_SLICE:
                size = 0
                await asyncio.sleep(0)
        await self.recovery.take(deliveries)

    def _content(self, record: RawRecord) -> T | Unreadable:
        for name, reason in record.headers:
            if name == UNREADABLE_HEADER:
                return Unreadable(reason=(reason or b"").decode(errors="replace"))
        return self._read(record)


def reader_of(
    subscription: Subscription | DeadLetterSubscription,
    *,
    send: Send,
    clock: Clock,
    retry: RetryPolicy | None,
    breaker: BreakerSettings | None,
    random: Callable[[], float],
) -> Reader[Any]:
    """The reader of a subscription; `send` writes its dead letters."""
    options: dict[str, Any] = {"retry": retry, "breaker": breaker, "clock": clock, "random": random}
    group = subscription.group
    if isinstance(subscription, DeadLetterSubscription):
        skipped = SkippedDeadLetters(group=group)
        return Reader(
            subscription,
            read=read_dead_letter,
            recovery=Recovery(subscription.handle, group=group, dead_letters=skipped, **options),
        )
    letters = KafkaDeadLetters(group=group, send=send, clock=clock)
    recovery: Recovery[Received] = Recovery(subscription.handle, group=group, dead_letters=letters, **options)
    return Reader(subscription, read=decode, recovery=recovery)


class FastStreamLog:
    """FastStream's log in ours: what it says of each record only for debugging, its errors as warnings, without payload."""

    def log(self, level: int, msg: Any, /, *, exc_info: Any = None, extra: Mapping[str, Any] | None = None) -> None:
        """Take one line."""
        context = {name: value for name, value in (extra or {}).items() if value}
        if isinstance(exc_info, BaseException):
            _log.warning("faststream_error", **context, **facts(exc_info))
        elif level >= logging.ERROR:
            _log.warning("faststream_error", message=str(msg)[:200], **context)
        else:
            _log.debug("faststream", message=str(msg)[:200], **context)
