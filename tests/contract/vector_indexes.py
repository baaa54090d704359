"""The adapters of the vector index, each opened empty, and small things to put into them."""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from uuid import uuid4

import numpy as np
import pytest
from qdrant_client import AsyncQdrantClient, models

from samspil.adapters.vectors import open_index
from samspil.ports import Entity, Entry, Hit, Point, Search, VectorIndex, Vectors, Where
from tests.contract.qdrant_over_grpc import qdrant_over_grpc
from tests.contract.qdrant_over_http import qdrant_over_http

DIMENSION = 4
SPACE = "test-space"
EVERYTHING = Where()
T = TypeVar("T")

_SERVER = os.environ.get("QDRANT_URL")
_NO_SERVER = pytest.mark.skipif(_SERVER is None, reason="QDRANT_URL is not set: no Qdrant server to test against")

ADAPTERS = [
    pytest.param("memory", id="memory"),
    pytest.param("edge", id="edge"),
    pytest.param("http", id="http"),
    pytest.param("grpc", id="grpc"),
    pytest.param("server", id="server", marks=_NO_SERVER),
]


@contextmanager
def a_directory() -> Iterator[Path]:
    """An empty directory, in memory where there is such a place: a new shard forces 200 files to the disk."""
    memory = Path("/dev/shm")  # noqa: S108 - the directory made in it is ours alone
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as name:
        yield Path(name) / "index"


@asynccontextmanager
async def opened(adapter: str, *, dimension: int = DIMENSION) -> AsyncIterator[VectorIndex]:
    """An empty index of an adapter, closed at the end."""
    if adapter == "memory":
        async with _closing(await open_index(":memory:", space=SPACE, dimension=dimension)) as index:
            yield index
    elif adapter == "edge":
        with a_directory() as directory:
            async with _closing(await in_directory(directory, dimension=dimension)) as index:
                yield index
    elif adapter == "http":
        async with qdrant_over_http() as fake, _closing(await open_index(fake.url, space=SPACE, dimension=dimension)) as index:
            yield index
    elif adapter == "grpc":
        async with qdrant_over_grpc() as url, _closing(await open_index(url, space=SPACE, dimension=dimension)) as index:
            yield index
    else:
        async with _on_server(dimension=dimension) as index:
            yield index


@asynccontextmanager
async def _closing(index: VectorIndex) -> AsyncIterator[VectorIndex]:
    try:
        yield index
    finally:
        await index.close()


@asynccontextmanager
async def _on_server(*, dimension: int) -> AsyncIterator[VectorIndex]:
    """A space of its own on the server, dropped at the end; it must be a server without a live Samspil."""
    assert _SERVER is not None
    api_key = os.environ.get("QDRANT_API_KEY")
    space = f"test-{uuid4().hex}"
    try:
        async with _closing(await open_index(_SERVER, space=space, dimension=dimension, api_key=api_key)) as index:
            yield index
    finally:
        client = AsyncQdrantClient(url=_SERVER, api_key=api_key, check_compatibility=False)
        mine = [alias for alias in (await client.get_aliases()).aliases if alias.collection_name.endswith(f"__{space}")]
        drop = [models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias.alias_name)) for alias in mine]
        await client.update_collection_aliases(drop)
        for entity in Entity:
            await client.delete_collection(f"{entity}__{space}")
        await client.close()


class Opened:
    """An index with an event loop of its own, for tests that Hypothesis calls many times."""

    def __init__(self, adapter: str) -> None:
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._directory: Path | None = None
        self.index: VectorIndex
        if adapter == "edge":
            self._directory = self._stack.enter_context(a_directory())
            self.index = self.run(in_directory(self._directory))
        else:
            self.index = self.run(self._stack.enter_async_context(opened(adapter)))

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(coroutine)

    def reopen(self) -> None:
        """Close the index and open what it left; only an index in a directory leaves anything."""
        if self._directory is not None:
            self.run(self.index.close())
            self.index = self.run(in_directory(self._directory))

    def close(self) -> None:
        self.run(self.index.close())
        self.run(self._stack.aclose())
        self._runner.close()


async def in_directory(directory: Path, *, space: str = SPACE, dimension: int = DIMENSION) -> VectorIndex:
    """The embedded index in a directory."""
    return await open_index(f"edge:{directory}", space=space, dimension=dimension)


def a_vector(*numbers: float) -> Vectors:
    return np.array(numbers or (1, 0, 0, 0), dtype=np.float32)


def a_point(part: str = "c1", **changes: Any) -> Point:
    values: dict[str, Any] = {"text": "We find leaks in water pipes.", "language": "en", "vector": a_vector()}
    return Point(part=part, **(values | changes))


def an_entry(owner_id: str = "s-1", version: int = 1, *points: Point) -> Entry:
    return Entry(owner_id=owner_id, version=version, points=points or (a_point(),))


def a_withdrawal(owner_id: str = "s-1", version: int = 1) -> Entry:
    return Entry(owner_id=owner_id, version=version, withdrawn=True)


async def hits_of(index: VectorIndex, entity: Entity = Entity.SUPPLIERS, **search: Any) -> list[Hit]:
    """The hits of one search, by default of everything there is."""
    values: dict[str, Any] = {} if "words" in search else {"vector": a_vector()}
    [hits] = await index.search(entity, [Search(**(values | search))])
    return hits


async def found(index: VectorIndex, entity: Entity = Entity.SUPPLIERS, **search: Any) -> list[tuple[str, str]]:
    """Owner and part of each hit, in order."""
    return [(hit.owner_id, hit.part) for hit in await hits_of(index, entity, **search)]


async def owners(index: VectorIndex, where: Where = EVERYTHING, **search: Any) -> set[str]:
    """The owners that a search finds."""
    return {hit.owner_id for hit in await hits_of(index, where=where, **search)}
