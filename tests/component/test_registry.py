"""The registry joins the topics into the record, on both databases."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from samspil.adapters.sql import SqlRecord
from samspil.clock import ManualClock
from samspil.errors import Malformed
from samspil.ids import match_id, similar_id
from samspil.ports import DeadLetter, NeedStatus, Received
from samspil.registry.handlers import Registry
from samspil_schemas import (
    Event,
    MatchFound,
    MatchWithdrawn,
    NeedMatched,
    NeedPublished,
    NeedWithdrawn,
    ProfileWithdrawn,
    SimilarNeedFound,
    SimilarNeedWithdrawn,
    SupplierMatched,
    WithdrawalReason,
    event_id,
    spec_of,
    topics,
)
from tests.factories import a_need, a_profile, a_published_profile, a_statement
from tests.protocol import START, a_match, a_similar

ABOUT = {"caused_by": "cause", "space": "e5s-1f0c2a9b", "scorer": "v1", "evaluated_at": START}


@pytest.fixture
def registry(record: SqlRecord, clock: ManualClock) -> Registry:
    return Registry(record, clock=clock)


def received(*events: Event) -> list[Received]:
    return [Received(event=event, event_id=event_id(event), key=event.key, topic=spec_of(event).topic.name) for event in events]


def a_tombstone(key: str, id_: str = "tombstone", topic: str = topics.NEEDS.name) -> Received:
    return Received(event=None, event_id=id_, key=key, topic=topic)


def need_matched(need_id: str = "n", version: int = 1, **changes: object) -> NeedMatched:
    return NeedMatched(**({"need_id": need_id, "need_version": version} | ABOUT | changes))


def supplier_matched(supplier_id: str = "s", version: int = 1, **changes: object) -> SupplierMatched:
    return SupplierMatched(**({"supplier_id": supplier_id, "profile_version": version} | ABOUT | changes))


async def enqueued(record: SqlRecord) -> list[Event]:
    """What waits in the outbox, and is published by this."""
    rows = await record.outbox.claim(limit=1000, lease=timedelta(seconds=30))
    await record.outbox.published([row.event_id for row in rows], again_after=timedelta(days=1))
    return [row.event for row in rows]


async def statuses(record: SqlRecord, need_id: str = "n") -> dict[int, NeedStatus]:
    return {row.version: row.status for row in await record.readings.ledger(need_id=need_id)}


# Needs and profiles


async def test_a_need_of_a_foreign_client_is_in_the_record_and_the_ledger(record: SqlRecord, registry: Registry) -> None:
    await registry.needs(received(a_need("n", 7)))
    stored = await record.readings.need("n")
    assert stored is not None
    assert (stored.version, stored.statement, stored.withdrawn) == (7, a_statement(), False)
    (row,) = await record.readings.ledger()
    assert (row.version, row.status, row.title) == (7, NeedStatus.PENDING, a_statement().title)
    assert (await record.submissions.submit_need("n", a_statement(title="ours"))).version == 8


async def test_an_older_version_and_a_repeat_change_nothing(record: SqlRecord, registry: Registry) -> None:
    await registry.needs(received(a_need("n", 2, title="new")))
    before = await record.readings.ledger()
    await registry.needs(received(a_need("n", 2, title="new"), a_need("n", 1, title="old")))
    stored = await record.readings.need("n")
    assert stored is not None
    assert (stored.version, stored.statement.title) == (2, "new")
    assert [row for row in await record.readings.ledger() if row.version == 2] == before
    assert await statuses(record) == {1: NeedStatus.SUPERSEDED, 2: NeedStatus.PENDING}


async def test_a_withdrawal_that_comes_first_still_closes_what_comes_later(record: SqlRecord, registry: Registry) -> None:
    await registry.needs(received(NeedWithdrawn(need_id="n", version=2, reason="gone")))
    assert await record.readings.need("n") is None
    await registry.needs(received(a_need("n", 2), a_need("n", 1)))
    stored = await record.readings.need("n")
    assert stored is not None
    assert stored.withdrawn
    assert await statuses(record) == {1: NeedStatus.WITHDRAWN, 2: NeedStatus.WITHDRAWN}


async def test_a_tombstone_withdraws_once_what_is_known(record: SqlRecord, registry: Registry) -> None:
    await registry.needs([a_tombstone("n", "early")])
    assert await record.readings.ledger() == []
    await registry.needs([*received(a_need("n", 1)), a_tombstone("n", "late")])
    assert await statuses(record) == {1: NeedStatus.WITHDRAWN}
    await registry.needs([*received(a_need("n", 2)), a_tombstone("n", "early"), a_tombstone("n", "late")])
    assert await statuses(record) == {1: NeedStatus.WITHDRAWN, 2: NeedStatus.PENDING}


async def test_profiles_take_the_same_road(record: SqlRecord, registry: Registry) -> None:
    await registry.profiles(received(a_published_profile("s", 2), a_published_profile("s", 1, name="old")))
    stored = await record.readings.profile("s")
    assert stored is not None
    assert (stored.version, stored.profile, stored.withdrawn) == (2, a_profile(), False)
    await registry.profiles(received(ProfileWithdrawn(supplier_id="s", version=2)))
    assert await record.readings.profiles() == []
    await registry.profiles([*received(a_published_profile("s", 3)), a_tombstone("s", topic=topics.SUPPLIERS.name)])
    stored = await record.readings.profile("s")
    assert stored is not None
    assert (stored.version, stored.withdrawn) == (3, True)


async def test_our_own_event_coming_back_confirms_and_changes_nothing(record: SqlRecord, registry: Registry) -> None:
    await record.submissions.submit_need("n", a_statement())
    before = await record.readings.ledger()
    (event,) = await enqueued(record)
    await registry.needs(received(event))
    assert await record.readings.ledger() == before
    async with record.begin() as transaction:
        assert await transaction.first_time("registry", [event_id(event)]) == set()


async def test_what_a_foreign_client_published_since_takes_ours_out_of_the_outbox(record: SqlRecord, registry: Registry) -> None:
    await record.submissions.submit_need("n", a_statement())
    await record.submissions.submit_need("other", a_statement())
    await record.submissions.submit_profile("n", a_profile())
    await registry.needs(received(a_need("n", 5)))
    assert [event.key for event in await enqueued(record)] == ["other", "n"]
    await record.submissions.submit_profile("n", a_profile(name="newer"))
    await registry.profiles(received(a_published_profile("n", 9)))
    assert await enqueued(record) == []
    assert await statuses(record) == {1: NeedStatus.SUPERSEDED, 5: NeedStatus.PENDING}


async def test_a_late_withdrawal_of_an_older_version_leaves_what_of_ours_still_waits(
    record: SqlRecord, registry: Registry
) -> None:
    await registry.needs(received(a_need("n", 1)))
    await record.submissions.submit_need("n", a_statement(title="ours"))
    await registry.needs(received(NeedWithdrawn(need_id="n", version=1)))
    assert [getattr(event, "version", 0) for event in await enqueued(record)] == [2]
    assert await statuses(record) == {1: NeedStatus.WITHDRAWN, 2: NeedStatus.PENDING}


# Verdicts


async def test_a_verdict_on_a_closed_need_is_no_match_of_that_version(record: SqlRecord, registry: Registry) -> None:
    await registry.needs(received(a_need("n"), NeedWithdrawn(need_id="n", version=1)))
    await registry.reports(received(need_matched(withdrawn=True)))
    (row,) = await record.readings.ledger()
    assert (row.status, row.matches) == (NeedStatus.WITHDRAWN, None)


async def test_a_late_verdict_on_an_old_version_brings_nothing_back(record: SqlRecord, registry: Registry) -> None:
    await registry.reports(received(need_matched(version=2)))
    await registry.reports(received(supplier_matched(matches=(a_match("n", "s", 1),))))
    assert await record.readings.matches_of_need("n") == []
    assert await enqueued(record) == []


async def test_a_verdict_settles_the_version_and_is_told(record: SqlRecord, registry: Registry) -> None:
    await registry.needs(received(a_need("n")))
    best, other = a_match("n", "s", score=0.9), a_match("n", "t", score=0.5)
    await registry.reports(received(need_matched(matches=(other, best))))
    assert await record.readings.matches_of_need("n") == [best, other]
    assert [found.match for found in await record.feedback.matches("t")] == [other]
    (row,) = await record.readings.ledger()
    assert (row.status, row.matches, row.similar) == (NeedStatus.MATCHED, 2, 0)
    found = [MatchFound(**dict(match), space="e5s-1f0c2a9b", scorer="v1", found_at=START) for match in (best, other)]
    assert await enqueued(record) == found


async def test_no_match_at_all_settles_a_need_too(record: SqlRecord, registry: Registry) -> None:
    await registry.needs(received(a_need("n")))
    await registry.reports(received(need_matched()))
    (row,) = await record.readings.ledger()
    assert (row.status, row.matches) == (NeedStatus.MATCHED, 0)


async def test_a_verdict_on_what_the_record_does_not_know_yet_is_kept(record: SqlRecord, registry: Registry) -> None:
    await registry.reports(received(need_matched(version=3, matches=(a_match("n", "s", 3),))))
    assert await record.readings.matches_of_need("n") == [a_match("n", "s", 3)]
    assert await record.readings.need("n") is None
    assert await record.readings.needs(open_only=False) == []
    (row,) = await record.readings.ledger()
    assert (row.version, row.status, row.title) == (3, NeedStatus.MATCHED, None)
    await registry.needs(received(a_need("n", 3)))
    (row,) = await record.readings.ledger()
    assert (row.version, row.status, row.title) == (3, NeedStatus.MATCHED, a_statement().title)


async def test_a_repeated_verdict_changes_and_tells_nothing(record: SqlRecord, registry: Registry) -> None:
    report = received(need_matched(matches=(a_match("n", "s"),), similar=(a_similar("n", "m"),)))
    await registry.reports([*report, *report])
    assert len(await enqueued(record)) == 2
    before = await record.readings.ledger()
    await registry.reports(report)
    assert await enqueued(record) == []
    assert await record.readings.ledger() == before


async def test_a_match_ends_with_a_reason_when_a_newer_verdict_does_not_list_it(record: SqlRecord, registry: Registry) -> None:
    await registry.reports(received(need_matched(matches=(a_match("n", "s"), a_match("n", "t")))))
    await enqueued(record)
    await registry.reports(received(supplier_matched("s", 2), need_matched(version=1, withdrawn=True)))
    at = registry._clock.now()
    about = {"need_id": "n", "need_version": 1, "reason": WithdrawalReason.NEED_WITHDRAWN, "withdrawn_at": at}
    assert await enqueued(record) == [
        MatchWithdrawn(match_id=match_id(need_id="n", supplier_id="s"), supplier_id="s", profile_version=2, **about),
        MatchWithdrawn(match_id=match_id(need_id="n", supplier_id="t"), supplier_id="t", profile_version=1, **about),
    ]
    assert await record.readings.matches_of_need("n") == []
    assert (await record.readings.totals())["matches"] == 0


async def test_a_match_found_again_in_newer_versions_is_one_match(record: SqlRecord, registry: Registry) -> None:
    await registry.reports(received(need_matched(matches=(a_match("n", "s"),))))
    await registry.reports(received(need_matched(version=2, matches=(a_match("n", "s", 2, score=0.6),))))
    assert await record.readings.matches_of_need("n") == [a_match("n", "s", 2, score=0.6)]
    assert [(type(event), getattr(event, "need_version", 0)) for event in await enqueued(record)] == [
        (MatchFound, 1),
        (MatchFound, 2),
    ]
    assert (await record.readings.totals())["matches"] == 1


async def test_the_second_side_saying_the_same_is_not_told_again(record: SqlRecord, registry: Registry) -> None:
    await registry.reports(received(need_matched(matches=(a_match("n", "s"),))))
    await enqueued(record)
    await registry.reports(received(supplier_matched(matches=(a_match("n", "s"),), evaluated_at=START + timedelta(seconds=1))))
    assert await enqueued(record) == []
    assert (await record.readings.totals())["matches"] == 1


async def test_what_came_and_went_within_one_batch_is_not_told(record: SqlRecord, registry: Registry) -> None:
    await registry.reports(received(need_matched(matches=(a_match("n", "s"),)), need_matched(version=2)))
    assert await enqueued(record) == []


async def test_a_need_and_a_supplier_may_have_the_same_id(record: SqlRecord, registry: Registry) -> None:
    await registry.reports(received(need_matched("x", matches=(a_match("x", "y"),))))
    await registry.reports(received(supplier_matched("x", 5)))
    assert await record.readings.matches_of_need("x") == [a_match("x", "y")]


async def test_a_listing_that_stands_after_another_fell_is_told_with_its_contents(record: SqlRecord, registry: Registry) -> None:
    # No faithful run comes to this, an index that was restored from a backup may.
    await registry.reports(received(supplier_matched(version=1, matches=(a_match("n", "s", 2, 1),))))
    await registry.reports(received(need_matched(matches=(a_match("n", "s", 1, 2),))))
    assert await record.readings.matches_of_need("n") == [a_match("n", "s", 2, 1)]
    await enqueued(record)
    await registry.reports(received(supplier_matched(version=2)))
    (event,) = await enqueued(record)
    assert isinstance(event, MatchFound)
    assert (event.need_version, event.profile_version) == (1, 2)
    assert await record.readings.matches_of_need("n") == [a_match("n", "s", 1, 2)]


async def test_a_verdict_that_lists_the_pair_of_another_is_refused_as_a_whole(record: SqlRecord, registry: Registry) -> None:
    for wrong in (
        need_matched(matches=(a_match("m", "s"),)),
        supplier_matched(matches=(a_match("n", "t"),)),
        need_matched(similar=(a_similar("m", "n"),)),
        need_matched(similar=(a_similar("n", "n"),)),
    ):
        with pytest.raises(Malformed):
            await registry.reports(received(need_matched("fine", matches=(a_match("fine", "s"),)), wrong))
    assert (await record.readings.totals())["matches"] == 0
    assert await enqueued(record) == []


async def test_a_verdict_confirms_to_the_outbox_that_matching_took_its_cause(record: SqlRecord, registry: Registry) -> None:
    await record.submissions.submit_need("n", a_statement())
    (event,) = await enqueued(record)
    async with record.begin() as transaction:
        await transaction.first_time("dialogue", [event_id(event)])
    await registry.needs(received(event))
    assert await record.outbox.forget_confirmed() == 0
    await registry.reports(received(need_matched(caused_by=event_id(event))))
    assert await record.outbox.forget_confirmed() == 1


# Similar needs


def ended(events: list[Event]) -> list[tuple[str, int, str, int, str]]:
    """The withdrawals among the events, as need, version, other, version and reason."""
    return sorted(
        (event.need_id, event.need_version, event.other_need_id, event.other_need_version, event.reason)
        for event in events
        if isinstance(event, SimilarNeedWithdrawn)
    )


async def test_the_same_need_is_told_to_both_buyers(record: SqlRecord, registry: Registry) -> None:
    mine = a_need("n", title="Mine", language="sv").statement
    await registry.needs(received(NeedPublished(need_id="n", version=1, statement=mine)))
    seen = a_similar("n", "m", score=0.7)
    await registry.reports(received(need_matched(similar=(seen,))))
    assert await record.readings.similar_to("n") == [seen]
    (mirrored,) = await record.readings.similar_to("m")
    assert (mirrored.similar_id, mirrored.need_id, mirrored.other_need_id) == (seen.similar_id, "m", "n")
    assert (mirrored.other_title, mirrored.other_language, mirrored.other_buyer_id) == ("Mine", "sv", mine.buyer.id)
    about = {"space": "e5s-1f0c2a9b", "scorer": "v1", "found_at": START}
    told = await enqueued(record)
    assert sorted(told, key=lambda event: event.key) == [
        SimilarNeedFound(**dict(mirrored), **about),
        SimilarNeedFound(**dict(seen), **about),
    ]
    assert (await record.readings.totals())["similar"] == 1


async def test_the_other_buyer_is_told_when_the_statement_is_known_at_last(record: SqlRecord, registry: Registry) -> None:
    await registry.reports(received(need_matched(version=2, similar=(a_similar("n", "m", 2, 1),))))
    assert [event.key for event in await enqueued(record)] == ["n"]
    assert await record.readings.similar_to("m") == []
    await registry.needs(received(a_need("n", 1)))
    assert await enqueued(record) == []
    await registry.needs(received(a_need("n", 2, title="Known")))
    (event,) = await enqueued(record)
    assert isinstance(event, SimilarNeedFound)
    assert (event.key, event.other_title) == ("m", "Known")
    await registry.needs(received(a_need("n", 2, title="Known")))
    assert await enqueued(record) == []


async def test_a_pair_that_both_sides_list_is_told_once_to_each(record: SqlRecord, registry: Registry) -> None:
    await registry.reports(received(need_matched("n", similar=(a_similar("n", "m"),))))
    late = START + timedelta(seconds=1)
    await registry.reports(received(need_matched("m", similar=(a_similar("m", "n"),), evaluated_at=late)))
    assert [event.key for event in await enqueued(record)] == ["n", "m"]
    await registry.needs(received(a_need("n"), a_need("m")))
    assert await enqueued(record) == []
    assert (await record.readings.totals())["similar"] == 1
    assert [view.similar_id for view in await record.readings.similar_to("n")] == [similar_id(need_id="n", other_need_id="m")]


async def test_needs_are_no_longer_similar_when_one_is_changed_or_withdrawn(record: SqlRecord, registry: Registry) -> None:
    await registry.needs(received(a_need("n"), a_need("m"), a_need("o")))
    await registry.reports(received(need_matched("n", similar=(a_similar("n", "m"), a_similar("n", "o")))))
    await enqueued(record)
    await registry.reports(received(need_matched("m", 2)))
    assert [view.other_need_id for view in await record.readings.similar_to("n")] == ["o"]
    assert ended(await enqueued(record)) == [("m", 2, "n", 1, "need_changed"), ("n", 1, "m", 2, "other_changed")]
    await registry.reports(received(need_matched("o", 1, withdrawn=True)))
    assert await record.readings.similar_to("n") == []
    assert ended(await enqueued(record)) == [("n", 1, "o", 1, "other_withdrawn"), ("o", 1, "n", 1, "need_withdrawn")]


async def test_what_was_told_again_in_a_new_version_is_not_withdrawn(record: SqlRecord, registry: Registry) -> None:
    await registry.needs(received(a_need("n"), a_need("m")))
    await registry.reports(received(need_matched("n", similar=(a_similar("n", "m"),))))
    await registry.reports(received(need_matched("n", 2, similar=(a_similar("n", "m", 2),))))
    assert ended(await enqueued(record)) == []
    await registry.reports(received(need_matched("n", 3), need_matched("n", 3)))
    assert [one[0] for one in ended(await enqueued(record))] == ["m", "n"]


async def test_publications_of_one_need_are_one_find(record: SqlRecord, registry: Registry) -> None:
    scores = [("m", 0.9), ("o", 0.8), ("p", 0.7), ("q", 0.6)]
    finds = [a_similar("n", other, score=score, keys=COPIES) for other, score in scores]
    await registry.reports(received(need_matched("n", similar=tuple(finds))))
    found = await record.readings.similar_to("n")
    assert [(find.other_need_id, find.also_published) for find in found] == [("m", ("p", "q")), ("o", ())]
    assert [find.other_need_id for find in await record.readings.similar_to("n", limit=1, offset=1)] == ["o"]


COPIES = {"m": ("a",), "o": ("b",), "p": ("a", "c"), "q": ("c",)}


def told(events: list[Event]) -> list[tuple[str, str, int, tuple[str, ...]]]:
    """The finds among the events, as need, other, its version and the other publications."""
    found = [event for event in events if isinstance(event, SimilarNeedFound)]
    return [(one.need_id, one.other_need_id, one.other_need_version, one.also_published) for one in found]


async def test_publications_of_one_need_are_told_as_one_find_and_a_later_one_is_not_told(
    record: SqlRecord, registry: Registry
) -> None:
    finds = {other: a_similar("n", other, score=score, keys=COPIES) for other, score in [("p", 0.7), ("m", 0.9), ("o", 0.8)]}
    await registry.reports(received(need_matched("n", similar=(finds["p"], finds["m"], finds["o"]))))
    assert told(await enqueued(record)) == [("n", "m", 1, ("p",)), ("n", "o", 1, ())]
    await registry.reports(received(need_matched("q", similar=(a_similar("q", "n", score=0.99, keys=COPIES),))))
    assert told(await enqueued(record)) == [("q", "n", 1, ())]
    await registry.needs(received(a_need("q")))
    assert await enqueued(record) == []
    assert [view.other_need_id for view in await record.readings.similar_to("n")] == ["q", "o"]


async def test_a_copy_is_told_when_the_find_that_was_told_ends_and_only_what_was_told_is_withdrawn(
    record: SqlRecord, registry: Registry
) -> None:
    same = dict.fromkeys(("m", "p", "q"), ("a",))
    similar = tuple(a_similar("n", other, score=score, keys=same) for other, score in [("m", 0.9), ("p", 0.7), ("q", 0.6)])
    await registry.reports(received(need_matched("n", similar=similar)))
    assert told(await enqueued(record)) == [("n", "m", 1, ("p", "q"))]
    await registry.reports(received(need_matched("p", 1, withdrawn=True)))
    assert await enqueued(record) == []
    await registry.reports(received(need_matched("m", 1, withdrawn=True)))
    events = await enqueued(record)
    assert ended(events) == [("n", 1, "m", 1, "other_withdrawn")]
    assert told(events) == [("n", "q", 1, ())]


async def test_a_find_that_is_held_is_told_in_its_newer_version_and_no_copy_is_told_instead(
    record: SqlRecord, registry: Registry
) -> None:
    similar = tuple(a_similar("n", other, score=score, keys=COPIES) for other, score in [("m", 0.6), ("p", 0.9)])
    await registry.reports(received(need_matched("n", similar=similar[:1])))
    await registry.reports(received(need_matched("n", similar=similar, evaluated_at=START + timedelta(seconds=1))))
    assert told(await enqueued(record)) == [("n", "m", 1, ())]
    await registry.needs(received(a_need("m", 2)))
    await registry.reports(received(need_matched("m", 2, similar=(a_similar("m", "n", 2, keys=COPIES),))))
    events = await enqueued(record)
    assert (ended(events), told(events)) == ([], [("m", "n", 1, ()), ("n", "m", 2, ("p",))])


async def test_two_copies_that_become_two_needs_are_two_finds(record: SqlRecord, registry: Registry) -> None:
    similar = tuple(a_similar("n", other, score=score, keys=COPIES) for other, score in [("m", 0.9), ("p", 0.8)])
    await registry.reports(received(need_matched("n", similar=similar)))
    await enqueued(record)
    apart = {"m": ("other",), "p": ("a",)}
    await registry.reports(received(need_matched("m", 2, similar=(a_similar("m", "n", 2, keys=apart),))))
    await registry.needs(received(a_need("m", 2)))
    assert sorted(one for one in told(await enqueued(record)) if one[0] == "n") == [("n", "m", 2, ()), ("n", "p", 1, ())]


# Dead letters


def a_letter(event: Event | None = None, **changes: object) -> DeadLetter:
    values: dict[str, object] = {
        "source_topic": topics.NEEDS.name,
        "group": "matching",
        "partition": 3,
        "offset": 14,
        "key": event.key if event else "some-key",
        "event_id": event_id(event) if event else None,
        "ce_type": spec_of(event).ce_type if event else None,
        "reason": "It could not be read.",
        "value": b"{",
        "failed_at": START,
        "event": event,
    }
    return DeadLetter(**(values | changes))  # type: ignore[arg-type]


async def test_a_need_that_matching_gave_up_is_dead_lettered_and_let_go(record: SqlRecord, registry: Registry) -> None:
    await record.submissions.submit_need("n", a_statement())
    (event,) = await enqueued(record)
    await registry.dead_letters([a_letter(event, group=group) for group in ("matching", "registry", "dialogue")])
    (row,) = await record.readings.ledger()
    assert (row.need_id, row.status, row.reason) == ("n", NeedStatus.DEAD_LETTERED, "It could not be read.")
    assert await record.outbox.forget_confirmed() == 1


async def test_what_could_not_be_read_is_in_the_ledger_by_its_place_once(record: SqlRecord, registry: Registry) -> None:
    letters = [a_letter(group=group, reason="bad \x00 \ud800") for group in ("matching", "registry", "dialogue")]
    await registry.dead_letters(letters)
    await registry.dead_letters(letters)
    (row,) = await record.readings.ledger()
    assert (row.need_id, row.version, row.status) == ("unreadable:samspil.needs.v1:3:14", 1, NeedStatus.DEAD_LETTERED)
    assert await record.readings.needs(open_only=False) == []


async def test_a_replayed_need_leaves_the_dead_letters_when_it_is_matched(record: SqlRecord, registry: Registry) -> None:
    await registry.needs(received(a_need("n")))
    await registry.dead_letters([a_letter(a_need("n"))])
    assert await statuses(record) == {1: NeedStatus.DEAD_LETTERED}
    await registry.reports(received(need_matched()))
    assert await statuses(record) == {1: NeedStatus.MATCHED}


async def test_dead_letters_of_profiles_and_tombstones_and_foreign_groups_are_no_needs(
    record: SqlRecord, registry: Registry
) -> None:
    await registry.dead_letters(
        [
            a_letter(source_topic=topics.SUPPLIERS.name),
            a_letter(a_published_profile(), source_topic=topics.SUPPLIERS.name),
            a_letter(value=None),
            a_letter(NeedWithdrawn(need_id="n", version=1)),
            a_letter(a_need("n"), group="dialogue", offset=2**80, failed_at=START.replace(tzinfo=None)),
            a_letter(a_need("n"), group="g" * 500, source_topic="t" * 500),
        ]
    )
    assert await record.readings.ledger() == []


async def test_a_verdict_that_the_registry_gave_up_settles_the_need_and_lets_it_go(record: SqlRecord, registry: Registry) -> None:
    await record.submissions.submit_need("n", a_statement())
    (event,) = await enqueued(record)
    report = need_matched(caused_by=event_id(event), matches=(a_match("m", "s"),))
    await registry.dead_letters([a_letter(report, group="registry", source_topic=topics.MATCH_REPORTS.name)])
    (row,) = await record.readings.ledger()
    assert row.status is NeedStatus.DEAD_LETTERED
    assert row.reason is not None
    assert row.reason.startswith("Its verdict could not be recorded")
    async with record.begin() as transaction:
        assert await transaction.first_time("matching", [event_id(event)]) == set()


async def test_batches_of_many_pairs_are_joined_whole(record: SqlRecord, registry: Registry) -> None:
    needs = [f"n{number:02}" for number in range(8)]
    reports: Sequence[Event] = [
        need_matched(need, matches=tuple(a_match(need, f"s{number:03}") for number in range(200))) for need in needs
    ]
    await registry.reports(received(*reports))
    assert (await record.readings.totals())["matches"] == 1600
    await registry.reports(received(supplier_matched("s000", 2), *(need_matched(need, 2) for need in needs[1:])))
    assert (await record.readings.totals())["matches"] == 199
    page = await record.readings.matches_of_need("n00", limit=50, offset=150)
    assert len(page) == 49


# A record that is older than the index, and a log that has lost something


async def test_a_version_that_the_index_has_overtaken_is_accounted_for_and_the_next_is_newer(
    record: SqlRecord, registry: Registry
) -> None:
    await record.submissions.submit_need("n", a_statement())
    await registry.reports(received(need_matched(superseded_by=4)))
    assert await statuses(record) == {1: NeedStatus.SUPERSEDED}
    again = await record.submissions.submit_need("n", a_statement())
    assert (again.version, again.changed) == (5, True)


async def test_a_version_that_the_index_holds_withdrawn_is_withdrawn(record: SqlRecord, registry: Registry) -> None:
    await record.submissions.submit_need("n", a_statement())
    await registry.reports(received(need_matched(superseded_by=1, withdrawn=True)))
    assert await statuses(record) == {1: NeedStatus.WITHDRAWN}


async def test_a_profile_that_the_index_has_overtaken_is_submitted_above_it(record: SqlRecord, registry: Registry) -> None:
    await record.submissions.submit_profile("s", a_profile())
    await registry.reports(received(supplier_matched(superseded_by=3)))
    assert (await record.submissions.submit_profile("s", a_profile())).version == 4


async def test_an_overtaken_verdict_ends_no_match(record: SqlRecord, registry: Registry) -> None:
    await registry.needs(received(a_need("n", 2)))
    await registry.reports(received(need_matched(version=2, matches=(a_match("n", "s", need_version=2),))))
    await registry.reports(received(need_matched(version=1, superseded_by=2)))
    assert len(await record.readings.matches_of_need("n")) == 1
    assert await statuses(record) == {2: NeedStatus.MATCHED}


async def test_of_two_contents_with_one_version_the_later_in_the_log_holds(record: SqlRecord, registry: Registry) -> None:
    await registry.profiles(received(a_published_profile("s", name="First"), a_published_profile("s", name="Second")))
    stored = await record.readings.profile("s")
    assert stored is not None
    assert stored.profile.name == "Second"


async def test_what_the_log_lost_before_its_verdict_is_published_again_once(
    record: SqlRecord, registry: Registry, clock: ManualClock
) -> None:
    await registry.needs(received(a_need("n"), a_need("gone"), NeedWithdrawn(need_id="gone", version=1)))
    await registry.profiles(received(a_published_profile("s")))
    await registry.needs(received(a_need("answered")))
    await registry.reports(received(need_matched("answered")))

    assert await record.again.unanswered(older_than=timedelta(0)) == 0
    clock.advance(timedelta(minutes=1))
    assert await record.again.unanswered(older_than=timedelta(minutes=2)) == 0
    assert await record.again.unanswered(older_than=timedelta(seconds=30)) == 3
    waiting = await enqueued(record)
    assert waiting == [
        a_published_profile("s"),
        NeedWithdrawn(need_id="gone", version=1),
        a_need("n"),
    ]
    assert await record.again.unanswered(older_than=timedelta(0)) == 0

    ids = [event_id(event) for event in waiting]
    for group in ("registry", "matching", "dialogue"):
        async with record.begin() as transaction:
            await transaction.first_time(group, ids)
    await record.outbox.forget_confirmed()
    await record.again.unanswered(older_than=timedelta(0))
    assert await enqueued(record) == []


async def test_what_was_given_up_is_not_published_again(record: SqlRecord, registry: Registry, clock: ManualClock) -> None:
    await registry.needs(received(a_need("n")))
    await registry.dead_letters([a_letter(a_need("n"), group="matching")])
    clock.advance(timedelta(hours=1))
    assert await record.again.unanswered(older_than=timedelta(0)) == 0


async def test_everything_that_stands_open_can_be_published_again_for_a_new_index(record: SqlRecord, registry: Registry) -> None:
    await record.submissions.submit_need("n", a_statement())
    await record.submissions.submit_need("gone", a_statement())
    await record.submissions.withdraw_need("gone")
    await record.submissions.submit_profile("s", a_profile())
    waiting = await enqueued(record)
    async with record.begin() as transaction:
        for group in ("registry", "matching", "dialogue"):
            await transaction.first_time(group, [event_id(event) for event in waiting])
    await record.outbox.forget_confirmed()

    assert await record.again.everything() == 2
    assert [event.key for event in await enqueued(record)] == ["s", "n"]
