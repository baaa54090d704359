"""Through the handlers and the database too, any order of the reports in any batches comes to the truth."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from samspil.adapters.sql import open_record
from samspil.clock import ManualClock
from samspil.ports import Received
from samspil.registry.handlers import Registry
from samspil_schemas import (
    Event,
    MatchFound,
    MatchWithdrawn,
    NeedPublished,
    SimilarNeed,
    SimilarNeedFound,
    SimilarNeedWithdrawn,
    event_id,
)
from tests.factories import a_need
from tests.protocol import NEEDS, SUPPLIERS, Evaluation, History, histories, shuffled, verdict

Keys = Mapping[str, tuple[str, ...]]
Versions = dict[tuple[str, str], tuple[int, int]]


@dataclass(frozen=True)
class Outcome:
    """What stands in the record, and what a listener to the topics holds for open."""

    matches: Versions
    similar: Sequence[SimilarNeed]
    heard: Versions
    told: set[tuple[str, str]]


async def run(batches: Sequence[Sequence[Event]]) -> Outcome:
    record = open_record("sqlite+aiosqlite:///:memory:", clock=ManualClock())
    await record.migrate()
    registry = Registry(record, clock=ManualClock())
    heard, told = Versions(), set[tuple[str, str]]()
    for batch in batches:
        handle = registry.needs if isinstance(batch[0], NeedPublished) else registry.reports
        await handle([Received(event=event, event_id=event_id(event), key=event.key, topic="any") for event in batch])
        rows = await record.outbox.claim(limit=10_000, lease=timedelta(days=1))
        for row in rows:
            listen(row.event, heard=heard, told=told)
        await record.outbox.published([row.event_id for row in rows], again_after=timedelta(days=1))
    matches = {
        (match.need_id, match.supplier_id): (match.need_version, match.profile_version)
        for need in NEEDS
        for match in await record.readings.matches_of_need(need)
    }
    similar = [view for need in NEEDS for view in await record.readings.similar_to(need)]
    await record.close()
    return Outcome(matches=matches, similar=similar, heard=heard, told=told)


@st.composite
def batched(draw: st.DrawFn, order: Sequence[Evaluation], *, keys: Keys | None = None) -> list[list[Event]]:
    """The reports in batches of any sizes, and the statements of all needs somewhere between them."""
    left, batches = [verdict(evaluation, keys=keys) for evaluation in order], list[list[Event]]()
    while left:
        size = draw(st.integers(1, 5))
        batches.append(list(left[:size]))
        left = left[size:]
    statements: list[Event] = [a_need(need, 9, title=f"The need {need}") for need in NEEDS]
    batches.insert(draw(st.integers(0, len(batches))), statements)
    return batches


def listen(event: Event, *, heard: Versions, told: set[tuple[str, str]]) -> None:
    match event:
        case MatchFound():
            heard[event.need_id, event.supplier_id] = (event.need_version, event.profile_version)
        case MatchWithdrawn():
            del heard[event.need_id, event.supplier_id]
        case SimilarNeedFound():
            told.add((event.need_id, event.other_need_id))
        case SimilarNeedWithdrawn():
            told.remove((event.need_id, event.other_need_id))


@settings(max_examples=25, deadline=None)
@given(data=st.data(), history=histories())
def test_any_order_in_any_batches_comes_to_the_truth(data: st.DataObject, history: History) -> None:
    batches = data.draw(batched(data.draw(shuffled(history.evaluations))))
    outcome = asyncio.run(run(batches))
    similar = {(view.need_id, view.other_need_id): (view.need_version, view.other_need_version) for view in outcome.similar}
    truth = {(need, supplier): held for need in NEEDS for supplier in SUPPLIERS if (held := history.matching(need, supplier))}
    alike = {(one, other): held for one in NEEDS for other in NEEDS if one != other and (held := history.matching(one, other))}
    assert outcome.matches == truth
    assert outcome.heard == truth
    assert similar == alike
    assert outcome.told == set(alike)


COPIES: list[Keys] = [
    dict.fromkeys(NEEDS, ("same",)),
    {NEEDS[1]: ("same",), NEEDS[2]: ("same",)},
    {NEEDS[0]: ("one",), NEEDS[1]: ("one", "other"), NEEDS[2]: ("other",)},
]


@settings(max_examples=40, deadline=None)
@given(data=st.data(), history=histories(), keys=st.sampled_from(COPIES))
def test_any_order_tells_a_need_that_was_published_more_than_once_as_one_find(
    data: st.DataObject, history: History, keys: Keys
) -> None:
    outcome = asyncio.run(run(data.draw(batched(data.draw(shuffled(history.evaluations)), keys=keys))))
    alike = {(one, other) for one in NEEDS for other in NEEDS if one != other and history.matching(one, other)}
    finds = [{(view.need_id, other) for other in (view.other_need_id, *view.also_published)} for view in outcome.similar]
    assert set().union(*finds) == alike
    assert [len(find & outcome.told) for find in finds] == [1] * len(finds)
    assert outcome.told <= alike
