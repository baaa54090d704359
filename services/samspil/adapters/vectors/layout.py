"""How owners and their points are laid out in an engine, the same for both adapters.

An owner has one head, a point without vectors that says the owner's newest version and whether it is withdrawn, and one point
per part. A point that its owner no longer has is replaced by a tombstone: no vectors, no text, only the version that
closed it, so that a late event of an older version cannot bring it back. (A deleted point would come back: engines insert
an absent id whatever the guard.)
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from samspil.adapters.vectors.bm25 import language_group, words_of_query, words_of_text
from samspil.adapters.vectors.conditions import AnyOf, Between, Condition, Every
from samspil.adapters.vectors.store import Found, Query, StoredPoint
from samspil.domain.codes import cpv_path, nuts_path
from samspil.ids import point_id
from samspil.ports import Entity, Entry, Head, Hit, Point, Search, Where

# Raise it when the fields change their meaning: an index of another layout is refused, not misread.
LAYOUT = 1

# The usual number of words of a text, without stop words. Real notices: 41 (Norwegian), 45 (United Kingdom), 93 (TED, many
# languages). A capability statement is a sentence or two. Twice too much or too little changes few ranks: b is 0.75.
AVERAGE_WORDS = {Entity.NEEDS: 64, Entity.SUPPLIERS: 24}

# Cosines of 32-bit vectors agree between engines to about 1e-7; below this, a difference is noise and a tie is a tie.
SCORE_DECIMALS = 6

# A control character cannot stand in an id of the contract, so no part of an owner has the id of its head.
_HEAD_PART = "\x1fhead"
_ANYWHERE = "*"

OWNER = "owner_id"
VERSION = "version"
STATUS = "status"
KIND = "kind"
HEAD_FIELDS = (OWNER, VERSION, STATUS)
STATE_FIELDS = (OWNER, VERSION, STATUS, KIND)
NAME_FIELDS = (OWNER, "part")
HIT_FIELDS = (OWNER, VERSION, "part", "text", "language", "cpv", "regions", "buyer_id", "payload")
KEYWORD_FIELDS = (OWNER, STATUS, KIND, "language_group", "cpv_paths", "regions", "region_paths", "buyer_id", "members")
INTEGER_FIELDS = (VERSION,)


class Status(StrEnum):
    """The state of a point. Searches find open ones only."""

    OPEN = "open"
    RETIRED = "retired"
    WITHDRAWN = "withdrawn"


class Kind(StrEnum):
    """What a stored point is."""

    HEAD = "head"
    PART = "part"


@dataclass(frozen=True, kw_only=True)
class OpenPoint:
    """A point of an owner that searches find, by its id."""

    id: str
    owner_id: str
    version: int


def head_of(entry: Entry) -> Head:
    """The head that an entry asks for."""
    return Head(version=entry.version, withdrawn=entry.withdrawn)


def head_id(owner_id: str) -> str:
    """The id of the head of an owner."""
    return point_id(owner_id=owner_id, part=_HEAD_PART)


def part_ids(entry: Entry) -> frozenset[str]:
    """The ids of the points of an entry."""
    return frozenset(point_id(owner_id=entry.owner_id, part=point.part) for point in entry.points)


def head_record(entry: Entry) -> StoredPoint:
    """The head of an entry, as stored."""
    status = Status.WITHDRAWN if entry.withdrawn else Status.OPEN
    return StoredPoint(
        id=head_id(entry.owner_id),
        payload={KIND: Kind.HEAD, OWNER: entry.owner_id, VERSION: entry.version, STATUS: status},
    )


def tombstone(point: OpenPoint, *, head: Head) -> StoredPoint:
    """What is left of a point that its owner's head closed."""
    status = Status.WITHDRAWN if head.withdrawn else Status.RETIRED
    return StoredPoint(id=point.id, payload={KIND: Kind.PART, OWNER: point.owner_id, VERSION: head.version, STATUS: status})


def part_record(entry: Entry, point: Point, *, entity: Entity) -> StoredPoint:
    """A point of an entry, as stored.

    The caller's payload is kept as one JSON text: an engine that parses numbers would give some back changed.
    """
    words = words_of_text(point.text, language=point.language, average_length=AVERAGE_WORDS[entity])
    payload: dict[str, Any] = {
        KIND: Kind.PART,
        OWNER: entry.owner_id,
        VERSION: entry.version,
        STATUS: Status.OPEN,
        "part": point.part,
        "text": point.text,
        "language": point.language,
        "language_group": language_group(point.language),
        "cpv": list(point.cpv),
        "cpv_paths": _paths(cpv_path(code) for code in point.cpv),
        "regions": list(point.regions) or [_ANYWHERE],
        "region_paths": _paths(nuts_path(code) for code in point.regions),
        "payload": json.dumps(dict(point.payload), allow_nan=False),
    }
    if point.buyer_id is not None:
        payload["buyer_id"] = point.buyer_id
    if point.members:
        payload["members"] = list(point.members)
    return StoredPoint(id=point_id(owner_id=entry.owner_id, part=point.part), payload=payload, dense=point.vector, sparse=words)


def _paths(paths: Any) -> list[str]:
    return sorted({step for path in paths for step in path})


def guard(*, version: int, closes: bool) -> Condition:
    """Which stored points this version may replace: those of no newer one, and a withdrawal of the same version is newer.

    Args:
        version: the version that writes.
        closes: it writes a withdrawal or a tombstone, so it may replace a withdrawal of the same version too.
    """
    not_newer = Between(field=VERSION, at_most=version)
    if closes:
        return not_newer
    withdrawn = Every(must=(Between(field=VERSION, at_least=version), AnyOf(field=STATUS, values=(Status.WITHDRAWN,))))
    return Every(must=(not_newer,), must_not=(withdrawn,))


def state_of(owner_ids: Sequence[str]) -> Condition:
    """The heads and the open points of these owners."""
    return Every(
        must=(AnyOf(field=OWNER, values=tuple(owner_ids)),),
        one_of=(AnyOf(field=KIND, values=(Kind.HEAD,)), AnyOf(field=STATUS, values=(Status.OPEN,))),
    )


def open_heads() -> Condition:
    """The heads of the owners that are open."""
    return Every(must=(AnyOf(field=KIND, values=(Kind.HEAD,)), AnyOf(field=STATUS, values=(Status.OPEN,))))


def found_by(where: Where) -> Condition:
    """The points that a search with this filter may find. Heads are open points too, but no vector finds them."""
    must: list[Condition] = [AnyOf(field=STATUS, values=(Status.OPEN,))]
    if where.language is not None:
        must.append(AnyOf(field="language_group", values=(language_group(where.language),)))
    if where.cpv:
        must.append(AnyOf(field="cpv_paths", values=where.cpv))
    if where.regions:
        must.append(_meets(where.regions))
    if where.buyers:
        must.append(AnyOf(field="buyer_id", values=where.buyers))
    if where.members:
        must.append(AnyOf(field="members", values=where.members))
    must_not: list[Condition] = []
    if where.without_owners:
        must_not.append(AnyOf(field=OWNER, values=where.without_owners))
    if where.without_buyers:
        must_not.append(AnyOf(field="buyer_id", values=where.without_buyers))
    return Every(must=tuple(must), must_not=tuple(must_not))


def _meets(regions: tuple[str, ...]) -> Condition:
    # Congruent with domain.codes.regions_meet: a point's code holds an asked one if it is on that one's path, and lies within
    # an asked one if that one is on its own path.
    asked_paths = _paths(nuts_path(code) for code in regions)
    return Every(
        one_of=(
            AnyOf(field="regions", values=(_ANYWHERE, *asked_paths)),
            AnyOf(field="region_paths", values=regions),
        )
    )


def query_of(search: Search) -> Query | None:
    """The query of a search; None where nothing can be found: no limit, or no word left after the stop words.

    The rarity of words is counted among the open points of the language, so neither other languages nor tombstones skew it.
    """
    where = found_by(search.where)
    if search.limit == 0:
        return None
    if search.vector is not None:
        return Query(by=search.vector, where=where, limit=search.limit)
    language = search.where.language or ""
    words = words_of_query(search.words or "", language=language)
    corpus = found_by(Where(language=language))
    return Query(by=words, where=where, limit=search.limit, corpus=corpus) if words else None


def rank_of(found: Found) -> tuple[float, str, str]:
    """The sort key of a hit: best first, ties by owner and part."""
    return (-score_of(found), found.payload[OWNER], found.payload["part"])


def score_of(found: Found) -> float:
    """The score without the noise of the engine's arithmetic."""
    return round(float(found.score), SCORE_DECIMALS)


def hit_of(found: Found) -> Hit:
    """The hit, as the port promises it; the vector has the type float32."""
    payload = found.payload
    regions = tuple(payload["regions"])
    return Hit(
        owner_id=payload[OWNER],
        version=int(payload[VERSION]),
        part=payload["part"],
        text=payload["text"],
        language=payload["language"],
        score=score_of(found),
        vector=np.asarray(found.dense, dtype=np.float32),
        cpv=tuple(payload["cpv"]),
        regions=() if regions == (_ANYWHERE,) else regions,
        buyer_id=payload.get("buyer_id"),
        payload=json.loads(payload["payload"]),
    )


def head_from(payload: Mapping[str, Any]) -> Head:
    """The head that a stored head says."""
    return Head(version=int(payload[VERSION]), withdrawn=payload[STATUS] == Status.WITHDRAWN)
