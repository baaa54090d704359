"""`make languages`: how often the language of a short text is told, and told right.

The texts are those whose language somebody stated: titles of notices, alone and with their text, the labels of CPV, and the
sample. Norwegian is one language (`no`) where the label or the answer leaves its form open; `nb` and `nn` are told apart in the
sample alone. The languages of the north are shown one by one.
"""

import argparse
import json
import resource
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from samspil.intake.languages import code, detect
from samspil.reference import cpv
from samspil.sample import sample_needs, sample_profiles

DATA = Path(__file__).parents[1].parent / "shared" / "data"
NOTICES = (
    "notices_ted_dev.jsonl",
    "notices_no_doffin2020_dev.jsonl",
    "notices_no_doffin_eforms_2022_2024.jsonl",
    "notices_en_uk_open_2025.jsonl",
    "procurements_sv_uhm_dev.jsonl",
)
NORTH = ("da", "no", "sv", "fi")
NORWEGIAN = frozenset({"nb", "nn", "no"})
AT_MOST = 400  # texts of a language in a set: Swedish and English would otherwise be all of it
LABEL_WORDS = 2
SEED = 7
CONSOLE = Console()


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """A text and the language that somebody stated for it."""

    text: str
    language: str


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.languages", description=__doc__)
    parser.add_argument("--out", type=Path, help="where the figures are written")
    asked = parser.parse_args()
    sets = {"sample": list(sample()), "cpv-labels": list(labels())}
    if (DATA / NOTICES[0]).is_file():
        rows = list(notices())
        sets["titles"] = [Labelled(text=row["title"], language=row["lang"]) for row in rows]
        sets["titles-and-texts"] = [Labelled(text=f"{row['title']}. {row['text']}", language=row["lang"]) for row in rows]
    else:
        CONSOLE.print("The notices are not here (../shared/data): only the sample and the labels of CPV are measured.")
    begun = time.perf_counter()
    detect("Levering av sengetøy")
    figures: dict[str, float] = {"languages/first-seconds": round(time.perf_counter() - begun, 2)}
    table = Table("texts", "language", "how many", "told", "of these right", "of all right", title="The language of a text")
    for name, found in sets.items():
        figures |= measure(few(found), name=name, table=table)
    figures["languages/resident-mib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    CONSOLE.print(table)
    if asked.out is not None:
        asked.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


def sample() -> Iterator[Labelled]:
    for need in sample_needs():
        yield Labelled(text=need.statement.title, language=need.statement.language)
    for supplier in sample_profiles():
        for capability in supplier.profile.capabilities:
            yield Labelled(text=capability.text, language=capability.language)


def labels() -> Iterator[Labelled]:
    for language in sorted(cpv.LANGUAGES - {"mt"}):  # Maltese is not told
        found = [label for one in cpv.codes() if len((label := cpv.label(one, language) or "").split()) >= LABEL_WORDS]
        for label in Random(SEED).sample(found, AT_MOST):  # noqa: S311 — a sample for a measurement
            yield Labelled(text=label, language=language)


def notices() -> Iterator[dict[str, str]]:
    for file in NOTICES:
        for line in (DATA / file).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            stated = code(row["lang"])
            if stated and row["title"].strip():
                yield {"title": row["title"], "text": row["text"], "lang": "no" if stated in NORWEGIAN else stated}


def few(texts: Iterable[Labelled]) -> list[Labelled]:
    """At most `AT_MOST` of each language, drawn with a seed."""
    by_language: dict[str, list[Labelled]] = {}
    for text in texts:
        by_language.setdefault(text.language, []).append(text)
    draw = Random(SEED)  # noqa: S311 — a sample for a measurement
    return [one for found in by_language.values() for one in (draw.sample(found, AT_MOST) if len(found) > AT_MOST else found)]


def measure(texts: list[Labelled], *, name: str, table: Table) -> dict[str, float]:
    told = [detect(text.text) for text in texts]
    right = [same(said, text.language) for said, text in zip(told, texts, strict=True)]
    figures: dict[str, float] = {}
    spoken = ["all", *sorted({text.language for text in texts} & ({*NORTH, *NORWEGIAN, "de", "en"}))]
    for language in spoken:
        rows = [place for place, text in enumerate(texts) if language in {"all", text.language}]
        answered = [place for place in rows if told[place] is not None]
        shown = {
            "told": len(answered) / len(rows),
            "right-of-told": sum(right[place] for place in answered) / max(1, len(answered)),
            "right": sum(right[place] for place in rows) / len(rows),
        }
        figures |= {f"languages/{name}/{language}/{kind}": round(value, 4) for kind, value in shown.items()}
        table.add_row(name, language, str(len(rows)), *(f"{value:.3f}" for value in shown.values()))
    wrong = {(text.language, said) for said, text, held in zip(told, texts, right, strict=True) if said and not held}
    for one, other in sorted(pair for pair in wrong if north(pair[0]) and north(pair[1])):
        many = sum(text.language == one and said == other for text, said in zip(texts, told, strict=True))
        figures[f"languages/{name}/{one}-taken-for-{other}"] = many
    table.add_section()
    return figures


def north(language: str) -> bool:
    return language in NORTH or language in NORWEGIAN


def same(said: str | None, stated: str) -> bool:
    return said == stated or ({said, stated} <= NORWEGIAN and "no" in {said, stated})


if __name__ == "__main__":
    raise SystemExit(main())
