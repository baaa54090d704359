"""Writes small sets for the tests of the bench."""

import json
from pathlib import Path


def a_row(id_: str, text: str, **fields):
    return {"id": id_, "title": "", "text": text, "lang": "en", "country": "GB", "cpv": None} | fields


def a_set(folder: Path, *, queries, docs, qrels, file: str = "suppliers.jsonl") -> Path:
    folder.mkdir(parents=True)
    for name, rows in (("queries.jsonl", queries), (file, docs)):
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    lines = ["query\tsupplier\trelevance", *("\t".join(map(str, row)) for row in qrels)]
    (folder / "qrels.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
