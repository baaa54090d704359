"""An embedded broker for each test (it starts in a tenth of a second and is empty), and what reads from it and writes to it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import pytest

from samspil.adapters.kafka.broker import KafkaLog
from samspil.adapters.kafka.connection import KafkaSettings
from samspil.adapters.kafka.embedded import EmbeddedBroker
from samspil.ports import DeadLetterSubscription, Subscription

PATIENCE_S = 30.0  # the limit of every wait, never a promise


class Reader:
    """A handler that keeps what it is given; `fail` raises what it must."""

    def __init__(self, fail: Callable[[Sequence[Any]], Awaitable[None]] | None = None) -> None:
        self.batches: list[list[Any]] = []
        self.attempts = 0
        self._fail = fail
        self._changed = asyncio.Condition()

    async def __call__(self, batch: Sequence[Any]) -> None:
        self.attempts += 1
        if self._fail:
            await self._fail(batch)
        async with self._changed:
            self.batches.append(list(batch))
            self._changed.notify_all()

    @property
    def received(self) -> list[Any]:
        return [item for batch in self.batches for item in batch]

    @property
    def keys(self) -> list[str | None]:
        return [item.key for item in self.received]

    async def until(self, is_enough: Callable[["Reader"], bool]) -> None:
        """Return when what was received is enough."""
        try:
            async with asyncio.timeout(PATIENCE_S), self._changed:
                await self._changed.wait_for(lambda: is_enough(self))
        except TimeoutError:
            pytest.fail(f"received only {len(self.received)}: {self.keys[-20:]}")


def reading(handler: Any, *topics: str, group: str = "g", max_records: int = 64) -> Subscription:
    return Subscription(group=group, topics=topics or ("samspil.needs.v1",), handle=handler, max_records=max_records)


def reading_dead_letters(handler: Any, *topics: str, group: str = "undertaker") -> DeadLetterSubscription:
    return DeadLetterSubscription(group=group, topics=topics or ("samspil.needs.v1.g.dlt",), handle=handler)


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Return when something outside this process has become so."""
    async with asyncio.timeout(PATIENCE_S):
        while not await is_so():  # noqa: ASYNC110 - there is nobody who could tell
            await asyncio.sleep(0.02)


@pytest.fixture(autouse=True)
def _quiet_clients() -> None:
    """Brokers are killed here; what aiokafka says about it hides the failure of a test."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    async with EmbeddedBroker(log_file=tmp_path / "broker.log") as running:
        yield running


def settings_of(broker: EmbeddedBroker, **changes: Any) -> KafkaSettings:
    # A first join takes about half the session timeout.
    values: dict[str, Any] = {"session_timeout_ms": 1_500, "heartbeat_interval_ms": 300, "request_timeout_ms": 5_000}
    return KafkaSettings.embedded(broker.bootstrap_servers, **(values | changes))


@pytest.fixture
def kafka(broker: EmbeddedBroker) -> KafkaSettings:
    return settings_of(broker)


class OpenLog(Protocol):
    async def __call__(self, *subscriptions: Subscription | DeadLetterSubscription, **options: Any) -> KafkaLog: ...


@pytest.fixture
async def open_log(kafka: KafkaSettings) -> AsyncIterator[OpenLog]:
    """Starts logs on the test's broker, and stops them after the test."""
    opened: list[KafkaLog] = []

    async def open_(*subscriptions: Subscription | DeadLetterSubscription, **options: Any) -> KafkaLog:
        log = KafkaLog(options.pop("settings", kafka), subscriptions=subscriptions, **options)
        opened.append(log)
        await log.start()
        return log

    yield open_
    await asyncio.gather(*(log.stop() for log in opened))
