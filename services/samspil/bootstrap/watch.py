"""Look at the log and the record now and then, for the gauges that no event moves."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from samspil.clock import Clock
from samspil.errors import Transient
from samspil.observability import FEEDBACK, FEEDBACK_PRECISION, LAG, NEEDS_PENDING, OLDEST_PENDING_SECONDS, OUTBOX_WAITING
from samspil.ports import FeedbackCount, LogAdmin, NeedStatus, Readings, SupplierFeedback
from samspil_schemas import FeedbackReason

LOG = structlog.get_logger(__name__)
INTERVAL_SECONDS = 5
# All feedback is read to be counted, and people judge matches in minutes at best.
FEEDBACK_INTERVAL = timedelta(minutes=1)
RELEVANT = "relevant"
# A language is what the buyer says it is: the series must not grow without end.
LANGUAGES_MAX = 50


class Watch:
    """Sets the gauges. What is dear to count is counted less often than the rest."""

    def __init__(self, *, readings: Readings, feedback: SupplierFeedback, admin: LogAdmin, clock: Clock) -> None:
        self._readings = readings
        self._feedback = feedback
        self._admin = admin
        self._clock = clock
        self._feedback_due: datetime | None = None

    async def look(self) -> None:
        """Set the gauges once.

        Raises:
            Transient: the broker or the database does not answer.
        """
        summary, totals = await self._readings.ledger_summary(), await self._readings.totals()
        NEEDS_PENDING.set(summary.counts.get(NeedStatus.PENDING, 0))
        oldest = summary.oldest_pending
        OLDEST_PENDING_SECONDS.set((self._clock.now() - oldest).total_seconds() if oldest else 0)
        OUTBOX_WAITING.set(totals["outbox"])
        for lag in await self._admin.lags():
            LAG.labels(lag.group, lag.topic).set(lag.lag)
        await self._look_at_feedback()

    async def run(self) -> None:
        """Set the gauges every few seconds, until cancelled; what does not answer now is asked again later."""
        while True:
            try:
                await self.look()
            except Transient as error:
                LOG.warning("watch.failed", reason=type(error).__name__)
            await self._clock.sleep(INTERVAL_SECONDS)

    async def _look_at_feedback(self) -> None:
        now = self._clock.now()
        if self._feedback_due is None or now >= self._feedback_due:
            _show_feedback(await self._feedback.by_language())
            self._feedback_due = now + FEEDBACK_INTERVAL


def _show_feedback(counts: Sequence[FeedbackCount]) -> None:
    """Set the gauges of feedback; a language that nothing is said in any more has none."""
    FEEDBACK.clear()
    FEEDBACK_PRECISION.clear()
    for count in counts[:LANGUAGES_MAX]:
        FEEDBACK.labels(count.language, RELEVANT).set(count.relevant)
        for reason in FeedbackReason:
            FEEDBACK.labels(count.language, reason.value).set(count.reasons.get(reason, 0))
        FEEDBACK_PRECISION.labels(count.language).set(count.precision)
