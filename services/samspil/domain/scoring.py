"""How likely a pair is a match: a logistic sum of few signals, each of which can only help as it grows.

The score of a pair depends on the two texts, their codes and nothing else, so that it is the same from whichever side it is seen.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

# The share of the log-odds that each depth of a shared CPV path adds: no division in common counts against the pair, a shared
# class and deeper for it. Index: number of shared levels (0 none, 1 division, 2 group, 3 class, 4 and more category and below).
_CPV_LEVELS = (-1.0, 0.0, 0.5, 0.8, 1.0)


@dataclass(frozen=True, kw_only=True)
class Signals:
    """What is known of a pair.

    meaning: cosine of the vectors, −1 to 1. words: overlap of stems, 0 to 1, None across languages. cpv_levels: levels of the CPV
    tree that both share, None where a side has no code.
    """

    meaning: float
    words: float | None = None
    cpv_levels: int | None = None


@dataclass(frozen=True, kw_only=True)
class Scorer:
    """The weights, with a name that every score carries. None is negative, so that the score is monotone in each signal."""

    name: str
    base: float
    meaning: float
    meaning_at: float
    words: float
    cpv: float

    def contributions(self, signals: Signals) -> dict[str, float]:
        """What each signal adds to the log-odds; a signal that is not known adds nothing."""
        parts = {"base": self.base, "meaning": self.meaning * (signals.meaning - self.meaning_at)}
        if signals.words is not None:
            parts["words"] = self.words * signals.words
        if signals.cpv_levels is not None:
            parts["cpv"] = self.cpv * _CPV_LEVELS[min(signals.cpv_levels, len(_CPV_LEVELS) - 1)]
        return parts

    def score(self, signals: Signals) -> float:
        """The score, 0 to 1, rounded to four digits so that equal evidence gives equal scores on every machine."""
        return round(logistic(sum(self.contributions(signals).values())), 4)


def logistic(log_odds: float) -> float:
    """The probability that has these log-odds; no overflow at either end."""
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    raised = math.exp(log_odds)
    return raised / (1 + raised)


def rounded(contributions: Mapping[str, float]) -> dict[str, float]:
    """The contributions as a match shows them."""
    return {name: round(value, 2) for name, value in contributions.items()}
