"""`make innovation`: how far the inferred likelihood that a need calls for what is not on the shelf can be believed.

108 real notices were read (bench/innovation.tsv: a digest of title and text, and what the reader said): British ones before a
competition and of contracts, Norwegian planning and contract notices. Notices with words of research and pilots were drawn more
often than they occur, so that there is something to count.
"""

import argparse
import csv
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from samspil.domain.innovation import LIKELIHOODS, innovation_of
from samspil.sample import sample_needs
from samspil_schemas import Buyer, NeedStatement, Stage

DATA = Path(__file__).parents[1].parent / "shared" / "data"
FILES = (
    "notices_en_uk_open_2025.jsonl",
    "notices_no_doffin_eforms_2022_2024.jsonl",
    "notices_no_doffin2020_dev.jsonl",
)
LABELS = Path(__file__).with_name("innovation.tsv")
PLANNING = frozenset({"1", "2", "3", "4", "5", "6", "N4"})
SEED, DRAWS = 7, 2000
CONSOLE = Console()
Ints = NDArray[np.int64]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.innovation", description=__doc__)
    parser.add_argument("--out", type=Path, help="where the figures are written")
    asked = parser.parse_args()
    if not (DATA / FILES[0]).is_file():
        CONSOLE.print("Nothing was measured: the notices are not here (../shared/data).")
        return 1
    figures = measure(*read())
    for name, value in figures.items():
        CONSOLE.print(f"{name}: {value:g}")
    if asked.out is not None:
        asked.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


def read() -> tuple[Ints, Ints]:
    """How many signs each notice that was read has, two at most, and whether the reader said yes; shape (notices,) each."""
    with LABELS.open(encoding="utf-8", newline="") as lines:
        labels = {row["notice"]: int(row["innovative"]) for row in csv.DictReader(lines, delimiter="\t")}
    signs: dict[str, int] = {}
    for file in FILES:
        for line in (DATA / file).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            name = hashlib.sha256(f"{row['title']}\n{row['text']}".encode()).hexdigest()[:16]
            if name in labels:
                signs[name] = min(len(innovation_of(statement(row)).signs), len(LIKELIHOODS) - 1)
    return np.asarray([signs[name] for name in labels]), np.asarray(list(labels.values()))


def statement(row: dict[str, Any]) -> NeedStatement:
    codes = row["cpv"] if isinstance(row["cpv"], list) else [row["cpv"]]
    return NeedStatement(
        title=row["title"][:400],
        description=row["text"][:20_000],
        language="en" if row["lang"] == "en" else "no",
        buyer=Buyer(id="buyer", name="buyer", country="XX"),
        cpv=tuple(code[:8] for code in codes if code),
        stage=stage(row),
    )


def stage(row: dict[str, Any]) -> Stage:
    if row.get("notice_type") == "PreProcurement":
        return Stage.EXPLORING
    return Stage.PREPARING if row.get("subtype") in PLANNING else Stage.TENDER


def measure(signs: Ints, innovative: Ints) -> dict[str, float]:
    figures: dict[str, float] = {"innovation/notices": len(signs), "innovation/innovative": int(innovative.sum())}
    table = Table("signs", "notices", "innovative", "share", "said", title="What calls for something new")
    for number, said in enumerate(LIKELIHOODS):
        held = innovative[signs == number]
        figures[f"innovation/signs-{number}/share"] = round(float(held.mean()), 3)
        table.add_row(str(number), str(len(held)), str(held.sum()), f"{held.mean():.2f}", f"{said:.2f}")
    CONSOLE.print(table)
    draw = np.random.default_rng(SEED)
    redrawn = [auc(signs[rows], innovative[rows]) for rows in draw.integers(0, len(signs), (DRAWS, len(signs)))]
    low, high = np.nanquantile(redrawn, [0.025, 0.975])
    figures |= {
        "innovation/auc": round(auc(signs, innovative), 3),
        "innovation/auc-low": round(float(low), 3),
        "innovation/auc-high": round(float(high), 3),
        "innovation/brier-left-out": round(brier(signs, innovative), 4),
        "innovation/brier-of-the-share": round(float(innovative.mean() * (1 - innovative.mean())), 4),
        "innovation/sample-with-two-signs": round(of_sample(), 3),
    }
    return figures


def auc(signs: Ints, innovative: Ints) -> float:
    """The chance that an innovative notice has more signs than another one; half where as many."""
    yes, no = signs[innovative == 1], signs[innovative == 0]
    if not len(yes) or not len(no):
        return float("nan")
    return float((yes[:, None] > no).mean() + (yes[:, None] == no).mean() / 2)


def brier(signs: Ints, innovative: Ints) -> float:
    """The mean squared error of the shares, each notice left out of its own."""
    errors: list[float] = []
    for place, held in enumerate(innovative.tolist()):
        others = np.delete(innovative, place)[np.delete(signs, place) == signs[place]]
        errors.append((float(others.mean()) - held) ** 2)
    return mean(errors)


def of_sample() -> float:
    return mean([len(innovation_of(need.statement).signs) >= len(LIKELIHOODS) - 1 for need in sample_needs()])


def mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


if __name__ == "__main__":
    raise SystemExit(main())
