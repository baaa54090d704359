from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil.domain.sameness import Publication, fold_keys, folded

LEAKS = Publication(
    title="Find leaks without digging",
    text="Find leaks without digging. A fifth of the water is lost.",
    buyer_id="dk-1",
    buyer_name="Northby Sample Municipality",
    country="DK",
)


def published_twice(one: Publication, other: Publication) -> bool:
    return not set(fold_keys(one)).isdisjoint(fold_keys(other))


LONG = "The valley loses a fifth of its drinking water before it reaches a tap, and nobody knows where. " * 3


@pytest.mark.parametrize(
    "change",
    [
        {"buyer_id": "dk-2"},
        {"buyer_id": "dk-2", "buyer_name": "NORTHBY sample  municipality"},
        {"buyer_name": "Northby Sample Municipality on behalf of three others"},
        {"title": "Find leaks without digging – LOT 2"},
        {"title": "FIND LEAKS, without digging", "text": "Now with a map."},
    ],
    ids=str,
)
def test_the_same_title_of_the_same_body_is_one_need(change):
    assert published_twice(LEAKS, replace(LEAKS, **change))


@pytest.mark.parametrize(
    "change",
    [
        {"buyer_id": "dk-2", "buyer_name": "Southby Sample Municipality"},
        {"buyer_id": "dk-2", "buyer_name": "Northby"},
        {"buyer_id": "no-1", "country": "NO"},
        {"title": "Find leaks in district heating"},
        {"title": "Find leaks without digging in 3 towns"},
    ],
    ids=str,
)
def test_another_body_or_another_title_is_another_need(change):
    assert not published_twice(LEAKS, replace(LEAKS, **change))


def test_one_address_with_one_title_is_one_need_whatever_the_body_is_called():
    there = {"url": "https://example.org/notices/7"}
    other = replace(LEAKS, buyer_id="dk-2", buyer_name="Sample Water", **there)
    assert published_twice(replace(LEAKS, **there), other)
    assert not published_twice(LEAKS, other)
    assert not published_twice(replace(LEAKS, **there), replace(other, title="Meals for schools"))


def test_a_long_text_under_another_title_is_a_copy_if_the_body_is_the_same():
    one = replace(LEAKS, text=LONG)
    other = replace(one, title="Leakage", buyer_id="dk-2")
    assert published_twice(one, other)
    assert not published_twice(one, replace(other, country="SE"))
    assert not published_twice(one, replace(other, buyer_name="Southby Sample Municipality"))
    assert not published_twice(replace(one, text="Leaks."), replace(other, text="Leaks."))


def test_a_title_that_is_only_a_lot_number_is_kept():
    lots = [replace(LEAKS, title=f"Lot {number}", text=f"{number}") for number in (1, 2)]
    assert not published_twice(*lots)


def test_copies_are_folded_into_the_best_and_others_keep_their_places():
    elsewhere = replace(LEAKS, buyer_id="se-1", buyer_name="Sample Stad", country="SE")
    finds = [LEAKS, elsewhere, replace(LEAKS, buyer_id="dk-2")]
    assert folded(finds, keys=fold_keys) == [(LEAKS, (finds[2],)), (elsewhere, ())]


def test_a_copy_of_a_copy_is_a_copy():
    one, other = replace(LEAKS, text=LONG), replace(LEAKS, title="Leakage", url="https://example.org/1")
    between = replace(one, title="Leakage", url="https://example.org/1")
    assert [len(copies) for _, copies in folded([one, other, between], keys=fold_keys)] == [2]


PUBLICATIONS = st.builds(
    Publication,
    title=st.sampled_from(["a", "b", "a lot 1"]),
    text=st.sampled_from(["x", LONG]),
    buyer_id=st.sampled_from(["1", "2"]),
    buyer_name=st.sampled_from(["Sample Town", "Sample Town Council", ""]),
    country=st.sampled_from(["DK", "NO"]),
    url=st.sampled_from([None, "https://example.org/1"]),
)


@given(PUBLICATIONS, PUBLICATIONS)
def test_it_does_not_matter_which_is_asked_first(one, other):
    assert published_twice(one, other) == published_twice(other, one)
    assert published_twice(one, one)


def test_the_keys_are_the_same_on_every_machine():
    assert fold_keys(LEAKS) == ("a72e38f38631b0a0", "e64166dabb472265")


@given(st.lists(PUBLICATIONS, max_size=8))
def test_every_find_is_there_once_and_no_two_that_are_left_are_the_same(finds):
    numbered = list(enumerate(finds))
    kept = folded(numbered, keys=lambda find: fold_keys(find[1]))
    assert sorted([*(find for find, _ in kept), *(copy for _, copies in kept for copy in copies)]) == numbered
    assert not any(published_twice(one[1], other[1]) for one, _ in kept for other, _ in kept if one[0] < other[0])


@given(st.lists(st.sets(st.integers(0, 9), max_size=3), max_size=12))
def test_the_folds_are_those_that_are_found_by_comparing_all_with_all(keys):
    groups = [({place}, set(held)) for place, held in enumerate(keys)]
    merged = True
    while merged:
        merged = False
        for one, other in combinations(groups, 2):
            if one[1] & other[1]:
                groups = [group for group in groups if group not in (one, other)] + [(one[0] | other[0], one[1] | other[1])]
                merged = True
                break
    places = folded(range(len(keys)), keys=lambda place: [str(key) for key in sorted(keys[place])])
    assert [[first, *copies] for first, copies in places] == sorted(sorted(group) for group, _ in groups)


def test_many_publications_in_one_chain_are_one_need():
    chain = range(50_000)
    ((_, copies),) = folded(chain, keys=lambda place: (str(place), str(place + 1)))
    assert len(copies) == len(chain) - 1
