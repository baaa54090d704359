from dataclasses import replace

import pytest

from bench.quality.ablation import silenced, variants
from samspil.domain.scoring import Signals
from samspil.matching.rules import HAND_SET, Rules

SIGNALS = Signals(meaning=0.6, words=0.3, cpv_levels=2, statements=3, generality=0.1)
OTHERS = {
    "words": {"words": None},
    "cpv": {"cpv_levels": None},
    "breadth": {"statements": 9},
    "generality": {"generality": 0.5},
}
SCORER = replace(HAND_SET, name="t", breadth=1.0, across=0.5, uncoded=0.5, generality=2.0)


@pytest.mark.parametrize("signal", OTHERS)
def test_a_signal_that_is_left_out_changes_no_score(signal):
    changed = replace(SIGNALS, **OTHERS[signal])
    assert SCORER.score(changed) != SCORER.score(SIGNALS)
    assert silenced(SCORER, signal).score(changed) == silenced(SCORER, signal).score(SIGNALS)


def test_only_what_a_scorer_weighs_can_be_left_out():
    assert set(variants(Rules())) == {"without words", "without cpv", "weights by hand"}
    assert "without generality" in variants(Rules(scorer=SCORER))
