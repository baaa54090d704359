"""Look at the log and the record now and then, for the gauges that no event moves."""

from collections.abc import Sequence

import structlog

from samspil.clock import Clock
from samspil.errors import Transient
from samspil.observability import FEEDBACK, FEEDBACK_PRECISION, LAG, NEEDS_PENDING, OLDEST_PENDING_SECONDS, OUTBOX_WAITING
from samspil.ports import FeedbackCount, LogAdmin, NeedStatus, Readings, SupplierFeedback
from samspil_schemas import FeedbackReason

LOG = structlog.get_logger(__name__)
INTERVAL_SECONDS = 5
RELEVANT = "relevant"
# A language is what the buyer says it is: the series must not grow without end.
LANGUAGES_MAX = 50


async def look(*, readings: Readings, feedback: SupplierFeedback, admin: LogAdmin, clock: Clock) -> None:
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
    _show_feedback(await feedback.by_language())


def _show_feedback(counts: Sequence[FeedbackCount]) -> None:
    """Set the gauges of feedback; a language that nothing is said in any more has none."""
    FEEDBACK.clear()
    FEEDBACK_PRECISION.clear()
    for count in counts[:LANGUAGES_MAX]:
        FEEDBACK.labels(count.language, RELEVANT).set(count.relevant)
        for reason in FeedbackReason:
            FEEDBACK.labels(count.language, reason.value).set(count.reasons.get(reason, 0))
        FEEDBACK_PRECISION.labels(count.language).set(count.precision)


async def watch(*, readings: Readings, feedback: SupplierFeedback, admin: LogAdmin, clock: Clock) -> None:
    """Set the gauges every few seconds, until cancelled; what does not answer now is asked again later."""
    while True:
        try:
            await look(readings=readings, feedback=feedback, admin=admin, clock=clock)
        except Transient as error:
            LOG.warning("watch.failed", reason=type(error).__name__)
        await clock.sleep(INTERVAL_SECONDS)
