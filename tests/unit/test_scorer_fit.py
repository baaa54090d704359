"""The fit of the scorer on small cases whose answer is known."""

import numpy as np
import pytest

from scripts import scorer_fit
from scripts.scorer_fit import COLUMNS, Pairs
from scripts.splits import is_for_scorer, is_kept_aside, part_of

ASKED, OFFERED = 60, 12


def pairs(name="sv-2021-06", *, deciding="meaning", seed=7):
    """Needs of which one answer is right: that with most of the deciding signal; the others are noise."""
    random = np.random.default_rng(seed)
    columns = np.zeros((ASKED * OFFERED, len(COLUMNS)))
    for signal in ("meaning", "words"):
        columns[:, COLUMNS.index(signal)] = random.random(len(columns)) * 0.5
    query, owner = np.repeat(np.arange(ASKED), OFFERED), np.tile(np.arange(OFFERED), ASKED)
    decided = columns[:, COLUMNS.index(deciding)].reshape(ASKED, OFFERED)
    return Pairs(name=name, columns=columns, query=query, owner=owner, held=(owner == decided.argmax(axis=1)[query]))


def weight(weights, name):
    return weights[1 + COLUMNS.index(name)]


def test_what_decides_weighs_and_what_does_not_weighs_little():
    weights = scorer_fit.fit([pairs()])
    assert weight(weights, "meaning") > 5
    assert weight(weights, "words") < weight(weights, "meaning") / 4


def test_words_weigh_where_they_decide():
    weights = scorer_fit.fit([pairs(deciding="words")])
    assert weight(weights, "words") > weight(weights, "meaning")


def test_no_weight_on_a_signal_is_negative_and_what_never_varies_has_none():
    weights = scorer_fit.fit([pairs()])
    assert (weights[1:] >= 0).all()
    assert weight(weights, "breadth") == weight(weights, "uncoded") == weight(weights, "level1") == 0


def test_the_score_says_how_often_it_holds():
    weights = scorer_fit.fit([pairs()])
    other = pairs(seed=8)
    said = 1 / (1 + np.exp(-other.scores(weights)))
    assert said.mean() == pytest.approx(other.held.mean(), abs=0.02)


def test_the_same_pairs_give_the_same_weights():
    assert scorer_fit.fit([pairs()]).tolist() == scorer_fit.fit([pairs()]).tolist()


def test_the_parts_of_the_codes_do_not_meet():
    codes = [f"{number:08}" for number in range(500)]
    assert not any(is_kept_aside(code) and is_for_scorer(code) for code in codes)
    assert {part_of(code) for code in codes} == {0, 1, 2, 3, 4}
