"""Tables of the figures, for people."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from bench.quality.measured import PRODUCT, Figures
from bench.quality.metrics import RANKED, WITH_INTERVAL
from bench.quality.rows import QualitySet

_SPREAD = ("coverage", "long-tail")
_MEANT = ("ece", "told-precision", "told-recall")


def show(console: Console, quality_set: QualitySet, figures: Mapping[str, Figures]) -> None:
    """Print what was measured on a set: every system, the product by language, and how much its probabilities mean."""
    sought = "needs" if quality_set.similar else "suppliers"
    title = f"{quality_set.name}: {len(quality_set.queries)} queries, {len(quality_set.docs)} {sought}"
    table = Table(title=title, title_justify="left", caption="; ".join(quality_set.left_out) or None, caption_justify="left")
    table.add_column("system")
    for metric in (*RANKED, *_SPREAD, *_MEANT):
        table.add_column(metric, justify="right")
    for system, measured in figures.items():
        cells = [_cell(metric, measured) for metric in (*RANKED, *_SPREAD, *_MEANT)]
        table.add_row(system, *cells, style="bold" if system == PRODUCT else None)
    console.print(table)
    _show_languages(console, figures)
    _show_reliability(console, figures[PRODUCT])


def _cell(metric: str, measured: Figures) -> str:
    if metric not in measured.values:
        return "–"
    shown = f"{measured.values[metric]:.3f}"
    if metric not in WITH_INTERVAL:
        return shown
    low, high = measured.intervals[metric]
    return f"{shown} [{low:.2f}–{high:.2f}]"


def _show_languages(console: Console, figures: Mapping[str, Figures]) -> None:
    languages = list(figures[PRODUCT].by_language)
    if len(languages) < 2:  # noqa: PLR2004 (one language is the whole set)
        return
    table = Table(title="nDCG@10 / hit@10 by language of the need", title_justify="left")
    table.add_column("system")
    for language in languages:
        table.add_column(language, justify="right")
    for system, measured in figures.items():
        rows = (measured.by_language[language] for language in languages)
        table.add_row(system, *(f"{row['ndcg@10']:.3f} / {row['hit@10']:.3f}" for row in rows))
    console.print(table)


def _show_reliability(console: Console, measured: Figures) -> None:
    said = "  ".join(f"{row.said:.2f}→{row.held:.2f} ({row.pairs})" for row in measured.bins)
    console.print(f"said → held (pairs of a top 20): {said}\n")
