"""Every adapter of the vector index keeps the same promises: versions, withdrawals, filters, order."""

from collections.abc import AsyncIterator

import numpy as np
import pytest

from samspil.errors import IndexUnavailable
from samspil.observability import METRICS
from samspil.ports import Entity, Head, Search, VectorIndex, Where
from samspil_schemas.base import TEXT_MAX, VERSION_MAX
from tests.contract.vector_indexes import (
    ADAPTERS,
    a_point,
    a_vector,
    a_withdrawal,
    an_entry,
    found,
    hits_of,
    opened,
    owners,
)

SUPPLIERS = Entity.SUPPLIERS


@pytest.fixture(params=ADAPTERS)
async def index(request: pytest.FixtureRequest) -> AsyncIterator[VectorIndex]:
    async with opened(request.param) as index:
        yield index


async def test_an_empty_index_knows_and_finds_nothing(index: VectorIndex) -> None:
    assert await index.heads(SUPPLIERS, ["s-1"]) == {}
    assert await index.heads(SUPPLIERS, []) == {}
    assert await index.search(SUPPLIERS, []) == []
    assert await index.search(SUPPLIERS, [Search(vector=a_vector()), Search(words="water", where=Where(language="en"))]) == [
        [],
        [],
    ]
    assert await index.count(SUPPLIERS) == 0
    await index.put(SUPPLIERS, [])
    assert await index.count(SUPPLIERS) == 0


async def test_what_was_put_is_found_whole(index: VectorIndex) -> None:
    payload = {"name": "Sø & Ål", "numbers": [1, 2.0, 2**60, -0.5, 1e300], "nested": {"none": None, "yes": True, "æ": "🌊"}}
    point = a_point(
        "c/1:ü",
        text="Vi finner lekkasjer. 漏水を見つけます。 مياه\n\t🚰",
        language="nb",
        vector=a_vector(3, 4, 0, 0),
        cpv=("90490000", "45233100"),
        regions=("DK031", "SE"),
        buyer_id="b-1",
        payload=payload,
    )
    await index.put(SUPPLIERS, [an_entry("s/1@x", 7, point)])
    [hit] = await hits_of(index, vector=a_vector(1, 0, 0, 0))
    assert (hit.owner_id, hit.version, hit.part, hit.text, hit.language) == ("s/1@x", 7, point.part, point.text, "nb")
    assert (hit.cpv, hit.regions, hit.buyer_id, hit.payload) == (point.cpv, point.regions, "b-1", payload)
    assert hit.score == 0.6
    assert hit.vector.dtype == np.float32
    assert hit.vector == pytest.approx(np.array([0.6, 0.8, 0, 0]), abs=1e-6)


async def test_a_point_without_region_buyer_or_code_comes_back_without(index: VectorIndex) -> None:
    await index.put(SUPPLIERS, [an_entry("s-1", 1, a_point())])
    [hit] = await hits_of(index)
    assert (hit.cpv, hit.regions, hit.buyer_id, hit.payload) == ((), (), None, {})


async def test_the_longest_text_of_the_contract_comes_back_unchanged(index: VectorIndex) -> None:
    text = ("æøå 水 " * TEXT_MAX)[:TEXT_MAX]
    await index.put(Entity.NEEDS, [an_entry("n-1", 1, a_point(text=text))])
    [hit] = await hits_of(index, Entity.NEEDS)
    assert hit.text == text


async def test_needs_and_suppliers_are_apart(index: VectorIndex) -> None:
    await index.put(SUPPLIERS, [an_entry("x", 2)])
    assert await index.heads(Entity.NEEDS, ["x"]) == {}
    assert await found(index, Entity.NEEDS) == []
    await index.put(Entity.NEEDS, [an_entry("x", 1)])
    assert await index.heads(Entity.NEEDS, ["x"]) == {"x": Head(1)}
    assert await index.heads(SUPPLIERS, ["x"]) == {"x": Head(2)}


async def test_a_late_version_never_replaces_a_newer_one(index: VectorIndex) -> None:
    await index.put(SUPPLIERS, [an_entry("s-1", 2, a_point(text="new"))])
    await index.put(SUPPLIERS, [an_entry("s-1", 1, a_point(text="old"), a_point("c2", text="old"))])
    assert [(hit.part, hit.text, hit.version) for hit in await hits_of(index)] == [("c1", "new", 2)]
    assert await index.heads(SUPPLIERS, ["s-1"]) == {"s-1": Head(2)}


async def test_versions_compare_as_numbers_however_large(index: VectorIndex) -> None:
    steps = {"few": (1, 2), "digits": (9, 10), "last": (VERSION_MAX - 1, VERSION_MAX), "all": (1, VERSION_MAX)}
    for owner, (older, newer) in steps.items():
        await index.put(SUPPLIERS, [an_entry(owner, older, a_point(text="old"), a_point("c2"))])
        await index.put(SUPPLIERS, [an_entry(owner, newer, a_point(text="new"))])
        await index.put(SUPPLIERS, [an_entry(owner, older, a_point(text="old"), a_point("c2"))])
    hits = {(hit.owner_id, hit.part, hit.text, hit.version) for hit in await hits_of(index)}
    assert hits == {(owner, "c1", "new", newer) for owner, (_, newer) in steps.items()}
    assert await index.heads(SUPPLIERS, list(steps)) == {owner: Head(newer) for owner, (_, newer) in steps.items()}


async def test_a_statement_dropped_in_the_next_version_is_not_found(index: VectorIndex) -> None:
    await index.put(SUPPLIERS, [an_entry("s-1", 1, a_point("c1"), a_point("c2", text="pumps"))])
    await index.put(SUPPLIERS, [an_entry("s-1", 2, a_point("c1"))])
    assert await found(index) == [("s-1", "c1")]
    assert await found(index, words="pumps", where=Where(language="en")) == []


async def test_a_dropped_statement_can_come_back(index: VectorIndex) -> None:
    await index.put(SUPPLIERS, [an_entry("s-1", 1, a_point("c1"), a_point("c2"))])
    await index.put(SUPPLIERS, [an_entry("s-1", 2, a_point("c1"))])
    await index.put(SUPPLIERS, [an_entry("s-1", 3, a_point("c2"))])
    assert await found(index) == [("s-1", "c2")]


async def test_an_owner_withdrawn_is_not_found_and_not_counted(index: VectorIndex) -> None:
    await index.put(SUPPLIERS, [an_entry("s-1", 3), an_entry("s-2", 1)])
    await index.put(SUPPLIERS, [a_withdrawal("s-1", 3)])
    assert await found(index) == [("s-2", "c1")]
    assert await index.count(SUPPLIERS) == 1
    assert await index.heads(SUPPLIERS, ["s-1", "s-2"]) == {"s-1": Head(3, withdrawn=True), "s-2": Head(1)}


async def test_a_withdrawal_is_newer_than_the_same_version_published(index: VectorIndex) -> None:
    await index.put(SUPPLIERS, [a_withdrawal("s-1", 3)])
    await index.put(SUPPLIERS, [an_entry("s-1", 3)])
    await index.put(SUPPLIERS, [an_entry("s-1", 2)])
    assert await found(index) == []
    assert await index.heads(SUPPLIERS, ["s-1"]) == {"s-1": Head(3, withdrawn=True)}


async def test_a_late_withdrawal_of_an_older_version_closes_nothing(index: VectorIndex) -> None:
    await index.put(SUPPLIERS, [an_entry("s-1", 2)])
    await index.put(SUPPLIERS, [a_withdrawal("s-1", 1)])
    assert await found(index) == [("s-1", "c1")]
    assert await index.count(SUPPLIERS) == 1


async def test_a_higher_version_opens_a_withdrawn_owner_again(index: VectorIndex) -> None:
    await index.put(SUPPLIERS, [an_entry("s-1", 1, a_point("c1"), a_point("c2"))])
    await index.put(SUPPLIERS, [a_withdrawal("s-1", 1)])
    await index.put(SUPPLIERS, [an_entry("s-1", 2, a_point("c1"))])
    assert await found(index) == [("s-1", "c1")]
    assert await index.count(SUPPLIERS) == 1
    assert await index.heads(SUPPLIERS, ["s-1"]) == {"s-1": Head(2)}


async def test_an_equal_repeat_changes_nothing(index: VectorIndex) -> None:
    entries = [an_entry("s-1", 1, a_point("c1"), a_point("c2")), a_withdrawal("s-2", 1)]
    await index.put(SUPPLIERS, entries)
    first = await found(index), await index.heads(SUPPLIERS, ["s-1", "s-2"]), await index.count(SUPPLIERS)
    await index.put(SUPPLIERS, entries)
    assert (await found(index), await index.heads(SUPPLIERS, ["s-1", "s-2"]), await index.count(SUPPLIERS)) == first


async def test_the_same_version_with_other_statements_is_replaced_whole(index: VectorIndex) -> None:
    await index.put(SUPPLIERS, [an_entry("s-1", 1, a_point("c1"), a_point("c2"))])
    await index.put(SUPPLIERS, [an_entry("s-1", 1, a_point("c2", text="anew"), a_point("c3"))])
    assert [(hit.part, hit.text) for hit in await hits_of(index)] == [("c2", "anew"), ("c3", a_point().text)]


async def test_an_owner_may_be_open_with_nothing_to_find(index: VectorIndex) -> None:
    empty = an_entry("s-1", 1)
    await index.put(SUPPLIERS, [type(empty)(owner_id="s-1", version=1)])
    assert await found(index) == []
    assert await index.count(SUPPLIERS) == 1


async def test_of_several_entries_of_an_owner_in_one_put_the_newest_counts(index: VectorIndex) -> None:
    await index.put(
        SUPPLIERS,
        [
            an_entry("s-1", 2, a_point(text="two")),
            an_entry("s-1", 1, a_point(text="one")),
            an_entry("s-2", 4),
            a_withdrawal("s-2", 4),
            an_entry("s-2", 4),
        ],
    )
    assert [(hit.owner_id, hit.text) for hit in await hits_of(index)] == [("s-1", "two")]
    assert await index.heads(SUPPLIERS, ["s-1", "s-2"]) == {"s-1": Head(2), "s-2": Head(4, withdrawn=True)}


async def test_many_owners_of_many_versions_fit_in_one_put(index: VectorIndex) -> None:
    everyone = [an_entry(f"s-{n:03}", n, a_point("c1"), a_point("c2")) for n in range(1, 151)]
    await index.put(SUPPLIERS, everyone)
    assert await index.count(SUPPLIERS) == 150
    heads = await index.heads(SUPPLIERS, [f"s-{n:03}" for n in range(1, 151)])
    assert heads == {f"s-{n:03}": Head(n) for n in range(1, 151)}
    assert len(await found(index, limit=1000)) == 300
    await index.put(SUPPLIERS, [a_withdrawal(entry.owner_id, entry.version) for entry in everyone])
    assert await index.count(SUPPLIERS) == 0
    assert await found(index, limit=1000) == []


async def test_an_owner_may_have_more_points_than_one_write_takes(index: VectorIndex) -> None:
    await index.put(SUPPLIERS, [an_entry("s-1", 1, *(a_point(f"c{n}") for n in range(300)))])
    assert len(await found(index, limit=1000)) == 300
    await index.put(SUPPLIERS, [an_entry("s-1", 2, a_point("c7"))])
    assert await found(index, limit=1000) == [("s-1", "c7")]


async def test_hits_come_best_first_and_ties_by_owner_and_part(index: VectorIndex) -> None:
    near, far = a_vector(4, 3, 0, 0), a_vector(3, 4, 0, 0)
    await index.put(SUPPLIERS, [an_entry("s-2", 1, a_point("b", vector=far), a_point("a", vector=far))])
    await index.put(SUPPLIERS, [an_entry("s-1", 1, a_point("z", vector=far)), an_entry("s-9", 1, a_point("m", vector=near))])
    assert await found(index) == [("s-9", "m"), ("s-1", "z"), ("s-2", "a"), ("s-2", "b")]


async def test_the_limit_cuts_a_tie_by_owner_and_part(index: VectorIndex) -> None:
    # Put in an order that is not the one asked for, so that no engine's own order passes by luck.
    names = [f"s-{(n * 17) % 40:02}" for n in range(40)]
    await index.put(SUPPLIERS, [an_entry(name, 1, a_point()) for name in names])
    for limit in (0, 1, 2, 5, 39, 40, 41, 500):
        assert await found(index, limit=limit) == [(name, "c1") for name in sorted(names)[:limit]]
        words = await found(index, words="leaks", where=Where(language="en"), limit=limit)
        assert words == [(name, "c1") for name in sorted(names)[:limit]]


async def test_searches_of_one_call_answer_in_their_order(index: VectorIndex) -> None:
    await index.put(
        SUPPLIERS, [an_entry("s-1", 1, a_point(text="pumps")), an_entry("s-2", 1, a_point(vector=a_vector(0, 1, 0, 0)))]
    )
    searches = [
        Search(vector=a_vector(0, 1, 0, 0), limit=1),
        Search(vector=a_vector(), limit=0),
        Search(words="the of and", where=Where(language="en")),
        Search(words="pump", where=Where(language="en")),
        *[Search(vector=a_vector(), limit=1)] * 20,
    ]
    answers = await index.search(SUPPLIERS, searches)
    assert [[hit.owner_id for hit in hits] for hits in answers] == [["s-2"], [], [], ["s-1"], *[["s-1"]] * 20]


async def test_unicode_owners_and_parts_are_told_apart(index: VectorIndex) -> None:
    await index.put(
        SUPPLIERS, [an_entry("s-é", 1, a_point("ø")), an_entry("s-e", 2, a_point("o")), an_entry("s-é", 1, a_point("ö"))]
    )
    assert await index.heads(SUPPLIERS, ["s-é", "s-e"]) == {"s-é": Head(1), "s-e": Head(2)}
    assert set(await found(index)) == {("s-é", "ö"), ("s-e", "o")}


async def test_a_call_that_breaks_the_contract_is_refused_and_writes_nothing(index: VectorIndex) -> None:
    good = an_entry("s-1", 1)
    for bad in (
        an_entry("s-2", 1, a_point(vector=a_vector(1, 0))),
        an_entry("s-2", 1, a_point(vector=a_vector(0, 0, 0, 0))),
        an_entry("s-2", 1, a_point(vector=a_vector(float("nan"), 0, 0, 0))),
        an_entry("s-2", 1, a_point("c1"), a_point("c1")),
        an_entry("s-2", 0),
        an_entry("s-2", VERSION_MAX + 1),
        type(good)(owner_id="s-2", version=1, points=(a_point(),), withdrawn=True),
    ):
        with pytest.raises(ValueError, match=r"."):
            await index.put(SUPPLIERS, [good, bad])
    for search in (
        Search(),
        Search(vector=a_vector(), words="water", where=Where(language="en")),
        Search(words="water"),
        Search(vector=a_vector(), limit=-1),
        Search(vector=a_vector(1, 0)),
    ):
        with pytest.raises(ValueError, match=r"."):
            await index.search(SUPPLIERS, [search])
    assert await index.count(SUPPLIERS) == 0


async def test_a_closed_index_says_so_and_closes_twice(index: VectorIndex) -> None:
    await index.put(SUPPLIERS, [an_entry()])
    await index.flush()
    await index.close()
    await index.close()
    with pytest.raises(IndexUnavailable, match="closed"):
        await index.search(SUPPLIERS, [Search(vector=a_vector())])
    with pytest.raises(IndexUnavailable, match="closed"):
        await index.put(SUPPLIERS, [an_entry()])


async def test_every_call_is_timed_under_its_name(index: VectorIndex) -> None:
    calls = {"heads", "put", "search", "count", "flush"}
    before = {call: timed(call) for call in calls}
    await index.put(SUPPLIERS, [an_entry()])
    await found(index)
    await index.heads(SUPPLIERS, ["s-1"])
    await index.count(SUPPLIERS)
    await index.flush()
    assert {call: timed(call) - before[call] for call in calls} == dict.fromkeys(calls, 1)


def timed(call: str) -> float:
    return METRICS.get_sample_value("samspil_index_seconds_count", {"operation": call}) or 0


FILTERS = {
    "no filter": (Where(), {"plain", "danish", "lolland", "german", "swedish"}),
    "one owner out": (Where(without_owners=("danish",)), {"plain", "lolland", "german", "swedish"}),
    "owners out": (Where(without_owners=("danish", "plain", "nobody")), {"lolland", "german", "swedish"}),
    "a buyer out": (Where(without_buyers=("b-1",)), {"plain", "danish", "swedish"}),
    "buyers out": (Where(without_buyers=("b-1", "b-2")), {"plain", "danish"}),
    "a buyer's own": (Where(buyers=("b-1",)), {"lolland", "german"}),
    "two buyers' own": (Where(buyers=("b-1", "b-2", "nobody")), {"lolland", "german", "swedish"}),
    "shared by a body": (Where(members=("b-3",)), {"plain", "swedish"}),
    "shared by one of two": (Where(members=("b-2", "b-4")), {"swedish"}),
    "shared by a body, and another's": (Where(members=("b-3",), without_buyers=("b-2",)), {"plain"}),
    "a language": (Where(language="da"), {"danish", "lolland"}),
    "an unknown language": (Where(language="xx"), set()),
    "the code itself": (Where(cpv=("45233100",)), {"danish"}),
    "a code above": (Where(cpv=("45230000",)), {"danish", "lolland"}),
    "the division": (Where(cpv=("45000000",)), {"danish", "lolland", "swedish"}),
    "codes of two divisions": (Where(cpv=("45233100", "90000000")), {"danish", "german"}),
    "a code below finds nothing above": (Where(cpv=("45233141",)), set()),
    "a country": (Where(regions=("DK",)), {"plain", "danish", "lolland"}),
    "a region within one": (Where(regions=("DK022",)), {"plain", "danish", "lolland"}),
    "a region beside one": (Where(regions=("DK031",)), {"plain", "danish"}),
    "two regions": (Where(regions=("DK031", "SE22")), {"plain", "danish", "swedish"}),
    "a region with a common beginning only": (Where(regions=("DE2",)), {"plain"}),
    "language and code": (Where(language="da", cpv=("45233100",)), {"danish"}),
    "code and region": (Where(cpv=("45000000",), regions=("SE",)), {"swedish"}),
    "code, region and owner out": (Where(cpv=("45000000",), regions=("DK",), without_owners=("danish",)), {"lolland"}),
    "all at once": (
        Where(regions=("DK",), language="da", cpv=("45000000",), without_owners=("danish",), without_buyers=("b-2",)),
        {"lolland"},
    ),
    "all at once, and nothing left": (
        Where(regions=("DK",), language="da", cpv=("45000000",), without_owners=("danish",), without_buyers=("b-1",)),
        set(),
    ),
}


async def test_each_filter_finds_exactly_what_it_says(index: VectorIndex) -> None:
    await index.put(
        SUPPLIERS,
        [
            an_entry("plain", 1, a_point(members=("b-3",))),
            an_entry("danish", 1, a_point(language="da", cpv=("45233100", "03000000"), regions=("DK",))),
            an_entry("lolland", 1, a_point(language="da", cpv=("45233000",), regions=("DK02", "NO"), buyer_id="b-1")),
            an_entry("german", 1, a_point(language="de", cpv=("90490000",), regions=("DE1",), buyer_id="b-1")),
            an_entry(
                "swedish",
                1,
                a_point(language="sv", cpv=("45000000",), regions=("SE224",), buyer_id="b-2", members=("b-2", "b-3")),
            ),
        ],
    )
    found_by = {case: await owners(index, where) for case, (where, _) in FILTERS.items()}
    assert found_by == {case: expected for case, (_, expected) in FILTERS.items()}
