from collections.abc import Sequence
from typing import Any

import pytest

from samspil.errors import BrokerUnavailable, RecordUnavailable
from samspil.ports import DeadLetter, DeadLetterSubscription, Received, Subscription
from samspil.recovery import Rewound
from samspil.testing import MemoryLog
from samspil_schemas import NeedPublished, event_id
from samspil_schemas.topics import NEEDS, SUPPLIERS
from tests.factories import a_need, a_published_profile


class Reader:
    def __init__(self, *, poisoned: str = "", transient: int = 0) -> None:
        self.batches: list[list[str]] = []
        self.received: list[Received] = []
        self._poisoned = poisoned
        self._transient = transient

    async def __call__(self, batch: Sequence[Received]) -> None:
        if self._transient:
            self._transient -= 1
            raise RecordUnavailable("locked")
        if any(item.key == self._poisoned for item in batch):
            raise ValueError("poison")
        self.batches.append([item.key for item in batch])
        self.received.extend(batch)


def reading(handler: Any, *topics: str, group: str = "g", max_records: int = 64) -> Subscription:
    return Subscription(group=group, topics=topics or (NEEDS.name,), handle=handler, max_records=max_records)


async def test_what_is_published_is_delivered_once_in_batches_with_the_id_of_the_contract() -> None:
    reader = Reader()
    log = MemoryLog(reading(reader, max_records=2))

    await log.publish([a_need("n-1"), a_need("n-2"), a_need("n-3"), a_published_profile()])

    assert await log.deliver() == 3
    assert await log.deliver() == 0
    assert reader.batches == [["n-1", "n-2"], ["n-3"]]
    assert reader.received[0].event == a_need("n-1")
    assert reader.received[0].event_id == event_id(a_need("n-1"))


async def test_what_a_handler_publishes_is_delivered_too() -> None:
    log = MemoryLog()

    async def answer(batch: Sequence[Received]) -> None:
        await log.publish([a_published_profile(f"for-{item.key}") for item in batch])

    reader = Reader()
    log.subscribe(reading(answer, group="one"), reading(reader, SUPPLIERS.name, group="two"))
    await log.publish([a_need("n-1")])

    await log.deliver()

    assert reader.batches == [["for-n-1"]]


async def test_a_poisoned_record_goes_to_the_dead_letters_of_its_group_and_their_readers() -> None:
    letters: list[DeadLetter] = []

    async def bury(batch: Sequence[DeadLetter]) -> None:
        letters.extend(batch)

    reader = Reader(poisoned="n-2")
    dead = DeadLetterSubscription(group="registry", topics=(f"{NEEDS.name}.g.dlt",), handle=bury)
    log = MemoryLog(reading(reader), dead)
    await log.publish([a_need("n-1"), a_need("n-2"), a_need("n-3")])
    log.garble(NEEDS, reason="The value is no JSON.", key="n-4")

    await log.deliver()

    assert reader.batches == [["n-1"], ["n-3"]]
    assert [(letter.key, letter.group, letter.event) for letter in letters] == [("n-2", "g", a_need("n-2")), ("n-4", "g", None)]
    assert log.dead_letters == letters
    assert [letter.reason for letter in letters] == ["ValueError: poison", "The value is no JSON."]


async def test_a_transient_error_passes_in_process_or_gives_the_same_batch_back() -> None:
    reader = Reader(transient=3)
    log = MemoryLog(reading(reader))
    await log.publish([a_need("n-1")])

    await log.deliver()
    assert reader.batches == [["n-1"]]

    stuck = Reader(transient=1_000)
    log.subscribe(reading(stuck, group="stuck"))
    with pytest.raises(Rewound):
        await log.deliver()
    stuck._transient = 0
    await log.deliver()
    assert stuck.batches == [["n-1"]]


async def test_a_tombstone_is_delivered_with_its_key() -> None:
    reader = Reader()
    log = MemoryLog(reading(reader))
    log.withdraw(NEEDS, "n-1")

    await log.deliver()

    assert [(item.event, item.key) for item in reader.received] == [(None, "n-1")]


async def test_nothing_is_published_while_the_log_is_unavailable() -> None:
    log = MemoryLog()
    log.unavailable = True

    with pytest.raises(BrokerUnavailable):
        await log.publish([a_need()])
    assert log.events(NeedPublished) == []


async def test_a_replay_delivers_everything_again_and_a_loss_nothing() -> None:
    reader = Reader()
    log = MemoryLog(reading(reader))
    await log.publish([a_need("n-1")])
    await log.deliver()

    log.replay("g")
    await log.deliver()
    log.lose_everything()
    await log.deliver()

    assert reader.batches == [["n-1"], ["n-1"]]
    assert (await log.end_offsets())[NEEDS.name] == 0


async def test_it_tells_how_far_each_group_has_come() -> None:
    log = MemoryLog(reading(Reader()))
    await log.publish([a_need("n-1"), a_need("n-2")])

    (before,) = await log.lags()
    await log.deliver()
    (after,) = await log.lags()

    assert (before.committed, before.lag) == (None, 2)
    assert (after.committed, after.lag) == (2, 0)
    assert all(state.ready for state in log.ready())
