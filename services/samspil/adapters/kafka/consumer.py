"""The consumer under FastStream, made to survive what stops aiokafka's own, and the batch that it delivers.

Public surface: `TolerantConsumer`, `LogBatch`, `parse_batch`, `raw_records`.

Found in aiokafka 0.14 and FastStream 0.7.8, and repaired here:

- A record that cannot be taken apart (a header name that is no UTF-8, a codec that is not installed) raises out of
  `getmany`, again and again, and takes with it what the same call had already drained from other partitions: their
  positions have moved, so the next commit would pass them by. Here positions go back first, then each partition is read by
  itself, and the record in question is delivered as unreadable. So is what follows it in the same batch of its producer,
  since it cannot be found.
- The tasks behind a consumer can die of an unexpected answer; it then delivers nothing more and says nothing. `broken` tells.
- A stop in the middle of a failing fetch ends in a `CancelledError` of its own making and leaves the connections open; taken for
  our own cancellation, it would end whoever stops the consumer.
- A commit can repeat itself for ever (a topic that is gone); here it has a limit.
- A rewind stops at the first partition that was taken away meanwhile, and the others are not rewound; here each is.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import ConsumerStoppedError, CorruptRecordException, IllegalStateError, KafkaError, UnsupportedCodecError
from faststream.kafka.message import KafkaAckableMessage
from faststream.message import AckStatus

from samspil.adapters.kafka.dead_letters import UNREADABLE_HEADER
from samspil.adapters.kafka.waiting import ended, hurried
from samspil.recovery import RawRecord, facts

_UNHEALTHY_AFTER = 3  # errors in a row
_CAREFUL_WAIT_S = 0.05
_COMMIT_S = 15.0
_DAMAGE = (CorruptRecordException, UnsupportedCodecError)

_log = structlog.get_logger(__name__)


class TolerantConsumer(AIOKafkaConsumer):  # type: ignore[misc]  # aiokafka has no types
    """An `AIOKafkaConsumer` whose `getmany` loses nothing when it raises, and gets past a record that cannot be taken apart."""

    def __init__(self, *topics: str, **options: Any) -> None:
        super().__init__(*topics, **options)
        self._careful: set[TopicPartition] = set()
        self._turn = 0
        self._half_way = False
        self._errors = 0
        self.last_error: str | None = None
        self.ending = asyncio.Event()

    @property
    def broken(self) -> bool:
        """True if only a new consumer can go on."""
        fetcher_died = self._fetcher is not None and self._fetcher.error_future.done()
        return fetcher_died or self._half_way or self._errors >= _UNHEALTHY_AFTER

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> dict[TopicPartition, list[ConsumerRecord]]:
        """The records that are there, by partition, after at most `timeout_ms`."""
        try:
            records = await self._getmany(*partitions, timeout_ms=timeout_ms, max_records=max_records)
        except (ConsumerStoppedError, asyncio.CancelledError):
            raise
        except Exception as error:
            self._errors += 1
            self.last_error = f"{type(error).__name__}: {error}"
            raise
        self._errors = 0
        self.last_error = None
        return records

    async def commit(self, offsets: Any = None) -> None:
        """Commit, or give up after a while: at once, nearly, when everything is to end.

        Raises:
            TimeoutError: the broker does not answer.
        """
        await hurried(super().commit(offsets), ending=self.ending, within=_COMMIT_S)

    async def stop(self) -> None:
        """Leave the group and close every connection, whatever state they are in."""
        error = await ended(super().stop())
        if error is not None:
            _log.info("consumer_stopped_badly", group=self._group_id, error=type(error).__name__)
            await ended(self._client.close())

    async def _getmany(
        self, *partitions: TopicPartition, timeout_ms: int, max_records: int | None
    ) -> dict[TopicPartition, list[ConsumerRecord]]:
        if self._half_way:
            raise KafkaError("the positions are unknown after a failed read")
        if self._careful and self._careful == self.assignment():
            return await self._one_by_one(max_records or 1)
        self._careful = set()
        before = self._positions()
        try:
            found: dict[TopicPartition, list[ConsumerRecord]] = await super().getmany(
                *partitions, timeout_ms=timeout_ms, max_records=max_records
            )
        except (ConsumerStoppedError, asyncio.CancelledError):
            raise
        except Exception as error:
            await self._go_back(before)
            if isinstance(error, KafkaError) and not isinstance(error, _DAMAGE):
                raise
            self._careful = set(self.assignment())
            _log.warning("record_damaged", group=self._group_id, **facts(error))
            return {}
        return found

    async def _one_by_one(self, most: int) -> dict[TopicPartition, list[ConsumerRecord]]:
        """At most one record of each partition, until the damaged one was met."""
        found: dict[TopicPartition, list[ConsumerRecord]] = {}
        failed: Exception | None = None
        await asyncio.sleep(_CAREFUL_WAIT_S)  # the fetch that follows the last read
        self._turn += 1
        order = sorted(self._careful)
        first = self._turn % len(order)  # each in its turn, so that a busy partition does not keep the others waiting
        for partition in order[first:] + order[:first]:
            position = self._positions().get(partition)
            try:
                found |= await super().getmany(partition, max_records=1)
            except Exception as error:  # noqa: BLE001 - whatever the parser raises, the partition must go on
                if isinstance(error, KafkaError) and not isinstance(error, UnsupportedCodecError):
                    # Damaged on its way it will be whole the next time; damaged on the disk, a person must decide.
                    failed = error
                    continue
                if position is not None:
                    found[partition] = [_unreadable(partition, position, error)]
                    self.seek(partition, position + 1)
                self._careful = set()
            if len(found) >= most or not self._careful:
                break
        if failed and not found:
            raise failed
        return found

    def _positions(self) -> dict[TopicPartition, int]:
        subscription = self._subscription.subscription
        assignment = subscription.assignment if subscription is not None else None
        if assignment is None:
            return {}
        states = {partition: assignment.state_value(partition) for partition in assignment.tps}
        return {partition: state.position for partition, state in states.items() if state.has_valid_position}

    async def _go_back(self, positions: dict[TopicPartition, int]) -> None:
        """Undo what a failed read has moved. A partition that had no position yet begins anew, as after its assignment."""
        self._half_way = True
        for partition in self.assignment():
            position = positions.get(partition)
            if position is None:
                position = await self.committed(partition)
            if position is None:
                await self.seek_to_beginning(partition)
            else:
                _seek(self, partition, position)
        self._half_way = False


def _unreadable(partition: TopicPartition, offset: int, error: Exception) -> ConsumerRecord:
    why = (
        "it is compressed with a codec that is not installed here"
        if isinstance(error, UnsupportedCodecError)
        else "it is damaged"
    )
    reason = f"The record could not be taken apart: {why} ({type(error).__name__}). It stands in the log at this place."
    return ConsumerRecord(
        topic=partition.topic,
        partition=partition.partition,
        offset=offset,
        timestamp=0,
        timestamp_type=0,
        key=None,
        value=b"",
        checksum=None,
        serialized_key_size=-1,
        serialized_value_size=0,
        headers=((UNREADABLE_HEADER, reason.encode()),),
    )


class _Seeks(Protocol):
    def seek(self, partition: TopicPartition, offset: int) -> None: ...


def _seek(consumer: _Seeks, partition: TopicPartition, offset: int) -> None:
    try:
        consumer.seek(partition, offset)
    except IllegalStateError:
        # Another member has it now, and begins where it was last committed.
        _log.info("rewind_not_ours", topic=partition.topic, partition=partition.partition)


class LogBatch(KafkaAckableMessage):
    """A batch of raw records; taken as a whole or given back as a whole."""

    async def ack(self) -> None:
        """Commit how far the consumer has come. A commit that fails costs a repeat later, never a record."""
        if self.committed is not None:
            return
        self.committed = AckStatus.ACKED
        try:
            await self.consumer.commit()
        except (KafkaError, OSError) as error:
            _log.warning("commit_failed", **facts(error))

    async def nack(self) -> None:
        """Go back to the first record of the batch in every partition that is still ours."""
        if self.committed is not None:
            return
        self.committed = AckStatus.NACKED
        first: dict[TopicPartition, int] = {}
        for record in self.raw_message:
            partition = TopicPartition(record.topic, record.partition)
            first[partition] = min(record.offset, first.get(partition, record.offset))
        for partition, offset in first.items():
            _seek(self.consumer, partition, offset)


async def parse_batch(
    message: tuple[ConsumerRecord, ...], original: Callable[[tuple[ConsumerRecord, ...]], Awaitable[KafkaAckableMessage]]
) -> LogBatch:
    """FastStream's parser for every subscriber: takes any header. Its own raises on a null or non-UTF-8 one."""
    bare = tuple(_without_headers(record) for record in message)
    parsed = await original(bare)
    return LogBatch(raw_message=message, body=[], message_id=parsed.message_id, consumer=parsed.consumer)


async def raw_records(message: LogBatch) -> list[RawRecord]:
    """FastStream's decoder for every subscriber: leaves everything as it is."""
    return [
        RawRecord(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=record.key,
            value=record.value,
            headers=tuple(record.headers),
            timestamp_ms=record.timestamp,
        )
        for record in message.raw_message
    ]


def _without_headers(record: ConsumerRecord) -> ConsumerRecord:
    return ConsumerRecord(
        record.topic,
        record.partition,
        record.offset,
        record.timestamp,
        record.timestamp_type,
        record.key,
        None,
        record.checksum,
        record.serialized_key_size,
        record.serialized_value_size,
        (),
    )
