"""What people and files submit: versions, conflicts, and what goes into the outbox with them."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from samspil.adapters.sql import SqlRecord
from samspil.errors import Conflict, Malformed, NotFound
from samspil.ports import NeedStatus, SourceOrder, Submitted
from samspil_schemas import Buyer, Event, NeedPublished, NeedWithdrawn, ProfilePublished, ProfileWithdrawn, Source
from samspil_schemas.base import VERSION_MAX
from tests.factories import a_profile, a_statement

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
TUESDAY = datetime(2026, 3, 3, tzinfo=UTC)


async def waiting(record: SqlRecord) -> list[Event]:
    return [row.event for row in await record.outbox.claim(limit=1000, lease=timedelta(seconds=0))]


async def statuses(record: SqlRecord, need_id: str = "n") -> dict[int, NeedStatus]:
    return {row.version: row.status for row in await record.readings.ledger(need_id=need_id)}


async def test_a_new_need_is_version_one_pending_and_to_be_published(record: SqlRecord) -> None:
    statement = a_statement(source=Source(kind="eforms", reference="17-2026"))
    assert await record.submissions.submit_need("n", statement) == Submitted(id="n", version=1, changed=True)
    stored = await record.readings.need("n")
    assert stored is not None
    assert (stored.version, stored.statement, stored.withdrawn) == (1, statement, False)
    assert await waiting(record) == [NeedPublished(need_id="n", version=1, statement=statement)]
    (row,) = await record.readings.ledger()
    assert (row.need_id, row.version, row.status) == ("n", 1, NeedStatus.PENDING)
    assert (row.title, row.buyer_id, row.source) == (statement.title, "buyer-1", "eforms 17-2026")
    assert row.accepted_at is not None
    assert row.settled_at is None


async def test_the_same_content_again_changes_and_publishes_nothing(record: SqlRecord) -> None:
    await record.submissions.submit_need("n", a_statement())
    assert await record.submissions.submit_need("n", a_statement()) == Submitted(id="n", version=1, changed=False)
    assert len(await waiting(record)) == 1
    assert await statuses(record) == {1: NeedStatus.PENDING}


async def test_a_statement_comes_back_as_it_was_submitted(record: SqlRecord) -> None:
    statement = a_statement(
        title="Læk i vandrør 💧",
        volume={"amount": 0.1, "unit": "DKK"},
        horizon="2027-01-01",
        answer_deadline="2026-03-02T09:00:00+01:00",
        dialogue={"kind": "webinar", "starts_at": "2026-04-01T09:00:00+02:00", "programme": ["Welcome", "Questions"]},
        excluded_suppliers=("supplier-9",),
    )
    await record.submissions.submit_need("n", statement)
    stored = await record.readings.need("n")
    assert stored is not None
    assert stored.statement == statement
    assert (await record.submissions.submit_need("n", statement)).changed is False


async def test_a_change_is_the_next_version_and_takes_the_older_one_out_of_the_outbox(record: SqlRecord) -> None:
    await record.submissions.submit_need("n", a_statement())
    await record.submissions.submit_need("other", a_statement())
    changed = a_statement(title="Find them sooner")
    assert await record.submissions.submit_need("n", changed) == Submitted(id="n", version=2, changed=True)
    assert [(event.key, getattr(event, "version", 0)) for event in await waiting(record)] == [("other", 1), ("n", 2)]
    assert await statuses(record) == {1: NeedStatus.SUPERSEDED, 2: NeedStatus.PENDING}


async def test_a_withdrawal_replaces_what_was_to_be_published(record: SqlRecord) -> None:
    await record.submissions.submit_need("n", a_statement())
    submitted = await record.submissions.withdraw_need("n", reason="bought elsewhere")
    assert submitted == Submitted(id="n", version=1, changed=True)
    assert await waiting(record) == [NeedWithdrawn(need_id="n", version=1, reason="bought elsewhere")]
    (row,) = await record.readings.ledger()
    assert (row.status, row.reason) == (NeedStatus.WITHDRAWN, "bought elsewhere")
    stored = await record.readings.need("n")
    assert stored is not None
    assert stored.withdrawn
    assert await record.submissions.withdraw_need("n") == Submitted(id="n", version=1, changed=False)


async def test_a_withdrawn_need_opens_again_as_the_next_version(record: SqlRecord) -> None:
    await record.submissions.submit_need("n", a_statement())
    await record.submissions.withdraw_need("n")
    assert await record.submissions.submit_need("n", a_statement()) == Submitted(id="n", version=2, changed=True)
    assert await statuses(record) == {1: NeedStatus.WITHDRAWN, 2: NeedStatus.PENDING}


async def test_what_is_not_there_cannot_be_withdrawn(record: SqlRecord) -> None:
    with pytest.raises(NotFound):
        await record.submissions.withdraw_need("n")
    with pytest.raises(NotFound):
        await record.submissions.withdraw_profile("s")
    assert await waiting(record) == []


async def test_an_older_version_of_the_same_source_is_refused(record: SqlRecord) -> None:
    await record.submissions.submit_need("n", a_statement(), order=SourceOrder(published_at=TUESDAY, number=2))
    for older in (SourceOrder(published_at=MONDAY, number=3), SourceOrder(published_at=TUESDAY, number=1)):
        with pytest.raises(Conflict):
            await record.submissions.submit_need("n", a_statement(title="older"), order=older)
    assert await statuses(record) == {1: NeedStatus.PENDING}
    newer = SourceOrder(published_at=TUESDAY, number=3)
    assert (await record.submissions.submit_need("n", a_statement(title="newer"), order=newer)).version == 2


async def test_an_unchanged_newer_version_of_a_source_still_moves_the_mark(record: SqlRecord) -> None:
    await record.submissions.submit_need("n", a_statement(), order=SourceOrder(published_at=MONDAY))
    again = await record.submissions.submit_need("n", a_statement(), order=SourceOrder(published_at=TUESDAY))
    assert again.changed is False
    with pytest.raises(Conflict):
        await record.submissions.submit_need("n", a_statement(title="between"), order=SourceOrder(published_at=MONDAY))


async def test_reading_the_same_file_again_does_not_open_a_need_that_was_withdrawn_since(record: SqlRecord) -> None:
    order = SourceOrder(published_at=MONDAY, number=1)
    await record.submissions.submit_need("n", a_statement(), order=order)
    await record.submissions.withdraw_need("n")
    assert (await record.submissions.submit_need("n", a_statement(), order=order)).changed is False
    later = SourceOrder(published_at=TUESDAY, number=2)
    assert await record.submissions.submit_need("n", a_statement(), order=later) == Submitted(id="n", version=2, changed=True)


async def test_a_need_of_another_buyer_is_refused_open_or_withdrawn(record: SqlRecord) -> None:
    await record.submissions.submit_need("n", a_statement())
    theirs = a_statement(buyer=Buyer(id="buyer-2", name="Southby", country="SE"))
    with pytest.raises(Conflict):
        await record.submissions.submit_need("n", theirs)
    await record.submissions.withdraw_need("n")
    with pytest.raises(Conflict):
        await record.submissions.submit_need("n", theirs)


async def test_an_id_that_the_contract_forbids_is_refused_and_leaves_nothing(record: SqlRecord) -> None:
    with pytest.raises(Malformed, match="need_id"):
        await record.submissions.submit_need("no spaces", a_statement())
    assert await record.readings.ledger() == []
    assert await waiting(record) == []


async def test_there_is_no_version_after_the_highest(record: SqlRecord) -> None:
    async with record.begin() as transaction:
        known = (await transaction.needs_known(["n"]))["n"]
        await transaction.put_needs([replace(known, version=VERSION_MAX, content_version=VERSION_MAX, content=a_statement())])
    with pytest.raises(Conflict):
        await record.submissions.submit_need("n", a_statement(title="one more"))


async def test_a_profile_travels_the_same_road(record: SqlRecord) -> None:
    assert await record.submissions.submit_profile("s", a_profile()) == Submitted(id="s", version=1, changed=True)
    assert await record.submissions.submit_profile("s", a_profile()) == Submitted(id="s", version=1, changed=False)
    assert await waiting(record) == [ProfilePublished(supplier_id="s", version=1, profile=a_profile())]
    assert (await record.submissions.submit_profile("s", a_profile(name="Listen Better"))).version == 2
    assert [getattr(event, "version", 0) for event in await waiting(record)] == [2]
    await record.submissions.withdraw_profile("s", reason="closed")
    assert await waiting(record) == [ProfileWithdrawn(supplier_id="s", version=2, reason="closed")]
    stored = await record.readings.profile("s")
    assert stored is not None
    assert stored.withdrawn
    assert await record.readings.profiles() == []
    assert (await record.submissions.submit_profile("s", a_profile())).version == 3


async def test_submissions_of_one_need_at_once_get_versions_of_their_own(record: SqlRecord) -> None:
    submitted = await asyncio.gather(
        *(record.submissions.submit_need("n", a_statement(title=f"Wording {number}")) for number in range(12))
    )
    assert sorted(one.version for one in submitted) == list(range(1, 13))
    (event,) = await waiting(record)
    assert isinstance(event, NeedPublished)
    assert event.version == 12
    assert await statuses(record) == dict.fromkeys(range(1, 12), NeedStatus.SUPERSEDED) | {12: NeedStatus.PENDING}
