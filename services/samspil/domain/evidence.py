"""Why a pair is a match: which sentence of the need is answered by which words, and which by none."""

from dataclasses import dataclass

import numpy as np

from samspil.domain.scoring import logistic
from samspil.ports import Vectors

PAIRS_MAX = 2
MISSING_MAX = 3


@dataclass(frozen=True, kw_only=True)
class Answering:
    """When a text counts as the answer to a sentence: fitted for one vector space, for a cosine means little by itself.

    Attributes:
        base: the log-odds that a sentence is answered by a text whose cosine with it is zero.
        weight: what a cosine of one adds.
        at: the least probability at which a sentence is not called unanswered.

    Raises:
        ValueError: a nearer text would answer less, or no probability is left.
    """

    base: float
    weight: float
    at: float

    def __post_init__(self) -> None:
        if self.weight < 0 or not 0 < self.at < 1:
            raise ValueError("what answers a sentence must grow with the cosine, and its limit lie between 0 and 1")

    def probability(self, cosine: float) -> float:
        """How likely the sentence is answered, 0 to 1."""
        return logistic(self.base + self.weight * cosine)

    def strength(self, cosine: float) -> float:
        """The probability that the sentence is answered, to two digits, as a match shows it."""
        return round(self.probability(cosine), 2)

    def answers(self, cosine: float) -> bool:
        """False where nobody should be told that the sentence is answered."""
        return self.probability(cosine) >= self.at


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Sentence number `sentence` is answered by text number `answer`, with this cosine."""

    sentence: int
    answer: int
    cosine: float


def best_answers(sentences: Vectors, answers: Vectors, *, limit: int = PAIRS_MAX) -> list[Answer]:
    """The strongest pairs, each sentence and each answer used once, strongest first.

    Args:
        sentences: unit vectors, shape (n, d).
        answers: unit vectors, shape (m, d).
        limit: how many pairs at most.
    """
    if not len(sentences) or not len(answers):
        return []
    cosines = np.asarray(sentences @ answers.T, dtype=np.float64)
    found: list[Answer] = []
    while len(found) < min(limit, *cosines.shape):
        # Rounded, so that the order of equal strengths is the order of the texts on every machine.
        sentence, answer = np.unravel_index(int(np.argmax(np.round(cosines, 4))), cosines.shape)
        found.append(Answer(sentence=int(sentence), answer=int(answer), cosine=float(cosines[sentence, answer])))
        cosines[sentence, :] = -np.inf
        cosines[:, answer] = -np.inf
        if not np.isfinite(cosines).any():
            break
    return found


def unanswered(sentences: Vectors, answers: Vectors, *, answering: Answering, limit: int = MISSING_MAX) -> list[int]:
    """The sentences that no text answers, the least answered first; of equals the first; up to the limit.

    Args:
        sentences: unit vectors, shape (n, d).
        answers: unit vectors, shape (m, d).
        answering: what counts as an answer in their space.
        limit: how many at most.
    """
    if not len(sentences):
        return []
    best = np.asarray(sentences @ answers.T, dtype=np.float64).max(axis=1) if len(answers) else np.full(len(sentences), -1.0)
    order = np.argsort(np.round(best, 4), kind="stable").tolist()
    return [number for number in order if not answering.answers(float(best[number]))][:limit]
