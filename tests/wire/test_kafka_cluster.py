"""Several brokers and an idempotent producer: the settings for Apache Kafka, on the mock cluster that librdkafka brings."""

from collections import Counter

from confluent_kafka import Producer

from samspil.adapters.kafka.connection import KafkaSettings
from samspil_schemas.topics import NEEDS
from tests.factories import a_need
from tests.wire.conftest import PATIENCE_S, OpenLog, Reader, reading


async def test_the_settings_for_apache_kafka_carry_events_over_three_brokers(open_log: OpenLog) -> None:
    # The cluster lives as long as this client. It makes topics when asked for, and has no requests that make them.
    host = Producer({"bootstrap.servers": "unused", "test.mock.num.brokers": 3, "log_level": 0})
    brokers = host.list_topics(NEEDS.name, timeout=PATIENCE_S).brokers.values()
    settings = KafkaSettings(bootstrap_servers=",".join(f"{broker.host}:{broker.port}" for broker in brokers))
    assert len(settings.servers) == 3
    assert settings.enable_idempotence
    reader = Reader()
    log = await open_log(reading(reader), settings=settings, create_topics=False)

    await log.publisher("test").publish([a_need(f"n-{number}") for number in range(200)])

    await reader.until(lambda reader: len(reader.received) >= 200)
    assert Counter(reader.keys) == {f"n-{number}": 1 for number in range(200)}
    await log.stop()
