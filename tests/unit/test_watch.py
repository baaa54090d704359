"""The gauges that no event moves."""

from typing import Any, cast

from prometheus_client import generate_latest

from samspil.bootstrap.watch import FEEDBACK_INTERVAL, LANGUAGES_MAX, Watch
from samspil.clock import ManualClock
from samspil.observability import METRICS
from samspil.ports import FeedbackCount, LedgerSummary
from samspil_schemas import FeedbackReason


class Seen:
    """A record and a log that have nothing to say but the feedback."""

    def __init__(self, *counts: FeedbackCount) -> None:
        self._counts = counts
        self.counted = 0

    async def ledger_summary(self):
        return LedgerSummary(counts={})

    async def totals(self):
        return {"outbox": 0}

    async def lags(self):
        return []

    async def by_language(self):
        self.counted += 1
        return list(self._counts)


async def shown(*counts: FeedbackCount) -> dict[str, float]:
    seen: Any = cast("Any", Seen(*counts))
    await Watch(readings=seen, feedback=seen, admin=seen, clock=ManualClock()).look()
    lines = generate_latest(METRICS).decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line.startswith("samspil_feedback"))}


async def test_precision_is_shown_by_language_with_the_counts_that_it_stands_on() -> None:
    found = await shown(
        FeedbackCount(language="da", relevant=3, reasons={FeedbackReason.FIELD: 1}),
        FeedbackCount(language="fi", relevant=0, reasons={FeedbackReason.OTHER: 2}),
    )
    assert found['samspil_feedback_precision{language="da"}'] == 0.75
    assert found['samspil_feedback_precision{language="fi"}'] == 0
    assert found['samspil_feedback{language="da",verdict="relevant"}'] == 3
    assert found['samspil_feedback{language="da",verdict="wrong_field"}'] == 1
    assert found['samspil_feedback{language="fi",verdict="other"}'] == 2


async def test_a_language_that_nobody_speaks_of_any_more_has_no_gauge_and_there_is_an_end_to_languages() -> None:
    await shown(FeedbackCount(language="da", relevant=1, reasons={}))
    many = [FeedbackCount(language=f"x{number}", relevant=1, reasons={}) for number in range(LANGUAGES_MAX + 5)]
    found = await shown(*many)
    assert not any('"da"' in name for name in found)
    assert sum(name.startswith("samspil_feedback_precision") for name in found) == LANGUAGES_MAX


async def test_all_feedback_is_read_no_more_than_once_a_minute() -> None:
    seen: Any = cast("Any", Seen())
    clock = ManualClock()
    watch = Watch(readings=seen, feedback=seen, admin=seen, clock=clock)
    for _ in range(3):
        await watch.look()
    assert seen.counted == 1
    clock.advance(FEEDBACK_INTERVAL)
    await watch.look()
    assert seen.counted == 2
