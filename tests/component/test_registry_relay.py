"""The relay: what is in the outbox reaches the log, in order, and again until its effect is recorded."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest

from samspil.adapters.sql import SqlRecord, open_record
from samspil.clock import Clock, ManualClock
from samspil.errors import BrokerUnavailable, RecordUnavailable, Refused
from samspil.registry.relay import Relay
from samspil_schemas import Event, event_id
from tests.factories import a_need, a_statement

LONG = timedelta(hours=1, seconds=1)


class FakeLog:
    """A log that can be down, refuse single events, and lose what it held."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.down = False
        self.refuses: set[str] = set()
        self.changed = asyncio.Event()

    async def publish(self, events: Sequence[Event]) -> None:
        await asyncio.sleep(0)
        if self.down:
            raise BrokerUnavailable("The broker does not answer.")
        if self.refuses & {event.key for event in events}:
            raise Refused("The event is larger than a record may be.")
        self.events += events
        self.changed.set()

    @property
    def keys(self) -> list[str]:
        return [f"{event.key}/{getattr(event, 'version', '')}" for event in self.events]

    async def holds(self, count: int) -> None:
        while len(self.events) < count:
            self.changed.clear()
            await self.changed.wait()


class FrozenClock(ManualClock):
    """A time at which nobody ever wakes up."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


@pytest.fixture
def log() -> FakeLog:
    return FakeLog()


def a_relay(record: SqlRecord, log: FakeLog, clock: Clock, *, batch: int = 200) -> Relay:
    return Relay(record.outbox, again=record.again, publisher=log, clock=clock, batch=batch)


@pytest.fixture
def relay(record: SqlRecord, log: FakeLog, clock: ManualClock) -> Relay:
    return a_relay(record, log, clock)


async def enqueue(record: SqlRecord, *events: Event, awaiting: tuple[str, ...] = ("matching",)) -> None:
    async with record.begin() as transaction:
        await transaction.enqueue(events, awaiting=awaiting)


async def take(record: SqlRecord, *events: Event) -> None:
    async with record.begin() as transaction:
        await transaction.first_time("matching", [event_id(event) for event in events])


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator[None]:
    task = asyncio.ensure_future(relay.run())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_what_waits_is_published_in_order(record: SqlRecord, log: FakeLog, relay: Relay) -> None:
    await enqueue(record, a_need("b", 1), a_need("a", 1), a_need("b", 2))
    assert await relay.publish_due() == 3
    assert log.keys == ["b/1", "a/1", "b/2"]
    assert await relay.publish_due() == 0


async def test_batches_keep_the_order_too(record: SqlRecord, log: FakeLog, clock: ManualClock) -> None:
    await enqueue(record, *(a_need("n", version) for version in range(1, 8)))
    relay = a_relay(record, log, clock, batch=3)
    assert [await relay.publish_due() for _ in range(4)] == [3, 3, 1, 0]
    assert log.keys == [f"n/{version}" for version in range(1, 8)]


async def test_a_broker_that_is_down_costs_nothing_but_time(record: SqlRecord, log: FakeLog, relay: Relay) -> None:
    await enqueue(record, a_need("a"), a_need("b"))
    log.down = True
    with pytest.raises(BrokerUnavailable):
        await relay.publish_due()
    log.down = False
    await relay.publish_due()
    assert log.keys == ["a/1", "b/1"]


async def test_one_event_that_the_broker_refuses_does_not_hold_up_the_others(
    record: SqlRecord, log: FakeLog, relay: Relay
) -> None:
    await enqueue(record, a_need("a"), a_need("huge"), a_need("c"), a_need("huge", 2))
    log.refuses = {"huge"}
    await relay.publish_due()
    assert log.keys == ["a/1", "c/1"]
    assert (await record.readings.totals())["outbox"] == 4
    await relay.broker_restarted()
    log.refuses = set()
    await relay.publish_due()
    assert log.keys[2:] == ["a/1", "huge/1", "c/1", "huge/2"]


async def test_a_broker_that_goes_down_between_single_events_gets_the_rest_later(
    record: SqlRecord, log: FakeLog, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    await enqueue(record, a_need("a"), a_need("huge"), a_need("c"), a_need("d"))
    log.refuses = {"huge"}
    publish = log.publish

    async def publish_until_c(events: Sequence[Event]) -> None:
        log.down = [event.key for event in events] == ["c"]
        await publish(events)

    monkeypatch.setattr(log, "publish", publish_until_c)
    with pytest.raises(BrokerUnavailable):
        await relay.publish_due()
    monkeypatch.undo()
    log.down = False
    await relay.publish_due()
    assert log.keys == ["a/1", "c/1", "d/1"]


async def test_what_is_not_recorded_is_published_again_ever_later(
    record: SqlRecord, log: FakeLog, relay: Relay, clock: ManualClock
) -> None:
    await enqueue(record, a_need())
    await relay.publish_due()
    waits = []
    for _ in range(7):
        waited = timedelta(0)
        while not await relay.publish_due():
            clock.advance(timedelta(minutes=1))
            waited += timedelta(minutes=1)
        waits.append(waited)
    assert waits == sorted(waits)
    assert waits[0] >= timedelta(minutes=1)
    assert waits[-1] == waits[-2] == timedelta(hours=1)
    assert len(log.events) == 8
    await take(record, a_need())
    clock.advance(LONG)
    assert await relay.publish_due() == 0


async def test_after_the_broker_was_lost_all_that_is_not_recorded_comes_at_once_and_in_order(
    record: SqlRecord, log: FakeLog, relay: Relay
) -> None:
    needs = [a_need("a"), a_need("n", 1), a_need("n", 2)]
    await enqueue(record, *needs)
    await relay.publish_due()
    await take(record, needs[0])
    log.events.clear()
    await relay.broker_restarted()
    await relay.publish_due()
    assert log.keys == ["n/1", "n/2"]


async def test_a_commit_of_this_process_wakes_the_relay(record: SqlRecord, log: FakeLog) -> None:
    async with running(a_relay(record, log, FrozenClock())):
        await enqueue(record, a_need("a"))
        await asyncio.wait_for(log.holds(1), timeout=30)
        await record.submissions.submit_need("b", a_statement())
        await asyncio.wait_for(log.holds(2), timeout=30)
    assert log.keys == ["a/1", "b/1"]


async def test_what_another_process_enqueued_is_found_by_looking(
    record: SqlRecord, record_url: str, log: FakeLog, clock: ManualClock
) -> None:
    elsewhere = open_record(record_url, clock=clock)
    async with running(a_relay(record, log, clock)):
        await enqueue(elsewhere, a_need("a"))
        await asyncio.wait_for(log.holds(1), timeout=30)
    await elsewhere.close()


async def test_the_relay_outlives_a_broker_that_is_down(record: SqlRecord, log: FakeLog, clock: ManualClock) -> None:
    log.down = True
    failed = asyncio.Event()

    class Watched(ManualClock):
        async def sleep(self, seconds: float) -> None:
            failed.set()
            await super().sleep(seconds)

    await enqueue(record, a_need("a"))
    async with running(a_relay(record, log, Watched())):
        await asyncio.wait_for(failed.wait(), timeout=30)
        log.down = False
        await asyncio.wait_for(log.holds(1), timeout=30)


async def test_the_relay_outlives_a_database_that_is_down(memory_record: SqlRecord, log: FakeLog, clock: ManualClock) -> None:
    outbox, calls = memory_record.outbox, 0
    claim = outbox.claim

    async def claim_at_the_third_call(**arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls < 3:
            raise RecordUnavailable("The database does not answer.")
        return await claim(**arguments)  # type: ignore[arg-type]

    outbox.claim = claim_at_the_third_call  # type: ignore[method-assign, assignment]
    await enqueue(memory_record, a_need("a"))
    async with running(a_relay(memory_record, log, clock)):
        await asyncio.wait_for(log.holds(1), timeout=30)


async def test_several_relays_publish_everything_and_keep_the_order_of_each_key(
    record: SqlRecord, record_url: str, clock: ManualClock, log: FakeLog
) -> None:
    others = [open_record(record_url, clock=clock) for _ in range(2)]
    events = [a_need(f"n{number}", version) for version in range(1, 4) for number in range(10)]
    await enqueue(record, *events)

    async def drain(of: SqlRecord) -> None:
        relay = a_relay(of, log, clock, batch=4)
        while (await of.readings.totals())["outbox"]:
            published = await relay.publish_due()
            await of.outbox.forget_confirmed()
            if not published:
                await take(of, *log.events)

    await asyncio.gather(*(drain(of) for of in (record, *others)))
    assert len(log.events) == len(events)
    for number in range(10):
        assert [key for key in log.keys if key.startswith(f"n{number}/")] == [f"n{number}/{version}" for version in (1, 2, 3)]
    for other in others:
        await other.close()


async def test_confirmed_rows_and_old_marks_are_tidied_away(record: SqlRecord, log: FakeLog, clock: ManualClock) -> None:
    await take(record, a_need("long ago"[:4]))
    clock.advance(timedelta(days=91))
    await enqueue(record, a_need("a"))
    await take(record, a_need("a"))
    relay = a_relay(record, log, clock)
    await relay._tidy()
    assert (await record.readings.totals())["outbox"] == 0
    async with record.begin() as transaction:
        assert await transaction.first_time("matching", [event_id(a_need("long"))]) != set()
