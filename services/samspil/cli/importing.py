"""`import`: files go in, and every need is followed to its end."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from samspil.bootstrap import Settings, opened_record, settle, start_logging
from samspil.cli.console import EXIT_OK, OUT, legible, print_json
from samspil.cli.following import following, stages
from samspil.cli.tables import import_table, refusals_table, summary_table
from samspil.intake import Progress as Step
from samspil.intake import Summary, import_paths
from samspil.ports import Submissions


async def import_files(*, paths: Sequence[Path], dry_run: bool, wait: bool, as_json: bool) -> int:
    """Import files and folders; 0 all taken, 1 some refused, 2 nothing usable."""
    settings = Settings()
    if not dry_run:
        start_logging(settings, quiet=True)
    async with _submissions(settings, dry_run=dry_run) as submissions:
        with _reading(quiet=as_json) as show:
            summary = await import_paths(paths, submissions=submissions, progress=show)
    if not as_json:
        _tell(summary)
    if summary.taken and wait and not dry_run:
        with stages(quiet=as_json) as stage, following(quiet=as_json) as show_standing:
            standing = await settle(settings, progress=stage.update, show=show_standing)
        if not as_json:
            OUT.print(summary_table(standing.summary))
    elif summary.taken and not dry_run and not as_json:
        OUT.print("They are matched as soon as Samspil runs: `samspil up`.")
    if as_json:
        print_json(_as_json(summary))
    return summary.exit_code or EXIT_OK


@asynccontextmanager
async def _submissions(settings: Settings, *, dry_run: bool) -> AsyncIterator[Submissions | None]:
    if dry_run:
        yield None
        return
    async with opened_record(settings) as record:
        yield record.submissions


@contextmanager
def _reading(*, quiet: bool) -> Iterator[Callable[[Step], None]]:
    bar = Progress(
        TextColumn("reading {task.fields[name]}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        console=OUT,
        disable=quiet or not OUT.is_terminal,
        transient=True,
    )
    with bar:
        task = bar.add_task("reading", total=None, name="")

        def show(step: Step) -> None:
            bar.update(task, completed=step.files_done, total=step.files, name=legible(step.path.name) if step.path else "")

        yield show


def _tell(summary: Summary) -> None:
    OUT.print(import_table(summary))
    if summary.refused:
        OUT.print(refusals_table(summary.refused))
    for note, count in summary.notes.most_common():
        OUT.print(f"[dim]{count} × {note.value}[/]")


def _as_json(summary: Summary) -> dict[str, object]:
    return {
        "files": summary.files,
        "taken": summary.taken,
        "needs": summary.needs,
        "profiles": summary.profiles,
        "unchanged": summary.unchanged,
        "outdated": summary.outdated,
        "withdrawn": summary.withdrawn,
        "refusals": summary.refusals,
        "refused": [
            {"path": str(item.path), "line": item.line, "kind": item.kind, "reason": item.reason} for item in summary.refused
        ],
        "notes": {note.value: count for note, count in summary.notes.items()},
        "dry_run": summary.dry_run,
    }
