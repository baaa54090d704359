"""Ties are broken by owner and part whatever an engine's own order, and cost nothing where there are none."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil.adapters.vectors import ties
from samspil.adapters.vectors.conditions import Condition, Every, Ids
from samspil.adapters.vectors.store import Found, Query
from samspil.ports import Entity

EVERYTHING = Every()


class Engine:
    """An engine that orders equal scores by when they came, and forgets some points after its first answer."""

    def __init__(self, scores: Sequence[tuple[str, str, float]], *, closed_meanwhile: frozenset[str] = frozenset()) -> None:
        self._scores = scores
        self._closed = closed_meanwhile
        self.calls: list[list[int]] = []

    async def query(self, entity: Entity, queries: Sequence[Query]) -> list[list[Found]]:
        self.calls.append([query.limit for query in queries])
        return [self._answer(query) for query in queries]

    def _answer(self, query: Query) -> list[Found]:
        best_first = sorted(self._scores, key=lambda item: -item[2])
        among = ids_of(query.where)
        found = [self._found(item, names_only=query.names_only) for item in best_first]
        if among is not None:
            found = [item for item in found if item.id in among and item.payload["owner_id"] not in self._closed]
        return found[: query.limit]

    def _found(self, item: tuple[str, str, float], *, names_only: bool) -> Found:
        owner, part, score = item
        payload = {"owner_id": owner, "part": part}
        if names_only:
            return Found(id=f"{owner}/{part}", score=score, payload=payload, dense=())
        return Found(id=f"{owner}/{part}", score=score, payload=payload | {"text": "whole"}, dense=(1.0,))


def ids_of(where: Condition) -> set[str] | None:
    if isinstance(where, Every):
        return next((set(part.values) for part in where.must if isinstance(part, Ids)), None)
    return None


def asking(limit: int) -> Query:
    return Query(by=np.ones(1, dtype=np.float32), where=EVERYTHING, limit=limit)


async def best(engine: Any, *limits: int) -> list[list[str]]:
    answers = await ties.best(engine, Entity.SUPPLIERS, [asking(limit) for limit in limits])
    assert all(found.dense and "text" in found.payload for answer in answers for found in answer)
    return [[found.id for found in answer] for answer in answers]


scores = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("123"), st.sampled_from([0.5, 0.5000001, 0.7, 0.9])),
    max_size=24,
    unique_by=lambda item: item[:2],
)


@given(scores=scores, limits=st.lists(st.integers(1, 26), min_size=1, max_size=3))
async def test_the_best_are_those_of_a_full_sort(scores: list[tuple[str, str, float]], limits: list[int]) -> None:
    ranked = [f"{owner}/{part}" for owner, part, _ in sorted(scores, key=lambda item: (-round(item[2], 6), item[:2]))]
    assert await best(Engine(scores), *limits) == [ranked[:limit] for limit in limits]


async def test_without_a_tie_at_the_limit_there_is_one_round_trip() -> None:
    engine = Engine([("b", "1", 0.9), ("a", "1", 0.9), ("c", "1", 0.5), ("d", "1", 0.4)])
    assert await best(engine, 2, 3, 9) == [["a/1", "b/1"], ["a/1", "b/1", "c/1"], ["a/1", "b/1", "c/1", "d/1"]]
    assert engine.calls == [[3, 4, 10]]


async def test_ties_of_several_queries_are_followed_together() -> None:
    engine = Engine([(f"s-{n:02}", "1", 0.5) for n in reversed(range(30))])
    assert await best(engine, 1, 2) == [["s-00/1"], ["s-00/1", "s-01/1"]]
    # One more than asked; then names, four times as far each time; then those that were not read yet.
    assert engine.calls == [[2, 3], [8, 12], [32, 48], [1, 2]]


async def test_a_tie_without_end_is_followed_so_far_and_no_further() -> None:
    engine = Engine([(f"s-{n:05}", "1", 0.5) for n in reversed(range(5000))])
    [[hit]] = await best(engine, 1)
    assert hit == "s-00904/1"
    assert engine.calls[-2] == [4096]


@pytest.mark.parametrize("closed", ["s-00", "s-01"])
async def test_a_point_that_closes_while_a_tie_is_followed_is_left_out(closed: str) -> None:
    engine = Engine([(f"s-{n:02}", "1", 0.5) for n in reversed(range(9))], closed_meanwhile=frozenset({closed}))
    [answer] = await best(engine, 2)
    assert answer == [f"{owner}/1" for owner in ("s-00", "s-01") if owner != closed]
