"""Writers of one owner in several processes, interleaved in every way, dying and repeating, end in the newest state."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samspil.adapters.vectors.index import StoredIndex
from samspil.adapters.vectors.store import Found, PointStore, Query, Upsert
from samspil.errors import IndexUnavailable
from samspil.ports import Entity, Entry, Head
from tests.contract.vector_indexes import DIMENSION, Opened, a_point, a_withdrawal, an_entry, found, opened

SUPPLIERS = Entity.SUPPLIERS
OWNER = "s-1"
# A put calls the store at most six times: scan, points, tombstones, heads, scan, tombstones.
CALLS = 6


@dataclass(frozen=True)
class Turns:
    """Lets several writers take turns at the store, one call at a time, in an order that is given."""

    order: Sequence[int]
    parked: "asyncio.Queue[tuple[int, asyncio.Event | None]]"

    async def run(self, writers: Sequence[Awaitable[None]]) -> list[BaseException | None]:
        """Run the writers to their ends, and give back how each ended."""
        tasks = [asyncio.ensure_future(self._reported(number, writer)) for number, writer in enumerate(writers)]
        waiting: dict[int, asyncio.Event] = {}
        moving, turn = len(tasks), 0
        while moving:
            number, event = await self.parked.get()
            moving -= 1
            if event is not None:
                waiting[number] = event
            if not moving and waiting:
                wish = self.order[turn % len(self.order)] if self.order else 0
                chosen = sorted(waiting)[wish % len(waiting)]
                turn, moving = turn + 1, 1
                waiting.pop(chosen).set()
        return [await task for task in tasks]

    async def _reported(self, number: int, writer: Awaitable[None]) -> BaseException | None:
        try:
            await writer
        except IndexUnavailable as error:
            return error
        finally:
            self.parked.put_nowait((number, None))
        return None

    async def take(self, number: int) -> None:
        event = asyncio.Event()
        self.parked.put_nowait((number, event))
        await event.wait()


class WatchedStore:
    """A store that asks before every call, and may be told to die there."""

    def __init__(self, store: PointStore, before: Callable[[int], Awaitable[None]]) -> None:
        self._store = store
        self._before = before
        self.calls = 0

    async def _step(self) -> None:
        self.calls += 1
        await self._before(self.calls)

    async def retrieve(self, entity: Entity, ids: Sequence[str], *, fields: Sequence[str]) -> list[Mapping[str, Any]]:
        await self._step()
        return await self._store.retrieve(entity, ids, fields=fields)

    async def scan(self, entity: Entity, condition: Any, *, fields: Sequence[str]) -> list[tuple[str, Mapping[str, Any]]]:
        await self._step()
        return await self._store.scan(entity, condition, fields=fields)

    async def upsert(self, entity: Entity, upserts: Sequence[Upsert]) -> None:
        await self._step()
        await self._store.upsert(entity, upserts)

    async def query(self, entity: Entity, queries: Sequence[Query]) -> list[list[Found]]:
        return await self._store.query(entity, queries)

    async def count(self, entity: Entity, condition: Any) -> int:
        return await self._store.count(entity, condition)

    async def flush(self) -> None:
        await self._store.flush()

    async def close(self) -> None:
        """The store belongs to the test."""


def another_process(index: Any, before: Callable[[int], Awaitable[None]]) -> StoredIndex:
    """An index on the same store that shares no lock with the first."""
    return StoredIndex(WatchedStore(index._store, before), dimension=DIMENSION)


def dying_at(step: int) -> Callable[[int], Awaitable[None]]:
    async def before(call: int) -> None:
        if call == step:
            raise IndexUnavailable("killed here")

    return before


async def state(index: Any) -> tuple[list[tuple[str, str]], dict[str, Head], int]:
    return await found(index), await index.heads(SUPPLIERS, [OWNER]), await index.count(SUPPLIERS)


def state_after(entry: Entry) -> tuple[list[tuple[str, str]], dict[str, Head], int]:
    parts = sorted((OWNER, point.part) for point in entry.points)
    return parts, {OWNER: Head(entry.version, entry.withdrawn)}, 0 if entry.withdrawn else 1


@st.composite
def histories(draw: st.DrawFn) -> list[Entry]:
    """Different versions of one owner, some withdrawn, with their statements drawn from three."""
    heads = draw(st.lists(st.tuples(st.integers(1, 4), st.booleans()), min_size=1, max_size=3))
    entries = []
    for version, withdrawn in heads:
        parts = draw(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, unique=True))
        entry = an_entry(OWNER, version, *(a_point(part, text=f"version {version}") for part in parts))
        entries.append(a_withdrawal(OWNER, version) if withdrawn else entry)
    return entries


@dataclass
class Plan:
    """What happens in one example of the property."""

    before: list[Entry]
    writers: list[Entry]
    deaths: list[int]
    order: list[int]


plans = st.builds(
    Plan,
    before=st.one_of(st.just([]), histories()),
    writers=histories(),
    # Past the last call nobody dies.
    deaths=st.lists(st.integers(1, CALLS * 3), min_size=3, max_size=3),
    order=st.lists(st.integers(0, 2), max_size=CALLS * 3),
)


async def interleave(index: Any, plan: Plan) -> None:
    turns = Turns(plan.order, asyncio.Queue())

    def writer(number: int, entry: Entry) -> Awaitable[None]:
        async def before(call: int) -> None:
            await turns.take(number)
            if call == plan.deaths[number]:
                raise IndexUnavailable("killed here")

        return another_process(index, before).put(SUPPLIERS, [entry])

    endings = await turns.run([writer(number, entry) for number, entry in enumerate(plan.writers)])
    for entry, ending in zip(plan.writers, endings, strict=True):
        if ending is not None:
            # The log gives the event again to whoever comes after.
            await index.put(SUPPLIERS, [entry])


def _same_version_same_content(plan: Plan) -> list[Entry]:
    """Make the first content drawn for a version the content of that version everywhere, and give back all there is."""
    content: dict[Head, Entry] = {}
    for entry in [*plan.before, *plan.writers]:
        content.setdefault(Head(entry.version, entry.withdrawn), entry)
    plan.before = [content[Head(entry.version, entry.withdrawn)] for entry in plan.before]
    plan.writers = [content[Head(entry.version, entry.withdrawn)] for entry in plan.writers]
    return list(content.values())


@pytest.mark.parametrize(("adapter", "examples"), [("memory", 250), ("edge", 25)])
def test_however_writers_interleave_and_die_the_newest_state_stands(adapter: str, examples: int) -> None:
    @settings(max_examples=examples, deadline=None)
    @given(plan=plans)
    def property_holds(plan: Plan) -> None:
        entries = _same_version_same_content(plan)
        session = Opened(adapter)
        try:
            for entry in plan.before:
                session.run(session.index.put(SUPPLIERS, [entry]))
            session.run(interleave(session.index, plan))
            newest = max(entries, key=lambda entry: Head(entry.version, entry.withdrawn))
            assert session.run(state(session.index)) == state_after(newest)
        finally:
            session.close()

    property_holds()


@pytest.mark.parametrize("adapter", ["memory", "edge"])
@pytest.mark.parametrize("step", range(1, CALLS + 1))
async def test_a_put_that_dies_at_any_step_is_completed_by_its_repeat(adapter: str, step: int) -> None:
    async with opened(adapter) as index:
        old = an_entry(OWNER, 1, a_point("a"), a_point("b"))
        new = an_entry(OWNER, 2, a_point("b"), a_point("c"))
        await index.put(SUPPLIERS, [old])
        await die(index, new, step=step)
        # An older version that comes late, or again, changes nothing in between.
        await index.put(SUPPLIERS, [old])
        await index.put(SUPPLIERS, [new])
        assert await state(index) == state_after(new)


@pytest.mark.parametrize("step", range(1, CALLS + 1))
@pytest.mark.parametrize("new", [an_entry(OWNER, 2, a_point("b")), a_withdrawal(OWNER, 2)], ids=["published", "withdrawn"])
async def test_the_head_is_written_last(new: Entry, step: int) -> None:
    async with opened("memory") as index:
        old = an_entry(OWNER, 1, a_point("a"), a_point("b"))
        await index.put(SUPPLIERS, [old])
        await die(index, new, step=step)
        heads = await index.heads(SUPPLIERS, [OWNER])
        assert heads in ({OWNER: Head(1)}, {OWNER: Head(2, new.withdrawn)})
        if heads[OWNER] > Head(1):
            # Who reads this head need not repeat the put.
            assert await state(index) == state_after(new)


@pytest.mark.parametrize("step", range(1, CALLS + 1))
@pytest.mark.parametrize("old", [an_entry(OWNER, 1, a_point("a")), a_withdrawal(OWNER, 1)], ids=["published", "withdrawn"])
async def test_a_late_older_version_is_not_found_even_for_a_moment(old: Entry, step: int) -> None:
    async with opened("memory") as index:
        new = an_entry(OWNER, 2, a_point("b"))
        await index.put(SUPPLIERS, [new])
        await die(index, old, step=step)
        assert await state(index) == state_after(new)


async def die(index: Any, entry: Entry, *, step: int) -> None:
    """Put an entry in another process, which is killed before one of its calls, if it makes as many."""
    with suppress(IndexUnavailable):
        await another_process(index, dying_at(step)).put(SUPPLIERS, [entry])


async def test_a_put_takes_one_call_less_if_nobody_came_between() -> None:
    async def nothing(call: int) -> None:
        """Let the call through."""

    async with opened("memory") as index:
        await index.put(SUPPLIERS, [an_entry(OWNER, 1, a_point("a"))])
        other = another_process(index, nothing)
        await other.put(SUPPLIERS, [an_entry(OWNER, 2, a_point("b"))])
        assert isinstance(other._store, WatchedStore)
        assert other._store.calls == CALLS - 1
