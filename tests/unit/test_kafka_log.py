import asyncio
import logging
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import (
    IllegalStateError,
    KafkaConnectionError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    ProducerClosed,
    TopicAuthorizationFailedError,
    UnknownError,
    UnknownTopicOrPartitionError,
)
from aiokafka.structs import ConsumerRecord
from faststream.kafka.subscriber.usecase import BatchSubscriber
from faststream.middlewares import AckPolicy

from samspil.adapters.kafka import waiting
from samspil.adapters.kafka.broker import KafkaLog
from samspil.adapters.kafka.connection import KafkaSettings, broker_errors
from samspil.adapters.kafka.consumer import LogBatch, parse_batch, raw_records
from samspil.adapters.kafka.subscriber import FastStreamLog
from samspil.adapters.kafka.topics import topics_of
from samspil.adapters.kafka.waiting import ended, hurried
from samspil.errors import BrokerUnavailable, Misconfigured, Refused
from samspil.ports import DeadLetterSubscription, Subscription
from samspil_schemas import TOPICS
from tests.factories import a_need

SETTINGS = KafkaSettings(bootstrap_servers="127.0.0.1:1, 127.0.0.1:2", start_s=0.3)
NEEDS = "samspil.needs.v1"


async def nothing(_batch: Sequence[Any]) -> None:
    """Takes everything."""


def subscriptions() -> tuple[Subscription | DeadLetterSubscription, ...]:
    return (
        Subscription(group="matching", topics=(NEEDS, "samspil.suppliers.v1"), handle=nothing, max_records=32),
        Subscription(group="registry", topics=("samspil.match-reports.v1",), handle=nothing),
        DeadLetterSubscription(group="registry", topics=(f"{NEEDS}.matching.dlt",), handle=nothing),
    )


async def test_every_subscriber_reads_batches_from_the_earliest_and_rewinds_on_errors() -> None:
    broker = KafkaLog(SETTINGS, subscriptions=subscriptions()).broker

    assert len(broker.subscribers) == 3
    for subscriber in broker.subscribers:
        assert isinstance(subscriber, BatchSubscriber)
        assert subscriber.ack_policy is AckPolicy.NACK_ON_ERROR
        assert subscriber._connection_args["auto_offset_reset"] == "earliest"
        assert subscriber._connection_args["enable_auto_commit"] is False
    found = sorted((subscriber.group_id or "", subscriber.max_records or 0) for subscriber in broker.subscribers)
    assert found == [("matching", 32), ("registry", 64), ("registry", 64)]


async def test_a_log_that_was_not_started_is_not_ready_and_publishes_nothing() -> None:
    log = KafkaLog(SETTINGS, subscriptions=subscriptions())

    assert [state.ready for state in log.ready()] == [False, False, False]
    with pytest.raises(BrokerUnavailable):
        await log.publisher("test").publish([a_need()])
    with pytest.raises(BrokerUnavailable):
        await log.ping()


async def test_a_broker_that_cannot_be_reached_is_named_with_what_to_do() -> None:
    log = KafkaLog(SETTINGS, subscriptions=subscriptions())

    with pytest.raises(BrokerUnavailable, match=r"127\.0\.0\.1:1, 127\.0\.0\.1:2.*Check the address"):
        await log.start()


async def test_stopping_what_was_never_started_changes_nothing() -> None:
    await KafkaLog(SETTINGS, subscriptions=subscriptions()).stop()


def test_topics_are_those_of_the_contract_and_the_dead_letters_of_every_subscription() -> None:
    names = [topic.name for topic in topics_of(subscriptions())]

    assert len(names) == len(set(names))
    assert set(names) - {topic.name for topic in TOPICS} == {
        f"{NEEDS}.matching.dlt",
        "samspil.suppliers.v1.matching.dlt",
        "samspil.match-reports.v1.registry.dlt",
    }


@pytest.mark.parametrize(
    "error",
    [
        UnknownError(),
        KafkaTimeoutError(),
        KafkaConnectionError(),
        ProducerClosed(),
        UnknownTopicOrPartitionError(),
        OSError(),
        TopicAuthorizationFailedError(),
        IllegalStateError(),
        TimeoutError(),
        ConnectionResetError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_error_of_the_client_may_pass(error: Exception) -> None:
    with pytest.raises(BrokerUnavailable, match=type(error).__name__), broker_errors("take the records"):
        raise error


def test_a_record_that_is_too_large_stays_so() -> None:
    with pytest.raises(Refused), broker_errors("take the records"):
        raise MessageSizeTooLargeError


def test_the_password_is_in_no_representation() -> None:
    settings = KafkaSettings(bootstrap_servers="b:1", sasl_username="u", sasl_password="hunter2")

    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
async def test_both_clients_say_who_they_are(mechanism: Any, protocol: Any) -> None:
    settings = KafkaSettings(
        bootstrap_servers="b:1",
        security_protocol=protocol,
        sasl_mechanism=mechanism,
        sasl_username="u",
        sasl_password="p",
    )
    ours = settings.client_options()
    theirs = KafkaLog(settings, subscriptions=subscriptions()).broker._connection_kwargs

    for options in (ours, theirs):
        assert options["security_protocol"] == protocol
        assert options["sasl_mechanism"] == mechanism
        assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("u", "p")
        assert isinstance(options.get("ssl_context"), ssl.SSLContext if protocol == "SASL_SSL" else type(None))


async def test_tls_checks_the_server_for_both_clients() -> None:
    settings = KafkaSettings(bootstrap_servers="b:1", security_protocol="SSL")

    for options in (settings.client_options(), KafkaLog(settings).broker._connection_kwargs):
        assert options["security_protocol"] == "SSL"
        assert options["ssl_context"].verify_mode is ssl.CERT_REQUIRED
        assert options["ssl_context"].check_hostname


@pytest.mark.parametrize(
    "settings",
    [
        KafkaSettings(bootstrap_servers="b:1", security_protocol="SASL_SSL", sasl_username="u"),
        KafkaSettings(bootstrap_servers="b:1", security_protocol="SSL", tls_ca_file=Path("no/such/file.pem")),
    ],
    ids=["no password", "no file"],
)
def test_a_connection_that_cannot_work_is_refused_before_it_is_tried(settings: KafkaSettings) -> None:
    with pytest.raises(Misconfigured):
        settings.client_options()


class Consumer:
    """Seeks where it may, and commits as told."""

    def __init__(self, *, lost: set[int] | None = None, commit: Exception | None = None) -> None:
        self.sought: dict[int, int] = {}
        self.commits = 0
        self._lost = lost or set()
        self._commit = commit

    def seek(self, partition: TopicPartition, offset: int) -> None:
        if partition.partition in self._lost:
            raise IllegalStateError(partition)
        self.sought[partition.partition] = offset

    async def commit(self) -> None:
        self.commits += 1
        if self._commit:
            raise self._commit


def a_record(partition: int, offset: int, headers: Any = ()) -> ConsumerRecord:
    return ConsumerRecord(NEEDS, partition, offset, 7, 0, b"k", b"v", None, 1, 1, headers)


def a_batch(consumer: Consumer, *records: ConsumerRecord) -> LogBatch:
    return LogBatch(raw_message=records, body=[], consumer=consumer)


async def test_a_rewind_reaches_every_partition_that_is_still_ours() -> None:
    consumer = Consumer(lost={1})
    batch = a_batch(consumer, a_record(0, 5), a_record(0, 6), a_record(1, 9), a_record(2, 4), a_record(2, 3))

    await batch.nack()

    assert consumer.sought == {0: 5, 2: 3}


async def test_a_commit_that_fails_ends_the_batch_all_the_same() -> None:
    consumer = Consumer(commit=UnknownTopicOrPartitionError())
    batch = a_batch(consumer, a_record(0, 5))

    await batch.ack()
    await batch.nack()

    assert (consumer.commits, consumer.sought) == (1, {})


async def test_the_parser_takes_any_header_and_leaves_everything_as_it_is() -> None:
    records = (a_record(0, 5, (("a", None), ("a", b"\xff"))), a_record(1, 6))

    async def original(bare: tuple[ConsumerRecord, ...]) -> LogBatch:
        assert all(record.headers == () for record in bare)
        return LogBatch(raw_message=bare, body=[], message_id="m", consumer=Consumer())

    batch = await parse_batch(records, original)
    read = await raw_records(batch)

    assert [(record.partition, record.offset, record.headers) for record in read] == [
        (0, 5, (("a", None), ("a", b"\xff"))),
        (1, 6, ()),
    ]


async def test_a_cancellation_inside_a_step_is_no_cancellation_of_ours() -> None:
    async def cancels_itself() -> None:
        raise asyncio.CancelledError

    assert isinstance(await ended(cancels_itself()), asyncio.CancelledError)


async def test_a_step_without_end_is_ended() -> None:
    assert await ended(asyncio.Event().wait(), within=0.01) is not None


async def test_a_step_that_succeeds_has_no_error_and_one_that_fails_has_its_own() -> None:
    async def fails() -> None:
        raise ValueError

    assert await ended(nothing([])) is None
    assert isinstance(await ended(fails()), ValueError)


async def test_our_own_cancellation_ends_the_step_too() -> None:
    running, ending = asyncio.Event(), asyncio.Event()

    async def step() -> None:
        running.set()
        try:
            await asyncio.Event().wait()
        finally:
            ending.set()

    waiting = asyncio.create_task(ended(step()))
    await running.wait()
    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    await ending.wait()


async def test_a_step_that_is_still_wanted_has_all_its_time_and_its_own_result() -> None:
    async def answers() -> int:
        return 7

    async def fails() -> None:
        raise ValueError("its own")

    assert await hurried(answers(), ending=asyncio.Event()) == 7
    with pytest.raises(ValueError, match="its own"):
        await hurried(fails(), ending=asyncio.Event())


async def test_once_everything_is_to_end_a_step_without_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LAST_S", 0.01)
    ending = asyncio.Event()
    step = asyncio.create_task(hurried(asyncio.Event().wait(), ending=ending))

    ending.set()

    with pytest.raises(TimeoutError):
        await step


def test_faststreams_errors_are_logged_without_the_payload(caplog: pytest.LogCaptureFixture, capsys: Any) -> None:
    FastStreamLog().log(logging.ERROR, "x", exc_info=ValueError("bad\nInger Example"), extra={"group_id": "g", "topic": ""})

    said = capsys.readouterr().out + caplog.text
    assert "ValueError" in said
    assert "Inger" not in said
