"""The two sets that the bench builds itself, into a temporary folder: real notices never enter the repository."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from bench.quality.rows import CPV_PROXY, DOCS, QRELS, QUERIES, SUPPLIERS

SIMILAR_NEEDS = f"similar-needs{CPV_PROXY}"
CROSS_LANGUAGE = "cross-language"
NOTICES = (
    "notices_ted_dev.jsonl",
    "notices_no_doffin2020_dev.jsonl",
    "notices_no_doffin_eforms_2022_2024.jsonl",
    "notices_en_uk_open_2025.jsonl",
)
_LANGUAGES = {"nob": "nb", "nno": "nn", "nor": "no", "eng": "en"}
# A division (two digits) or a group (three) says little of what is needed.
_LEAST_DIGITS = 4
# More of one language would drown the others, and a minute more is waited for.
QUERIES_PER_LANGUAGE = 60


def build_similar_needs(notices: Path, *, into: Path) -> Path | None:
    """Write the set of similar needs; None where the notices are not there.

    Every notice with a code is a document, and may be a query if another buyer, in another language, has the same full code.
    At most 60 of a language are, chosen by the digest of their ids.
    """
    if not all((notices / file).is_file() for file in NOTICES):
        return None
    rows = {row["id"]: row for file in NOTICES for row in _notices(notices / file)}
    by_code: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows.values():
        if len(row["cpv"].rstrip("0")) >= _LEAST_DIGITS:
            by_code[row["cpv"]].append(row)
    same = {
        row["id"]: [other["id"] for other in alike if _is_elsewhere(row, other)] for alike in by_code.values() for row in alike
    }
    folder = into / SIMILAR_NEEDS
    shown = ("id", "title", "text", "lang", "country", "date")
    docs = [{key: row[key] for key in shown} for row in rows.values()]
    queries = _some(doc for doc in docs if same.get(doc["id"]))
    _write(folder, docs=DOCS, rows=docs, queries=queries)
    _write_qrels(folder, ((query["id"], doc, 1) for query in queries for doc in same[query["id"]]))
    return folder


def build_cross_language(table: Path, *, into: Path) -> Path | None:
    """Write the hand-made set across languages; None where the table is not there.

    Each need has one answer in another language. Beside the answers stands, for each need, a near miss in its own language.
    """
    if not table.is_file():
        return None
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    queries = [{"id": f"need-{n:02}", "lang": row["need_language"], "text": row["need"]} for n, row in enumerate(rows)]
    answers = [_answer(row["answer"], language=row["answer_language"]) for row in rows]
    misses = [_answer(row["near_miss"], language=row["near_miss_language"]) for row in rows]
    folder = into / CROSS_LANGUAGE
    _write(folder, docs=SUPPLIERS, rows=[*answers, *misses], queries=queries)
    _write_qrels(folder, ((query["id"], answer["id"], 1) for query, answer in zip(queries, answers, strict=True)))
    return folder


def _answer(text: str, *, language: str) -> dict[str, str]:
    # Ties are broken by id, so an id must not say which text is an answer.
    return {"id": sha256(text.encode()).hexdigest()[:12], "lang": language, "text": text}


def _notices(file: Path) -> Iterable[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            row = json.loads(line)
            codes = row["cpv"] if isinstance(row["cpv"], list) else [row["cpv"]]
            if not codes or not codes[0]:
                continue
            language = row["lang"].casefold()
            yield {
                "id": row.get("id") or f"{file.stem}-{number}",
                "title": row["title"],
                "text": row["text"],
                "lang": _LANGUAGES.get(language, language),
                "country": row.get("country") or "NO",
                "date": row["date"],
                "cpv": codes[0],
                "buyer": " ".join((row.get("buyer") or "").casefold().split()),
            }


def _some(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    by_language: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: sha256(row["id"].encode()).hexdigest()):
        by_language[row["lang"]].append(row)
    return [row for _, alike in sorted(by_language.items()) for row in alike[:QUERIES_PER_LANGUAGE]]


def _is_elsewhere(row: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    norwegian = {"nb", "nn", "no"}
    same_language = row["lang"] == other["lang"] or {row["lang"], other["lang"]} <= norwegian
    return row["buyer"] != other["buyer"] and not same_language


def _write(folder: Path, *, docs: str, rows: Iterable[Mapping[str, Any]], queries: Iterable[Mapping[str, Any]]) -> None:
    folder.mkdir(parents=True)
    for file, written in ((docs, rows), (QUERIES, queries)):
        (folder / file).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in written), encoding="utf-8")


def _write_qrels(folder: Path, judgements: Iterable[tuple[str, str, int]]) -> None:
    lines = ["query_id\tdoc_id\trelevance", *(f"{query}\t{doc}\t{grade}" for query, doc, grade in judgements)]
    (folder / QRELS).write_text("\n".join(lines) + "\n", encoding="utf-8")
