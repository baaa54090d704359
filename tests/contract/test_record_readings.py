"""What is read of the record: pages, filters and counts."""

from datetime import timedelta

import pytest

from samspil.adapters.sql import SqlRecord, readings
from samspil.adapters.sql.readings import _seen_from
from samspil.clock import ManualClock
from samspil.ports import LedgerSummary, NeedStatus, Received
from samspil.registry.handlers import Registry
from samspil_schemas import Buyer, NeedMatched, event_id
from tests.factories import a_profile, a_statement
from tests.protocol import START, a_match, a_similar


async def submit(
    record: SqlRecord, clock: ManualClock, need_id: str, *, buyer_id: str = "buyer-1", title: str = "A need"
) -> None:
    clock.advance(timedelta(seconds=1))
    buyer = Buyer(id=buyer_id, name="A Buyer", country="DK")
    await record.submissions.submit_need(need_id, a_statement(buyer=buyer, title=title))


async def report(record: SqlRecord, clock: ManualClock, need_id: str, *suppliers: str, alike: tuple[str, ...] = ()) -> None:
    event = NeedMatched(
        need_id=need_id,
        need_version=1,
        caused_by="cause",
        matches=tuple(a_match(need_id, supplier, score=score / 10) for score, supplier in enumerate(suppliers, start=1)),
        similar=tuple(a_similar(need_id, other, score=score / 10) for score, other in enumerate(alike, start=1)),
        space="space",
        scorer="v1",
        evaluated_at=START,
    )
    received = Received(event=event, event_id=event_id(event), key=need_id, topic="samspil.match-reports.v1")
    await Registry(record, clock=clock).reports([received])


async def test_an_empty_record_is_read_as_empty(record: SqlRecord) -> None:
    assert await record.readings.need("n") is None
    assert await record.readings.profile("s") is None
    assert await record.readings.needs() == []
    assert await record.readings.matches_of_need("n") == []
    assert await record.readings.similar_to("n") == []
    assert await record.readings.ledger_summary() == LedgerSummary(counts={}, oldest_pending=None)
    assert set((await record.readings.totals()).values()) == {0}


async def test_needs_come_the_newest_first_in_pages_and_by_buyer(record: SqlRecord, clock: ManualClock) -> None:
    for number, buyer in enumerate(["b1", "b2", "b1", "b1"]):
        await submit(record, clock, f"n{number}", buyer_id=buyer)
    await submit(record, clock, "n0", buyer_id="b1", title="Changed since")
    await record.submissions.withdraw_need("n2")
    assert [need.need_id for need in await record.readings.needs()] == ["n0", "n3", "n1"]
    assert [need.need_id for need in await record.readings.needs(buyer_id="b1")] == ["n0", "n3"]
    assert {need.need_id for need in await record.readings.needs(open_only=False)} == {"n0", "n1", "n2", "n3"}
    assert [need.need_id for need in await record.readings.needs(limit=1, offset=1)] == ["n3"]


async def test_profiles_come_by_id_in_pages(record: SqlRecord) -> None:
    for supplier in ("c", "a", "b"):
        await record.submissions.submit_profile(supplier, a_profile())
    await record.submissions.withdraw_profile("b")
    assert [profile.supplier_id for profile in await record.readings.profiles()] == ["a", "c"]
    assert [profile.supplier_id for profile in await record.readings.profiles(limit=1, offset=1)] == ["c"]


async def test_matches_and_similar_needs_come_the_best_first(record: SqlRecord, clock: ManualClock) -> None:
    await report(record, clock, "n", "weak", "good", "best", alike=("m", "o"))
    await report(record, clock, "p", "other", "best")
    assert [match.supplier_id for match in await record.readings.matches_of_need("n")] == ["best", "good", "weak"]
    assert [match.supplier_id for match in await record.readings.matches_of_need("n", limit=1, offset=1)] == ["good"]
    assert [found.match.need_id for found in await record.feedback.matches("best")] == ["n", "p"]
    assert [found.match.need_id for found in await record.feedback.matches("best", limit=1, offset=1)] == ["p"]
    assert [similar.other_need_id for similar in await record.readings.similar_to("n")] == ["o", "m"]
    assert [similar.other_need_id for similar in await record.readings.similar_to("n", limit=1)] == ["o"]


async def test_of_many_finds_no_more_are_read_whole_than_the_page_shows(
    record: SqlRecord, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await report(record, clock, "n", alike=tuple(f"m{number}" for number in range(1, 9)))
    read = []
    monkeypatch.setattr(readings, "_seen_from", lambda need_id, row: read.append(row) or _seen_from(need_id, row))
    assert [one.other_need_id for one in await record.readings.similar_to("n", limit=2, offset=1)] == ["m7", "m6"]
    assert len(read) == 2
    monkeypatch.setattr(readings, "FOLDED_MAX", 3)
    assert [one.other_need_id for one in await record.readings.similar_to("n", offset=2)] == ["m6"]


async def test_the_ledger_is_read_the_newest_first_and_by_need_buyer_and_status(record: SqlRecord, clock: ManualClock) -> None:
    await submit(record, clock, "n", buyer_id="b1")
    await submit(record, clock, "m", buyer_id="b2")
    await submit(record, clock, "n", buyer_id="b1", title="Changed")
    await report(record, clock, "m", "s", alike=("o", "p"))

    async def read(**wanted: object) -> list[tuple[str, int]]:
        return [(row.need_id, row.version) for row in await record.readings.ledger(**wanted)]  # type: ignore[arg-type]

    assert await read() == [("n", 2), ("m", 1), ("n", 1)]
    assert await read(need_id="n") == [("n", 2), ("n", 1)]
    assert await read(buyer_id="b2") == [("m", 1)]
    assert await read(status=NeedStatus.SUPERSEDED) == [("n", 1)]
    assert await read(buyer_id="b1", status=NeedStatus.PENDING) == [("n", 2)]
    assert await read(limit=1, offset=1) == [("m", 1)]
    (row,) = await record.readings.ledger(need_id="m")
    assert (row.matches, row.similar) == (1, 2)


async def test_the_summary_counts_by_status_and_names_the_oldest_pending(record: SqlRecord, clock: ManualClock) -> None:
    await submit(record, clock, "done", buyer_id="b1")
    await submit(record, clock, "old", buyer_id="b1")
    oldest = clock.now()
    await submit(record, clock, "young", buyer_id="b2")
    await report(record, clock, "done")
    summary = await record.readings.ledger_summary()
    assert summary == LedgerSummary(counts={NeedStatus.PENDING: 2, NeedStatus.MATCHED: 1}, oldest_pending=oldest)
    assert (summary.total, summary.accounted) == (3, 1)
    assert await record.readings.ledger_summary(buyer_id="b2") == LedgerSummary(
        counts={NeedStatus.PENDING: 1}, oldest_pending=clock.now()
    )


async def test_the_totals_count_what_is_open_and_what_waits(record: SqlRecord, clock: ManualClock) -> None:
    await submit(record, clock, "n")
    await submit(record, clock, "m")
    await record.submissions.withdraw_need("m")
    await record.submissions.submit_profile("s", a_profile())
    await report(record, clock, "n", "s", "t", alike=("o",))
    assert await record.readings.totals() == {
        "needs": 1,
        "profiles": 1,
        "matches": 2,
        "similar": 1,
        "dialogues": 0,
        "invitations": 0,
        "joint_needs": 0,
        # Two needs, a profile, two matches, and the similar need for both of its sides.
        "outbox": 7,
    }
