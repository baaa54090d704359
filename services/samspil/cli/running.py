"""`up`, `demo`, `serve`, `migrate`: start services and tell what happens."""

import asyncio
import shutil
import signal
import tempfile
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.rule import Rule

from samspil.bootstrap import (
    ALL_SERVICES,
    Folded,
    Running,
    Settings,
    fold_sample,
    load_sample,
    prepare,
    running,
    sample_size,
    start_logging,
    until_settled,
)
from samspil.cli.console import (
    ERR,
    EXIT_ERROR,
    EXIT_INTERRUPTED,
    EXIT_NOTHING,
    EXIT_OK,
    EXIT_SOME,
    OUT,
    fail,
    print_json,
    shown,
    waiting_for_nobody,
)
from samspil.cli.following import following, stages
from samspil.cli.joint_tables import folded_table, told_folding
from samspil.cli.tables import Story, summary_table
from samspil.ports import Handler, Readings, Received


async def up(*, sample: bool, as_json: bool) -> int:
    """Start everything, load the sample data if asked, and stay until Ctrl-C."""
    return await _until_a_signal(_up(sample=sample, as_json=as_json), code=EXIT_OK)


async def _up(*, sample: bool, as_json: bool) -> int:
    settings = Settings()
    start_logging(settings, quiet=True)
    with waiting_for_nobody(), stages(quiet=as_json) as stage:
        async with running(settings, services=ALL_SERVICES, progress=stage.update, tell=_narrator(quiet=as_json)) as started:
            stage.stop()
            if sample:
                await _load_and_follow(started, quiet=as_json)
            if as_json:
                print_json({"web": started.web_url, "broker": started.broker, "data_dir": settings.data_dir})
            else:
                _say_where(started, settings)
            await asyncio.get_running_loop().create_future()  # for ever: a signal cancels it
    return EXIT_OK


async def demo(*, as_json: bool) -> int:
    """Run the sample data through everything on a fresh data directory; 0 only if every need is accounted for.

    The directory is removed, unless something failed: then it holds the log that says why.
    """
    place = Path(tempfile.mkdtemp(prefix="samspil-demo-"))
    code = EXIT_ERROR
    try:
        code = await _until_a_signal(_demo(place, as_json=as_json), code=EXIT_INTERRUPTED)
    finally:
        if code in (EXIT_OK, EXIT_INTERRUPTED):
            shutil.rmtree(place, ignore_errors=True)
        else:
            ERR.print(f"The data and the log of this demo are kept in {shown(place)}.", soft_wrap=True)
    return code


async def _demo(place: Path, *, as_json: bool) -> int:
    settings = Settings().in_data_dir(place)
    start_logging(settings, quiet=True)
    with waiting_for_nobody(patient=True), stages(quiet=as_json) as stage:
        async with running(settings, services=ALL_SERVICES, progress=stage.update, tell=_narrator(quiet=as_json)) as started:
            stage.stop()
            came = await _load_and_follow(started, quiet=as_json)
            summary = await started.readings.ledger_summary()
            totals = await started.readings.totals()
    # Each version of a joint text is a need as well.
    complete = came.taken == sample_size().needs and summary.accounted == summary.total >= came.taken
    if as_json:
        print_json(
            {
                "needs": came.taken,
                "accounted": summary.accounted,
                "complete": complete,
                "totals": dict(totals),
                "joint_needs": came.folded.joint_needs,
                "folding": came.folded.folding,
            }
        )
    elif not complete:
        raise fail(
            f"{came.taken} of {sample_size().needs} needs were accounted for, in the end {summary.accounted} of {summary.total}.",
            hint="Read the log; with SAMSPIL_LOG_LEVEL=DEBUG it says more.",
            code=EXIT_SOME,
        )
    return EXIT_OK if complete else EXIT_SOME


async def serve(*, names: Sequence[str], as_json: bool) -> int:
    """Run the named services until a signal ends them."""
    if unknown := sorted(set(names) - ALL_SERVICES):
        raise fail(
            f"There is no service called {', '.join(unknown)}.",
            hint=f"Choose from {', '.join(sorted(ALL_SERVICES))}.",
            code=EXIT_NOTHING,
        )
    return await _until_a_signal(_serve(frozenset(names), as_json=as_json), code=EXIT_OK)


async def _serve(names: frozenset[str], *, as_json: bool) -> int:
    settings = Settings()
    start_logging(settings, quiet=False)
    async with running(settings, services=names) as started:
        if as_json:
            print_json({"services": sorted(names), "web": started.web_url, "broker": started.broker})
        await asyncio.get_running_loop().create_future()  # for ever: a signal cancels it
    return EXIT_OK


async def migrate(*, as_json: bool) -> int:
    """Bring the database up to date and create the topics."""
    done = await prepare(Settings())
    if as_json:
        print_json(done)
    else:
        OUT.print(f"The record is up to date; {done.topics} topics exist.")
    return EXIT_OK


@dataclass(frozen=True, kw_only=True)
class _Came:
    """What came of the sample. `taken`: how many of its needs were accounted for, before there were joint needs."""

    taken: int
    folded: Folded


async def _load_and_follow(started: Running, *, quiet: bool) -> _Came:
    """Submit the sample, let its buyers act on what was found, follow it until all is settled, and sum up."""
    size = sample_size()
    if not quiet:
        OUT.print(f"[bold]{size.needs} needs[/] of {size.buyers} buyers and [bold]{size.profiles} supplier profiles[/] go in.")
        OUT.print()
    with following(quiet=quiet) as show:
        await load_sample(started.submissions)
        first = await until_settled(started.readings, clock=started.clock, show=show)
        folded = await fold_sample(started.joint_needs, readings=started.readings)
        await until_settled(started.readings, clock=started.clock, show=show)
        await started.told_all()
    if not quiet:
        await _sum_up(started.readings, folded)
    return _Came(taken=first.summary.accounted, folded=folded)


def _narrator(*, quiet: bool) -> Handler | None:
    if quiet:
        return None
    story = Story(width=OUT.width)
    seen: set[str] = set()

    async def tell(batch: Sequence[Received]) -> None:
        for received in batch:
            # The log delivers at least once; people want to read it once.
            if received.event is None or received.event_id in seen:
                continue
            if not seen:
                OUT.print(story.header())
            seen.add(received.event_id)
            if (row := story.row(received.event)) is not None:
                OUT.print(row)

    return tell


async def _sum_up(readings: Readings, folded: Folded) -> None:
    totals = await readings.totals()
    OUT.print()
    OUT.print(Rule("What came of it"))
    OUT.print(summary_table(await readings.ledger_summary()))
    OUT.print(
        f"{totals['matches']} matches hold, {totals['similar']} pairs of needs at different buyers are the same need, "
        f"{totals['dialogues']} dialogues are open to all, {totals['invitations']} invitations went to matched suppliers."
    )
    OUT.print(folded_table(folded.joint_needs))
    OUT.print(told_folding(folded), markup=False)


def _say_where(started: Running, settings: Settings) -> None:
    where = f"web [link={started.web_url}]{started.web_url}[/], Kafka {started.broker}, data {shown(settings.data_dir)}"
    OUT.print()
    OUT.print(f"[bold green]✓[/] Samspil is up: {where}.")
    OUT.print('  In another terminal: [bold]samspil match "…"[/], [bold]samspil ledger[/], [bold]samspil import PATH[/].')
    OUT.print("  Ctrl-C stops it.")


async def _until_a_signal(work: Coroutine[Any, Any, int], *, code: int) -> int:
    """What the work returns; `code` if SIGINT or SIGTERM ended it before, once it has let go of everything."""
    task, loop = asyncio.create_task(work), asyncio.get_running_loop()
    stopped = False

    def stop() -> None:
        nonlocal stopped
        if not stopped:  # a second signal must not break off the letting go
            stopped = True
            ERR.print("Stopping …", style="dim")
            task.cancel()

    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop)
    await asyncio.wait({task})
    return code if stopped and task.cancelled() else task.result()
