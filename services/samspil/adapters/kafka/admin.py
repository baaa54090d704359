"""Looks at the log from outside: how much stands in it, and how far each group has come.

Public surface: `KafkaAdmin`, which implements `ports.LogAdmin`.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from samspil.adapters.kafka.connection import KafkaSettings, broker_errors
from samspil.adapters.kafka.topics import topics_of
from samspil.observability import LAG
from samspil.ports import DeadLetterSubscription, GroupLag, Subscription

_FETCH_S = 10.0
_POLL_MS = 20


class KafkaAdmin:
    """Asks the broker anew each time, over connections of its own; `subscriptions` name the groups and topics to look at."""

    def __init__(self, settings: KafkaSettings, *, subscriptions: Sequence[Subscription | DeadLetterSubscription]) -> None:
        self._settings = settings
        self._subscriptions = tuple(subscriptions)
        self._topics = tuple(topic.name for topic in topics_of(self._subscriptions))

    async def end_offsets(self) -> Mapping[str, int]:
        """Records ever written, by topic of the contract, dead-letter topics among them; a missing topic has none.

        Raises:
            BrokerUnavailable: the broker does not answer.
        """
        with broker_errors("tell its end offsets"):
            async with self._clients() as (_, consumer):
                ends = await _ends(consumer, await self._partitions(consumer, self._topics))
        totals = dict.fromkeys(self._topics, 0)
        for partition, end in ends.items():
            totals[partition.topic] += end
        return totals

    async def lags(self) -> Sequence[GroupLag]:
        """The lag of every group on every topic that it reads; sets the metric too.

        Raises:
            BrokerUnavailable: the broker does not answer.
        """
        readings = sorted({(reader.group, topic) for reader in self._subscriptions for topic in reader.topics})
        topics = sorted({topic for _, topic in readings})
        with broker_errors("tell how far its groups have come"):
            async with self._clients() as (admin, consumer):
                ends = await _ends(consumer, await self._partitions(consumer, topics))
                lags = [await _lag(admin, consumer, ends=ends, group=group, topic=topic) for group, topic in readings]
        for lag in lags:
            LAG.labels(lag.group, lag.topic).set(lag.lag)
        return lags

    async def _partitions(self, consumer: AIOKafkaConsumer, topics: Sequence[str]) -> list[TopicPartition]:
        existing = await consumer.topics()
        found = {topic: consumer.partitions_for_topic(topic) or set() for topic in topics if topic in existing}
        return [TopicPartition(topic, number) for topic, numbers in found.items() for number in sorted(numbers)]

    @asynccontextmanager
    async def _clients(self) -> AsyncIterator[tuple[AIOKafkaAdminClient, AIOKafkaConsumer]]:
        options = self._settings.client_options()
        admin, consumer = (
            AIOKafkaAdminClient(**options),
            AIOKafkaConsumer(**options, enable_auto_commit=False, fetch_max_wait_ms=1),
        )
        try:
            await admin.start()
            await consumer.start()
            yield admin, consumer
        finally:
            await consumer.stop()
            await admin.close()


async def _ends(consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    """Where each partition ends.

    Asked for its end, the embedded broker answers one past the *first* record of the last batch (4, where 50 records followed
    3 others in one batch). The high watermark that comes with a fetch is right on every broker.
    """
    if not partitions:
        return {}
    ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
    consumer.assign(partitions)
    for partition, end in ends.items():
        consumer.seek(partition, end)
    async with asyncio.timeout(_FETCH_S):
        while any(consumer.highwater(partition) is None for partition in partitions):
            await consumer.getmany(timeout_ms=_POLL_MS)
    return {partition: max(end, consumer.highwater(partition)) for partition, end in ends.items()}


async def _lag(
    admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer, *, ends: dict[TopicPartition, int], group: str, topic: str
) -> GroupLag:
    partitions = [partition for partition in ends if partition.topic == topic]
    end = sum(ends[partition] for partition in partitions)
    # Named one by one: asked for all partitions, the embedded broker closes the connection.
    offsets = await admin.list_consumer_group_offsets(group, partitions=partitions) if partitions else {}
    committed = {partition: offset.offset for partition, offset in offsets.items() if offset.offset >= 0}
    if not committed:
        return GroupLag(group=group, topic=topic, end=end, committed=None)
    if len(committed) < len(partitions):
        # What retention has taken away is no lag of a partition without a commit.
        committed = await consumer.beginning_offsets(partitions) | committed
    return GroupLag(group=group, topic=topic, end=end, committed=sum(committed.values()))
