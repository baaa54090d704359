"""`make suggest`: how often the suggested CPV codes hold the one that a buyer gave.

The questions are those of the sets under `../shared/data/A-dev`, which nothing was trained on, and Norwegian notices; the code is
not given to the product. A suggestion is right at a level if it shares the division (2 digits), group (3), class (4) or category
(5) of the given code.
"""

import argparse
import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from samspil.bootstrap.parts import opened_model, opened_suggester
from samspil.ports import Suggestion
from samspil.settings import Settings

DATA = Path(__file__).parents[1].parent / "shared" / "data"
SOURCES = {
    "sv-uhm": "A-dev/sv-uhm/queries.jsonl",
    "multi-ted": "A-dev/multi-ted-cpvproxy/queries.jsonl",
    "no-doffin": "notices_no_doffin_eforms_2022_2024.jsonl",
}
LEVELS = {"division": 2, "group": 3, "class": 4, "category": 5}
TOP = 5
CONSOLE = Console()


@dataclass(frozen=True, kw_only=True)
class Question:
    """A text whose code is known."""

    text: str
    language: str
    code: str


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.suggest", description=__doc__)
    parser.add_argument("--out", type=Path, help="where the figures are written")
    asked = parser.parse_args()
    questions = {name: read(DATA / path) for name, path in SOURCES.items() if (DATA / path).is_file()}
    if not questions:
        CONSOLE.print("Nothing was measured: the notices are not here (../shared/data).")
        return 1
    figures = asyncio.run(measure(questions))
    if asked.out is not None:
        asked.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


def read(path: Path) -> list[Question]:
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        codes = row.get("cpv") or []
        code = codes if isinstance(codes, str) else next(iter(codes), None)
        if code:
            found.append(Question(text=row["text"], language=row["lang"], code=code[:8]))
    return found


async def measure(questions: dict[str, list[Question]]) -> dict[str, float]:
    settings, figures = Settings(), {}
    table = Table("notices", "right at the level of", "first", f"first {TOP}", title="Suggested CPV codes")
    with CONSOLE.status("Reading …") as status:

        def told(part: str, share: float | None = None) -> None:
            status.update(part if share is None else f"{part} … {share:.0%}")

        async with (
            opened_model(settings, progress=told) as embedder,
            opened_suggester(settings, embedder=embedder, progress=told) as suggester,
        ):
            for name, asked in questions.items():
                told(f"Asking for {name}")
                found = await asyncio.gather(*(suggester.suggest(one.text, language=one.language, limit=TOP) for one in asked))
                right = {
                    f"suggest/{name}/{level}@{top}": share(asked, found, digits=digits, top=top)
                    for level, digits in LEVELS.items()
                    for top in (1, TOP)
                }
                figures |= right
                for level in LEVELS:
                    first, among = (f"{right[f'suggest/{name}/{level}@{top}']:.2f}" for top in (1, TOP))
                    table.add_row(f"{name} ({len(asked)})", level, first, among)
                table.add_section()
    CONSOLE.print(table)
    return figures


def share(questions: list[Question], answers: list[list[Suggestion]], *, digits: int, top: int) -> float:
    hits = [
        any(one.code[:digits] == question.code[:digits] for one in answer[:top])
        for question, answer in zip(questions, answers, strict=True)
    ]
    return sum(hits) / len(hits)


if __name__ == "__main__":
    raise SystemExit(main())
