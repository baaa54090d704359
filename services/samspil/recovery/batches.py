"""Takes the batches of one subscription: together, again, one by one, or back to the log."""

import asyncio
import random as _random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import structlog

from samspil.clock import Clock, SystemClock
from samspil.errors import Transient
from samspil.observability import BATCH_SECONDS, RECORDS, RETRIES, REWINDS
from samspil.recovery.breaker import Breaker, BreakerSettings, Outcome
from samspil.recovery.describe import describe, facts
from samspil.recovery.records import DeadLetters, Delivery, Failure, RawRecord, Unreadable

T = TypeVar("T")

_log = structlog.get_logger(__name__)


class Rewound(Transient):
    """The batch was not taken; the log must deliver it again."""


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How often a transient error is tried again within the process; all times in seconds.

    Waits grow from `first` by `factor` up to `longest`, each shortened at random by up to half so that consumers do not retry in
    step. No wait begins that would end later than `total` after the first try. `total` must stay well below the consumer's
    `max.poll.interval` (300 s), or the broker takes the partitions away in the middle.
    """

    first: float = 0.1
    factor: float = 2.0
    longest: float = 5.0
    total: float = 30.0

    def waits(self, random: Callable[[], float]) -> Iterator[float]:
        """The waits, without end; `random` gives numbers in [0, 1)."""
        wait = self.first
        while True:
            yield min(wait, self.longest) * (1 - random() / 2)
            wait = min(wait * self.factor, self.longest)


@dataclass(frozen=True, kw_only=True)
class GroupState:
    """Whether a group can take records, and in one sentence why or why not.

    busy_since: when the handler was called that has not returned yet.
    """

    group: str
    ready: bool
    reason: str
    busy_since: datetime | None = None


class Recovery(Generic[T]):
    """Takes the batches of one subscription by the rules above."""

    def __init__(
        self,
        handle: Callable[[Sequence[T]], Awaitable[None]],
        *,
        group: str,
        dead_letters: DeadLetters,
        retry: RetryPolicy | None = None,
        breaker: BreakerSettings | None = None,
        clock: Clock | None = None,
        random: Callable[[], float] = _random.random,
    ) -> None:
        self.group = group
        self._handle = handle
        self._dead_letters = dead_letters
        self._retry = retry or RetryPolicy()
        self._clock = clock or SystemClock()
        self._random = random
        self._breaker = Breaker(group=group, settings=breaker or BreakerSettings(), clock=self._clock)
        self._stopping = asyncio.Event()
        self._stuck: str | None = None
        self._busy_since: datetime | None = None

    def state(self) -> GroupState:
        """Whether the group takes records."""
        if not self._breaker.closed:
            reason = "Nearly every record failed, so consumption holds. Repair the cause that the log names, or roll back."
        elif self._stuck:
            reason = f"The last batch was given back: {self._stuck}"
        else:
            return GroupState(group=self.group, ready=True, reason="Records are taken.", busy_since=self._busy_since)
        return GroupState(group=self.group, ready=False, reason=reason, busy_since=self._busy_since)

    def stop(self) -> None:
        """End every wait at once, so that a batch in hand is given back instead of holding up the end."""
        self._stopping.set()

    def resume(self) -> None:
        """Wait again where it is due, after a stop."""
        self._stopping.clear()
        self._stuck = None

    async def take(self, deliveries: Sequence[Delivery[T]]) -> None:
        """Return when all effects of the batch are durable and what failed is kept in the dead letters.

        Raises:
            Rewound: the batch must be delivered again.
        """
        try:
            await self._hold()
            failures = await self._failures(deliveries)
            await self._bury(deliveries, failures)
        except Rewound as error:
            self._breaker.give_up_probe()
            self._stuck = str(error)
            REWINDS.labels(self.group).inc()
            raise
        except BaseException:
            self._breaker.give_up_probe()
            raise
        self._stuck = None
        for index, delivery in enumerate(deliveries):
            outcome = "dead_lettered" if index in failures else "taken"
            RECORDS.labels(self.group, delivery.record.topic, outcome).inc()

    async def _hold(self) -> None:
        while (seconds := self._breaker.seconds_left()) > 0:
            await self._wait(seconds)
            if self._stopping.is_set():
                raise Rewound("The consumer is stopping while its breaker is open.")
        self._breaker.admit()

    async def _failures(self, deliveries: Sequence[Delivery[T]]) -> dict[int, Failure]:
        """What fails for good, by its place in the batch."""
        failures: dict[int, Failure] = {}
        readable: dict[int, T] = {}
        for index, delivery in enumerate(deliveries):
            if isinstance(unreadable := delivery.content, Unreadable):
                failures[index] = self._failure(delivery.record, event_id=unreadable.event_id, reason=unreadable.reason)
            else:
                readable[index] = unreadable
        error = await self._try(list(readable.values())) if readable else None
        if error is None:
            return failures
        for index, content in readable.items():
            alone = await self._try([content]) if len(readable) > 1 else error
            if alone is not None:
                event_id = getattr(content, "event_id", None)
                failures[index] = self._failure(deliveries[index].record, event_id=event_id, **facts(alone))
        return dict(sorted(failures.items()))

    def _failure(self, record: RawRecord, *, event_id: str | None, reason: str, **facts: str) -> Failure:
        place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        _log.warning("record_failed", group=self.group, event_id=event_id, reason=reason, **place, **facts)
        return Failure(record=record, reason=reason, event_id=event_id)

    async def _try(self, contents: Sequence[T]) -> Exception | None:
        """None if the handler took them, its error if it never will; Rewound if it might later."""

        async def handle() -> None:
            self._busy_since = self._clock.now()
            try:
                with BATCH_SECONDS.labels(self.group).time():
                    await self._handle(contents)
            finally:
                self._busy_since = None

        try:
            await self._again_and_again(handle)
        except Rewound:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a handler raises, its group must go on
            return error
        return None

    async def _bury(self, deliveries: Sequence[Delivery[T]], failures: dict[int, Failure]) -> None:
        outcomes = [_outcome(delivery, failed=index in failures) for index, delivery in enumerate(deliveries)]
        if not self._breaker.judge(outcomes):
            _log.error("breaker_open", group=self.group, failed=len(failures), records=len(deliveries))
            raise Rewound("Nearly every record failed.", hint="Look at the log, and repair or roll back.")
        if failures:
            await self._again_and_again(lambda: self._dead_letters.put(list(failures.values())))

    async def _again_and_again(self, call: Callable[[], Awaitable[None]]) -> None:
        deadline = self._clock.now() + timedelta(seconds=self._retry.total)
        for wait in self._retry.waits(self._random):
            try:
                return await call()
            except Transient as error:
                ends = self._clock.now() + timedelta(seconds=wait)
                if self._stopping.is_set() or ends > deadline:
                    raise Rewound(describe(error)) from error
                RETRIES.labels(self.group).inc()
                _log.warning("retrying", group=self.group, wait_s=round(wait, 3), **facts(error))
                await self._wait(wait)
        raise AssertionError  # the waits have no end

    async def _wait(self, seconds: float) -> None:
        """Wait on the clock, or until told to stop."""
        waits = {asyncio.ensure_future(self._clock.sleep(seconds)), asyncio.ensure_future(self._stopping.wait())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)


def _outcome(delivery: Delivery[T], *, failed: bool) -> Outcome:
    if isinstance(delivery.content, Unreadable):
        return Outcome.UNREADABLE
    return Outcome.FAILED if failed else Outcome.TAKEN
