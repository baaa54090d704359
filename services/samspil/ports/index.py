"""The vector index: the searchable points of needs and suppliers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from samspil.ports.model import Vectors


class Entity(StrEnum):
    """The two collections of a vector space."""

    NEEDS = "needs"
    SUPPLIERS = "suppliers"


@dataclass(frozen=True, kw_only=True)
class Point:
    """One searchable text of an owner: a capability statement of a supplier, or the text of a need.

    `members` are the bodies that share the need, where it is the text of a joint need.
    `payload` is given back with a hit and holds JSON only.
    """

    part: str
    text: str
    language: str
    vector: Vectors
    cpv: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    buyer_id: str | None = None
    members: tuple[str, ...] = ()
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """All points of one owner in one version. `withdrawn` closes the owner in that version; then there are no points."""

    owner_id: str
    version: int
    points: tuple[Point, ...] = ()
    withdrawn: bool = False


@dataclass(frozen=True, order=True)
class Head:
    """The newest state of an owner that the index holds. A withdrawal is newer than the same version published."""

    version: int
    withdrawn: bool = False


@dataclass(frozen=True, kw_only=True)
class Where:
    """The hard filter. Only points of open owners are ever found.

    regions: NUTS codes; a point is found if it has no region, or one of its codes holds, or lies within, one of these.
        Empty: no filter.
    language: only points in this language (for BM25); nb, nn and no are one.
    cpv: only points with one of these codes, or with a code below one of them. Empty: no filter.
    owners: only points of these owners. Empty: no filter.
    without_owners, without_buyers: never found.
    buyers: only points of these buyers. members: only points that one of these bodies shares. Empty: no filter.
    """

    regions: tuple[str, ...] = ()
    language: str | None = None
    cpv: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    without_owners: tuple[str, ...] = ()
    without_buyers: tuple[str, ...] = ()
    buyers: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Search:
    """One query: by vector (cosine), or by words (BM25 over the points' texts, in `where.language`)."""

    vector: Vectors | None = None
    words: str | None = None
    where: Where = Where()
    limit: int = 50


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A point that was found; `vector` is its stored vector, so that every hit can be scored alike."""

    owner_id: str
    version: int
    part: str
    text: str
    language: str
    score: float
    vector: Vectors
    cpv: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    buyer_id: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


class VectorIndex(Protocol):
    """Holds the points of needs and suppliers in one vector space. All errors of the engine are `IndexUnavailable`."""

    async def heads(self, entity: Entity, owner_ids: Sequence[str]) -> dict[str, Head]:
        """The newest state of each owner that the index knows."""
        ...

    async def put(self, entity: Entity, entries: Sequence[Entry]) -> None:
        """Replace each owner's points by these, unless the index holds a newer head.

        An equal repeat changes nothing. The head is written last, so that a crash half-way is repaired by the repeat.
        """
        ...

    async def search(self, entity: Entity, searches: Sequence[Search]) -> list[list[Hit]]:
        """The hits of each search, best first, ties by owner and part, in one round trip."""
        ...

    async def count(self, entity: Entity) -> int:
        """How many owners are open."""
        ...

    async def flush(self) -> None:
        """Return when all that was put survives a kill of this process."""
        ...

    async def close(self) -> None:
        """Flush and let go."""
        ...
