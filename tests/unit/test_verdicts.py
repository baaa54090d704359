"""Verdicts of both sides, joined in any order, come to the truth."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil.domain.verdicts import Ended, Found, Pair, Side, Verdict, changed, join
from samspil.ports import Head, Listing
from samspil_schemas import WithdrawalReason
from tests.protocol import NEEDS, START, SUPPLIERS, Evaluation, History, histories, shuffled

PAIRS = [(need, supplier) for need in NEEDS for supplier in SUPPLIERS] + [
    (one, other) for one in NEEDS for other in NEEDS if one < other
]
Book = dict[tuple[str, str], Pair]
Open = dict[tuple[str, str], tuple[int, int]]


def a_listing(left: int = 1, right: int = 1, *, second: int = 0, report: str = "r", seen_by: str = "x") -> Listing:
    return Listing(
        left_version=left,
        right_version=right,
        evaluated_at=START + timedelta(seconds=second),
        report_id=report,
        space="space",
        scorer="v1",
        seen_by=seen_by,
    )


def said_of(pair: tuple[str, str], evaluation: Evaluation) -> Verdict | None:
    """What an evaluation says of a pair; None if it is not of its owner."""
    if evaluation.owner not in pair:
        return None
    side = Side.LEFT if pair[0] == evaluation.owner else Side.RIGHT
    other = pair[1] if side is Side.LEFT else pair[0]
    seen = evaluation.suppliers.get(other, evaluation.needs.get(other))
    if seen is None:
        return Verdict(side=side, head=evaluation.head)
    own = evaluation.head.version
    left, right = (own, seen) if side is Side.LEFT else (seen, own)
    listing = Listing(
        left_version=left,
        right_version=right,
        evaluated_at=evaluation.at,
        report_id=f"{evaluation.owner} {evaluation.head}",
        space="space",
        scorer="v1",
        seen_by=evaluation.owner,
    )
    return Verdict(side=side, head=evaluation.head, listing=listing)


def joined(evaluations: Iterable[Evaluation]) -> Book:
    book = {pair: Pair() for pair in PAIRS}
    for evaluation in evaluations:
        for pair in PAIRS:
            if verdict := said_of(pair, evaluation):
                book[pair] = join(book[pair], verdict)
    return book


def told(evaluations: Iterable[Evaluation], *, batches: Iterable[int]) -> Open:
    """The pairs that a listener holds for open who only hears what changed after each batch."""
    book, heard = {pair: Pair() for pair in PAIRS}, Open()
    left = list(evaluations)
    sizes = iter(batches)
    while left:
        size = next(sizes, 1)
        batch, left = left[:size], left[size:]
        for pair in PAIRS:
            before = book[pair]
            for evaluation in batch:
                if verdict := said_of(pair, evaluation):
                    book[pair] = join(book[pair], verdict)
            match changed(before, book[pair]):
                case Found(listing=listing):
                    heard[pair] = listing.versions
                case Ended():
                    del heard[pair]
    return heard


def truth(history: History) -> Open:
    return {pair: versions for pair in PAIRS if (versions := history.matching(*pair))}


def standing(book: Book) -> Open:
    return {pair: state.standing.versions for pair, state in book.items() if state.standing}


@given(data=st.data(), history=histories())
def test_any_order_with_repeats_comes_to_the_same_state_and_that_is_the_truth(data: st.DataObject, history: History) -> None:
    in_order = joined(history.evaluations)
    assert standing(in_order) == truth(history)
    assert joined(data.draw(shuffled(history.evaluations))) == in_order


@given(data=st.data(), history=histories())
def test_who_only_hears_of_changes_ends_with_the_truth_in_any_order(data: st.DataObject, history: History) -> None:
    order = data.draw(shuffled(history.evaluations))
    batches = data.draw(st.lists(st.integers(1, 4), max_size=len(order)))
    assert told(order, batches=batches) == truth(history)


heads = st.builds(Head, st.integers(1, 3), st.booleans())
listings = st.builds(
    a_listing, st.integers(1, 3), st.integers(1, 3), second=st.integers(0, 2), report=st.sampled_from("pq"), seen_by=st.just("x")
)
verdicts = st.builds(Verdict, side=st.sampled_from(Side), head=heads, listing=st.none() | listings)


@given(data=st.data(), said=st.lists(verdicts, max_size=8))
def test_even_verdicts_that_contradict_each_other_come_to_one_state_in_any_order(
    data: st.DataObject, said: list[Verdict]
) -> None:
    def end(order: list[Verdict]) -> Pair:
        pair = Pair()
        for verdict in order:
            pair = join(pair, verdict)
        return pair

    again = data.draw(st.permutations([*said, *data.draw(st.lists(st.sampled_from(said), max_size=3) if said else st.just([]))]))
    assert end(again) == end(said)


def ended(pair: Pair, verdict: Verdict) -> Ended:
    change = changed(pair, join(pair, verdict))
    assert isinstance(change, Ended)
    return change


@pytest.mark.parametrize(
    ("side", "head", "reason", "versions"),
    [
        (Side.LEFT, Head(2), WithdrawalReason.NEED_CHANGED, (2, 1)),
        (Side.LEFT, Head(1, withdrawn=True), WithdrawalReason.NEED_WITHDRAWN, (1, 1)),
        (Side.RIGHT, Head(2), WithdrawalReason.PROFILE_CHANGED, (1, 2)),
        (Side.RIGHT, Head(1, withdrawn=True), WithdrawalReason.PROFILE_WITHDRAWN, (1, 1)),
    ],
)
def test_an_end_says_why_and_as_of_when(side: Side, head: Head, reason: WithdrawalReason, versions: tuple[int, int]) -> None:
    found = join(Pair(), Verdict(side=Side.LEFT, head=Head(1), listing=a_listing()))
    end = ended(found, Verdict(side=side, head=head))
    assert (end.reason, (end.left_version, end.right_version), end.was) == (reason, versions, a_listing())


def test_a_match_in_newer_versions_is_told_as_found_without_an_end_between() -> None:
    first = join(Pair(), Verdict(side=Side.LEFT, head=Head(1), listing=a_listing()))
    second = join(first, Verdict(side=Side.LEFT, head=Head(2), listing=a_listing(2, 1)))
    assert changed(first, second) == Found(listing=a_listing(2, 1))
    assert second.listings == (a_listing(2, 1),)


def test_the_other_side_saying_the_same_is_no_news() -> None:
    first = join(Pair(), Verdict(side=Side.LEFT, head=Head(1), listing=a_listing()))
    second = join(first, Verdict(side=Side.RIGHT, head=Head(1), listing=a_listing(second=1, report="s")))
    assert changed(first, second) is None


def test_one_side_alone_is_enough_and_the_other_side_not_listing_it_takes_nothing_back() -> None:
    first = join(Pair(), Verdict(side=Side.LEFT, head=Head(1)))
    second = join(first, Verdict(side=Side.RIGHT, head=Head(1), listing=a_listing()))
    third = join(second, Verdict(side=Side.LEFT, head=Head(1)))
    assert third.standing == a_listing()


def test_a_late_verdict_on_an_old_version_brings_nothing_back() -> None:
    newer = join(Pair(), Verdict(side=Side.LEFT, head=Head(2)))
    late = join(newer, Verdict(side=Side.LEFT, head=Head(1), listing=a_listing()))
    assert late == newer


def test_who_was_told_is_remembered_when_the_other_side_lists_the_same() -> None:
    told_once = Pair(left=Head(1), listings=(replace(a_listing(report="a"), told=frozenset({"x"})),))
    both = join(told_once, Verdict(side=Side.RIGHT, head=Head(1), listing=a_listing(second=1, report="b", seen_by="y")))
    assert both.standing is not None
    assert (both.standing.seen_by, both.standing.told) == ("y", {"x"})


def test_a_listing_in_newer_versions_replaces_the_older_one_before_the_newer_version_was_evaluated_itself() -> None:
    first = join(Pair(), Verdict(side=Side.LEFT, head=Head(1), listing=a_listing(report="z")))
    second = join(first, Verdict(side=Side.RIGHT, head=Head(1), listing=a_listing(2, 1, report="a")))
    assert second.listings == (a_listing(2, 1, report="a"),)


def test_of_listings_that_do_not_cover_each_other_the_newer_need_stands_and_the_other_is_kept() -> None:
    one = join(Pair(), Verdict(side=Side.LEFT, head=Head(1), listing=a_listing(1, 2, report="z")))
    both = join(one, Verdict(side=Side.LEFT, head=Head(1), listing=a_listing(2, 1, report="a")))
    assert both.standing == a_listing(2, 1, report="a")
    back = join(both, Verdict(side=Side.RIGHT, head=Head(2)))
    assert changed(both, back) == Found(listing=a_listing(1, 2, report="z"))
