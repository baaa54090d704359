"""Why a pair is a match: which sentence of the need is answered by which words, and which by none."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from samspil.ports import Vectors

PAIRS_MAX = 2
MISSING_MAX = 3
# A sentence whose best answer stays below this cosine is unanswered. Set by eye on the sample data, not fitted.
ANSWERED_AT = 0.2


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


def unanswered(sentences: Vectors, answers: Vectors, *, limit: int = MISSING_MAX, below: float = ANSWERED_AT) -> list[int]:
    """The sentences that no text answers, in their order; all of them if there are no answers, up to the limit."""
    if not len(sentences):
        return []
    best: Sequence[float] = (sentences @ answers.T).max(axis=1).tolist() if len(answers) else [-1.0] * len(sentences)
    return [number for number, cosine in enumerate(best) if cosine < below][:limit]
