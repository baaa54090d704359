"""`make quality`: measure every set of a folder, print the figures and write them as one flat JSON object."""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bench.quality import product
from bench.quality.built import build_cross_language, build_similar_needs
from bench.quality.measured import flat, measure
from bench.quality.remembered import RememberedEmbedder, remembered
from bench.quality.report import show
from bench.quality.rows import BrokenSet, QualitySet, read_set, read_sets
from samspil.adapters.embedding.bundled import bundled_source, ensure_bundled
from samspil.bootstrap.parts import opened_model, rules_of
from samspil.errors import SamspilError
from samspil.settings import Settings

ROOT = Path(__file__).parents[2]
NOTICES = ROOT.parent / "shared" / "data"
SETS = NOTICES / "A-dev"
CROSS_LANGUAGE_TABLE = ROOT / "tests" / "component" / "embedding_cross_language.tsv"
CONSOLE = Console(width=None if sys.stdout.isatty() else 150)


def main(arguments: list[str] | None = None) -> int:
    """Return the exit status: 0 if all that was there was measured, 1 if a set cannot be read or nothing is there."""
    asked = _parser().parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="samspil-quality-sets-") as folder:
            sets = [found for found in _sets(asked.data, built=Path(folder)) if not asked.only or found.name in asked.only]
        if not sets:
            CONSOLE.print("Nothing was measured: there is no set. Name a folder of sets: make quality DATA=folder")
            return 1
        settings = Settings(model=asked.model) if asked.model else Settings()
        figures = asyncio.run(_measure(sets, settings=settings, with_raw=asked.raw or asked.ablate, ablate=asked.ablate))
    except (BrokenSet, SamspilError) as error:
        CONSOLE.print(str(error), markup=False)
        return 1
    if asked.out is not None:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.quality", description=__doc__)
    parser.add_argument("--data", type=Path, help="a folder of sets; by default ../shared/data/A-dev and two that are built")
    parser.add_argument("--out", type=Path, help="where the figures are written")
    parser.add_argument("--model", help="another model than that of the settings")
    parser.add_argument("--ablate", action="store_true", help="measure the product without each of its signals too")
    parser.add_argument("--raw", action="store_true", help="measure the vectors of the model without the adapter too")
    parser.add_argument("--only", action="append", help="only the set of this name; may be given again")
    return parser


def _sets(data: Path | None, *, built: Path) -> list[QualitySet]:
    if data is not None:
        if not data.is_dir():
            raise BrokenSet(f"{data} is no folder. Name one whose subfolders are sets.")
        return read_sets(data)
    sets = read_sets(SETS) if SETS.is_dir() else []
    if not sets:
        CONSOLE.print("The sets of real awards are not here (../shared/data/A-dev), so they are skipped.")
    similar = build_similar_needs(NOTICES, into=built)
    if similar is None:
        CONSOLE.print("The notices are not here (../shared/data), so the set of similar needs is skipped.")
    across = build_cross_language(CROSS_LANGUAGE_TABLE, into=built)
    return [*sets, *(read_set(folder) for folder in (similar, across) if folder is not None)]


async def _measure(sets: list[QualitySet], *, settings: Settings, with_raw: bool, ablate: bool) -> dict[str, float]:
    figures: dict[str, float] = {}
    async with AsyncExitStack() as stack:
        embedder = await stack.enter_async_context(_remembering(settings))
        raw = await stack.enter_async_context(_remembering(_without_adapter(settings))) if with_raw else None
        rules = rules_of(settings, space=embedder.space)
        CONSOLE.print(f"vector space {embedder.space}, scorer {rules.scorer_name}\n")
        for quality_set in sets:
            sides = product.sides_of(quality_set)
            for one in (embedder, raw) if raw else (embedder,):
                await _embed(quality_set.name, sides, embedder=one)
            measured = await measure(quality_set, sides, embedder=embedder, rules=rules, raw=raw, ablate=ablate)
            show(CONSOLE, quality_set, measured)
            figures |= flat(quality_set.name, measured)
    return figures


@asynccontextmanager
async def _remembering(settings: Settings) -> AsyncIterator[RememberedEmbedder]:
    async with opened_model(settings) as model:
        with remembered(model, folder=settings.cache_dir / "quality") as embedder:
            yield embedder


def _without_adapter(settings: Settings) -> Settings:
    folder = ensure_bundled(bundled_source(), cache_dir=settings.cache_dir, progress=lambda _part, _share: None)
    return settings.model_copy(update={"model": str(folder)})


async def _embed(name: str, sides: product.Sides, *, embedder: RememberedEmbedder) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"Embedding the texts of {name}", total=None)
        await embedder.learn(sides.texts(), done=lambda done, of: progress.update(task, completed=done, total=of))


if __name__ == "__main__":
    sys.exit(main())
