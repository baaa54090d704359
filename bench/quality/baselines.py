"""What the product is compared with: words alone, vectors alone, codes alone, and whoever has won the most."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from bench.quality.metrics import DEPTH, Ranked
from bench.quality.product import Embedded
from bench.quality.rows import QualitySet, Row
from bench.quality.statements import statements
from samspil.adapters.vectors.bm25 import words_of_query, words_of_text
from samspil.domain.codes import cpv_path


def bm25(quality_set: QualitySet) -> list[list[Ranked]]:
    """A keyword alert: the product's words and weights over whole texts in any language, rarity counted over all of them."""
    length = round(sum(len(doc.words.split()) for doc in quality_set.docs) / len(quality_set.docs))
    postings: dict[int, list[tuple[str, float]]] = defaultdict(list)
    for doc in quality_set.docs:
        words = words_of_text(doc.words, language=doc.lang, average_length=max(1, length))
        for token, weight in zip(words.tokens, words.weights, strict=True):
            postings[token].append((doc.id, weight))
    rankings = []
    for query in quality_set.queries:
        scores: dict[str, float] = defaultdict(float)
        for token in words_of_query(query.words, language=query.lang).tokens:
            rarity = _rarity(len(postings.get(token, ())), len(quality_set.docs))
            for doc_id, weight in postings.get(token, ()):
                scores[doc_id] += rarity * weight
        rankings.append(_best(scores, own=quality_set.own(query)))
    return rankings


def dense(quality_set: QualitySet, found: Embedded) -> list[list[Ranked]]:
    """The vectors alone: the cosine of the nearest statement."""
    if quality_set.similar:
        owners = np.arange(len(found.needs))
        vectors = np.stack([need.vector for need in found.needs])
    else:
        owners = np.repeat(np.arange(len(found.suppliers)), [len(supplier.vectors) for supplier in found.suppliers])
        vectors = np.concatenate([supplier.vectors for supplier in found.suppliers])
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    rankings = []
    for query, need in zip(quality_set.queries, found.queries, strict=True):
        cosines = np.maximum.reduceat(vectors @ need.vector, starts).tolist()
        scores = {doc.id: round(cosine, 6) for doc, cosine in zip(quality_set.docs, cosines, strict=True)}
        rankings.append(_best(scores, own=quality_set.own(query)))
    return rankings


def cpv(quality_set: QualitySet) -> list[list[Ranked]]:
    """The codes alone: how much of the rarity of the query's codes and their ancestors a text's codes share.

    The cosine of the two sets, each code weighing its inverse document frequency.
    """
    branches = {doc.id: _branches(doc) for doc in quality_set.docs}
    counts = Counter(code for codes in branches.values() for code in codes)
    rarity = {code: _rarity(count, len(branches)) for code, count in counts.items()}
    rankings = []
    for query in quality_set.queries:
        asked = _branches(query)
        scores = {}
        for doc_id, codes in branches.items():
            shared = _weight(asked & codes, rarity)
            if shared:
                scores[doc_id] = shared / math.sqrt(_weight(asked, rarity) * _weight(codes, rarity))
        rankings.append(_best(scores, own=quality_set.own(query)))
    return rankings


def popular(quality_set: QualitySet) -> list[list[Ranked]]:
    """The longest history, whatever the need."""
    scores = {doc: float(size) for doc, size in histories(quality_set).items()}
    return [_best(scores, own=quality_set.own(query)) for query in quality_set.queries]


def histories(quality_set: QualitySet) -> dict[str, int]:
    """How much each has done: the awards that are counted, otherwise the statements of its text."""
    return {doc.id: doc.n_awards or len(statements(doc.words)) for doc in quality_set.docs}


def _branches(row: Row) -> frozenset[str]:
    return frozenset(step for code in row.cpv for step in cpv_path(code))


def _weight(codes: Iterable[str], rarity: Mapping[str, float]) -> float:
    return sum(rarity.get(code, 0.0) for code in sorted(codes))


def _rarity(count: int, docs: int) -> float:
    """The inverse document frequency, as the index counts it: never negative."""
    return math.log(1 + (docs - count + 0.5) / (count + 0.5))


def _best(scores: Mapping[str, float], *, own: str | None) -> list[Ranked]:
    ordered: Sequence[str] = sorted((doc for doc in scores if doc != own), key=lambda doc: (-scores[doc], doc))
    return [Ranked(doc, scores[doc]) for doc in ordered[:DEPTH]]
