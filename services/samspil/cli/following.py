"""Progress on the terminal: what is being started, and how many needs are accounted for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.status import Status

from samspil.bootstrap import Standing
from samspil.cli.console import ERR, OUT


@contextmanager
def following(*, quiet: bool) -> Iterator[Callable[[Standing], None]]:
    """A bar of the needs that are accounted for; shown on a terminal alone, and gone when the block ends."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=OUT,
        disable=quiet or not OUT.is_terminal,
        transient=True,
    )
    with bar:
        task = bar.add_task("needs accounted for", total=None)

        def show(now: Standing) -> None:
            bar.update(task, completed=now.summary.accounted, total=now.summary.total)

        yield show


class Stage:
    """Says which part is being started."""

    def __init__(self, status: Status | None) -> None:
        self._status = status

    def update(self, part: str, share: float | None = None) -> None:
        """Show the part, and the share that is done where it is known."""
        if self._status is not None:
            self._status.update(f"{part} …" if share is None else f"{part} … {share:.0%}")

    def stop(self) -> None:
        """Stop showing."""
        if self._status is not None:
            self._status.stop()


@contextmanager
def stages(*, quiet: bool) -> Iterator[Stage]:
    """A line that says which part is being started; shown on a terminal alone."""
    if quiet or not ERR.is_terminal:
        yield Stage(None)
        return
    with ERR.status("Starting …") as status:
        yield Stage(status)
