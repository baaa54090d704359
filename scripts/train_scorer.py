"""Fit the scorers of matching and write them into the package, with a page that says how far they can be believed.

    make scorer                                          # the vectors of the settings, ../shared/data
    python -m scripts.train_scorer --data folder

The weights are fitted on the vectors of an adapter that has not read the same needs, and used on those of the shipped one.

It reads only the training side of the data (scripts/scorer_sets.py) and is run again whenever the vector space changes: in a
space that the weights were not fitted for, matching takes those that were set by hand.
"""

import argparse
import asyncio
import hashlib
import json
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from bench.quality import product
from bench.quality.metrics import DEPTH, Ranked, calibration_error, of_query, reliability
from bench.quality.remembered import RememberedEmbedder, remembered
from samspil.adapters.embedding.adapter import Source
from samspil.adapters.embedding.bundled import bundled_source, ensure_bundled
from samspil.adapters.embedding.folders import file_hash
from samspil.bootstrap.parts import opened_model
from samspil.domain.evidence import Answering
from samspil.domain.rarity import BUCKETS, Rarity, bucket_of, parts
from samspil.domain.scoring import Scorer
from samspil.matching.learned import FILE, Learned, packed
from samspil.matching.rules import Rules
from samspil.matching.suggesting import label_texts
from samspil.ports import Vectors
from samspil.reference import cpv
from samspil.settings import Settings
from scripts import answered, scorer_fit, scorer_sets, splits
from scripts.scorer_fit import Floats, Pairs
from scripts.scorer_sets import Judged

ROOT = Path(__file__).parents[1]
ARTEFACT = ROOT / "services" / "samspil" / "matching" / FILE
PAGE = ROOT / "docs" / "scorer.md"
VERSION = 1
POPULATION = (
    "a need that somebody in the register answers, and a supplier of the register (hundreds to two thousand suppliers with one "
    "to thirty earlier contracts each): that this supplier wins"
)
# What share of the matches that are told must be right on the sample, the only set where all right answers are known: for
# suppliers, who are to be told of needs that no words or codes point to, and for needs, which people put together.
PRECISION = {"suppliers": 0.6, "similar": 0.7}
_STEP = 0.005
# Shared words speak for a need of the same language alone, and a find across borders is what a buyer cannot make itself.
_WORDS = {"suppliers": scorer_fit.WORDS, "similar": (0.0,)}
_THRESHOLDS = (0.02, 0.04, 0.06, 0.1, 0.2, 0.3, 0.5)
_DAYS = {"sv-2021-08": 31, "uk-2020-05": 31}
_SUPPLIERS = "suppliers"
_SHIPPED = "sample, shipped vectors"
LEAVE_OUT = Path(__file__).parent / "leave_out.safetensors"
_BELOW_GROUP = "00000"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the weights do on a set."""

    pairs: Pairs
    said: Floats
    held: Floats
    ranked_said: tuple[float, ...]
    ranked_held: tuple[bool, ...]
    ndcg: float
    hit: float


@dataclass(frozen=True, kw_only=True)
class Fit:
    """All that was fitted; scorers, outcomes and thresholds by kind. `middle` has shape (d,)."""

    space: str
    scorers: dict[str, Scorer]
    rarity: Rarity
    middle: Vectors
    outcomes: dict[str, list[Outcome]]
    thresholds: dict[str, float]


def main() -> None:
    """Fit, write, and print the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    asked = parser.parse_args()
    if not (asked.data / scorer_sets.SV_FILE).is_file():
        parser.exit(1, f"The training data are not under {asked.data}, so the scorer stays as it is.\n")
    learned, page = asyncio.run(_train(asked.data))
    ARTEFACT.write_text(json.dumps(learned, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    Learned.model_validate_json(ARTEFACT.read_text(encoding="utf-8"))
    PAGE.write_text(page, encoding="utf-8")
    print(page)


async def _train(data: Path) -> tuple[dict[str, object], str]:
    rarity = rarity_of(scorer_sets.corpus(data))
    sets = {_SUPPLIERS: scorer_sets.supplier_sets(data), "similar": scorer_sets.similar_sets(data)}
    async with _remembering(leaving_out(Settings())) as embedder:
        rules = Rules(rarity=rarity, middle=await middle_of(embedder))
        found = {kind: [await _pairs(one, embedder=embedder, rules=rules) for one in judged] for kind, judged in sets.items()}
    async with _remembering(Settings()) as embedder:
        space, middle = embedder.space, await middle_of(embedder)
        rules = Rules(rarity=rarity, middle=middle)
        samples = {kind: await _pairs(judged[-1], embedder=embedder, rules=rules) for kind, judged in sets.items()}
        sentences = await answered.read(embedder)
    weights = {
        kind: scorer_fit.fit([pairs for pairs in sets if pairs.name not in scorer_sets.LATER], words=_WORDS[kind])
        for kind, sets in found.items()
    }
    answering, errors = answered.fit(sentences), answered.errors(sentences)
    name = f"learned-{_digest(weights, rarity, answering)}"
    scorers = {kind: scorer_fit.scorer(fitted, name=name) for kind, fitted in weights.items()}
    outcomes = {kind: [outcome(pairs, weights[kind]) for pairs in sets] for kind, sets in found.items()}
    shipped = {kind: outcome(pairs, weights[kind]) for kind, pairs in samples.items()}
    outcomes = {
        kind: [*rows, replace(shipped[kind], pairs=replace(samples[kind], name=_SHIPPED))] for kind, rows in outcomes.items()
    }
    thresholds = {kind: threshold_of(one, precision=PRECISION[kind]) for kind, one in shipped.items()}
    fit = Fit(space=space, scorers=scorers, rarity=rarity, middle=middle, outcomes=outcomes, thresholds=thresholds)
    page = _page(fit) + "\n" + "\n".join(answered.page(answering, errors)) + "\n"
    return _artefact(fit) | {"answering": asdict(answering)}, page


def rarity_of(texts: Sequence[tuple[str, str]]) -> Rarity:
    """The inverse document frequency of every bucket of parts over the texts, the rarest as 255."""
    counts = [0] * BUCKETS
    for text, language in texts:
        for bucket in {bucket_of(part) for part in parts(text, language)}:
            counts[bucket] += 1
    weights = [math.log(1 + (len(texts) - count + 0.5) / (count + 0.5)) for count in counts]
    most = math.log(1 + (len(texts) + 0.5) / 0.5)
    return Rarity(bytes(max(1, round(255 * weight / most)) for weight in weights))


def leaving_out(settings: Settings) -> Settings:
    """The model with the adapter that has not read what the scorer is fitted on."""
    adapter = Source(path=LEAVE_OUT, sha256=file_hash(LEAVE_OUT))
    folder = ensure_bundled(bundled_source(), cache_dir=settings.cache_dir, adapter=adapter, progress=lambda _part, _share: None)
    return settings.model_copy(update={"model": str(folder)})


@asynccontextmanager
async def _remembering(settings: Settings) -> AsyncIterator[RememberedEmbedder]:
    async with opened_model(settings) as model:
        with remembered(model, folder=settings.cache_dir / "quality") as embedder:
            yield embedder


async def middle_of(embedder: RememberedEmbedder) -> Vectors:
    """The mean vector of the labels of all groups of CPV: of all that is bought, each field counting the same."""
    texts = [text for code, text in zip(cpv.codes(), label_texts(), strict=True) if code.endswith(_BELOW_GROUP)]
    return np.asarray((await embedder.embed(texts)).mean(axis=0), dtype=np.float32)


async def _pairs(judged: Judged, *, embedder: RememberedEmbedder, rules: Rules) -> Pairs:
    found = await product.embedded(judged.sides, embedder=embedder)
    print(f"{judged.name}: {len(judged.right)} needs, {len(found.suppliers) or len(found.needs)} to find", flush=True)
    return scorer_fit.pairs_of(judged, found, rules=rules)


def outcome(pairs: Pairs, weights: Floats) -> Outcome:
    """What the weights say of each pair, its best capability counting, and what held."""
    best = pairs.best(weights)
    odds, query, owner, held = pairs.scores(weights)[best], pairs.query[best], pairs.owner[best], pairs.held[best]
    said = np.round(1 / (1 + np.exp(-odds)), 4)
    figures, ranked_said, ranked_held = [], [], []
    for number in np.unique(query):
        rows = np.flatnonzero(query == number)
        top = rows[np.lexsort((owner[rows], -said[rows]))[:DEPTH]]
        right = {str(who): 1 for who in owner[rows[held[rows]]]}
        figures.append(of_query([Ranked(str(who), 0.0) for who in owner[top]], right))
        ranked_said += said[top].tolist()
        ranked_held += held[top].tolist()
    return Outcome(
        pairs=pairs,
        said=said,
        held=held.astype(np.float64),
        ranked_said=tuple(ranked_said),
        ranked_held=tuple(ranked_held),
        ndcg=float(np.mean([row["ndcg@10"] for row in figures])),
        hit=float(np.mean([row["hit@10"] for row in figures])),
    )


def threshold_of(sample: Outcome, *, precision: float) -> float:
    """The least score at and above which this share of the sample's pairs is right."""
    steps = np.arange(1, round(1 / _STEP)) * _STEP
    good = [at for at in steps if (told := sample.said >= at).any() and sample.held[told].mean() >= precision]
    if not good:
        raise SystemExit(f"No score tells {precision:.0%} of right pairs on the sample: the fit is worth nothing.")
    return round(float(good[0]), 3)


def _digest(weights: dict[str, Floats], rarity: Rarity, answering: Answering) -> str:
    numbers = {kind: np.round(fitted, 3).tolist() for kind, fitted in sorted(weights.items())}
    content = json.dumps(numbers | {"answering": asdict(answering)}).encode()
    return hashlib.sha256(content + rarity.table).hexdigest()[:8]


def _artefact(fit: Fit) -> dict[str, object]:
    return {
        "version": VERSION,
        "space": fit.space,
        "scorer": asdict(fit.scorers[_SUPPLIERS]),
        "similar_scorer": asdict(fit.scorers["similar"]),
        "threshold": fit.thresholds[_SUPPLIERS],
        "similar_threshold": fit.thresholds["similar"],
        "made_by": {
            "script": "scripts/train_scorer.py",
            "seed": "none: nothing is drawn at random",
            "data": [
                f"{scorer_sets.SV_FILE}, before {splits.SV_CUT}",
                f"{scorer_sets.UK_FILE}, before {splits.UK_CUT}",
                f"{scorer_sets.TED_FILE} and {scorer_sets.NORWEGIAN_FILE}, without the queries of A-dev",
                "services/samspil/sample/truth.json",
                "scripts/answered.tsv, for what counts as an answer",
            ],
            "population": POPULATION,
            "ece": {f"{kind}/{row.pairs.name}": round(_ece(row), 4) for kind, rows in fit.outcomes.items() for row in rows},
        },
        "rarity": packed(fit.rarity.table),
        "middle": packed(fit.middle.astype("<f4").tobytes()),
    }


def _ece(row: Outcome) -> float:
    return calibration_error(row.ranked_said, row.ranked_held)


def _page(fit: Fit) -> str:
    lines = [
        "# The learned scorer",
        "",
        "`make scorer` writes this page and `services/samspil/matching/scorer.json`. The vector space is",
        f"`{fit.space}`, the scorer `{fit.scorers[_SUPPLIERS].name}`.",
        "",
        f"A score is a probability. It speaks of {POPULATION}.",
        "",
        "The weights are fitted on vectors of an adapter that has read none of these needs (`scripts/leave_out.safetensors`; the",
        "splits are in `scripts/splits.py`): fitted on what it has read, a scorer trusts the cosine too much and gives words",
        "nothing. The adapter that is shipped is the mean of that one and of one that has read them, so its vectors are much",
        "the same. Where a need has many right answers, as the notices and the sample have, more holds than is said: the",
        "probability is that of winning an award, which one supplier does.",
    ]
    for kind, rows in fit.outcomes.items():
        lines += ["", f"## {kind.capitalize()}", "", *_weights(fit.scorers[kind]), "", *_figures(rows)]
        lines += [
            "",
            "What was said and what held, in the top 20 of each need of the sets that nothing was fitted on:",
            "",
            *_reliability(rows),
        ]
        lines += ["", *_thresholds(rows, fit.thresholds[kind], precision=PRECISION[kind])]
    return "\n".join(lines) + "\n"


def _weights(scorer: Scorer) -> list[str]:
    shown = {key: value for key, value in asdict(scorer).items() if key not in {"name", "meaning_at"}}
    cells = [" ".join(f"{step:g}" for step in value) if isinstance(value, tuple) else f"{value:g}" for value in shown.values()]
    return [f"| {' | '.join(shown)} |", f"|{'---|' * len(shown)}", f"| {' | '.join(cells)} |"]


def _figures(rows: list[Outcome]) -> list[str]:
    lines = ["| set | fitted on | needs | nDCG@10 | hit@10 | ece | said | held |", "|---|---|---|---|---|---|---|---|"]
    for row in rows:
        name = row.pairs.name
        fitted = "no" if name in scorer_sets.LATER else "yes"
        needs = len(np.unique(row.pairs.query))
        said, held = np.mean(row.ranked_said), np.mean(row.ranked_held)
        lines.append(
            f"| {name} | {fitted} | {needs} | {row.ndcg:.3f} | {row.hit:.3f} | {_ece(row):.3f} | {said:.3f} | {held:.3f} |"
        )
    return lines


def _reliability(rows: list[Outcome]) -> list[str]:
    later = [row for row in rows if row.pairs.name in scorer_sets.LATER]
    bins = reliability([said for row in later for said in row.ranked_said], [held for row in later for held in row.ranked_held])
    lines = ["| pairs | said | held |", "|---|---|---|"]
    return [*lines, *(f"| {row.pairs} | {row.said:.2f} | {row.held:.2f} |" for row in bins)]


def _thresholds(rows: list[Outcome], threshold: float, *, precision: float) -> list[str]:
    shown = [row for row in rows if row.pairs.name in {*scorer_sets.LATER, _SHIPPED}]
    lines = [
        f"The threshold is {threshold:g}, the least at which {precision:.0%} of what is told on the sample is right. Precision,",
        "recall, and for awards the alerts that a supplier would get in a day:",
        "",
        f"| at | {' | '.join(row.pairs.name for row in shown)} |",
        f"|---|{'---|' * len(shown)}",
    ]
    return [*lines, *(f"| {at:g} | {' | '.join(_at(row, at) for row in shown)} |" for at in sorted({*_THRESHOLDS, threshold}))]


def _at(row: Outcome, threshold: float) -> str:
    told = row.said >= threshold
    precision = row.held[told].mean() if told.any() else 0.0
    recall = row.held[told].sum() / max(1.0, row.held.sum())
    days = _DAYS.get(row.pairs.name)
    daily = f" / {told.sum() / days / len(np.unique(row.pairs.owner)):.3f}" if days else ""
    return f"{precision:.2f} / {recall:.2f}{daily}"


if __name__ == "__main__":
    main()
