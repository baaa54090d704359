"""Wait until everything that was accepted has come to its end, and say how far it is."""

from collections.abc import Callable
from dataclasses import dataclass

from samspil.clock import Clock
from samspil.errors import Transient
from samspil.ports import LedgerSummary, Readings

POLL_SECONDS = 0.25


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How far it is: the ledger, and how many outbox rows are not confirmed."""

    summary: LedgerSummary
    waiting: int

    @property
    def settled(self) -> bool:
        """True if every version of every need is accounted for and nothing waits to be confirmed."""
        return self.summary.accounted == self.summary.total and self.waiting == 0


async def standing(readings: Readings) -> Standing:
    """How far it is now."""
    summary, totals = await readings.ledger_summary(), await readings.totals()
    return Standing(summary=summary, waiting=totals["outbox"])


async def until_settled(
    readings: Readings, *, clock: Clock, patience_s: float = 120, show: Callable[[Standing], None] = lambda _: None
) -> Standing:
    """Return when all is settled.

    Args:
        readings: the record.
        clock: tells how long nothing has moved.
        patience_s: how long nothing may move before this gives up.
        show: called with each standing.

    Raises:
        Transient: nothing moved for `patience_s` seconds.
    """
    last, since = None, clock.now()
    while True:
        now = await standing(readings)
        show(now)
        if now.settled:
            return now
        moved = (now.summary.counts, now.waiting)
        if moved != last:
            last, since = moved, clock.now()
        elif (clock.now() - since).total_seconds() > patience_s:
            open_needs = now.summary.total - now.summary.accounted
            raise Transient(
                f"Nothing has moved for {patience_s:.0f} s; {open_needs} needs and {now.waiting} messages wait.",
                hint="Look at the log and at `samspil doctor`.",
            )
        await clock.sleep(POLL_SECONDS)
