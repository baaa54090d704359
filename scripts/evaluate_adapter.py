"""Measure the bundled model with and without an update, by plain dense ranking over whole texts.

    python -m scripts.evaluate_adapter [ADAPTER …] [--strengths 0.6 0.8 1] [--data ../shared/data] [--centred]

The first line is the raw model.

    sv, en, multi   the sets of A-dev: nDCG@10 / hit@10
    unseen          the questions of multi whose CPV code is kept aside: never trained on by code
    hand            tests/component/embedding_cross_language.tsv, among all answers and near misses: recall@1 / MRR
    labels          the label of a kept-aside CPV code in one language asks for it among the labels of all those codes, each in
                    another language drawn at random: recall@1 / MRR
    similar         a notice of a kept-aside code asks for those of the same code by other buyers in other languages, among all
                    notices: nDCG@10 / hit@10
"""

import argparse
import csv
import json
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from platformdirs import user_cache_path
from safetensors.torch import load_file
from sentence_transformers import SentenceTransformer

from samspil.adapters.embedding.bundled import PROMPTS, bundled_source, ensure_bundled
from samspil.reference import cpv
from scripts.splits import is_kept_aside

HAND = Path(__file__).parents[1] / "tests/component/embedding_cross_language.tsv"
SHIFT = 0.8  # how much of its language's mean a vector loses, where that is asked for
Text = tuple[str, str]  # language, text
Vectors = Any


@dataclass(frozen=True, kw_only=True)
class Task:
    """Questions, answers and which answer how well: by question, the relevance of answers by number."""

    queries: list[Text]
    passages: list[Text]
    relevance: list[dict[int, float]]
    left_out: list[int | None]
    measures: tuple[str, str] = ("ndcg", "hit")


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def awards(folder: Path, *, kept_aside: bool = False) -> Task:
    """A set of A-dev; if wanted, only its questions with a CPV code that is kept aside."""
    queries, suppliers = read(folder / "queries.jsonl"), read(folder / "suppliers.jsonl")
    if kept_aside:
        queries = [row for row in queries if row["cpv"] and is_kept_aside(row["cpv"])]
    places = {row["id"]: place for place, row in enumerate(suppliers)}
    relevance: dict[str, dict[int, float]] = {row["id"]: {} for row in queries}
    for line in (folder / "qrels.tsv").read_text().splitlines()[1:]:
        query, supplier, value = line.split("\t")
        if query in relevance:
            relevance[query][places[supplier]] = float(value)
    return Task(
        queries=[(row["lang"], row["text"]) for row in queries],
        passages=[(row["lang"], row["text"]) for row in suppliers],
        relevance=list(relevance.values()),
        left_out=[None] * len(queries),
    )


def hand() -> Task:
    """The hand-made needs with an answer in another language, among all answers and near misses."""
    with HAND.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return Task(
        queries=[(row["need_language"], row["need"]) for row in rows],
        passages=[(row[f"{side}_language"], row[side]) for side in ("answer", "near_miss") for row in rows],
        relevance=[{place: 1.0} for place in range(len(rows))],
        left_out=[None] * len(rows),
        measures=("recall1", "mrr"),
    )


def labels(seed: int = 1) -> Task:
    """Kept-aside codes across languages."""
    random = Random(seed)  # noqa: S311 — draws, no secrets
    codes = [code for code in cpv.codes() if is_kept_aside(code)]
    sides = [random.sample(sorted(cpv.LANGUAGES), 2) for _ in codes]
    return Task(
        queries=[(one, cpv.label(code, one) or "") for code, (one, _) in zip(codes, sides, strict=True)],
        passages=[(other, cpv.label(code, other) or "") for code, (_, other) in zip(codes, sides, strict=True)],
        relevance=[{place: 1.0} for place in range(len(codes))],
        left_out=[None] * len(codes),
        measures=("recall1", "mrr"),
    )


def similar(data: Path) -> Task:
    """Notices of kept-aside codes across languages, among all notices."""
    rows = [row for name in ("ted_dev", "no_doffin2020_dev", "en_uk_open_2025") for row in read(data / f"notices_{name}.jsonl")]
    codes = [row["cpv"][0] if isinstance(row["cpv"], list) else row["cpv"] for row in rows]
    alike = defaultdict(list)
    for place, code in enumerate(codes):
        if code and is_kept_aside(code):
            alike[code].append(place)
    relevance, asked = [], []
    for places in alike.values():
        for place in places:
            found = {
                other: 1.0
                for other in places
                if rows[other]["lang"] != rows[place]["lang"] and rows[other]["buyer"] != rows[place]["buyer"]
            }
            if found:
                asked.append(place)
                relevance.append(found)
    texts = [(row["lang"], row["text"][:1000]) for row in rows]
    return Task(queries=[texts[place] for place in asked], passages=texts, relevance=relevance, left_out=list(asked))


def measure(scores: Vectors, task: Task) -> tuple[float, float]:
    """The two measures of a task, given scores of shape (queries, passages)."""
    found: dict[str, list[float]] = defaultdict(list)
    for row, relevance, own in zip(scores, task.relevance, task.left_out, strict=True):
        if own is not None:
            row[own] = -np.inf
        order = np.argsort(-row, kind="stable")
        gains = [relevance.get(int(place), 0.0) for place in order[:10]]
        ideal = sorted(relevance.values(), reverse=True)[:10]
        found["ndcg"].append(_dcg(gains) / _dcg(ideal))
        found["hit"].append(float(any(gains)))
        first = next(rank for rank, place in enumerate(order, start=1) if int(place) in relevance)
        found["recall1"].append(float(first == 1))
        found["mrr"].append(1 / first)
    one, other = (float(np.mean(found[name])) for name in task.measures)
    return one, other


def _dcg(gains: Sequence[float]) -> float:
    return sum((2**gain - 1) / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


class Model:
    """The bundled model, whose encoder takes one update after the other."""

    def __init__(self, folder: Path) -> None:
        self._model = SentenceTransformer(str(folder), device="cpu", local_files_only=True).to(torch.bfloat16)
        self._encoder = self._model[0].auto_model
        self._raw = {name: tensor.clone() for name, tensor in self._encoder.state_dict().items()}

    def take(self, adapter: Path | None, *, strength: float) -> None:
        """Set the weights to the raw ones and a share of an update."""
        weights = {name: tensor.clone() for name, tensor in self._raw.items()}
        tensors = load_file(adapter) if adapter else {}
        for key, a in tensors.items():
            if key.endswith(".a"):
                name = key.removesuffix(".a")
                weights[name] = (weights[name].float() + strength * tensors[f"{name}.b"].float() @ a.float()).bfloat16()
        self._encoder.load_state_dict(weights)

    def __call__(self, texts: Sequence[Text], prompt: str) -> Vectors:
        """Unit vectors, shape (texts, dimension)."""
        with torch.inference_mode():
            vectors = self._model.encode(
                [text for _, text in texts], prompt=prompt, batch_size=32, convert_to_tensor=True, show_progress_bar=False
            )
        found = vectors.float().numpy()
        return found / np.linalg.norm(found, axis=1, keepdims=True)


def centring(model: Model, prompt: str, *, texts: int = 60) -> Callable[[Vectors, Sequence[Text]], Vectors]:
    """What takes the mean of its language from each vector; the means are those of joined labels, as texts of equal sense."""
    random = Random(2)  # noqa: S311 — draws, no secrets
    codes = [code for code in cpv.codes() if not is_kept_aside(code)]
    starts = [random.randrange(len(codes) - 8) for _ in range(texts)]
    drawn = [codes[start : start + 8] for start in starts]
    means = {
        language: model(
            [(language, ". ".join(cpv.label(code, language) or "" for code in one) + ".") for one in drawn], prompt
        ).mean(0)
        for language in sorted(cpv.LANGUAGES)
    }
    whole = np.mean(list(means.values()), axis=0)

    def centred(vectors: Vectors, of: Sequence[Text]) -> Vectors:
        shifts = np.stack([means.get({"no": "da"}.get(language, language), whole) for language, _ in of])
        moved = vectors - SHIFT * shifts
        return moved / np.linalg.norm(moved, axis=1, keepdims=True)

    return centred


def report(model: Model, tasks: dict[str, Task], *, name: str, centred: bool) -> None:
    """Print a line for the model as it is, and one for it with centred vectors."""
    query, passage = PROMPTS["query"], PROMPTS["passage"]
    shifts = (centring(model, query), centring(model, passage)) if centred else None
    lines: dict[str, list[str]] = defaultdict(list)
    for task_name, task in tasks.items():
        queries, passages = model(task.queries, query), model(task.passages, passage)
        found = measure(queries @ passages.T, task)
        lines[name].append(f"{task_name} {found[0]:.3f}/{found[1]:.3f}")
        if shifts:
            found = measure(shifts[0](queries, task.queries) @ shifts[1](passages, task.passages).T, task)
            lines[f"{name} centred"].append(f"{task_name} {found[0]:.3f}/{found[1]:.3f}")
    for line, figures in lines.items():
        print(f"{line}: {'  '.join(figures)}", flush=True)


def main() -> None:
    """Measure the raw model and each update at each strength."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("adapters", type=Path, nargs="*")
    parser.add_argument("--strengths", type=float, nargs="*", default=[1.0])
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared/data")
    parser.add_argument("--centred", action="store_true")
    parser.add_argument("--no-raw", action="store_true")
    args = parser.parse_args()
    model = Model(ensure_bundled(bundled_source(), cache_dir=user_cache_path("samspil"), progress=lambda *_: None))
    sets = {"sv": "sv-uhm", "en": "en-uk", "multi": "multi-ted-cpvproxy"}
    tasks = {name: awards(args.data / "A-dev" / folder) for name, folder in sets.items()}
    tasks |= {"unseen": awards(args.data / "A-dev/multi-ted-cpvproxy", kept_aside=True)}
    tasks |= {"hand": hand(), "labels": labels(), "similar": similar(args.data)}
    print({name: (len(task.queries), len(task.passages)) for name, task in tasks.items()}, flush=True)
    if not args.no_raw:
        report(model, tasks, name="raw", centred=args.centred)
    for adapter in args.adapters:
        for strength in args.strengths:
            model.take(adapter, strength=strength)
            report(model, tasks, name=f"{adapter.stem} x {strength}", centred=args.centred)


if __name__ == "__main__":
    main()
