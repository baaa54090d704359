"""Outbox and inbox: nothing is forgotten before its effect is recorded."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from samspil.adapters.sql import SqlRecord, open_record
from samspil.adapters.sql.tables import outbox
from samspil.clock import ManualClock
from samspil_schemas import Event, NeedPublished, event_id, topics
from tests.factories import a_need, a_published_profile

LEASE = timedelta(seconds=30)
LATER = timedelta(seconds=60)
GROUPS = ("matching", "registry")


async def enqueue(record: SqlRecord, *events: Event, awaiting: tuple[str, ...] = ()) -> list[str]:
    async with record.begin() as transaction:
        await transaction.enqueue(events, awaiting=awaiting)
    return [event_id(event) for event in events]


async def take(record: SqlRecord, group: str, *ids: str) -> set[str]:
    async with record.begin() as transaction:
        return await transaction.first_time(group, ids)


async def claimed(record: SqlRecord, *, limit: int = 100) -> list[str]:
    return [row.event_id for row in await record.outbox.claim(limit=limit, lease=LEASE)]


async def rows(record: SqlRecord) -> int:
    return (await record.readings.totals())["outbox"]


async def test_an_event_is_taken_once_by_each_group(record: SqlRecord) -> None:
    assert await take(record, "matching", "a", "b", "a") == {"a", "b"}
    assert await take(record, "matching", "b", "c") == {"c"}
    assert await take(record, "registry", "a") == {"a"}
    assert await take(record, "registry") == set()


async def test_what_is_rolled_back_was_not_taken_and_not_enqueued(record: SqlRecord) -> None:
    async def fail_halfway() -> None:
        async with record.begin() as transaction:
            await transaction.first_time("matching", ["a"])
            await transaction.enqueue([a_need()])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_halfway()
    assert await take(record, "matching", "a") == {"a"}
    assert await claimed(record) == []


async def test_ids_of_any_length_and_with_any_character_are_told_apart(record: SqlRecord) -> None:
    odd = ["x" * 5_000, "x" * 5_001, "nul\x00", "half \ud800", "", " "]
    assert await take(record, "matching", *odd) == set(odd)
    assert await take(record, "matching", *odd) == set()


async def test_events_come_out_in_order_whole_and_once(record: SqlRecord) -> None:
    events = [a_need("b"), a_published_profile("a"), a_need("a"), a_need("b", 2)]
    ids = await enqueue(record, *events)
    waiting = await record.outbox.claim(limit=100, lease=LEASE)
    assert [row.event for row in waiting] == events
    assert [row.event_id for row in waiting] == ids
    assert await claimed(record) == []


async def test_the_same_event_waits_once(record: SqlRecord) -> None:
    (first,) = await enqueue(record, a_need(), awaiting=GROUPS)
    await enqueue(record, a_need(), awaiting=GROUPS)
    assert await claimed(record) == [first]


async def test_a_later_event_of_a_key_waits_for_the_earlier_one(record: SqlRecord) -> None:
    one, two, other = await enqueue(record, a_need("n", 1), a_need("n", 2), a_need("o"))
    assert await claimed(record, limit=1) == [one]
    assert await claimed(record) == [other]
    await record.outbox.published([one], again_after=LATER)
    assert await claimed(record) == [two]


async def test_what_was_not_published_is_due_again_in_order(record: SqlRecord) -> None:
    ids = await enqueue(record, a_need("n", 1), a_need("n", 2))
    await record.outbox.give_back(await claimed(record))
    assert await claimed(record) == ids


async def test_the_rows_of_a_relay_that_died_are_due_after_its_lease(record: SqlRecord, clock: ManualClock) -> None:
    ids = await enqueue(record, a_need("n", 1))
    assert await claimed(record) == ids
    clock.advance(LEASE - timedelta(seconds=1))
    assert await claimed(record) == []
    clock.advance(timedelta(seconds=1))
    assert await claimed(record) == ids


async def test_what_nobody_awaits_is_forgotten_at_once(record: SqlRecord) -> None:
    await record.outbox.published(await claim_after(record, a_need()), again_after=LATER)
    assert await rows(record) == 0
    assert await record.outbox.forget_confirmed() == 0


async def claim_after(record: SqlRecord, *events: Event, awaiting: tuple[str, ...] = ()) -> list[str]:
    await enqueue(record, *events, awaiting=awaiting)
    return await claimed(record)


async def test_what_is_awaited_is_kept_until_every_group_has_taken_it(record: SqlRecord) -> None:
    (id_,) = ids = await claim_after(record, a_need(), awaiting=GROUPS)
    await record.outbox.published(ids, again_after=LATER)
    assert await rows(record) == 1
    await take(record, "matching", id_)
    await take(record, "dialogue", id_)
    assert await record.outbox.forget_confirmed() == 0
    await take(record, "registry", id_)
    assert await rows(record) == 0
    assert await record.outbox.forget_confirmed() == 1


async def test_what_is_not_taken_in_time_is_published_again_and_counted(record: SqlRecord, clock: ManualClock) -> None:
    ids = await claim_after(record, a_need(), awaiting=GROUPS)
    await record.outbox.published(ids, again_after=LATER)
    clock.advance(LATER - timedelta(seconds=1))
    assert await claimed(record) == []
    clock.advance(timedelta(seconds=1))
    (again,) = await record.outbox.claim(limit=10, lease=LEASE)
    assert (again.event_id, again.attempts) == (ids[0], 1)


async def test_what_was_taken_before_it_was_enqueued_does_not_wait_for_that_group(record: SqlRecord) -> None:
    id_ = event_id(a_need())
    await take(record, "matching", id_)
    await record.outbox.published(await claim_after(record, a_need(), awaiting=GROUPS), again_after=LATER)
    assert await rows(record) == 1
    await take(record, "registry", id_)
    assert await rows(record) == 0


async def test_what_all_have_taken_in_the_meantime_is_not_published_any_more(record: SqlRecord) -> None:
    (id_,) = await enqueue(record, a_need(), awaiting=GROUPS)
    for group in GROUPS:
        await take(record, group, id_)
    assert await claimed(record) == []


async def test_what_all_have_taken_is_not_enqueued_again(record: SqlRecord) -> None:
    for group in GROUPS:
        await take(record, group, event_id(a_need()))
    assert await claim_after(record, a_need(), awaiting=GROUPS) == []


async def test_everything_unconfirmed_is_due_in_order_after_the_broker_was_lost(record: SqlRecord) -> None:
    ids = await claim_after(record, a_need("n", 1), a_need("o"), awaiting=GROUPS)
    await record.outbox.published(ids, again_after=LATER)
    (two,) = await claim_after(record, a_need("n", 2), awaiting=GROUPS)
    for group in GROUPS:
        await take(record, group, ids[1])
    assert await record.outbox.all_due() == 2
    assert await claimed(record) == [ids[0], two]


async def test_supersession_drops_what_waits_for_a_key_and_its_waits(record: SqlRecord) -> None:
    one, two, other = await enqueue(record, a_need("n", 1), a_need("n", 2), a_need("o"), awaiting=GROUPS)
    profile = await enqueue(record, a_published_profile("n"), awaiting=GROUPS)
    async with record.begin() as transaction:
        await transaction.supersede(topics.NEEDS, ["n"], keep=[two])
    assert one not in (waiting := await claimed(record))
    assert waiting == [two, other, *profile]


async def test_several_relays_share_the_rows_without_overlap(record: SqlRecord, record_url: str, clock: ManualClock) -> None:
    others = [open_record(record_url, clock=clock) for _ in range(3)]
    ids = await enqueue(record, *(a_need(f"n{number:03}", version) for number in range(20) for version in (1, 2)))
    shares = await asyncio.gather(*(claimed(relay, limit=15) for relay in (record, *others)))
    taken = [id_ for share in shares for id_ in share]
    assert len(taken) == len(set(taken))
    assert set(taken) <= set(ids)
    for number in range(0, 40, 2):
        first, second = ids[number], ids[number + 1]
        holders = [share for share in shares if second in share]
        assert all(first in share and share.index(first) < share.index(second) for share in holders)
    for relay in others:
        await relay.close()


async def test_the_bell_rings_for_a_commit_that_enqueued_and_for_no_other(record: SqlRecord) -> None:
    await enqueue(record, a_need("before"))
    assert len(await claimed(record)) == 1
    bell = asyncio.ensure_future(record.outbox.enqueued())
    await take(record, "matching", "b")
    assert not bell.done()
    await enqueue(record, a_need())
    await asyncio.wait_for(bell, timeout=30)


async def test_the_inbox_forgets_what_is_old(record: SqlRecord, clock: ManualClock) -> None:
    await take(record, "matching", "old")
    clock.advance(timedelta(days=60))
    await take(record, "matching", "young")
    clock.advance(timedelta(days=31))
    assert await record.outbox.prune_inbox(older_than=timedelta(days=90)) == 1
    assert await record.outbox.prune_inbox(older_than=timedelta(days=90)) == 0
    assert await take(record, "matching", "old", "young") == {"old"}


async def test_a_row_that_this_version_cannot_read_does_not_stop_the_others(record: SqlRecord) -> None:
    await enqueue(record, a_need("bad"), a_need("good"))
    async with record.begin() as transaction:
        broken = update(outbox).where(outbox.c.key == "bad").values(payload={"need_id": "bad"})
        await transaction.run(lambda connection: connection.execute(broken))
    waiting = await record.outbox.claim(limit=10, lease=LEASE)
    assert [row.event for row in waiting] == [a_need("good")]
    assert isinstance(waiting[0].event, NeedPublished)
