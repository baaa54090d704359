"""What the index asks of an engine: to keep points, to change them under a guard, to find them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from samspil.adapters.vectors.bm25 import Words
from samspil.adapters.vectors.conditions import Condition
from samspil.ports import Entity, Vectors

DENSE = "dense"
SPARSE = "bm25"
# The URL of an index that is gone when it is closed.
MEMORY = ":memory:"


@dataclass(frozen=True, kw_only=True)
class StoredPoint:
    """A point as an engine keeps it; both vectors may be missing, and then no search finds it."""

    id: str
    payload: Mapping[str, Any]
    dense: Vectors | None = None
    sparse: Words | None = None


@dataclass(frozen=True, kw_only=True)
class Upsert:
    """Points to insert, or to replace where the stored point meets the guard. An absent point is inserted in any case."""

    points: tuple[StoredPoint, ...]
    guard: Condition


@dataclass(frozen=True, kw_only=True)
class Query:
    """One search, by vector or by words.

    corpus: the population over which the rarity of words is counted; None for a search by vector.
    names_only: owner and part are enough; give no vectors and no texts.
    """

    by: Vectors | Words
    where: Condition
    limit: int
    corpus: Condition | None = None
    names_only: bool = False


@dataclass(frozen=True, kw_only=True)
class Found:
    """A point that a query found, with its dense vector as the engine gave it; empty if only names were asked for."""

    id: str
    score: float
    payload: Mapping[str, Any]
    dense: Sequence[float] = field(repr=False)


class PointStore(Protocol):
    """One collection of points per entity. Every error of the engine or of the way to it is `IndexUnavailable`."""

    async def retrieve(self, entity: Entity, ids: Sequence[str], *, fields: Sequence[str]) -> list[Mapping[str, Any]]:
        """These fields of the points that exist, in any order."""
        ...

    async def scan(self, entity: Entity, condition: Condition, *, fields: Sequence[str]) -> list[tuple[str, Mapping[str, Any]]]:
        """The id and these fields of every point that meets the condition, in any order."""
        ...

    async def upsert(self, entity: Entity, upserts: Sequence[Upsert]) -> None:
        """Apply the upserts in order; when it returns, they are seen by every later call."""
        ...

    async def query(self, entity: Entity, queries: Sequence[Query]) -> list[list[Found]]:
        """What each query finds, best first; equal scores come in any order."""
        ...

    async def count(self, entity: Entity, condition: Condition) -> int:
        """How many points meet the condition, exactly."""
        ...

    async def flush(self) -> None:
        """Return when what was upserted survives a kill of this process."""
        ...

    async def close(self) -> None:
        """Let go of files, threads and connections."""
        ...
