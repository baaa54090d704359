"""Any client in any language can take part: confluent-kafka stands for all that are not ours."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from aiokafka.codec import has_gzip, has_lz4, has_snappy, has_zstd
from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, Producer, TopicPartition

from samspil.adapters.kafka.connection import KafkaSettings
from samspil_schemas import NeedPublished, ProfilePublished, event_id
from samspil_schemas.topics import NEEDS, SUPPLIERS
from tests.factories import a_need, a_published_profile
from tests.wire.conftest import PATIENCE_S, OpenLog, Reader, reading, reading_dead_letters
from tests.wire.malformed import headers, need, written

# The partitioner of the Java client and of ours; the client's own sends a key elsewhere.
PARTITIONER = {"partitioner": "murmur2_random"}


def publish(
    kafka: KafkaSettings, *, topic: str, key: str, value: bytes | None, headers: dict[str, str], codec: str = "none"
) -> None:
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers, "compression.type": codec, **PARTITIONER})
    producer.produce(topic, key=key, value=value, headers=[(name, text.encode()) for name, text in headers.items()])
    assert producer.flush(PATIENCE_S) == 0


def read_one(kafka: KafkaSettings, *, topic: str, key: str) -> Message:
    """The first record of a key, wherever it is, without joining a group."""
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap_servers, "group.id": str(uuid4()), "enable.auto.commit": False})
    try:
        partitions = consumer.list_topics(topic, timeout=PATIENCE_S).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
        while True:
            message = consumer.poll(PATIENCE_S)
            assert message is not None
            assert message.error() is None
            if message.key() == key.encode():
                return message
    finally:
        consumer.close()


async def test_what_a_foreign_client_publishes_as_plain_cloudevents_is_read(open_log: OpenLog, kafka: KafkaSettings) -> None:
    reader = Reader()
    await open_log(reading(reader))
    body = {
        "need_id": "foreign-need",
        "version": 1,
        "statement": {
            "title": "Quieter road surface",
            "description": "The road past the school is loud.",
            "language": "en",
            "buyer": {"id": "foreign-buyer", "name": "Westby Sample Town", "country": "IE"},
        },
        "a_field_of_theirs": True,
    }
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": "their-own-id-1",
        "ce_type": "samspil.need-published.v1",
        "ce_source": "https://example.org/needs",
        "content-type": "application/json",
    }

    await asyncio.to_thread(
        publish, kafka, topic=NEEDS.name, key="foreign-need", value=json.dumps(body).encode(), headers=attributes
    )
    await asyncio.to_thread(publish, kafka, topic=NEEDS.name, key="foreign-need", value=None, headers={})

    await reader.until(lambda reader: len(reader.received) == 2)
    published, withdrawn = reader.received
    assert isinstance(published.event, NeedPublished)
    assert published.event.statement.title == "Quieter road surface"
    assert published.event_id == event_id(published.event)
    assert (withdrawn.event, withdrawn.key) == (None, "foreign-need")
    assert published.partition == withdrawn.partition


@pytest.mark.parametrize(
    ("codec", "is_installed"), [("gzip", has_gzip), ("lz4", has_lz4), ("snappy", has_snappy), ("zstd", has_zstd)]
)
async def test_what_a_foreign_client_compresses_is_read_or_a_dead_letter_and_stops_nobody(
    open_log: OpenLog, kafka: KafkaSettings, codec: str, is_installed: Callable[[], bool]
) -> None:
    reader, letters = Reader(), Reader()
    log = await open_log(reading(reader), reading_dead_letters(letters))
    attributes = {name: (value or b"").decode() for name, value in headers()}
    value = written(need(description="A long road. " * 200))

    await asyncio.to_thread(publish, kafka, topic=NEEDS.name, key="need-bad", value=value, headers=attributes, codec=codec)
    await log.publisher("test").publish([a_need(f"n-{number}") for number in range(20)])

    neighbours = {f"n-{number}" for number in range(20)}
    if is_installed():
        await reader.until(lambda reader: set(reader.keys) == neighbours | {"need-bad"})
    else:
        await reader.until(lambda reader: set(reader.keys) == neighbours)
        await letters.until(lambda letters: bool(letters.received))
        assert "codec" in letters.received[0].reason


async def test_a_foreign_client_reads_what_we_publish(open_log: OpenLog, kafka: KafkaSettings) -> None:
    event = a_published_profile("s-1")
    log = await open_log()
    await log.publisher("web").publish([event])

    message: Any = await asyncio.to_thread(read_one, kafka, topic=SUPPLIERS.name, key="s-1")

    attributes = {name: value.decode() for name, value in message.headers()}
    assert attributes["ce_id"] == event_id(event)
    assert attributes["ce_type"] == "samspil.profile-published.v1"
    assert attributes["ce_source"] == "urn:samspil:web"
    assert attributes["ce_specversion"] == "1.0"
    assert attributes["content-type"] == "application/json"
    assert ProfilePublished.model_validate_json(message.value()) == event


async def test_a_key_goes_to_the_same_partition_whoever_writes_it(open_log: OpenLog, kafka: KafkaSettings) -> None:
    reader = Reader()
    log = await open_log(reading(reader))
    keys = [f"n-{number}" for number in range(12)]
    await log.publisher("test").publish([a_need(key) for key in keys])

    for key in keys:
        await asyncio.to_thread(publish, kafka, topic=NEEDS.name, key=key, value=None, headers={})

    await reader.until(lambda reader: len(reader.received) == 24)
    places = {(item.key, item.partition) for item in reader.received}
    assert len(places) == 12
