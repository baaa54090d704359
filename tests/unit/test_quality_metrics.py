import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.quality.metrics import (
    Ranked,
    calibration_error,
    coverage,
    interval,
    long_tail,
    of_query,
    reliability,
    tail_of,
)


def ranked(*docs):
    return [Ranked(doc, 1.0 - place / 100) for place, doc in enumerate(docs)]


def test_a_right_answer_in_the_second_place_counts_what_its_place_is_worth():
    figures = of_query(ranked("wrong", "right"), {"right": 1})
    assert figures == {
        "ndcg@10": pytest.approx(1 / math.log2(3)),
        "hit@1": 0,
        "hit@10": 1,
        "precision@10": 0.1,
        "recall@20": 1,
        "mrr": 0.5,
    }


def test_grades_gain_two_to_their_power_less_one():
    figures = of_query(ranked("good", "best"), {"best": 2, "good": 1})
    ideal = 3 + 1 / math.log2(3)
    assert figures["ndcg@10"] == pytest.approx((1 + 3 / math.log2(3)) / ideal)
    assert figures["hit@1"] == 1


def test_what_stands_past_a_metrics_depth_does_not_count_for_it():
    docs = [f"wrong-{n}" for n in range(10)]
    eleventh = of_query(ranked(*docs, "right"), {"right": 1})
    assert (eleventh["ndcg@10"], eleventh["hit@10"], eleventh["recall@20"], eleventh["mrr"]) == (0, 0, 1, pytest.approx(1 / 11))
    late = of_query(ranked(*docs, *(f"more-{n}" for n in range(10)), "right"), {"right": 1})
    assert set(late.values()) == {0}


def test_more_right_answers_than_places_can_still_be_perfect():
    right = {f"right-{n}": 1 for n in range(15)}
    figures = of_query(ranked(*sorted(right)[:10]), right)
    assert figures["ndcg@10"] == pytest.approx(1)
    assert (figures["precision@10"], figures["recall@20"]) == (1, pytest.approx(10 / 15))


def test_an_empty_answer_is_worth_nothing():
    assert set(of_query([], {"right": 1}).values()) == {0}


@given(st.permutations(["a", "b", "c", "d"]), st.dictionaries(st.sampled_from("abcd"), st.integers(1, 3), min_size=1))
def test_no_order_is_better_than_that_of_the_grades(order, grades):
    best = sorted("abcd", key=lambda doc: -grades.get(doc, 0))
    assert of_query(ranked(*order), grades)["ndcg@10"] <= of_query(ranked(*best), grades)["ndcg@10"] + 1e-12
    assert of_query(ranked(*best), grades)["ndcg@10"] == pytest.approx(1)


def test_the_calibration_error_weighs_each_bin_by_its_pairs():
    # 0.9 was said of four and held for three; 0.15 of two and held for none: (4 · 0.15 + 2 · 0.15) / 6.
    said = [0.9, 0.9, 0.9, 0.9, 0.15, 0.15]
    held = [True, True, True, False, False, False]
    assert calibration_error(said, held) == pytest.approx(0.15)
    assert [(row.pairs, row.said, row.held) for row in reliability(said, held)] == [
        (2, pytest.approx(0.15), 0),
        (4, pytest.approx(0.9), 0.75),
    ]


def test_a_certainty_that_holds_has_no_error():
    assert calibration_error([1.0, 0.0], [True, False]) == 0
    assert calibration_error([], []) == 0


def test_coverage_counts_whoever_is_ever_in_a_top_ten():
    assert coverage([ranked("a", "b"), ranked("a")], docs=4) == 0.5
    assert coverage([ranked(*(f"d{n:02}" for n in range(12)))], docs=20) == 0.5


def test_the_long_tail_are_the_four_fifths_that_have_done_least():
    tail = tail_of({"a": 9, "b": 1, "c": 1, "d": 2, "e": 1})
    assert tail == {"b", "c", "d", "e"}
    assert long_tail([ranked("a", "b"), ranked("a", "c")], tail=tail) == 0.5


def test_an_interval_is_the_same_each_time_and_holds_the_mean():
    values = [0.0, 1.0, 1.0, 0.0, 1.0, 0.5]
    low, high = interval(values)
    assert (low, high) == interval(values)
    assert low < sum(values) / len(values) < high
    assert interval([0.5] * 10) == (0.5, 0.5)
