"""How likely a pair is a match: a logistic sum of few signals, each of which can only help as it grows.

The score of a pair depends on the two texts, their codes and nothing else, so that it is the same from whichever side it is seen.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, kw_only=True)
class Signals:
    """What is known of a pair.

    Attributes:
        meaning: cosine of the vectors, −1 to 1.
        words: overlap of words or their parts, 0 to 1; None across languages.
        cpv_levels: levels of the CPV tree that both share; None where a side has no code.
        statements: how many capabilities the supplier's profile has.
        generality: how near the two texts are to all that is bought, −1 to 1; such texts are near to any other.
    """

    meaning: float
    words: float | None = None
    cpv_levels: int | None = None
    statements: int = 1
    generality: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Scorer:
    """The weights, with a name that every score carries.

    The score never falls as a signal grows; with generality it never rises.

    Attributes:
        name: of these weights.
        base: the log-odds of a pair of which nothing speaks for a match.
        meaning: for a cosine of one.
        meaning_at: the cosine that adds nothing.
        words: for equal words.
        cpv: by the number of shared levels, from none up; more levels than it has count as its last.
        breadth: for each e-fold of statements in the profile, where at least the division is shared.
        across: where words cannot be compared, for the languages differ.
        uncoded: where codes cannot be compared, for a side has none.
        generality: taken off for a generality of one.

    Raises:
        ValueError: a weight would let the score fall as a signal grows.
    """

    name: str
    base: float
    meaning: float
    meaning_at: float
    words: float
    cpv: tuple[float, ...]
    breadth: float = 0.0
    across: float = 0.0
    uncoded: float = 0.0
    generality: float = 0.0

    def __post_init__(self) -> None:
        falls = any(deeper < level for level, deeper in pairwise(self.cpv))
        if not self.cpv or falls or min(self.meaning, self.words, self.breadth, self.generality) < 0:
            raise ValueError(f"the scorer {self.name} would fall as a signal grows")

    def contributions(self, signals: Signals) -> dict[str, float]:
        """What each signal adds to the log-odds; one that is not known adds what that is worth, if anything, by its own name."""
        parts = {"base": self.base, "meaning": self.meaning * (signals.meaning - self.meaning_at)}
        if signals.words is not None:
            parts["words"] = self.words * signals.words
        elif self.across:
            parts["across"] = self.across
        if signals.cpv_levels is not None:
            parts["cpv"] = self.cpv[min(signals.cpv_levels, len(self.cpv) - 1)]
        elif self.uncoded:
            parts["uncoded"] = self.uncoded
        if self.breadth and signals.cpv_levels:
            parts["breadth"] = self.breadth * math.log(max(1, signals.statements))
        if self.generality:
            parts["generality"] = -self.generality * signals.generality
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
