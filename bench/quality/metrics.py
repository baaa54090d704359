"""The figures of a ranking: each for one query, then in all, with an interval."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DEPTH = 20
TOP = 10
RANKED = ("ndcg@10", "hit@1", "hit@10", "precision@10", "recall@20", "mrr")
WITH_INTERVAL = ("ndcg@10", "hit@10")
ECE_BINS = 10
RESAMPLES = 1000
SEED = 20260301
_TAIL = 0.8

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ranked:
    """One answer of a system; `score` is whatever the system orders by."""

    doc: str
    score: float


def of_query(ranking: Sequence[Ranked], relevance: Mapping[str, int]) -> dict[str, float]:
    """The figures of one query, from the first 20 answers. `relevance` holds the right ones alone, graded from 1."""
    grades = [relevance.get(answer.doc, 0) for answer in ranking[:DEPTH]]
    first = next((place for place, grade in enumerate(grades, start=1) if grade), None)
    ideal = _dcg(sorted(relevance.values(), reverse=True)[:TOP])
    return {
        "ndcg@10": _dcg(grades[:TOP]) / ideal if ideal else 0.0,
        "hit@1": float(any(grades[:1])),
        "hit@10": float(any(grades[:TOP])),
        "precision@10": sum(map(bool, grades[:TOP])) / TOP,
        "recall@20": sum(map(bool, grades)) / len(relevance) if relevance else 0.0,
        "mrr": 1 / first if first else 0.0,
    }


def _dcg(grades: Sequence[int]) -> float:
    """Järvelin and Kekäläinen 2002, with the gain 2^grade − 1."""
    return sum((2.0**grade - 1) / math.log2(place + 1) for place, grade in enumerate(grades, start=1))


def calibration_error(probabilities: Sequence[float], outcomes: Sequence[bool]) -> float:
    """The expected calibration error: how far the mean probability of each of ten equal bins is from the share that holds.

    Naeini, Cooper and Hauskrecht 2015. No pairs have no error.
    """
    return sum(row.pairs * abs(row.said - row.held) for row in reliability(probabilities, outcomes)) / max(1, len(outcomes))


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """One bin: how many pairs, the mean probability that was said, and the share that held."""

    pairs: int
    said: float
    held: float


def reliability(probabilities: Sequence[float], outcomes: Sequence[bool]) -> list[Reliability]:
    """The bins that hold a pair, from the least probability up."""
    said, held = np.asarray(probabilities, dtype=np.float64), np.asarray(outcomes, dtype=np.float64)
    bins = np.minimum((said * ECE_BINS).astype(int), ECE_BINS - 1)
    masks = [bins == number for number in np.unique(bins)]
    return [Reliability(pairs=int(mask.sum()), said=float(said[mask].mean()), held=float(held[mask].mean())) for mask in masks]


def coverage(rankings: Sequence[Sequence[Ranked]], *, docs: int) -> float:
    """The share of all that could be found that is ever in a top 10."""
    return len({answer.doc for ranking in rankings for answer in ranking[:TOP]}) / docs if docs else 0.0


def long_tail(rankings: Sequence[Sequence[Ranked]], *, tail: set[str]) -> float:
    """The share of all places in a top 10 that went to the long tail."""
    shown = [answer.doc for ranking in rankings for answer in ranking[:TOP]]
    return sum(doc in tail for doc in shown) / len(shown) if shown else 0.0


def tail_of(histories: Mapping[str, int]) -> set[str]:
    """The four fifths with the shortest history, ties by id."""
    ordered = sorted(histories, key=lambda doc: (histories[doc], doc))
    return set(ordered[: math.floor(len(ordered) * _TAIL)])


def interval(values: Sequence[float], *, seed: int = SEED) -> tuple[float, float]:
    """The 95 % interval of the mean, by bootstrap over the queries (Efron 1979); the seed makes it repeatable."""
    if not values:
        return 0.0, 0.0
    drawn = np.random.default_rng(seed).integers(len(values), size=(RESAMPLES, len(values)))
    means: Floats = np.asarray(values, dtype=np.float64)[drawn].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975)).tolist()
    return low, high
