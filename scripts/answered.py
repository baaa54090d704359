"""Fit when a capability answers a sentence of a need, on sentences of the sample that were read by eye (scripts/answered.tsv).

A row says whether anything in a supplier's profile answers the sentence. Four of five suppliers are right for the need and leave
some of it unanswered; the others are near misses that share a division of CPV. Part of `make scorer`: no number of a vector space
is set by hand.
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import rankdata

from bench.quality.remembered import RememberedEmbedder
from samspil.domain.evidence import Answering
from samspil.domain.scoring import logistic
from samspil.matching.sides import capability_sides
from samspil.ports import EmbedText, TextKind
from samspil.sample import sample_needs, sample_profiles
from samspil_schemas import ProfilePublished

FILE = Path(__file__).with_name("answered.tsv")
# Of ten answered sentences, at most one is told as missing: who reads that a profile lacks what it has trusts nothing more.
FALSE_MISSING_MAX = 0.1
_RIDGE = 0.01  # keeps the fit finite where the answers can be told apart without error

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Read:
    """The sentences. nearest: shape (n,), cosine of the best capability. answered: shape (n,). need: shape (n,), its number."""

    nearest: Floats
    answered: Bools
    need: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Errors:
    """How often the limit errs on needs that it was not fitted on.

    Attributes:
        sentences: how many were read. answered: how many of them are answered.
        false_missing: the share of the answered that are told as missing.
        found_missing: the share of the unanswered that are told as missing.
        precision: the share of what is told as missing that is.
        auc: the chance that an answered sentence has a higher cosine than an unanswered one.
    """

    sentences: int
    answered: int
    false_missing: float
    found_missing: float
    precision: float
    auc: float


async def read(embedder: RememberedEmbedder) -> Read:
    """The sentences that were read, with their cosines in this space."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    languages = {row.need_id: row.statement.language for row in sample_needs()}
    profiles = {row.supplier_id: row.profile for row in sample_profiles()}
    numbers = {name: number for number, name in enumerate(dict.fromkeys(row["need"] for row in rows))}
    nearest = []
    for row in rows:
        sides = capability_sides(ProfilePublished(supplier_id=row["supplier"], version=1, profile=profiles[row["supplier"]]))
        asked = EmbedText(text=row["sentence"], language=languages[row["need"]], kind=TextKind.QUERY)
        [sentence] = await embedder.embed([asked])
        answers = await embedder.embed(
            [EmbedText(text=side.text, language=side.language, kind=TextKind.PASSAGE) for side in sides]
        )
        nearest.append(float((answers @ sentence).max()))
    return Read(
        nearest=np.asarray(nearest, dtype=np.float64),
        answered=np.asarray([row["answered"] == "1" for row in rows]),
        need=np.asarray([numbers[row["need"]] for row in rows]),
    )


def fit(found: Read) -> Answering:
    """Logistic regression on the cosine, and the limit that `FALSE_MISSING_MAX` allows."""
    base, weight = (round(value, 3) for value in _regress(found.nearest, found.answered))
    limit = float(np.quantile(found.nearest[found.answered], FALSE_MISSING_MAX, method="lower"))
    # Rounded down: the sentence that makes the limit is not below it.
    return Answering(base=base, weight=weight, at=math.floor(1000 * logistic(base + weight * limit)) / 1000)


def errors(found: Read) -> Errors:
    """What the fit on all other needs says of each need."""
    told = np.zeros(len(found.nearest), dtype=np.bool_)
    for number in np.unique(found.need):
        out = found.need == number
        fitted = fit(Read(nearest=found.nearest[~out], answered=found.answered[~out], need=found.need[~out]))
        told[out] = [not fitted.answers(cosine) for cosine in found.nearest[out].tolist()]
    return Errors(
        sentences=len(told),
        answered=int(found.answered.sum()),
        false_missing=float(told[found.answered].mean()),
        found_missing=float(told[~found.answered].mean()),
        precision=float((~found.answered)[told].mean()) if told.any() else 0.0,
        auc=auc(found.nearest, found.answered),
    )


def auc(scores: Floats, held: Bools) -> float:
    """The chance that one of those that hold scores higher than one of the others (Mann-Whitney)."""
    ranks = rankdata(scores)
    many = int(held.sum())
    return float((ranks[held].sum() - many * (many + 1) / 2) / (many * (len(held) - many)))


def page(answering: Answering, found: Errors) -> Sequence[str]:
    """What docs/scorer.md says of it."""
    return [
        "## What a profile leaves unanswered",
        "",
        "A match says what its need asks that nothing in the profile answers. For that, sentences of the sample were read",
        f"by eye (`scripts/answered.tsv`: {found.sentences}, of which the profile answers {found.answered}). The strength of",
        "evidence is the probability that a reader would call the sentence answered, fitted on the cosine with the nearest",
        "capability. A match shows its strongest pair, so what is shown is stronger than it holds. A sentence that asks for",
        f"something is told as missing below the limit, where {FALSE_MISSING_MAX:.0%} of the answered ones are.",
        "",
        "| base | weight | limit (probability) | limit (cosine) |",
        "|---|---|---|---|",
        f"| {answering.base:g} | {answering.weight:g} | {answering.at:g} | {_cosine_at(answering):.3f} |",
        "",
        "On needs that the limit was not fitted on (each need left out once):",
        "",
        "| told as missing, of the answered (wrong) | of the unanswered (right) | right, of all told | AUC |",
        "|---|---|---|---|",
        f"| {found.false_missing:.2f} | {found.found_missing:.2f} | {found.precision:.2f} | {found.auc:.2f} |",
        "",
        "So what is told as missing is a hint, and silence is no promise. In a space that it was not fitted for, nothing is told",
        "as missing, and the strength is the cosine.",
    ]


def _cosine_at(answering: Answering) -> float:
    odds = math.log(answering.at / (1 - answering.at))
    return (odds - answering.base) / answering.weight if answering.weight else 0.0


def _regress(cosines: Floats, answered: Bools) -> tuple[float, float]:
    held = answered.astype(np.float64)
    middle, spread = float(cosines.mean()), float(cosines.std()) or 1.0
    scaled = (cosines - middle) / spread

    def loss(weights: Floats) -> float:
        odds = weights[0] + weights[1] * scaled
        return float((np.logaddexp(0, odds) - held * odds).sum() + _RIDGE * (weights**2).sum())

    base, weight = minimize(loss, np.asarray([0.0, 1.0]), bounds=[(None, None), (0, None)], method="L-BFGS-B").x.tolist()
    return base - weight * middle / spread, weight / spread
