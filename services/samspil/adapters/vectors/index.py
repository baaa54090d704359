"""The index port over any point store: versions, heads, retirement and the order of hits, said once for both adapters.

A put reads the heads and open points of its owners, skips entries older than their head, writes points, closes the points that
are no more, writes the heads, and then reads again. Every write is guarded by version in the engine. The second read is for a
writer of another process in between: whichever of two writers of an owner comes last sees the newest head and closes what an
older version left open. A put that dies half-way is repaired by its repeat.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby, islice
from typing import TypeVar

import numpy as np

from samspil.adapters.vectors import layout, ties
from samspil.adapters.vectors.layout import OpenPoint
from samspil.adapters.vectors.store import Found, PointStore, StoredPoint, Upsert
from samspil.errors import IndexUnavailable
from samspil.observability import INDEX_SECONDS
from samspil.ports import Entity, Entry, Head, Hit, Search
from samspil_schemas.base import VERSION_MAX

# 64 owners with 50 long statements are some 10 MB of points, and their state is one short scan.
_OWNERS_PER_PUT = 64
# 128 points hold the interpreter for 15 ms in the embedded engine, 384 numbers each; a server takes 4 MB.
_POINTS_PER_UPSERT = 128
_IDS_PER_READ = 1000

_NEVER = Head(version=0)
_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class _State:
    """What the index holds of some owners."""

    heads: Mapping[str, Head]
    open_points: tuple[OpenPoint, ...]


class StoredIndex:
    """The `VectorIndex` on a `PointStore`."""

    def __init__(self, store: PointStore, *, dimension: int) -> None:
        self._store = store
        self._dimension = dimension
        self._writing = {entity: asyncio.Lock() for entity in Entity}
        self._closed = False

    async def heads(self, entity: Entity, owner_ids: Sequence[str]) -> dict[str, Head]:
        """The newest state of each owner that the index knows.

        Raises:
            IndexUnavailable: the engine does not answer.
        """
        with self._observed("heads"):
            found: dict[str, Head] = {}
            for owners in _chunks(dict.fromkeys(owner_ids), _IDS_PER_READ):
                ids = [layout.head_id(owner) for owner in owners]
                payloads = await self._store.retrieve(entity, ids, fields=layout.HEAD_FIELDS)
                found |= {payload[layout.OWNER]: layout.head_from(payload) for payload in payloads}
            return found

    async def put(self, entity: Entity, entries: Sequence[Entry]) -> None:
        """Replace each owner's points by these, unless the index holds a newer head.

        Of several entries of one owner the newest counts. An equal repeat is done again and changes nothing.

        Raises:
            IndexUnavailable: the engine does not answer; some entries may be in, and a repeat completes the rest.
            ValueError: an entry breaks the port's contract (a vector of another length, a part twice, …).
        """
        for entry in entries:
            self._check(entry)
        newest: dict[str, Entry] = {}
        for entry in entries:
            known = newest.get(entry.owner_id)
            if known is None or layout.head_of(entry) >= layout.head_of(known):
                newest[entry.owner_id] = entry
        with self._observed("put"):
            for chunk in _chunks(newest.values(), _OWNERS_PER_PUT):
                async with self._writing[entity]:
                    await self._put(entity, chunk)

    async def search(self, entity: Entity, searches: Sequence[Search]) -> list[list[Hit]]:
        """The hits of each search, best first, ties by owner and part, all in one batch.

        Scores are rounded to six decimals, so that the noise of the engine's arithmetic decides no order.

        Raises:
            IndexUnavailable: the engine does not answer.
            ValueError: a search has both a vector and words or neither, words without a language, or a negative limit.
        """
        for search in searches:
            self._check_search(search)
        with self._observed("search"):
            queries = await asyncio.to_thread(lambda: [layout.query_of(search) for search in searches])
            asked = [query for query in queries if query is not None]
            ranked = iter(await ties.best(self._store, entity, asked) if asked else [])
            results = [[] if query is None else next(ranked) for query in queries]
            return await asyncio.to_thread(_hits, results)

    async def count(self, entity: Entity) -> int:
        """How many owners are open.

        Raises:
            IndexUnavailable: the engine does not answer.
        """
        with self._observed("count"):
            return await self._store.count(entity, layout.open_heads())

    async def flush(self) -> None:
        """Return when all that was put survives a kill of this process; `:memory:` survives nothing.

        Raises:
            IndexUnavailable: the engine does not answer.
        """
        with self._observed("flush"):
            await self._store.flush()

    async def close(self) -> None:
        """Flush and let go. Every later call is refused, except another close.

        Raises:
            IndexUnavailable: the engine could not flush; it is let go of all the same.
        """
        if self._closed:
            return
        try:
            await self.flush()
        finally:
            self._closed = True
            await self._store.close()

    async def _put(self, entity: Entity, entries: Sequence[Entry]) -> None:
        owners = [entry.owner_id for entry in entries]
        before = await self._read(entity, owners)
        fresh = [entry for entry in entries if layout.head_of(entry) >= before.heads.get(entry.owner_id, _NEVER)]
        await self._write(entity, await asyncio.to_thread(_part_records, fresh, entity))
        asked = {entry.owner_id: layout.head_of(entry) for entry in fresh}
        await self._close_stale(entity, replace(before, heads={**before.heads, **asked}), fresh)
        await self._write(entity, [layout.head_record(entry) for entry in fresh])
        await self._close_stale(entity, await self._read(entity, owners), fresh)

    async def _read(self, entity: Entity, owners: Sequence[str]) -> _State:
        heads: dict[str, Head] = {}
        points: list[OpenPoint] = []
        for id_, payload in await self._store.scan(entity, layout.state_of(owners), fields=layout.STATE_FIELDS):
            owner = payload[layout.OWNER]
            if payload[layout.KIND] == layout.Kind.HEAD:
                heads[owner] = layout.head_from(payload)
            else:
                points.append(OpenPoint(id=id_, owner_id=owner, version=int(payload[layout.VERSION])))
        return _State(heads=heads, open_points=tuple(points))

    async def _close_stale(self, entity: Entity, state: _State, fresh: Sequence[Entry]) -> None:
        kept = {(entry.owner_id, layout.head_of(entry)): layout.part_ids(entry) for entry in fresh}
        tombstones = []
        for point in state.open_points:
            head = state.heads.get(point.owner_id, _NEVER)
            parts = kept.get((point.owner_id, head))
            if _is_stale(point, head=head, parts=parts):
                tombstones.append(layout.tombstone(point, head=head))
        await self._write(entity, tombstones)

    async def _write(self, entity: Entity, records: Sequence[StoredPoint]) -> None:
        upserts = []
        # One guard serves all records of a version, so records of the same version travel together.
        for (version, closes), group in groupby(sorted(records, key=_guard_key), key=_guard_key):
            guard = layout.guard(version=version, closes=closes)
            upserts += [Upsert(points=tuple(points), guard=guard) for points in _chunks(group, _POINTS_PER_UPSERT)]
        if upserts:
            await self._store.upsert(entity, upserts)

    @contextmanager
    def _observed(self, operation: str) -> Iterator[None]:
        if self._closed:
            raise IndexUnavailable("The vector index is closed.", hint="Samspil is stopping; start it again.")
        with INDEX_SECONDS.labels(operation).time():
            yield

    def _check(self, entry: Entry) -> None:
        if not 1 <= entry.version <= VERSION_MAX:
            raise ValueError(f"version {entry.version} of {entry.owner_id} is not between 1 and {VERSION_MAX}")
        if entry.withdrawn and entry.points:
            raise ValueError(f"{entry.owner_id} is withdrawn and has points")
        if len({point.part for point in entry.points}) != len(entry.points):
            raise ValueError(f"{entry.owner_id} has a part twice")
        for point in entry.points:
            self._check_vector(point.vector)

    def _check_search(self, search: Search) -> None:
        if search.limit < 0:
            raise ValueError(f"the limit {search.limit} is negative")
        if (search.vector is None) == (search.words is None):
            raise ValueError("a search is by vector or by words")
        if search.words is not None and search.where.language is None:
            raise ValueError("a search by words needs a language")
        if search.vector is not None:
            self._check_vector(search.vector)

    def _check_vector(self, vector: object) -> None:
        numbers = np.asarray(vector, dtype=np.float32)
        if numbers.shape != (self._dimension,):
            raise ValueError(f"a vector has the shape {numbers.shape}, not ({self._dimension},)")
        length = float(np.linalg.norm(numbers))
        if not (np.isfinite(length) and length > 0):
            raise ValueError("a vector is zero or not finite, so it has no direction")


def _part_records(entries: Sequence[Entry], entity: Entity) -> list[StoredPoint]:
    return [layout.part_record(entry, point, entity=entity) for entry in entries for point in entry.points]


def _hits(results: Sequence[Sequence[Found]]) -> list[list[Hit]]:
    """The hits of several searches; a point that several found is read once."""
    read: dict[tuple[str, int], Hit] = {}
    hits = []
    for result in results:
        for found in result:
            key = (found.id, found.payload[layout.VERSION])
            if key not in read:
                read[key] = layout.hit_of(found)
        hits.append([replace(read[found.id, found.payload[layout.VERSION]], score=layout.score_of(found)) for found in result])
    return hits


def _is_stale(point: OpenPoint, *, head: Head, parts: frozenset[str] | None) -> bool:
    """True if the owner's head has left this open point behind. `parts`: the ids that the head's version has, where known."""
    if point.version > head.version or point.id in (parts or ()):
        return False
    return point.version < head.version or head.withdrawn or parts is not None


def _guard_key(record: StoredPoint) -> tuple[int, bool]:
    return record.payload[layout.VERSION], record.payload[layout.STATUS] != layout.Status.OPEN


def _chunks(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
