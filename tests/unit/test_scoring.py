import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil.domain.scoring import Signals, logistic
from samspil.matching.learned import learned
from samspil.matching.rules import HAND_SET, HAND_SET_SIMILAR

COSINES = st.floats(min_value=-1, max_value=1)
SIGNALS = st.builds(
    Signals,
    meaning=COSINES,
    words=st.none() | st.floats(min_value=0, max_value=1),
    cpv_levels=st.none() | st.integers(min_value=0, max_value=7),
    statements=st.integers(min_value=1, max_value=50),
    generality=COSINES,
)
LEARNED = [learned().scorer, learned().similar_scorer]
scorers = pytest.mark.parametrize("scorer", [HAND_SET, HAND_SET_SIMILAR, *LEARNED])


@scorers
@given(signals=SIGNALS)
def test_a_score_is_a_probability_and_the_same_each_time(scorer, signals):
    assert 0 <= scorer.score(signals) <= 1
    assert scorer.score(signals) == scorer.score(signals)


@scorers
@given(signals=SIGNALS, more=COSINES)
def test_more_meaning_never_lowers_a_score(scorer, signals, more):
    low, high = sorted((signals.meaning, more))
    assert scorer.score(replace(signals, meaning=low)) <= scorer.score(replace(signals, meaning=high))


@scorers
@given(signals=SIGNALS, few=st.floats(min_value=0, max_value=1), many=st.floats(min_value=0, max_value=1))
def test_more_shared_words_never_lower_a_score(scorer, signals, few, many):
    low, high = sorted((few, many))
    assert scorer.score(replace(signals, words=low)) <= scorer.score(replace(signals, words=high))


@scorers
@given(signals=SIGNALS, levels=st.integers(min_value=0, max_value=7))
def test_a_deeper_shared_code_never_lowers_a_score(scorer, signals, levels):
    assert scorer.score(replace(signals, cpv_levels=levels)) <= scorer.score(replace(signals, cpv_levels=levels + 1))


@scorers
@given(signals=SIGNALS, more=st.integers(min_value=1, max_value=50))
def test_a_broader_profile_never_lowers_a_score(scorer, signals, more):
    low, high = sorted((signals.statements, more))
    assert scorer.score(replace(signals, statements=low)) <= scorer.score(replace(signals, statements=high))


@scorers
@given(signals=SIGNALS, more=COSINES)
def test_a_text_that_is_near_to_everything_never_raises_a_score(scorer, signals, more):
    low, high = sorted((signals.generality, more))
    assert scorer.score(replace(signals, generality=high)) <= scorer.score(replace(signals, generality=low))


def test_breadth_counts_only_in_the_field_of_the_need():
    [scorer, _] = LEARNED
    elsewhere = Signals(meaning=0.5, words=0.1, cpv_levels=0)
    assert scorer.score(replace(elsewhere, statements=50)) == scorer.score(elsewhere)
    assert scorer.score(replace(elsewhere, cpv_levels=1, statements=50)) > scorer.score(replace(elsewhere, cpv_levels=1))


@pytest.mark.parametrize(
    "change",
    [{"meaning": -1.0}, {"words": -0.1}, {"breadth": -0.1}, {"generality": -0.1}, {"cpv": (0.0, 0.5, 0.4)}, {"cpv": ()}],
    ids=str,
)
def test_a_scorer_that_would_fall_as_a_signal_grows_cannot_be_made(change):
    with pytest.raises(ValueError, match="would fall"):
        replace(HAND_SET, **change)


@scorers
@given(signals=SIGNALS)
def test_the_contributions_add_up_to_the_score(scorer, signals):
    assert logistic(sum(scorer.contributions(signals).values())) == pytest.approx(scorer.score(signals), abs=1e-4)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_logistic_never_overflows(log_odds):
    assert 0 <= logistic(log_odds) <= 1
    assert not math.isnan(logistic(log_odds))
