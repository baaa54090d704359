"""What each part of the scorer is worth: the product without it, the other weights as they are.

Without the meaning there is nothing to search by: the baselines of words and of codes say what that is worth.
"""

from dataclasses import replace
from typing import Any

from samspil.domain.scoring import Scorer
from samspil.matching.rules import HAND_SET, HAND_SET_SIMILAR, Rules

_SILENCED: dict[str, dict[str, Any]] = {
    "words": {"words": 0.0, "across": 0.0},
    "cpv": {"cpv": (0.0,), "uncoded": 0.0, "breadth": 0.0},  # breadth counts within a shared division
    "breadth": {"breadth": 0.0},
    "generality": {"generality": 0.0},
}


def variants(rules: Rules) -> dict[str, Rules]:
    """By name, the rules without each signal that one of the scorers weighs, and with the weights that are set by hand."""
    without = {
        f"without {signal}": replace(
            rules, scorer=silenced(rules.scorer, signal), similar_scorer=silenced(rules.similar_scorer, signal)
        )
        for signal in _SILENCED
    }
    told = {name: found for name, found in without.items() if found != rules}
    return {**told, "weights by hand": replace(rules, scorer=HAND_SET, similar_scorer=HAND_SET_SIMILAR)}


def silenced(scorer: Scorer, signal: str) -> Scorer:
    """The scorer for which the signal adds nothing."""
    return replace(scorer, **_SILENCED[signal])
