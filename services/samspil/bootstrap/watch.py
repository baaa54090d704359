"""Look at the log and the record now and then, for the gauges that no event moves."""

import structlog

from samspil.clock import Clock
from samspil.errors import Transient
from samspil.observability import LAG, NEEDS_PENDING, OLDEST_PENDING_SECONDS, OUTBOX_WAITING
from samspil.ports import LogAdmin, NeedStatus, Readings

LOG = structlog.get_logger(__name__)
INTERVAL_SECONDS = 5


async def look(*, readings: Readings, admin: LogAdmin, clock: Clock) -> None:
    """Set the gauges once.

    Raises:
        Transient: the broker or the database does not answer.
    """
    summary, totals = await readings.ledger_summary(), await readings.totals()
    NEEDS_PENDING.set(summary.counts.get(NeedStatus.PENDING, 0))
    oldest = summary.oldest_pending
    OLDEST_PENDING_SECONDS.set((clock.now() - oldest).total_seconds() if oldest else 0)
    OUTBOX_WAITING.set(totals["outbox"])
    for lag in await admin.lags():
        LAG.labels(lag.group, lag.topic).set(lag.lag)


async def watch(*, readings: Readings, admin: LogAdmin, clock: Clock) -> None:
    """Set the gauges every few seconds, until cancelled; what does not answer now is asked again later."""
    while True:
        try:
            await look(readings=readings, admin=admin, clock=clock)
        except Transient as error:
            LOG.warning("watch.failed", reason=type(error).__name__)
        await clock.sleep(INTERVAL_SECONDS)
