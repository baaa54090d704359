"""Matches drawn at random, in the words that a supplier reads, to be judged by eye.

    python -m bench.quality.reading sv-uhm [--count 20] [--seed 3] [--data folder-of-sets]

The rules are the service's own, thresholds included; what is drawn from is every match that would be told.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path
from random import Random

from bench.quality import product
from bench.quality.__main__ import CONSOLE, SETS
from bench.quality.remembered import remembered
from bench.quality.rows import BrokenSet, QualitySet, read_set
from samspil.bootstrap.parts import opened_model, rules_of
from samspil.errors import SamspilError
from samspil.matching.judge import Judge
from samspil.reasons import in_words
from samspil.settings import Settings
from samspil_schemas import Match

_AT_ONCE = 16


def main() -> int:
    """Return the exit status: 1 if the set cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m bench.quality.reading", description=__doc__)
    parser.add_argument("name", help="of the set")
    parser.add_argument("--data", type=Path, default=SETS)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=3)
    asked = parser.parse_args()
    try:
        found = asyncio.run(_told(read_set(asked.data / asked.name), settings=Settings()))
    except (BrokenSet, SamspilError, FileNotFoundError) as error:
        CONSOLE.print(str(error), markup=False)
        return 1
    CONSOLE.print(f"{len(found)} matches would be told; {asked.count} of them, drawn with seed {asked.seed}:\n")
    for match in Random(asked.seed).sample(found, min(asked.count, len(found))):  # noqa: S311 — draws, no secrets
        CONSOLE.print("\n".join(("", match.need_title, *in_words(match))), markup=False, highlight=False)
    return 0


async def _told(quality_set: QualitySet, *, settings: Settings) -> list[Match]:
    async with opened_model(settings) as model:
        with remembered(model, folder=settings.cache_dir / "quality") as embedder, tempfile.TemporaryDirectory() as folder:
            found = await product.embedded(product.sides_of(quality_set), embedder=embedder)
            rules = rules_of(settings, space=embedder.space)
            async with product.indexed(found, embedder=embedder, folder=Path(folder)) as index:
                judge = Judge(embedder=embedder, index=index, rules=rules)
                verdicts = [await judge.suppliers_for(batch) for batch in product.chunks(found.queries, _AT_ONCE)]
    return [match for batch in verdicts for verdict in batch for match in verdict.matches]


if __name__ == "__main__":
    sys.exit(main())
