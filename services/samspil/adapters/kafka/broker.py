"""The log on Kafka: turns subscriptions into consumers, and publishes events.

Public surface: `KafkaLog`, with `publisher` for each service that writes.

FastStream runs the consumers (`consumer_only`); the producer is our own, because FastStream's batch puts every record in one
partition, and the topics are made by `topics.py`. A `KafkaLog` can be started again after a stop: that is how everything
recovers when the embedded broker was killed.
"""

import asyncio
import random as _random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from faststream.exceptions import NackMessage
from faststream.kafka import KafkaBroker
from faststream.middlewares import AckPolicy

from samspil.adapters.kafka.connection import KafkaSettings, broker_errors
from samspil.adapters.kafka.consumer import TolerantConsumer, parse_batch, raw_records
from samspil.adapters.kafka.dead_letters import OutgoingRecord
from samspil.adapters.kafka.envelope import EncodedRecord, encode
from samspil.adapters.kafka.subscriber import FastStreamLog, Reader, reader_of
from samspil.adapters.kafka.topics import ensure_topics, topics_of
from samspil.adapters.kafka.waiting import LAST_S, ended, hurried
from samspil.clock import Clock, SystemClock
from samspil.errors import BrokerUnavailable, Transient
from samspil.observability import PUBLISHED
from samspil.ports import DeadLetterSubscription, Subscription
from samspil.recovery import BreakerSettings, GroupState, RawRecord, RetryPolicy, Rewound, facts
from samspil_schemas import Event

Outgoing = EncodedRecord | OutgoingRecord

_WATCH_S = 1.0
_CLOSE_S = 5.0
_LONGEST_WAIT_S = 2.0

_log = structlog.get_logger(__name__)


class KafkaPublisher:
    """Publishes what one service says; the `source` of its events is `urn:samspil:<service>`."""

    def __init__(self, *, service: str, send: Callable[[Sequence[EncodedRecord]], Awaitable[None]], clock: Clock) -> None:
        self._service = service
        self._send = send
        self._clock = clock

    async def publish(self, events: Sequence[Event]) -> None:
        """Return when the broker has acknowledged every event; events of one key keep their order.

        Raises:
            BrokerUnavailable: the broker did not acknowledge them all; some may be written.
            Refused: an event is larger than a record may be; none is written.
        """
        records = [encode(event, service=self._service, clock=self._clock) for event in events]
        await self._send(records)
        for record in records:
            PUBLISHED.labels(record.topic).inc()


class KafkaLog:
    """The connection of one process to the log.

    `subscriptions` are read while it is started. `create_topics` is false where topics are made by somebody else.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        *,
        subscriptions: Sequence[Subscription | DeadLetterSubscription] = (),
        clock: Clock | None = None,
        retry: RetryPolicy | None = None,
        breaker: BreakerSettings | None = None,
        random: Callable[[], float] = _random.random,
        create_topics: bool = True,
    ) -> None:
        self._settings = settings
        self._subscriptions = tuple(subscriptions)
        self._clock = clock or SystemClock()
        self._topics = topics_of(subscriptions) if create_topics else ()
        self._producer: AIOKafkaProducer | None = None
        self._lock = asyncio.Lock()
        self._wanted = False
        self._ending = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None
        make = partial(reader_of, send=self.send, clock=self._clock, retry=retry, breaker=breaker, random=random)
        self._readers = tuple(make(subscription) for subscription in self._subscriptions)
        self.broker = self._build_broker()

    def _build_broker(self) -> KafkaBroker:
        settings = self._settings
        broker = KafkaBroker(
            settings.servers,
            client_id=settings.client_id,
            request_timeout_ms=settings.request_timeout_ms,
            metadata_max_age_ms=settings.metadata_max_age_ms,
            security=settings.security(),
            consumer_only=True,
            allow_auto_create_topics=False,
            ack_policy=AckPolicy.NACK_ON_ERROR,
            graceful_timeout=settings.graceful_s,
            parser=parse_batch,
            decoder=raw_records,
            apply_types=False,
            logger=FastStreamLog(),
        )
        for reader in self._readers:
            subscriber = broker.subscriber(
                *reader.topics,
                group_id=reader.group,
                batch=True,
                max_records=reader.max_records,
                ack_policy=AckPolicy.NACK_ON_ERROR,
                auto_offset_reset="earliest",
                batch_timeout_ms=settings.batch_wait_ms,
                fetch_max_wait_ms=settings.fetch_wait_ms,
                fetch_max_bytes=settings.max_batch_bytes,
                max_partition_fetch_bytes=settings.max_batch_bytes,
                session_timeout_ms=settings.session_timeout_ms,
                heartbeat_interval_ms=settings.heartbeat_interval_ms,
                max_poll_interval_ms=settings.max_poll_interval_ms,
                listener=reader.listener,
                no_reply=True,
            )
            subscriber(self._taker(reader))
            reader.attach(subscriber)
        return broker

    def _taker(self, reader: Reader[Any]) -> Callable[[list[RawRecord]], Awaitable[None]]:
        async def take(records: list[RawRecord]) -> None:
            try:
                await reader.take(records)
            except Rewound:
                raise NackMessage from None
            except Exception as error:
                # A fault of our own: rewound by the policy; without the wait it would come again at once, for ever.
                _log.error("taking_failed", group=reader.group, **facts(error))
                await self._clock.sleep(_WATCH_S)
                raise

        return take

    def publisher(self, service: str) -> KafkaPublisher:
        """A publisher for the events of one service."""
        return KafkaPublisher(service=service, send=self.send, clock=self._clock)

    async def start(self) -> None:
        """Make the topics, connect, and return when every group has joined. Started already, it changes nothing.

        Raises:
            BrokerUnavailable: the broker could not be reached in `start_s`.
            Misconfigured: the credentials or the TLS files are missing or wrong.
        """
        self._wanted = True
        async with self._lock:
            if self._producer is not None:
                return
            self._ending.clear()
            loop = asyncio.get_running_loop()
            deadline = loop.time() + self._settings.start_s
            wait = 0.1
            while True:
                try:
                    async with asyncio.timeout_at(deadline):
                        await self._connect()
                except (Transient, TimeoutError) as error:
                    await self._disconnect()
                    if loop.time() + wait > deadline or not self._wanted:
                        raise self._unreachable() from error
                    _log.warning("broker_unreachable", servers=self._settings.servers, **facts(error))
                except BaseException:
                    await self._disconnect()
                    raise
                else:
                    return
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT_S)

    def _unreachable(self) -> BrokerUnavailable:
        where = ", ".join(self._settings.servers)
        return BrokerUnavailable(
            f"The broker at {where} could not be reached.", hint="Check the address, the credentials and that it runs."
        )

    async def _connect(self) -> None:
        if self._topics:
            await ensure_topics(self._settings, self._topics)
        with broker_errors("let this process join"):
            producer = AIOKafkaProducer(
                **self._settings.client_options(),
                acks="all",
                enable_idempotence=self._settings.enable_idempotence,
                compression_type=self._settings.compression,
                max_request_size=self._settings.max_request_bytes,
            )
            self._producer = producer
            await producer.start()
            await self._connect_consumers()
            await _together(*(reader.start() for reader in self._readers))
        self._watch = asyncio.create_task(self._restart_broken())

    async def _connect_consumers(self) -> None:
        await self.broker.connect()
        config = self.broker.config.broker_config
        options: dict[str, Any] = getattr(config.builder, "keywords", {})
        config.builder = partial(TolerantConsumer, **options)

    async def stop(self) -> None:
        """Let go: the batch in hand is finished (at most `graceful_s`), and nothing more is taken or published."""
        self._wanted = False
        for reader in self._readers:
            reader.hurry()
        self._ending.set()
        async with self._lock:
            await self._disconnect()

    async def _disconnect(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            self._watch = None
        await asyncio.gather(*(reader.stop(within=self._settings.graceful_s + _CLOSE_S) for reader in self._readers))
        await ended(self.broker.stop(), within=_CLOSE_S)
        producer, self._producer = self._producer, None
        # Whatever was sent has been waited for by who sent it; what a broker that is gone would still get, is sent again.
        if producer is not None and await ended(producer.stop(), within=LAST_S) is not None:
            await ended(producer.client.close(), within=LAST_S)

    async def _restart_broken(self) -> None:
        """Replace the consumers whose tasks have died; aiokafka never does."""
        while True:
            await asyncio.sleep(_WATCH_S)
            for reader in self._readers:
                if not reader.broken:
                    continue
                _log.warning("consumer_restarted", group=reader.group, error=reader.last_error)
                await reader.stop(within=self._settings.graceful_s + _CLOSE_S)
                if (error := await ended(reader.start(), within=self._settings.start_s)) is not None:
                    _log.warning("consumer_not_restarted", group=reader.group, **facts(error))

    def ready(self) -> tuple[GroupState, ...]:
        """For each subscription, whether it takes records, and why not."""
        return tuple(reader.state() for reader in self._readers)

    async def ping(self) -> None:
        """Return if the broker answers.

        Raises:
            BrokerUnavailable: it does not.
        """
        with broker_errors("answer"):
            await asyncio.wait_for(self._open_producer().client.fetch_all_metadata(), timeout=_CLOSE_S)

    async def send(self, records: Sequence[Outgoing]) -> None:
        """Return when the broker has acknowledged every record; records of one key keep their order.

        Raises:
            BrokerUnavailable: it did not acknowledge them all; some may be written.
            Refused: it takes no record as large as one of these.
        """
        with broker_errors("acknowledge the records"):
            await hurried(_send(self._open_producer(), records), ending=self._ending)

    def _open_producer(self) -> AIOKafkaProducer:
        if self._producer is None:
            raise BrokerUnavailable(
                "There is no connection to the broker.", hint="It is being started, or the process is ending."
            )
        return self._producer


async def _send(producer: AIOKafkaProducer, records: Sequence[Outgoing]) -> None:
    acknowledged: list[asyncio.Future[Any]] = []
    try:
        # One after the other into the producer's buffers, which keeps the order; all on their way together.
        for record in records:
            # No comprehension: if one is refused, those before it are on their way and must be kept in view.
            acknowledged.append(await _enqueue(producer, record))  # noqa: PERF401
        for future in acknowledged:
            await future
    finally:
        for future in acknowledged:
            future.add_done_callback(_retrieve)


async def _enqueue(producer: AIOKafkaProducer, record: Outgoing) -> asyncio.Future[Any]:
    wanted = record.partition if isinstance(record, OutgoingRecord) else None
    if wanted is not None and wanted not in await producer.partitions_for(record.topic):
        wanted = None
    headers = list(record.headers)
    sent: asyncio.Future[Any] = await producer.send(record.topic, record.value, key=record.key, partition=wanted, headers=headers)
    return sent


def _retrieve(future: asyncio.Future[Any]) -> None:
    """Look at the error of a future that nobody waits for any more, so that asyncio does not complain of it."""
    if not future.cancelled():
        future.exception()


async def _together(*steps: Coroutine[Any, Any, None]) -> None:
    """Wait for all; when one fails, end the others before its error is raised."""
    tasks = [asyncio.ensure_future(step) for step in steps]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
