"""The order of hits where scores are equal: by owner and part, also where the limit cuts through a tie.

Engines order equal scores as they like, and near-duplicate statements and short texts are often equal. A search that is played
again must find the same, on any engine, so a tie at the limit is followed to its end before it is cut.
"""

from collections.abc import Sequence
from dataclasses import replace

from samspil.adapters.vectors import layout
from samspil.adapters.vectors.conditions import Every, Ids
from samspil.adapters.vectors.store import Found, PointStore, Query
from samspil.ports import Entity

# How far a tie is followed. Past it the engine's own order decides.
_FOLLOWED_MAX = 4096


async def best(store: PointStore, entity: Entity, queries: Sequence[Query]) -> list[list[Found]]:
    """What each query finds, at most its limit, best first and ties by owner and part.

    One round trip, and where limits cut through ties a few more: for the names of the tied, and for those not read yet.
    """
    answers = await store.query(entity, [_asking(query, limit=query.limit + 1) for query in queries])
    tied = {n for n, query in enumerate(queries) if _is_cut(answers[n], query, asked=query.limit + 1)}
    chosen = [sorted(answer, key=layout.rank_of)[: query.limit] for query, answer in zip(queries, answers, strict=True)]
    if not tied:
        return chosen
    for n, names in (await _followed(store, entity, {n: queries[n] for n in tied})).items():
        chosen[n] = names
    return await _read(store, entity, queries, chosen, known=answers)


async def _followed(store: PointStore, entity: Entity, tied: dict[int, Query]) -> dict[int, list[Found]]:
    """For each query the best with their ties complete, without their vectors and texts."""
    chosen: dict[int, list[Found]] = {}
    asked = {n: query.limit + 1 for n, query in tied.items()}
    while tied:
        asked = {n: min(asked[n] * 4, _FOLLOWED_MAX) for n in tied}
        found = await store.query(entity, [_asking(query, limit=asked[n], names_only=True) for n, query in tied.items()])
        for (n, query), names in zip(list(tied.items()), found, strict=True):
            if not _is_cut(names, query, asked=asked[n]):
                chosen[n] = sorted(names, key=layout.rank_of)[: query.limit]
                del tied[n]
    return chosen


async def _read(
    store: PointStore, entity: Entity, queries: Sequence[Query], chosen: list[list[Found]], *, known: list[list[Found]]
) -> list[list[Found]]:
    """The chosen with their vectors and texts; one that was closed meanwhile is left out."""
    read = [{found.id: found for found in answer} for answer in known]
    missing = {n: [found.id for found in names if found.id not in read[n]] for n, names in enumerate(chosen)}
    missing = {n: ids for n, ids in missing.items() if ids}
    asked = [_among(queries[n], ids) for n, ids in missing.items()]
    for n, answer in zip(missing, await store.query(entity, asked) if asked else [], strict=True):
        read[n] |= {found.id: found for found in answer}
    return [[read[n][found.id] for found in names if found.id in read[n]] for n, names in enumerate(chosen)]


def _is_cut(found: Sequence[Found], query: Query, *, asked: int) -> bool:
    """True if there may be more with the score of the last that the limit lets in."""
    more = len(found) >= asked and asked < _FOLLOWED_MAX
    return more and layout.score_of(found[query.limit - 1]) == layout.score_of(found[-1])


def _asking(query: Query, *, limit: int, names_only: bool = False) -> Query:
    return replace(query, limit=limit, names_only=names_only)


def _among(query: Query, ids: list[str]) -> Query:
    return replace(query, where=Every(must=(query.where, Ids(values=tuple(ids)))), limit=len(ids))
