"""All adapters find the same on the same data, and regions meet as the domain says."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samspil.domain.codes import regions_meet
from samspil.ports import Entity, Entry, Search, Where
from tests.contract.vector_indexes import ADAPTERS, Opened, a_point, a_withdrawal, an_entry, found, opened

SUPPLIERS = Entity.SUPPLIERS
WIDE = 48
WORDS = tuple("water pipe leak pump sensor radar school meal care elderly road bridge heat energy solar waste bin".split())  # noqa: SIM905
LANGUAGES = ("en", "sv", "nb")
CODES = ("45000000", "45233100", "45233000", "90000000", "90490000")
REGIONS = ("DK", "DK03", "DK031", "SE", "SE224", "DE1")


def random_entries(random: np.random.Generator, *, count: int) -> list[Entry]:
    """Owners with a few statements each, of random vectors, words, languages, codes, regions and buyers."""

    def some(values: tuple[str, ...], most: int) -> tuple[str, ...]:
        return tuple(random.choice(values, size=random.integers(0, most + 1), replace=False).tolist())

    entries = []
    for number in range(count):
        points = [
            a_point(
                f"c{part}",
                text=" ".join(random.choice(WORDS, size=random.integers(1, 12))),
                language=str(random.choice(LANGUAGES)),
                vector=random.normal(size=WIDE).astype(np.float32),
                cpv=some(CODES, 2),
                regions=some(REGIONS, 2),
                buyer_id=str(random.choice(["b-1", "b-2", "b-3"])) if random.random() < 0.5 else None,
            )
            for part in range(random.integers(1, 5))
        ]
        entries.append(an_entry(f"s-{number:03}", int(random.integers(1, 4)), *points))
    return entries


def random_searches(random: np.random.Generator, *, count: int) -> list[Search]:
    searches = []
    for number in range(count):
        where = Where(
            regions=tuple(random.choice(REGIONS, size=random.integers(0, 2)).tolist()),
            cpv=tuple(random.choice(CODES, size=random.integers(0, 2)).tolist()),
            language=str(random.choice(LANGUAGES)) if number % 2 or random.random() < 0.3 else None,
            without_owners=tuple(f"s-{n:03}" for n in random.integers(0, 60, size=random.integers(0, 4))),
            buyers=("b-1", "b-2") if random.random() < 0.2 else (),
            members=("b-1",) if random.random() < 0.2 else (),
            without_buyers=tuple(random.choice(["b-1", "b-2"], size=random.integers(0, 2)).tolist()),
        )
        limit = int(random.integers(1, 30))
        if number % 2:
            searches.append(Search(words=" ".join(random.choice(WORDS, size=4)), where=where, limit=limit))
        else:
            searches.append(Search(vector=random.normal(size=WIDE).astype(np.float32), where=where, limit=limit))
    return searches


@pytest.mark.parametrize("seed", [1, 2])
async def test_all_adapters_rank_the_same_hits_in_the_same_order(seed: int) -> None:
    random = np.random.default_rng(seed)
    first, second = random_entries(random, count=60), random_entries(random, count=30)
    withdrawn = [a_withdrawal(f"s-{n:03}", 2) for n in range(0, 60, 7)]
    searches = random_searches(random, count=40)
    adapters = [str(adapter.values[0]) for adapter in ADAPTERS if not any(_skips(mark) for mark in adapter.marks)]
    answers = {}
    for adapter in adapters:
        async with opened(adapter, dimension=WIDE) as index:
            for entries in (first, second, withdrawn):
                await index.put(SUPPLIERS, entries)
            answers[adapter] = await index.search(SUPPLIERS, searches)
    reference = answers.pop("memory")
    assert sum(len(hits) for hits in reference) > 200
    for hits in answers.values():
        for one, other in zip(hits, reference, strict=True):
            assert [(hit.owner_id, hit.part, hit.version) for hit in one] == [
                (hit.owner_id, hit.part, hit.version) for hit in other
            ]
            assert [hit.score for hit in one] == pytest.approx([hit.score for hit in other], abs=2e-6)
            for a, b in zip(one, other, strict=True):
                assert (a.text, a.language, a.cpv, a.regions, a.buyer_id) == (b.text, b.language, b.cpv, b.regions, b.buyer_id)
                assert a.vector == pytest.approx(b.vector, abs=1e-6)


def _skips(mark: Any) -> bool:
    return bool(mark.name == "skipif" and mark.args and mark.args[0])


# Few letters, so that paths often share a beginning.
nuts_codes = st.from_regex(r"\A(DK|DE)[01A]{0,3}\Z")
some_regions = st.lists(nuts_codes, max_size=3, unique=True).map(tuple)


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_region_filter_finds_a_point_exactly_if_their_regions_meet(adapter: str) -> None:
    session = Opened(adapter)
    version = 0

    @settings(max_examples=40, deadline=None)
    @given(served=st.lists(some_regions, min_size=1, max_size=20), asked=st.lists(some_regions, min_size=1, max_size=5))
    def property_holds(served: list[tuple[str, ...]], asked: list[tuple[str, ...]]) -> None:
        nonlocal version
        version += 1
        entry = an_entry("s-1", version, *(a_point(f"c{n}", regions=regions) for n, regions in enumerate(served)))
        session.run(session.index.put(SUPPLIERS, [entry]))
        for where in asked:
            expected = {("s-1", f"c{n}") for n, regions in enumerate(served) if regions_meet(regions, where)}
            assert set(session.run(found(session.index, where=Where(regions=where)))) == expected

    try:
        property_holds()
    finally:
        session.close()
