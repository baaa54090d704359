"""Imports files: each need and profile that they hold is submitted, and everything that is not is told with its reason.

The same files may be imported again: what stands already changes nothing.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from samspil.errors import NotFound, Outdated, Permanent
from samspil.intake import reader
from samspil.intake.eforms import Chains
from samspil.intake.outcomes import Note, Outcome, RefusalKind, RefusedItem, Taken, TakenProfile
from samspil.ports import SourceOrder, Submissions

_BATCH = 64  # outcomes read at a time in a thread, so that the event loop goes on
_REFUSALS_KEPT = 10_000  # a file of a million broken lines must not fill the memory
_CANCELLED = "The buyer cancelled the notice."
EXIT_ALL_TAKEN, EXIT_SOME_REFUSED, EXIT_NOTHING_USABLE = 0, 1, 2


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far an import has come."""

    files_done: int
    files: int
    path: Path | None
    taken: int
    refused: int


@dataclass(kw_only=True)
class Summary:
    """What became of everything in the files.

    needs, profiles: new or changed; in a dry run, all that could be read.
    unchanged: the record held the same already.
    outdated: the record held a newer version of the same notice.
    withdrawn: needs that a notice cancelled.
    refused: the first 10,000 refusals; `refusals` counts all of them, and `reasons` by kind.
    notes: what was changed or inferred in what was taken.
    """

    files: int = 0
    needs: int = 0
    profiles: int = 0
    unchanged: int = 0
    outdated: int = 0
    withdrawn: int = 0
    refusals: int = 0
    refused: list[RefusedItem] = field(default_factory=list)
    reasons: Counter[RefusalKind] = field(default_factory=Counter)
    notes: Counter[Note] = field(default_factory=Counter)
    dry_run: bool = False

    @property
    def taken(self) -> int:
        """Everything that was usable, whether or not it changed anything."""
        return self.needs + self.profiles + self.unchanged + self.outdated + self.withdrawn

    @property
    def exit_code(self) -> int:
        """0: all was taken. 1: some was refused. 2: nothing was usable."""
        if not self.taken:
            return EXIT_NOTHING_USABLE
        return EXIT_SOME_REFUSED if self.refusals else EXIT_ALL_TAKEN

    def refuse(self, item: RefusedItem) -> None:
        """Count a refusal, and keep it while there is room."""
        self.refusals += 1
        self.reasons[item.kind] += 1
        if len(self.refused) < _REFUSALS_KEPT:
            self.refused.append(item)


async def import_paths(
    paths: Sequence[Path],
    *,
    submissions: Submissions | None,
    progress: Callable[[Progress], None] | None = None,
) -> Summary:
    """Import files and folders; without `submissions` they are only read, as a dry run.

    `progress` is called before the first file and after each one.

    Raises:
        Transient: the record does not answer; what was submitted before stays, and the same import can be run again.
    """
    files, refusals = await asyncio.to_thread(reader.walk, paths)
    chains = await asyncio.to_thread(Chains.among, files)
    run = _Run(submissions=submissions, summary=Summary(files=len(files) + len(refusals), dry_run=submissions is None))
    for refusal in refusals:
        run.summary.refuse(refusal)
    for done, path in enumerate([None, *files]):
        if path is not None:
            await run.take_file(path, chains=chains)
        if progress:
            summary = run.summary
            progress(Progress(files_done=done, files=len(files), path=path, taken=summary.taken, refused=summary.refusals))
    await run.withdraw()
    return run.summary


@dataclass(kw_only=True)
class _Run:
    """One import under way.

    Cancellations wait until the end, since files come in no order: a need is withdrawn if its newest notice cancels it.
    """

    submissions: Submissions | None
    summary: Summary
    newest: dict[str, SourceOrder] = field(default_factory=dict)
    cancelled: dict[str, Taken] = field(default_factory=dict)

    async def take_file(self, path: Path, *, chains: Chains) -> None:
        """Submit what a file holds, and keep its cancellations."""
        outcomes = reader.read_file(path, chains=chains)
        while batch := await asyncio.to_thread(lambda: list(islice(outcomes, _BATCH))):
            for outcome in batch:
                await self._take(outcome)

    async def withdraw(self) -> None:
        """Withdraw each need that its newest notice cancels."""
        for need_id, taken in self.cancelled.items():
            if taken.order == self.newest.get(need_id):
                with self._refusing(taken):
                    if self.submissions is not None:
                        await self.submissions.withdraw_need(need_id, reason=_CANCELLED)
                    self.summary.withdrawn += 1
            else:
                self.summary.outdated += 1

    async def _take(self, outcome: Outcome) -> None:
        if isinstance(outcome, RefusedItem):
            self.summary.refuse(outcome)
            return
        self.summary.notes.update(outcome.notes)
        if isinstance(outcome, TakenProfile):
            with self._refusing(outcome):
                self.summary.profiles += await self._submitted(outcome)
            return
        if outcome.order and _rank(outcome.order) >= _rank(self.newest.get(outcome.need_id, outcome.order)):
            self.newest[outcome.need_id] = outcome.order
        if not outcome.withdraw:
            with self._refusing(outcome):
                self.summary.needs += await self._submitted(outcome)
        elif (before := self.cancelled.setdefault(outcome.need_id, outcome)) is not outcome:
            self.cancelled[outcome.need_id] = max(before, outcome, key=lambda taken: _rank(taken.order))
            self.summary.outdated += 1

    async def _submitted(self, outcome: Taken | TakenProfile) -> bool:
        """Submit one; true if it is new or changed, which in a dry run everything is."""
        if self.submissions is None:
            return True
        if isinstance(outcome, TakenProfile):
            submitted = await self.submissions.submit_profile(outcome.supplier_id, outcome.profile)
        else:
            submitted = await self.submissions.submit_need(outcome.need_id, outcome.statement, order=outcome.order)
        self.summary.unchanged += not submitted.changed
        return submitted.changed

    @contextmanager
    def _refusing(self, outcome: Taken | TakenProfile) -> Iterator[None]:
        """Count what the record says of a submission that it does not store."""
        try:
            yield
        except Outdated:
            self.summary.outdated += 1
        except NotFound:
            self._refuse(outcome, "It cancels a need that the record does not hold; import the notice that states it first.")
        except Permanent as error:
            self._refuse(outcome, str(error))

    def _refuse(self, outcome: Taken | TakenProfile, reason: str) -> None:
        at = outcome.source
        self.summary.refuse(RefusedItem(path=at.path, line=at.line, reason=reason, kind=RefusalKind.NOT_STORED))


def _rank(order: SourceOrder | None) -> tuple[datetime, int]:
    return (order.published_at, order.number) if order else (datetime.min.replace(tzinfo=UTC), 0)
