"""Through the handlers and the database too, any order of the reports in any batches comes to the truth."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from samspil.adapters.sql import open_record
from samspil.clock import ManualClock
from samspil.ports import Received
from samspil.registry.handlers import Registry
from samspil_schemas import Event, MatchFound, MatchWithdrawn, NeedPublished, SimilarNeedFound, SimilarNeedWithdrawn, event_id
from tests.factories import a_need
from tests.protocol import NEEDS, SUPPLIERS, Evaluation, History, histories, shuffled, verdict

Versions = dict[tuple[str, str], tuple[int, int]]


async def run(batches: Sequence[Sequence[Event]]) -> tuple[Versions, Versions, Versions, set[tuple[str, str]]]:
    """What stands in the record, and what a listener to the topics holds for open."""
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
    similar = {
        (view.need_id, view.other_need_id): (view.need_version, view.other_need_version)
        for need in NEEDS
        for view in await record.readings.similar_to(need)
    }
    await record.close()
    return matches, similar, heard, told


@st.composite
def batched(draw: st.DrawFn, order: Sequence[Evaluation]) -> list[list[Event]]:
    """The reports in batches of any sizes, and the statements of all needs somewhere between them."""
    left, batches = [verdict(evaluation) for evaluation in order], list[list[Event]]()
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
            told.discard((event.need_id, event.other_need_id))


@settings(max_examples=25, deadline=None)
@given(data=st.data(), history=histories())
def test_any_order_in_any_batches_comes_to_the_truth(data: st.DataObject, history: History) -> None:
    batches = data.draw(batched(data.draw(shuffled(history.evaluations))))
    matches, similar, heard, told = asyncio.run(run(batches))
    truth = {(need, supplier): held for need in NEEDS for supplier in SUPPLIERS if (held := history.matching(need, supplier))}
    alike = {(one, other): held for one in NEEDS for other in NEEDS if one != other and (held := history.matching(one, other))}
    assert matches == truth
    assert heard == truth
    assert similar == alike
    assert told == set(alike)
