"""Every system on a set, and the figures of each."""

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.quality import baselines, product
from bench.quality.ablation import variants
from bench.quality.metrics import (
    RANKED,
    WITH_INTERVAL,
    Ranked,
    Reliability,
    calibration_error,
    coverage,
    interval,
    long_tail,
    of_query,
    reliability,
    tail_of,
)
from bench.quality.remembered import RememberedEmbedder
from bench.quality.rows import QualitySet
from samspil.matching.rules import Rules

PRODUCT = "samspil"
# Fewer queries of a language say nothing of it.
LANGUAGE_QUERIES_MIN = 20


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Of one system on one set. `intervals` holds the ends of the 95 % interval; `bins` stands for the product alone."""

    values: Mapping[str, float]
    by_language: Mapping[str, Mapping[str, float]]
    intervals: Mapping[str, tuple[float, float]]
    bins: tuple[Reliability, ...] = ()


async def measure(
    quality_set: QualitySet,
    sides: product.Sides,
    *,
    embedder: RememberedEmbedder,
    rules: Rules,
    raw: RememberedEmbedder | None = None,
    ablate: bool = False,
) -> dict[str, Figures]:
    """The figures of each system.

    Args:
        quality_set: what is asked, and what is right.
        sides: the set as the product sees it.
        embedder: the model of the product.
        rules: the scorers and thresholds of the product.
        raw: a model whose vectors alone are measured too.
        ablate: also measure the product without each of its signals.

    Raises:
        Transient: the model or the index does not answer.
    """
    found = await product.embedded(sides, embedder=embedder)
    with tempfile.TemporaryDirectory(prefix="samspil-quality-") as folder:
        shown = {
            name: await product.rank(quality_set, found, embedder=embedder, rules=ruled, folder=Path(folder) / str(number))
            for number, (name, ruled) in enumerate(({PRODUCT: rules} | (variants(rules) if ablate else {})).items())
        }
    thresholds = dict.fromkeys(shown, rules.similar_threshold if quality_set.similar else rules.threshold)
    rankings = {
        **shown,
        "bm25": baselines.bm25(quality_set),
        "dense": baselines.dense(quality_set, found),
        **({"raw": baselines.dense(quality_set, await product.embedded(sides, embedder=raw))} if raw else {}),
        "cpv": baselines.cpv(quality_set),
        "popular": baselines.popular(quality_set),
    }
    return {system: _figures(quality_set, ranking, threshold=thresholds.get(system)) for system, ranking in rankings.items()}


def flat(name: str, figures: Mapping[str, Figures]) -> dict[str, float]:
    """`<set>/<system>/<metric>`, and `<set>/<system>/<language>/<metric>`."""
    found: dict[str, float] = {}
    for system, measured in figures.items():
        found |= {f"{name}/{system}/{metric}": value for metric, value in measured.values.items()}
        for language, values in measured.by_language.items():
            found |= {f"{name}/{system}/{language}/{metric}": value for metric, value in values.items()}
    return {key: round(value, 4) for key, value in found.items()}


def _figures(quality_set: QualitySet, rankings: Sequence[Sequence[Ranked]], *, threshold: float | None) -> Figures:
    """The figures of a system; what its scores mean, where they are probabilities and so have a threshold."""
    rows = [
        of_query(ranking, quality_set.relevance[query.id]) for query, ranking in zip(quality_set.queries, rankings, strict=True)
    ]
    values = _means(rows) | {
        "coverage": coverage(rankings, docs=len(quality_set.docs)),
        "long-tail": long_tail(rankings, tail=tail_of(baselines.histories(quality_set))),
    }
    bins: tuple[Reliability, ...] = ()
    if threshold is not None:
        said, held = _pairs(quality_set, rankings)
        told = [right for score, right in zip(said, held, strict=True) if score >= threshold]
        values["told-precision"] = sum(told) / max(1, len(told))
        values["told-recall"] = sum(told) / max(1, sum(len(quality_set.relevance[query.id]) for query in quality_set.queries))
        values["ece"] = calibration_error(said, held)
        bins = tuple(reliability(said, held))
    languages = Counter(query.lang for query in quality_set.queries)
    return Figures(
        values=values,
        by_language={
            language: _means([row for query, row in zip(quality_set.queries, rows, strict=True) if query.lang == language])
            for language, count in sorted(languages.items())
            if count >= LANGUAGE_QUERIES_MIN
        },
        intervals={metric: interval([row[metric] for row in rows]) for metric in WITH_INTERVAL},
        bins=bins,
    )


def _pairs(quality_set: QualitySet, rankings: Sequence[Sequence[Ranked]]) -> tuple[list[float], list[bool]]:
    """The probability that was shown of each pair of a top 20, and whether it is right."""
    pairs = [
        (answer.score, answer.doc in quality_set.relevance[query.id])
        for query, ranking in zip(quality_set.queries, rankings, strict=True)
        for answer in ranking
    ]
    return [said for said, _ in pairs], [held for _, held in pairs]


def _means(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {metric: sum(row[metric] for row in rows) / max(1, len(rows)) for metric in RANKED}
