"""The rules that a matching service runs under: scorers, thresholds and limits, all named in what it publishes."""

from dataclasses import dataclass, field, replace

import numpy as np

from samspil.domain.evidence import Answering
from samspil.domain.rarity import Rarity
from samspil.domain.scoring import Scorer
from samspil.matching.learned import Learned, learned
from samspil.ports import Vectors

# Set by hand, for vectors that the learned scorer was not fitted for: on the sample data (services/samspil/sample) these weights
# find 69 % of the true pairs with a precision of 71 %, and 60 % of the shared needs with a precision of 36 %.
_CPV = (-1.0, 0.0, 0.5, 0.8, 1.0)
HAND_SET = Scorer(name="hand-1", base=0.0, meaning=14.0, meaning_at=0.42, words=6.0, cpv=_CPV)
HAND_SET_SIMILAR = Scorer(
    name="hand-1", base=0.0, meaning=14.0, meaning_at=0.55, words=2.0, cpv=tuple(2.0 * level for level in _CPV)
)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What counts as a match (`threshold`) and as the same need (`similar_threshold`), and how many a report carries.

    `rarity` weighs the parts of words; without it, stems are compared. `middle` is the mean vector of all that is bought, shape
    (d,); without it, no text is called general. `answering` says what counts as the answer to a sentence; without it, nothing is
    said to be missing, and the strength of evidence is the cosine.
    """

    scorer: Scorer = HAND_SET
    similar_scorer: Scorer = HAND_SET_SIMILAR
    rarity: Rarity | None = None
    middle: Vectors | None = field(default=None, compare=False, repr=False)
    answering: Answering | None = None
    threshold: float = 0.5
    similar_threshold: float = 0.5
    limit: int = 100

    def meaning(self, one: Vectors, other: Vectors) -> float:
        """The cosine of two unit vectors, rounded, so that a pair has the same score from both sides on every machine."""
        return round(float(np.dot(one, other)), 4)

    def generality(self, one: Vectors, other: Vectors) -> float:
        """How near two texts are to all that is bought, −1 to 1: the mean of both."""
        return 0.0 if self.middle is None else round(float(np.dot(one, self.middle) + np.dot(other, self.middle)) / 2, 4)

    @property
    def scorer_name(self) -> str:
        """The name that reports carry: both scorers and both thresholds decide a verdict."""
        return f"{self.scorer.name}/{self.threshold:g}/{self.similar_scorer.name}/{self.similar_threshold:g}"


def rules_for(
    space: str,
    *,
    threshold: float | None = None,
    similar_threshold: float | None = None,
    limit: int = 100,
    fitted: Learned | None = None,
) -> Rules:
    """The learned scorers in the vector space that they were fitted for, those set by hand in any other.

    Args:
        space: the id of the vector space.
        threshold: the least score of a match; by default the scorer's own.
        similar_threshold: the least score of the same need; by default the scorer's own.
        limit: the most matches that a report carries.
        fitted: other learned scorers than those that are shipped.
    """
    known = fitted or learned()
    rules = Rules(limit=limit)
    if known is not None and known.space == space:
        rules = Rules(
            scorer=known.scorer,
            similar_scorer=known.similar_scorer,
            rarity=known.rarity,
            middle=known.middle,
            answering=known.answering,
            threshold=known.threshold,
            similar_threshold=known.similar_threshold,
            limit=limit,
        )
    return replace(
        rules,
        threshold=rules.threshold if threshold is None else threshold,
        similar_threshold=rules.similar_threshold if similar_threshold is None else similar_threshold,
    )
