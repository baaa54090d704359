"""Brokers and consumers that die, and what recovers by itself."""

import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from samspil.adapters.kafka.broker import KafkaLog
from samspil.adapters.kafka.connection import KafkaSettings
from samspil.adapters.kafka.consumer import TolerantConsumer
from samspil.adapters.kafka.embedded import EmbeddedBroker
from samspil.adapters.kafka.topics import ensure_topics, topics_of
from samspil.errors import BrokerUnavailable
from samspil.ports import Publisher, Received
from samspil_schemas import Event
from tests.factories import a_need
from tests.wire.conftest import OpenLog, Reader, reading, settings_of, until


def kill(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


async def publish_at_last(publisher: Publisher, events: Sequence[Event]) -> None:
    """Publish as the outbox does: again until it is acknowledged."""

    async def published() -> bool:
        try:
            await publisher.publish(events)
        except BrokerUnavailable:
            return False
        return True

    await until(published)


async def test_after_the_broker_was_killed_everything_goes_on_without_a_restart_of_the_process(
    broker: EmbeddedBroker, open_log: OpenLog, kafka: KafkaSettings
) -> None:
    reader = Reader()
    log = await open_log(reading(reader))
    publisher = log.publisher("test")
    broker.call_back(on_down=log.stop, on_restart=log.start)
    first, second = [[a_need(f"{when}-{number}") for number in range(40)] for when in ("before", "after")]
    await publisher.publish(first)
    await reader.until(lambda reader: len(set(reader.keys)) == 40)

    kill(broker.pid)
    await broker.restarted()
    # Fewer than there were before, then more: an old position may lie within what is written anew.
    await publish_at_last(publisher, second)
    await publish_at_last(publisher, first)

    await reader.until(lambda reader: set(reader.keys) == {event.key for event in (*first, *second)})
    await reader.until(lambda reader: reader.keys.count("before-0") >= 2)
    report = await ensure_topics(kafka, topics_of([reading(reader)]))
    assert (report.created, report.other_partitions) == ((), {})
    assert all(state.ready for state in log.ready())


async def test_a_broker_that_comes_back_empty_by_itself_is_read_from_its_beginning(
    tmp_path: Path, open_log: OpenLog, broker: EmbeddedBroker, kafka: KafkaSettings
) -> None:
    """As with a foreign broker: nobody tells this process that it was away."""
    reader = Reader()
    log = await open_log(reading(reader))
    publisher = log.publisher("test")
    needs = [a_need(f"n-{number}") for number in range(40)]
    await publisher.publish(needs)
    await reader.until(lambda reader: len(set(reader.keys)) == 40)

    kill(broker.pid)
    await broker.restarted()
    await ensure_topics(kafka, topics_of([reading(reader)]))
    await publish_at_last(publisher, [*needs, a_need("late")])

    await reader.until(lambda reader: "late" in reader.keys and all(reader.keys.count(need.key) >= 2 for need in needs))


async def test_a_batch_in_hand_when_the_broker_dies_is_finished_and_what_it_publishes_is_tried_again(
    broker: EmbeddedBroker, open_log: OpenLog
) -> None:
    in_hand, killed = asyncio.Event(), asyncio.Event()
    publisher: list[Publisher] = []

    async def answer(batch: Sequence[Received]) -> None:
        in_hand.set()
        await killed.wait()
        await publisher[0].publish([a_need(f"answer-to-{item.key}") for item in batch if item.key == "n-1"])

    reader = Reader(answer)
    log = await open_log(reading(reader))
    publisher.append(log.publisher("test"))
    broker.call_back(on_down=log.stop, on_restart=log.start)
    await publisher[0].publish([a_need("n-1")])
    await in_hand.wait()

    kill(broker.pid)
    killed.set()
    await broker.restarted()
    await publish_at_last(publisher[0], [a_need("n-1")])

    await reader.until(lambda reader: {"n-1", "answer-to-n-1"} <= set(reader.keys))


async def test_while_the_broker_is_away_publishing_says_so(broker: EmbeddedBroker, open_log: OpenLog) -> None:
    log = await open_log(settings=settings_of(broker, request_timeout_ms=500))
    await log.ping()
    await broker.stop()

    with pytest.raises(BrokerUnavailable):
        await log.publisher("test").publish([a_need()])
    with pytest.raises(BrokerUnavailable):
        await log.ping()


async def test_a_log_starts_as_soon_as_its_broker_does(tmp_path: Path) -> None:
    late = EmbeddedBroker(log_file=tmp_path / "late.log")
    async with late:
        port = late.bootstrap_servers.rpartition(":")[2]
    log = KafkaLog(settings_of(late))
    starting = asyncio.create_task(log.start())
    try:
        async with EmbeddedBroker(log_file=tmp_path / "late.log", port=int(port)):
            await starting
            await log.publisher("test").publish([a_need()])
    finally:
        await log.stop()


def consumer_of(log: KafkaLog) -> TolerantConsumer:
    (subscriber,) = log.broker.subscribers
    consumer: Any = subscriber.consumer  # type: ignore[union-attr]
    assert isinstance(consumer, TolerantConsumer)
    return consumer


async def test_a_consumer_whose_fetching_died_is_replaced(open_log: OpenLog) -> None:
    reader = Reader()
    log = await open_log(reading(reader))
    dead = consumer_of(log)

    dead._fetcher._fetch_task.cancel()
    await log.publisher("test").publish([a_need("n-1")])

    await reader.until(lambda reader: reader.keys == ["n-1"])
    assert consumer_of(log) is not dead


async def test_a_log_can_be_stopped_and_started_over_and_over(open_log: OpenLog) -> None:
    reader = Reader()
    log = await open_log(reading(reader))
    await log.publisher("test").publish([a_need("n-1")])
    await reader.until(lambda reader: reader.keys == ["n-1"])
    await log.stop()
    await log.stop()
    await log.start()
    await log.start()
    await log.publisher("test").publish([a_need("n-2")])
    await reader.until(lambda reader: reader.keys == ["n-1", "n-2"])
