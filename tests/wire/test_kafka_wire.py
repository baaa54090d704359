"""The promises of the log, on the embedded broker."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from itertools import chain
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from samspil.adapters.kafka.admin import KafkaAdmin
from samspil.adapters.kafka.connection import KafkaSettings
from samspil.adapters.kafka.consumer import TolerantConsumer
from samspil.adapters.kafka.topics import ensure_topics, topics_of
from samspil.errors import RecordUnavailable, Refused
from samspil.ports import Received
from samspil.recovery import BreakerSettings, RetryPolicy
from samspil_schemas import CATALOG, TOPICS, Event
from tests.factories import a_need, a_published_profile
from tests.wire.conftest import OpenLog, Reader, reading, reading_dead_letters, until
from tests.wire.malformed import MALFORMED, NEEDS, headers, need, written

DEAD = f"{NEEDS}.g.dlt"
# A rewind is what is to be seen, so retrying in process ends at once.
IMPATIENT = RetryPolicy(first=0.01, longest=0.01, total=0.015)


def poisoned(*keys: str) -> Any:
    async def fail(batch: Sequence[Received]) -> None:
        if any(item.key in keys for item in batch):
            raise ValueError("poison")

    return fail


async def committed_all(kafka: KafkaSettings, *subscriptions: Any) -> bool:
    return all(lag.lag == 0 for lag in await KafkaAdmin(kafka, subscriptions=subscriptions).lags())


async def test_every_event_arrives_as_it_was(open_log: OpenLog) -> None:
    events: list[Event] = [
        spec.model.model_validate(spec.model.model_config["json_schema_extra"]["examples"][0]) for spec in CATALOG
    ]
    reader = Reader()
    log = await open_log(reading(reader, *(topic.name for topic in TOPICS)))

    await log.publisher("test").publish(events)

    await reader.until(lambda reader: len(reader.received) >= len(events))
    assert {type(item.event): item.event for item in reader.received} == {type(event): event for event in events}
    assert all(state.ready for state in log.ready())


async def test_the_events_of_one_key_keep_their_order_and_batches_their_limit(open_log: OpenLog) -> None:
    reader = Reader()
    log = await open_log(reading(reader, max_records=32))
    events = [a_need(f"n-{key}", version=version) for version in range(1, 31) for key in range(10)]

    await log.publisher("test").publish(events)

    await reader.until(lambda reader: len(reader.received) >= 300)
    versions: dict[str, list[int]] = defaultdict(list)
    for item in reader.received:
        versions[item.key].append(item.event.version)
    assert versions == {f"n-{key}": list(range(1, 31)) for key in range(10)}
    assert max(len(batch) for batch in reader.batches) == 32
    assert len({item.partition for item in reader.received}) > 1


async def test_a_batch_that_was_given_back_comes_again_complete(open_log: OpenLog, kafka: KafkaSettings) -> None:
    failures = 3

    async def fail(_batch: Sequence[Received]) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise RecordUnavailable("locked")

    reader, letters = Reader(fail), Reader()
    subscription = reading(reader)
    log = await open_log(subscription, reading_dead_letters(letters), retry=IMPATIENT)
    await log.publisher("test").publish([a_need(f"n-{number}") for number in range(40)])

    await reader.until(lambda reader: len(set(reader.keys)) == 40)

    assert sorted(reader.keys) == sorted(f"n-{number}" for number in range(40))
    await until(lambda: committed_all(kafka, subscription))
    assert letters.received == []
    assert all(state.ready for state in log.ready())


async def test_a_poisoned_record_goes_to_the_dead_letters_and_its_neighbours_are_done_with(
    open_log: OpenLog, kafka: KafkaSettings
) -> None:
    reader, letters = Reader(poisoned("n-7")), Reader()
    subscription = reading(reader)
    log = await open_log(subscription, reading_dead_letters(letters))
    await log.publisher("test").publish([a_need(f"n-{number}") for number in range(15)])

    await letters.until(lambda letters: len(letters.received) == 1)
    await until(lambda: committed_all(kafka, subscription))

    (letter,) = letters.received
    assert (letter.key, letter.group, letter.source_topic, letter.reason) == ("n-7", "g", NEEDS, "ValueError: poison")
    assert letter.event == a_need("n-7")
    assert set(reader.keys) == {f"n-{number}" for number in range(15)} - {"n-7"}


async def test_every_malformed_record_is_a_dead_letter_and_the_good_ones_around_it_arrive(
    open_log: OpenLog, kafka: KafkaSettings
) -> None:
    readers = {NEEDS: Reader(), "samspil.suppliers.v1": Reader()}
    letters = Reader()
    await open_log(
        *(reading(reader, topic) for topic, reader in readers.items()),
        reading_dead_letters(letters, *(f"{topic}.g.dlt" for topic in readers)),
    )
    good = [a_need(f"good-{number}") for number in range(len(MALFORMED))]
    async with AIOKafkaProducer(**kafka.client_options(), max_request_size=8 * 1024 * 1024) as producer:
        for number, (bad, neighbour) in enumerate(zip(MALFORMED, good, strict=True)):
            # Beside its neighbour in the same partition, so that they share batches.
            await producer.send(bad.topic, bad.value, key=bad.key, partition=number % 12, headers=list(bad.headers))
            body, key = neighbour.model_dump_json(exclude_none=True).encode(), neighbour.key.encode()
            await producer.send(NEEDS, body, key=key, partition=number % 12, headers=list(headers(ce_id=key)))

    await readers[NEEDS].until(lambda reader: len(reader.received) == len(good))
    await letters.until(lambda letters: len(letters.received) == len(MALFORMED))

    assert sorted(readers[NEEDS].keys) == sorted(event.key for event in good)
    assert readers["samspil.suppliers.v1"].received == []
    for number, bad in enumerate(MALFORMED):
        found = [letter for letter in letters.received if (letter.source_topic, letter.partition) == (bad.topic, number % 12)]
        assert any(bad.because in letter.reason for letter in found), bad.name


class _NoText(str):
    """A header name that is written as bytes which are no UTF-8."""

    __slots__ = ()

    def encode(self, *_args: Any) -> bytes:
        return b"\xff\xfe"


@pytest.mark.parametrize("forgets", [False, True], ids=["later", "before any position is known"])
async def test_what_cannot_be_taken_apart_is_a_dead_letter_and_stops_nobody_else(
    open_log: OpenLog, kafka: KafkaSettings, monkeypatch: pytest.MonkeyPatch, *, forgets: bool
) -> None:
    known, answers = TolerantConsumer._positions, iter([{}] * 4 if forgets else [])
    monkeypatch.setattr(TolerantConsumer, "_positions", lambda self: next(answers, known(self)))
    reader, letters = Reader(), Reader()
    subscription = reading(reader)
    log = await open_log(subscription, reading_dead_letters(letters))
    publisher = log.publisher("test")
    await publisher.publish([a_need(f"before-{number}") for number in range(30)])
    async with AIOKafkaProducer(**kafka.client_options()) as producer:
        batch = producer.create_batch()
        batch._builder = _DefaultRecordBatchBuilderPy(2, 0, 0, -1, -1, 0, 16_384)
        for key, found in ((b"n-1", headers(ce_id=b"n-1")), (b"n-2", ((_NoText("x"), b"y"),)), (b"n-3", headers(ce_id=b"n-3"))):
            body = written(need() | {"need_id": key.decode()})
            batch.append(key=key, value=body, timestamp=None, headers=list(found))
        await (await producer.send_batch(batch, NEEDS, partition=5))
        await publisher.publish([a_need(f"after-{number}") for number in range(30)])

    # The third record too: within one batch of a producer, what follows the damage cannot be found.
    await letters.until(lambda letters: len(letters.received) == 2)
    expected = {f"{when}-{number}" for when in ("before", "after") for number in range(30)} | {"n-1"}
    await reader.until(lambda reader: set(reader.keys) >= expected)

    assert [letter.partition for letter in letters.received] == [5, 5]
    assert all("could not be taken apart" in letter.reason for letter in letters.received)
    assert set(reader.keys) == expected
    await until(lambda: committed_all(kafka, subscription))


async def test_when_nearly_everything_fails_the_group_holds_and_drains_nothing(open_log: OpenLog, kafka: KafkaSettings) -> None:
    broken = True

    async def fail(_batch: Sequence[Received]) -> None:
        if broken:
            raise ValueError("broken deployment")

    reader = Reader(fail)
    subscription = reading(reader)
    log = await open_log(subscription, breaker=BreakerSettings(cool_down=0.2))
    await log.publisher("test").publish([a_need(f"n-{number}") for number in range(60)])

    async def holds() -> bool:
        return not all(state.ready for state in log.ready())

    await until(holds)
    buried = (await KafkaAdmin(kafka, subscriptions=(subscription,)).end_offsets())[DEAD]

    broken = False
    await reader.until(lambda reader: len(set(reader.keys)) == 60 - buried)

    assert buried < 20
    assert (await KafkaAdmin(kafka, subscriptions=(subscription,)).end_offsets())[DEAD] == buried
    assert all(state.ready for state in log.ready())


async def test_a_stop_finishes_the_batch_in_hand_and_commits_it(open_log: OpenLog, kafka: KafkaSettings) -> None:
    entered, release = asyncio.Event(), asyncio.Event()

    async def hold(_batch: Sequence[Received]) -> None:
        entered.set()
        await release.wait()

    reader = Reader(hold)
    subscription = reading(reader)
    log = await open_log(subscription)
    await log.publisher("test").publish([a_need("n-1")])
    await entered.wait()

    stopping = asyncio.create_task(log.stop())
    await asyncio.sleep(0)
    release.set()
    await stopping

    assert reader.keys == ["n-1"]
    assert await committed_all(kafka, subscription)
    assert not any(state.ready for state in log.ready())


async def test_two_readers_of_one_group_share_it_by_topic(open_log: OpenLog) -> None:
    needs, suppliers = Reader(), Reader()
    log = await open_log(reading(needs), reading(suppliers, "samspil.suppliers.v1"))

    await log.publisher("test").publish([a_need("n-1"), a_published_profile("s-1")])

    await needs.until(lambda reader: bool(reader.received))
    await suppliers.until(lambda reader: bool(reader.received))
    assert (needs.keys, suppliers.keys) == (["n-1"], ["s-1"])


async def test_the_end_of_a_topic_and_the_lag_of_a_group_count_every_record_of_a_batch(
    open_log: OpenLog, kafka: KafkaSettings
) -> None:
    reader = Reader()
    subscription = reading(reader)
    log = await open_log(subscription)
    await log.publisher("test").publish([a_need(f"n-{number}") for number in range(5)])
    await reader.until(lambda reader: len(reader.received) == 5)
    await until(lambda: committed_all(kafka, subscription))
    await log.stop()
    writer = await open_log()
    await writer.publisher("test").publish([a_need(f"n-{number}") for number in range(5, 105)])
    admin = KafkaAdmin(kafka, subscriptions=(subscription, reading(reader, group="never")))

    ends, lags = await admin.end_offsets(), {lag.group: lag for lag in await admin.lags()}

    assert ends[NEEDS] == 105
    assert set(ends) == {topic.name for topic in TOPICS} | {DEAD, f"{NEEDS}.never.dlt"}
    assert (lags["g"].end, lags["g"].committed, lags["g"].lag) == (105, 5, 100)
    assert (lags["never"].committed, lags["never"].lag) == (None, 105)


async def test_topics_are_made_once_and_other_partition_counts_are_told(kafka: KafkaSettings) -> None:
    topics = topics_of([reading(Reader())])

    first = await ensure_topics(kafka, topics)
    again = await ensure_topics(kafka, topics)
    other = await ensure_topics(KafkaSettings.embedded(kafka.bootstrap_servers, partitions=3), topics)

    assert set(first.created) == {topic.name for topic in topics}
    assert (again.created, again.other_partitions) == ((), {})
    assert other.other_partitions == {topic.name: (12, 3) for topic in topics}


async def test_of_a_batch_with_an_event_that_is_too_large_nothing_is_written(open_log: OpenLog, kafka: KafkaSettings) -> None:
    log = await open_log()
    huge = a_need(effects=("æ" * 4_000,) * 50, constraints=("æ" * 4_000,) * 50, questions=("æ" * 4_000,) * 50)

    with pytest.raises(Refused):
        await log.publisher("test").publish([a_need(), huge])

    assert (await KafkaAdmin(kafka, subscriptions=()).end_offsets())[NEEDS] == 0


async def test_concurrent_publishers_lose_nothing(open_log: OpenLog) -> None:
    reader = Reader()
    log = await open_log(reading(reader, *(topic.name for topic in TOPICS)))
    batches = [[a_need(f"n-{writer}-{number}") for number in range(20)] for writer in range(10)]

    await asyncio.gather(*(log.publisher(f"writer-{number}").publish(batch) for number, batch in enumerate(batches)))

    await reader.until(lambda reader: len(reader.received) >= 200)
    assert sorted(reader.keys) == sorted(event.key for event in chain(*batches))
