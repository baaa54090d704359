"""The rules that a matching service runs under: scorers, thresholds and limits, all named in what it publishes."""

from dataclasses import dataclass

from samspil.domain.scoring import Scorer

# Set by hand on the sample data (services/samspil/sample), not fitted; a learned, calibrated scorer replaces it by another name.
HAND_SET = Scorer(name="hand-1", base=0.0, meaning=12.0, meaning_at=0.45, words=4.0, cpv=1.5)
HAND_SET_SIMILAR = Scorer(name="hand-1", base=0.0, meaning=12.0, meaning_at=0.55, words=4.0, cpv=1.5)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What counts as a match (`threshold`) and as the same need (`similar_threshold`), and how many a report carries."""

    scorer: Scorer = HAND_SET
    similar_scorer: Scorer = HAND_SET_SIMILAR
    threshold: float = 0.5
    similar_threshold: float = 0.5
    limit: int = 100

    @property
    def scorer_name(self) -> str:
        """The name that reports carry: both scorers and both thresholds decide a verdict."""
        return f"{self.scorer.name}/{self.threshold:g}/{self.similar_scorer.name}/{self.similar_threshold:g}"
