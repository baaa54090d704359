"""The embedded engine: qdrant_edge in this process, one shard per entity in a directory.

The engine is a beta (0.9.0) with traps, each handled here: every call holds the interpreter, so calls are kept short and made in
one thread of their own; its errors are bare `Exception`; its log is written at once but not forced to the disk before `flush`;
`retrieve` needs all its arguments; it has no aliases, so a file beside the shards names the vector space.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import qdrant_edge as edge

from samspil.adapters.vectors import layout
from samspil.adapters.vectors.bm25 import Words
from samspil.adapters.vectors.conditions import AnyOf, Between, Condition, Every, Ids
from samspil.adapters.vectors.directory import IndexDirectory
from samspil.adapters.vectors.store import DENSE, SPARSE, Found, Query, StoredPoint, Upsert
from samspil.errors import IndexUnavailable
from samspil.ports import Entity

# 8 queries of 50 hits hold the interpreter for 6 ms at 10 k points. One by one they take twice as long; 64 at once gain 8 %.
_QUERIES_PER_CALL = 8
_POINTS_PER_PAGE = 1000
# Below this many points a search looks at every one: exact, at most 20 ms. Building a graph would hold the interpreter for
# minutes.
_EXACT_BELOW_POINTS = 100_000
_FLOAT_BYTES = 4

_T = TypeVar("_T")


class EdgeStore:
    """A `PointStore` in a directory of its own, which no second process may open meanwhile."""

    def __init__(self, directory: IndexDirectory, *, dimension: int) -> None:
        self._directory = directory
        self._dimension = dimension
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="samspil-index")
        self._shards: dict[Entity, edge.EdgeShard] = {}

    @classmethod
    async def open(cls, path: Path, *, space: str, dimension: int) -> "EdgeStore":
        """Open the index in a directory, or make one.

        Raises:
            IndexUnavailable: another process uses the directory, or the engine cannot read it.
            Misconfigured: the directory holds another vector space, or cannot be written.
        """
        store = cls(IndexDirectory(path, space=space, dimension=dimension), dimension=dimension)
        try:
            await store._call(store._open)
        except BaseException:
            await store.close()
            raise
        return store

    async def retrieve(self, entity: Entity, ids: Sequence[str], *, fields: Sequence[str]) -> list[Mapping[str, Any]]:
        """These fields of the points that exist."""
        records = await self._call(lambda: self._shards[entity].retrieve(list(ids), list(fields), False))
        return [record.payload or {} for record in records]

    async def scan(self, entity: Entity, condition: Condition, *, fields: Sequence[str]) -> list[tuple[str, Mapping[str, Any]]]:
        """The id and these fields of every point that meets the condition."""
        found: list[tuple[str, Mapping[str, Any]]] = []
        offset = None
        while True:
            request = edge.ScrollRequest(
                offset=offset,
                limit=_POINTS_PER_PAGE,
                filter=_filter(condition),
                with_payload=list(fields),
                with_vector=False,
            )
            page, offset = await self._call(partial(self._shards[entity].scroll, request))
            found += [(str(record.id), record.payload or {}) for record in page]
            if offset is None:
                return found

    async def upsert(self, entity: Entity, upserts: Sequence[Upsert]) -> None:
        """Apply the upserts in order."""
        for upsert in upserts:
            await self._call(partial(self._upsert, entity, upsert))

    async def query(self, entity: Entity, queries: Sequence[Query]) -> list[list[Found]]:
        """What each query finds, best first."""
        found: list[list[Found]] = []
        for start in range(0, len(queries), _QUERIES_PER_CALL):
            found += await self._call(partial(self._query, entity, queries[start : start + _QUERIES_PER_CALL]))
        return found

    async def count(self, entity: Entity, condition: Condition) -> int:
        """How many points meet the condition."""
        request = edge.CountRequest(exact=True, filter=_filter(condition))
        return await self._call(partial(self._shards[entity].count, request))

    async def flush(self) -> None:
        """Force what was upserted to the disk."""
        for shard in self._shards.values():
            await self._call(shard.flush)

    async def close(self) -> None:
        """Close the shards, and let the next process in."""
        try:
            await self._call(self._close)
        finally:
            self._thread.shutdown(wait=False)

    async def _call(self, call: Callable[[], _T]) -> _T:
        """Run a call of the engine in its thread.

        Raises:
            IndexUnavailable: the engine failed. A mistake in our own call (`TypeError`, `ValueError`) stays what it is.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, call)
        except BaseException as error:
            if not _is_of_engine(error):
                raise
            raise IndexUnavailable(
                f"The vector index under {self._directory.path} failed: {error}.",
                hint="Samspil tries again; if it stays, check the disk, or start with another data directory.",
            ) from error

    def _open(self) -> None:
        with self._directory.acquired():
            for entity in Entity:
                path = self._directory.shard(entity)
                if not path.exists():
                    self._create(path)
                self._shards[entity] = edge.EdgeShard.load(str(path))

    def _create(self, path: Path) -> None:
        shard = edge.EdgeShard.create(str(self._directory.begin(path)), _config(self._dimension))
        for field in layout.KEYWORD_FIELDS:
            shard.update(edge.UpdateOperation.create_field_index(field, edge.PayloadSchemaType.Keyword))
        for field in layout.INTEGER_FIELDS:
            shard.update(edge.UpdateOperation.create_field_index(field, edge.PayloadSchemaType.Integer))
        shard.flush()
        shard.close()
        self._directory.finish(path)

    def _close(self) -> None:
        try:
            for shard in self._shards.values():
                shard.close()
        finally:
            self._shards.clear()
            self._directory.release()

    def _upsert(self, entity: Entity, upsert: Upsert) -> None:
        points = [_point(point) for point in upsert.points]
        self._shards[entity].update(edge.UpdateOperation.upsert_points(points, condition=_filter(upsert.guard)))

    def _query(self, entity: Entity, queries: Sequence[Query]) -> list[list[Found]]:
        request = edge.QueryBatchRequest([_request(query) for query in queries])
        return [[_found(point) for point in points] for points in self._shards[entity].query_batch(request)]


def _is_of_engine(error: BaseException) -> bool:
    # A panic of the engine arrives as a class of its own that is no Exception and cannot be imported.
    return type(error) is Exception or type(error).__name__ == "PanicException"


def _config(dimension: int) -> edge.EdgeConfig:
    return edge.EdgeConfig(
        vectors={DENSE: edge.EdgeVectorParams(size=dimension, distance=edge.Distance.Cosine)},
        sparse_vectors={SPARSE: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
        optimizers=edge.EdgeOptimizersConfig(indexing_threshold=_EXACT_BELOW_POINTS * dimension * _FLOAT_BYTES // 1024),
    )


def _sparse(words: Words) -> edge.SparseVector:
    return edge.SparseVector(list(words.tokens), list(words.weights))


def _point(point: StoredPoint) -> edge.Point:
    vectors: dict[str, Any] = {}
    if point.dense is not None:
        vectors[DENSE] = point.dense.tolist()
    if point.sparse:
        vectors[SPARSE] = _sparse(point.sparse)
    return edge.Point(point.id, vectors, dict(point.payload))


def _request(query: Query) -> edge.QueryRequest:
    if isinstance(query.by, Words):
        nearest = edge.Query.Nearest(_sparse(query.by), using=SPARSE)
    else:
        nearest = edge.Query.Nearest(query.by.tolist(), using=DENSE)
    idf = None if query.corpus is None else edge.IdfParams(corpus=_filter(query.corpus))
    return edge.QueryRequest(
        limit=query.limit,
        query=nearest,
        filter=_filter(query.where),
        with_payload=list(layout.NAME_FIELDS if query.names_only else layout.HIT_FIELDS),
        with_vector=None if query.names_only else [DENSE],
        params=edge.SearchParams(idf=idf),
    )


def _found(point: edge.ScoredPoint) -> Found:
    vectors: Any = point.vector or {}
    return Found(id=str(point.id), score=point.score, payload=point.payload or {}, dense=vectors.get(DENSE, ()))


def _filter(condition: Condition) -> edge.Filter:
    if isinstance(condition, Every):
        # An empty list of alternatives would be met by nothing; leaving it out means that there are none.
        return edge.Filter(
            must=[_condition(part) for part in condition.must] or None,
            should=[_condition(part) for part in condition.one_of] or None,
            must_not=[_condition(part) for part in condition.must_not] or None,
        )
    return edge.Filter(must=[_condition(condition)])


def _condition(condition: Condition) -> edge.FieldCondition | edge.HasIdCondition | edge.Filter:
    if isinstance(condition, AnyOf):
        return edge.FieldCondition(condition.field, match=edge.MatchAny([str(value) for value in condition.values]))
    if isinstance(condition, Between):
        return edge.FieldCondition(condition.field, range=_range(condition))
    if isinstance(condition, Ids):
        return edge.HasIdCondition(set(condition.values))
    return _filter(condition)


def _range(bounds: Between) -> edge.RangeFloat:
    least = None if bounds.at_least is None else float(bounds.at_least)
    most = None if bounds.at_most is None else float(bounds.at_most)
    return edge.RangeFloat(gte=least, lte=most)
