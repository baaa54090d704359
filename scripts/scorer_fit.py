"""Fit the weights of a scorer, none of which is negative, in three steps.

1. What orders the answers of a need: the weights under which the right ones are likeliest to be drawn first (conditional logit,
   McFadden 1974). A supplier is judged by its best capability, and which is best depends on the weights, so this is repeated.
2. How much words and generality count is then set by what orders the first ten best, every kind of set counting the same: most
   needs are Swedish and short, and where most suppliers are broad the likelihood alone gives both nothing.
3. What a score means: a logistic regression of what held on the score, so that it is a probability.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from itertools import product as product_of
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bench.quality import product
from bench.quality.metrics import TOP, Ranked, of_query
from samspil.domain.pairs import NeedSide, eligible, pair_signals, similarity_signals
from samspil.domain.scoring import Scorer, Signals
from samspil.matching.rules import Rules
from scripts.scorer_sets import Judged

Floats = NDArray[np.float64]

MEANING_AT = 0.4  # only where the base stands: it changes no score
LEVELS = 4  # division, group, class, category
COLUMNS = (
    "meaning",
    "words",
    "breadth",
    "across",
    "uncoded",
    "generality",
    *(f"level{number}" for number in range(1, LEVELS + 1)),
)
_RIDGE = 0.1  # in units of a column's spread; ten times less or more changes no figure by 0.005
_ROUNDS = 4
_START = {"meaning": 10.0}
# As shares of the weight of the meaning. With more on words, near misses in the need's own language win: recall@1 on the
# hand-made set across languages is 0.718 with 0.05 and 0.615 with 0.2, and UK awards have nDCG@10 0.372 and 0.378.
WORDS = (0.0, 0.05)
_GENERALITY = (0.0, 0.15, 0.3, 0.5, 0.8)
# A text in another language is taken to be this much nearer than its cosine, for a near miss in the need's own shares words with
# it. Set by hand: recall@1 is 0.641 with none, 0.718 with this and 0.769 with twice as much, and nDCG@10 over 21 languages is
# 0.377, 0.381 and 0.370 (bench/quality).
_LENT = 0.03


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """All pairs of a set that no rule excludes, one row for each capability.

    columns: shape (rows, signals). query and owner: shape (rows,), the number of each. held: shape (rows,), whether it is right.
    """

    name: str
    columns: Floats
    query: NDArray[np.int64]
    owner: NDArray[np.int64]
    held: NDArray[np.bool_]

    @property
    def kind(self) -> str:
        """What the set is of: its name without the month or the half."""
        return self.name.rstrip("-0123456789")

    def scores(self, weights: Floats) -> Floats:
        """The log-odds of each row."""
        return np.asarray(self.columns @ weights[1:] + weights[0], dtype=np.float64)

    def best(self, weights: Floats) -> NDArray[np.int64]:
        """The row of the best capability of each query and owner."""
        order = np.lexsort((-self.scores(weights), self.owner, self.query))
        key = self.query[order] * (int(self.owner.max()) + 1) + self.owner[order]
        return np.asarray(order[np.flatnonzero(np.diff(key, prepend=-1))], dtype=np.int64)


def pairs_of(judged: Judged, found: product.Embedded, *, rules: Rules) -> Pairs:
    """The signals of all pairs, as the product sees them."""
    rows: list[list[float]] = []
    places: list[tuple[int, int, bool]] = []
    for number, (need, right) in enumerate(zip(found.queries, judged.right, strict=True)):
        for owner, supplier in enumerate(found.suppliers):
            for capability, vector in zip(supplier.capabilities, supplier.vectors, strict=True):
                if eligible(need.side, capability):
                    meant = {"meaning": rules.meaning(need.vector, vector), "generality": rules.generality(need.vector, vector)}
                    rows.append(_columns(pair_signals(need.side, capability, **meant, rarity=rules.rarity)))
                    places.append((number, owner, owner in right))
        for owner, other in enumerate(found.needs):
            if _may_be_a_find(need.side, other.side):
                vector = other.vector
                meant = {"meaning": rules.meaning(need.vector, vector), "generality": rules.generality(need.vector, vector)}
                rows.append(_columns(similarity_signals(need.side, other.side, **meant, rarity=rules.rarity)))
                places.append((number, owner, owner in right))
    query, owners, held = zip(*places, strict=True)
    return Pairs(
        name=judged.name,
        columns=np.asarray(rows, dtype=np.float64),
        query=np.asarray(query),
        owner=np.asarray(owners),
        held=np.asarray(held),
    )


def _may_be_a_find(one: NeedSide, other: NeedSide) -> bool:
    """As for the service: a need of another buyer, and not the same one published twice."""
    return one.buyer_id != other.buyer_id and one.need_id != other.need_id and set(one.fold_keys).isdisjoint(other.fold_keys)


def _columns(signals: Signals) -> list[float]:
    levels = signals.cpv_levels or 0
    return [
        signals.meaning - MEANING_AT,
        signals.words or 0.0,
        math.log(signals.statements) if levels else 0.0,
        float(signals.words is None),
        float(signals.cpv_levels is None),
        -signals.generality,
        *(float(levels >= number) for number in range(1, LEVELS + 1)),
    ]


def fit(sets: Sequence[Pairs], *, words: Sequence[float] = WORDS) -> Floats:
    """The weights: the base, then one for each of `COLUMNS`.

    Args:
        sets: what is fitted on.
        words: the shares of the weight of the meaning that words may have.
    """
    weights = np.asarray([0.0, *(_START.get(name, 0.0) for name in COLUMNS)])
    for _ in range(_ROUNDS):
        weights = _likeliest([_Best.of(pairs, weights) for pairs in sets], start=weights)
    weights = max(_around(weights, words=words), key=lambda tried: round(_ordered(sets, tried), 3))
    return _calibrated([_Best.of(pairs, weights) for pairs in sets], weights)


@dataclass(frozen=True, kw_only=True)
class _Best:
    """The best capability of each query and owner, by query. `starts`: shape (queries,), where each query's rows begin."""

    columns: Floats
    held: Floats
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, pairs: Pairs, weights: Floats) -> Self:
        rows = pairs.best(weights)
        starts = np.flatnonzero(np.diff(pairs.query[rows], prepend=-1))
        return cls(columns=pairs.columns[rows], held=pairs.held[rows].astype(np.float64), starts=starts)


def _likeliest(found: Sequence[_Best], *, start: Floats) -> Floats:
    columns = np.concatenate([best.columns for best in found])
    spread = columns.std(axis=0)
    # A signal that is the same in every pair says nothing, and what is the same for all answers of a need orders none.
    bounds = [(0, None) if varies and name != "uncoded" else (0, 0) for name, varies in zip(COLUMNS, spread > 0, strict=True)]

    def loss(weights: Floats) -> tuple[float, Floats]:
        scaled = weights * spread
        value, slope = float(_RIDGE / 2 * (scaled**2).sum()), _RIDGE * scaled * spread
        for best in found:
            lengths = np.diff(best.starts, append=len(best.held))
            scores = best.columns @ weights
            top = np.maximum.reduceat(scores, best.starts)
            raised = np.exp(scores - np.repeat(top, lengths))
            total = np.add.reduceat(raised, best.starts)
            wanted = best.held / np.repeat(np.add.reduceat(best.held, best.starts), lengths)
            value += float((top + np.log(total)).sum() - wanted @ scores)
            slope = slope + best.columns.T @ (raised / np.repeat(total, lengths) - wanted)
        return value, slope

    return np.concatenate([start[:1], minimize(loss, start[1:], jac=True, bounds=bounds, method="L-BFGS-B").x])


def _around(weights: Floats, *, words: Sequence[float]) -> Iterator[Floats]:
    """The weights with each share of words and generality, the smaller first, then with those that were likeliest."""
    place = {name: number for number, name in enumerate(COLUMNS, start=1)}
    likeliest = weights.copy()
    likeliest[place["across"]] = _LENT * weights[place["meaning"]]
    for overlap, generality in product_of(words, _GENERALITY):
        tried = likeliest.copy()
        tried[place["words"]] = overlap * weights[place["meaning"]]
        tried[place["generality"]] = generality * weights[place["meaning"]]
        yield tried
    yield likeliest


def _ordered(sets: Sequence[Pairs], weights: Floats) -> float:
    """nDCG@10, the mean over the kinds of sets."""
    kinds: defaultdict[str, list[float]] = defaultdict(list)
    for pairs in sets:
        rows = pairs.best(weights)
        scores, query, owner, held = pairs.scores(weights)[rows], pairs.query[rows], pairs.owner[rows], pairs.held[rows]
        for start, end in pairwise([*np.flatnonzero(np.diff(query, prepend=-1)), len(query)]):
            order = start + np.lexsort((owner[start:end], -scores[start:end]))[:TOP]
            right = {str(who): 1 for who in owner[start:end][held[start:end]]}
            ranked = [Ranked(str(who), 0.0) for who in owner[order]]
            kinds[pairs.kind].append(of_query(ranked, right)["ndcg@10"])
    return float(np.mean([np.mean(found) for found in kinds.values()]))


def _calibrated(found: Sequence[_Best], weights: Floats) -> Floats:
    """The same order as probabilities; what is known of no code moves the base alone."""
    scores = np.concatenate([best.columns @ weights[1:] for best in found])
    uncoded = np.concatenate([best.columns[:, COLUMNS.index("uncoded")] for best in found])
    held = np.concatenate([best.held for best in found])
    given = np.column_stack([np.ones_like(scores), scores, uncoded])

    def loss(terms: Floats) -> tuple[float, Floats]:
        odds = given @ terms
        return float((np.logaddexp(0, odds) - held * odds).sum()), given.T @ (1 / (1 + np.exp(-odds)) - held)

    bounds = [(None, None), (0, None), (None, None) if uncoded.std() else (0, 0)]
    base, scale, without = minimize(loss, [-8.0, 1.0, 0.0], jac=True, bounds=bounds, method="L-BFGS-B").x
    fitted = np.concatenate([[base], scale * weights[1:]])
    fitted[1 + COLUMNS.index("uncoded")] = without
    return np.asarray(fitted, dtype=np.float64)


def scorer(weights: Floats, *, name: str) -> Scorer:
    """The weights as the product uses them."""
    found = dict(zip(("base", *COLUMNS), (round(float(weight), 3) for weight in weights), strict=True))
    steps = [0.0, *(found[f"level{number}"] for number in range(1, LEVELS + 1))]
    return Scorer(
        name=name,
        base=found["base"],
        meaning=found["meaning"],
        meaning_at=MEANING_AT,
        words=found["words"],
        cpv=tuple(round(sum(steps[: number + 1]), 3) for number in range(LEVELS + 1)),
        breadth=found["breadth"],
        across=found["across"],
        uncoded=found["uncoded"],
        generality=found["generality"],
    )
