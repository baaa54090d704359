"""What the scorer is fitted on: real awards and notices of the training side, and the sample. Nothing under A-dev.

Swedish procurements before 2021-09-01 and UK awards before 2020-06-01 are split by month: what was won before the month makes the
suppliers, the needs of the month are asked, if the adapter has not read them (scripts/splits.py). Notices are those that are no
query of A-dev; their codes make the right answers and are then hidden. Fitted on are the codes whose notices the adapter has not
read; those of the hold-out rule measure.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.quality import product
from bench.quality.rows import QualitySet, Row
from samspil.matching.sides import capability_sides, need_side
from samspil.sample import sample_needs, sample_profiles, sample_truth
from samspil_schemas import NeedPublished, ProfilePublished
from scripts.splits import ADAPTER_CUTS, SV_CUT, UK_CUT, is_for_scorer, is_kept_aside

SV_MONTHS = (ADAPTER_CUTS["SE"], "2021-07-01", "2021-08-01", SV_CUT)
UK_MONTHS = (ADAPTER_CUTS["GB"], "2020-05-01", UK_CUT)
SV_FILE, UK_FILE, TED_FILE = "procurements_sv_uhm_dev.jsonl", "awards_en_uk_dev.jsonl", "notices_ted_dev.jsonl"
NORWEGIAN_FILE = "notices_no_doffin2020_dev.jsonl"
LATER = ("sv-2021-08", "sv-uncoded-2021-08", "uk-2020-05", "ted-held-out-1", "ted-held-out-2", "ted-held-out")
_HALVES = 2
_CLASS_DIGITS, _CATEGORY_DIGITS = 4, 5

Raw = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Sides, and for each query the places of its right answers."""

    name: str
    sides: product.Sides
    right: tuple[frozenset[int], ...]

    @property
    def later(self) -> bool:
        """True if nothing of it is fitted on: the later slice of time, or codes that are held out."""
        return self.name in LATER


def supplier_sets(data: Path) -> list[Judged]:
    """Needs and suppliers, by month, and the notices and the sample."""
    swedish = [row for row in read(data / SV_FILE) if row["date"] < SV_CUT]
    british = [row for row in read(data / UK_FILE) if row["date"] < UK_CUT]
    sets = [_awards(swedish, start, end, label="sv", lang="sv") for start, end in pairwise(SV_MONTHS)]
    # The same without codes, for many needs and profiles have none.
    bare = [{**row, "cpv": ""} for row in swedish]
    sets += [_awards(bare, start, end, label="sv-uncoded", lang="sv") for start, end in pairwise(SV_MONTHS)]
    sets += [_awards(british, start, end, label="uk", lang="en") for start, end in pairwise(UK_MONTHS)]
    notices = [row for row in _training_notices(data, TED_FILE) if len(row["cpv"].rstrip("0")) >= _CLASS_DIGITS]
    # One half asks, the other one is what suppliers have done, so that no notice finds itself; then the other way round.
    halves = [[row for row in notices if _digest(row["id"]) % _HALVES == side] for side in range(_HALVES)]
    for number, (asking, done) in enumerate((halves, halves[::-1]), start=1):
        sets.append(_notices([row for row in asking if is_for_scorer(row["cpv"])], done, name=f"ted-{number}"))
        sets.append(_notices([row for row in asking if is_kept_aside(row["cpv"])], done, name=f"ted-held-out-{number}"))
    return [_judged(found) for found in sets] + [_sample()]


def similar_sets(data: Path) -> list[Judged]:
    """Needs and needs of other buyers: notices of one full code, and the shared needs of the sample."""
    rows = [*_training_notices(data, TED_FILE), *_training_notices(data, NORWEGIAN_FILE)]
    rows = [row for row in rows if len(row["cpv"].rstrip("0")) >= _CLASS_DIGITS]
    return [
        _alike(rows, name="ted", asked=is_for_scorer),
        _alike(rows, name="ted-held-out", asked=is_kept_aside),
        _sample_alike(),
    ]


def corpus(data: Path) -> list[tuple[str, str]]:
    """The texts, with their languages, over which the rarity of the parts of words is counted."""
    rows = [
        *({**row, "lang": "sv"} for row in read(data / SV_FILE) if row["date"] < SV_CUT),
        *({**row, "lang": "en"} for row in read(data / UK_FILE) if row["date"] < UK_CUT),
        *_training_notices(data, TED_FILE),
        *_training_notices(data, NORWEGIAN_FILE),
    ]
    return [(row["text"], row["lang"]) for row in rows]


def read(file: Path) -> list[Raw]:
    """The rows of a file."""
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _digest(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16)


def _training_notices(data: Path, file: str) -> list[Raw]:
    asked = {row.get("source_id") for row in read(data / "A-dev" / "multi-ted-cpvproxy" / "queries.jsonl")}
    return [row for row in read(data / file) if row["id"] not in asked]


def _awards(rows: Sequence[Raw], start: str, end: str, *, label: str, lang: str) -> QualitySet:
    history: dict[str, list[Raw]] = defaultdict(list)
    for row in rows:
        if row["date"] < start:
            for supplier in dict.fromkeys(row["suppliers"]):
                history[supplier].append(row)
    place = {name: f"s{number:05}" for number, name in enumerate(sorted(history))}
    docs = [
        Row(
            id=id_,
            text="Earlier contracts: " + " | ".join(row["text"] for row in history[name]),
            lang=lang,
            cpv=_codes(history[name]),
        )
        for name, id_ in place.items()
    ]
    asked = {f"q{number:05}": row for number, row in enumerate(rows) if start <= row["date"] < end}
    return QualitySet(
        name=f"{label}-{start[:7]}",
        queries=tuple(Row(id=id_, title=row["title"], text=row["text"], lang=lang, cpv=row["cpv"]) for id_, row in asked.items()),
        docs=tuple(docs),
        relevance={id_: {place[name]: 1 for name in row["suppliers"] if name in place} for id_, row in asked.items()},
    )


def _codes(rows: Iterable[Raw]) -> list[str]:
    return [row["cpv"] for row in rows if row["cpv"]]


def _notices(asked: Sequence[Raw], docs: Sequence[Raw], *, name: str) -> QualitySet:
    """Notices as needs, and notices as what a supplier has done. Right is one of the same class, of another buyer."""
    shown = ("title", "text", "lang")
    return QualitySet(
        name=name,
        queries=tuple(Row(id=row["id"], **{key: row[key] for key in shown}) for row in asked),
        docs=tuple(Row(id=row["id"], text=row["text"], lang=row["lang"]) for row in docs),
        relevance={
            row["id"]: {
                doc["id"]: 1
                for doc in docs
                if doc["cpv"][:_CLASS_DIGITS] == row["cpv"][:_CLASS_DIGITS] and doc["buyer"] != row["buyer"]
            }
            for row in asked
        },
    )


def _judged(found: QualitySet) -> Judged:
    places = {doc.id: place for place, doc in enumerate(found.docs)}
    right = [frozenset(places[doc] for doc in found.relevance.get(query.id, {})) for query in found.queries]
    return _answerable(found.name, product.sides_of(found), right)


def _answerable(name: str, sides: product.Sides, right: Sequence[frozenset[int]]) -> Judged:
    """Without the queries that have no right answer: the probability speaks of needs that somebody in the register can meet."""
    kept = [number for number, answers in enumerate(right) if answers]
    return Judged(
        name=name,
        sides=product.Sides(
            queries=tuple(sides.queries[number] for number in kept), suppliers=sides.suppliers, needs=sides.needs
        ),
        right=tuple(right[number] for number in kept),
    )


def _alike(rows: Sequence[Raw], *, name: str, asked: Callable[[str], bool]) -> Judged:
    texts = tuple(Row(id=row["id"], title=row["title"], text=row["text"], lang=row["lang"]) for row in rows)
    sides = product.sides_of(QualitySet(name=name, queries=texts, docs=texts, relevance={}, similar=True))
    codes: Mapping[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        codes[row["cpv"]].append(place)
    right = [
        frozenset(place for place in codes[row["cpv"]] if asked(row["cpv"]) and rows[place]["buyer"] != row["buyer"])
        for row in rows
    ]
    return _answerable(name, sides, right)


def _sample() -> Judged:
    truth = sample_truth().suppliers
    profiles = sample_profiles()
    places = {profile.supplier_id: place for place, profile in enumerate(profiles)}
    sides = product.Sides(
        queries=_sample_needs(),
        suppliers=tuple(
            tuple(capability_sides(ProfilePublished(supplier_id=row.supplier_id, version=1, profile=row.profile)))
            for row in profiles
        ),
        needs=(),
    )
    right = [frozenset(places[name] for name in truth.get(need.need_id, ())) for need in sides.queries]
    return _answerable("sample", sides, right)


def _sample_alike() -> Judged:
    needs = _sample_needs()
    places = {need.need_id: place for place, need in enumerate(needs)}
    groups = {name: group for group in sample_truth().shared for name in group}
    right = [frozenset(places[name] for name in groups.get(need.need_id, ()) if name != need.need_id) for need in needs]
    return _answerable("sample", product.Sides(queries=needs, suppliers=(), needs=needs), right)


def _sample_needs() -> tuple[Any, ...]:
    return tuple(need_side(NeedPublished(need_id=row.need_id, version=1, statement=row.statement)) for row in sample_needs())
