"""The dialogue service over the record, on both databases."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from samspil import ids
from samspil.adapters.sql import SqlRecord, open_record
from samspil.clock import ManualClock
from samspil.dialogue import app
from samspil.dialogue.handlers import Dialogues
from samspil.dialogue.keeping import KeptDialogues
from samspil.dialogue.review import Review
from samspil.errors import Conflict, NotFound
from samspil.ports import DialogueState, InvitationStatus, Received
from samspil_schemas import (
    DialogueAnnounced,
    DialogueAnnouncement,
    DialogueCancelled,
    DialogueChanged,
    Event,
    InvitationCancelled,
    InvitationChanged,
    InvitationIssued,
    InvitationPolicy,
    MatchFound,
    MatchWithdrawn,
    NeedPublished,
    NeedWithdrawn,
    WithdrawalReason,
    event_id,
    spec_of,
    topics,
)
from tests.factories import a_need, a_profile
from tests.protocol import START, a_match

OF_N = ids.dialogue_id(need_id="n")


@pytest.fixture
def dialogues(record: SqlRecord, clock: ManualClock) -> Dialogues:
    return Dialogues(record, clock=clock)


@pytest.fixture
def review(record: SqlRecord, clock: ManualClock) -> Review:
    return Review(record, readings=record.readings, clock=clock)


def announcing(
    need_id: str = "n",
    version: int = 1,
    *,
    policy: str = "automatic",
    starts_at: str | None = "2026-05-04T09:00:00+02:00",
    **changes: object,
) -> NeedPublished:
    announcement = DialogueAnnouncement(kind="webinar", starts_at=starts_at, invitations=policy)
    return a_need(need_id, version, **({"dialogue": announcement} | changes))


def found(need_id: str = "n", supplier_id: str = "s", version: int = 1, *, score: float = 0.8) -> MatchFound:
    match = a_match(need_id, supplier_id, version, score=score)
    return MatchFound(**dict(match), space="space", scorer="v1", found_at=START)


def ended(need_id: str = "n", supplier_id: str = "s") -> MatchWithdrawn:
    return MatchWithdrawn(
        match_id=a_match(need_id, supplier_id).match_id,
        need_id=need_id,
        need_version=1,
        supplier_id=supplier_id,
        profile_version=2,
        reason=WithdrawalReason.PROFILE_CHANGED,
        withdrawn_at=START,
    )


def received(*events: Event) -> list[Received]:
    return [Received(event=event, event_id=event_id(event), key=event.key, topic=spec_of(event).topic.name) for event in events]


async def said(record: SqlRecord) -> list[Event]:
    rows = await record.outbox.claim(limit=1000, lease=timedelta(seconds=30))
    await record.outbox.published([row.event_id for row in rows], again_after=timedelta(days=1))
    return [row.event for row in rows]


def kinds(events: Sequence[Event]) -> list[type[Event]]:
    return [type(event) for event in events]


async def test_it_is_kept_when_the_last_revision_was_said(record: SqlRecord, dialogues: Dialogues, clock: ManualClock) -> None:
    await dialogues.needs(received(announcing()))
    (first,) = await record.readings.dialogues()
    clock.advance(timedelta(hours=1))
    await dialogues.needs(received(announcing(version=2)))
    (same,) = await record.readings.dialogues()
    await dialogues.needs(received(announcing(version=3, title="Find leaks by listening")))
    (changed,) = await record.readings.dialogues()
    assert first.said_at == same.said_at == START
    assert (changed.revision, changed.said_at) == (2, clock.now())


async def test_a_need_that_announces_a_dialogue_invites_whom_it_matched(record: SqlRecord, dialogues: Dialogues) -> None:
    await dialogues.needs(received(announcing()))
    await dialogues.matches(received(found("n", "s"), found("n", "t")))
    assert kinds(await said(record)) == [DialogueAnnounced, InvitationIssued, InvitationIssued]
    (dialogue,) = await record.readings.dialogues()
    assert (dialogue.dialogue_id, dialogue.need_id, dialogue.revision) == (ids.dialogue_id(need_id="n"), "n", 1)
    assert dialogue.announcement == announcing().statement.dialogue
    invitations = await record.readings.invitations()
    assert {(one.supplier_id, one.supplier_name, one.status) for one in invitations} == {
        ("s", "Name of s", InvitationStatus.ISSUED),
        ("t", "Name of t", InvitationStatus.ISSUED),
    }
    assert all(one.title == announcing().statement.title and one.issued_at is not None for one in invitations)
    totals = await record.readings.totals()
    assert (totals["dialogues"], totals["invitations"]) == (1, 2)


async def test_a_match_that_comes_before_its_need_invites_when_the_need_comes(record: SqlRecord, dialogues: Dialogues) -> None:
    await dialogues.matches(received(found()))
    assert await said(record) == []
    await dialogues.needs(received(announcing()))
    assert kinds(await said(record)) == [DialogueAnnounced, InvitationIssued]


async def test_repeats_say_nothing(record: SqlRecord, dialogues: Dialogues) -> None:
    for _ in range(2):
        await dialogues.needs(received(announcing(), announcing()))
        await dialogues.matches(received(found(), found()))
    assert len(await said(record)) == 2


async def test_a_need_without_a_dialogue_leaves_no_trace_of_its_matches(record: SqlRecord, dialogues: Dialogues) -> None:
    await dialogues.needs(received(a_need("n")))
    await dialogues.matches(received(found()))
    assert await said(record) == []
    assert await record.readings.dialogues() == []
    assert await record.readings.dialogue(ids.dialogue_id(need_id="n")) is None
    async with record.begin() as transaction:
        assert await transaction.invitees(dialogue_ids=[ids.dialogue_id(need_id="n")]) == []


async def test_the_invitation_is_in_the_language_that_the_supplier_reads(record: SqlRecord, dialogues: Dialogues) -> None:
    await record.submissions.submit_profile("reads-finnish", a_profile(languages=("fi", "en")))
    await record.submissions.submit_profile("says-nothing", a_profile())
    await said(record)
    await dialogues.needs(received(announcing(language="sv")))
    await dialogues.matches(received(*(found("n", supplier) for supplier in ("reads-finnish", "says-nothing", "unknown"))))
    issued = [event for event in await said(record) if isinstance(event, InvitationIssued)]
    assert {event.supplier_id: event.language for event in issued} == {
        "reads-finnish": "fi",
        "says-nothing": "sv",
        "unknown": "sv",
    }


async def test_a_moved_dialogue_is_told_to_all_who_are_invited(record: SqlRecord, dialogues: Dialogues) -> None:
    await dialogues.needs(received(announcing()))
    await dialogues.matches(received(found("n", "s"), found("n", "t")))
    await said(record)
    await dialogues.needs(received(announcing(version=2, starts_at="2026-05-05T09:00:00+02:00")))
    events = await said(record)
    assert kinds(events) == [DialogueChanged, InvitationChanged, InvitationChanged]
    assert {event.revision for event in events} == {2}  # type: ignore[attr-defined]
    (dialogue,) = await record.readings.dialogues()
    assert dialogue.revision == 2
    assert {one.revision for one in await record.readings.invitations()} == {2}


async def test_a_withdrawn_need_cancels_its_dialogue_and_its_invitations(record: SqlRecord, dialogues: Dialogues) -> None:
    await dialogues.needs(received(announcing()))
    await dialogues.matches(received(found()))
    await said(record)
    await dialogues.needs(received(NeedWithdrawn(need_id="n", version=1)))
    assert kinds(await said(record)) == [DialogueCancelled, InvitationCancelled]
    assert await record.readings.dialogues() == []
    dialogue = await record.readings.dialogue(ids.dialogue_id(need_id="n"))
    assert dialogue is not None
    assert dialogue.state is DialogueState.CANCELLED
    (invitation,) = await record.readings.invitations(issued_only=True)
    assert (invitation.status, invitation.supplier_name) == (InvitationStatus.CANCELLED, "Name of s")
    assert (await record.readings.totals())["invitations"] == 0


async def test_a_tombstone_cancels_once(record: SqlRecord, dialogues: Dialogues) -> None:
    tombstone = Received(event=None, event_id="tombstone", key="n", topic=topics.NEEDS.name)
    await dialogues.needs([tombstone])
    assert await said(record) == []
    await dialogues.needs(received(announcing()))
    await dialogues.needs([tombstone])
    await dialogues.needs([Received(event=None, event_id="another", key="n", topic=topics.NEEDS.name)])
    assert kinds(await said(record)) == [DialogueAnnounced, DialogueCancelled]


async def test_dialogues_are_read_the_next_first_and_those_without_a_date_last(record: SqlRecord, dialogues: Dialogues) -> None:
    dates = {"late": "2026-06-01T09:00:00Z", "soon": "2026-05-01T00:30:00+02:00", "sooner": "2026-04-30T20:00:00Z", "never": None}
    await dialogues.needs(received(*(announcing(need, starts_at=date) for need, date in dates.items())))
    assert [one.need_id for one in await record.readings.dialogues()] == ["sooner", "soon", "late", "never"]
    assert [one.need_id for one in await record.readings.dialogues(limit=2, offset=1)] == ["soon", "late"]


async def test_invitations_are_read_by_supplier_by_need_and_the_newest_first(
    record: SqlRecord, dialogues: Dialogues, clock: ManualClock
) -> None:
    await dialogues.needs(received(announcing("n"), announcing("m"), announcing("r", policy="after_review")))
    for match in (found("n", "s"), found("m", "s"), found("m", "t"), found("r", "s")):
        clock.advance(timedelta(minutes=1))
        await dialogues.matches(received(match))
    assert [one.need_id for one in await record.readings.invitations(supplier_id="s")] == ["r", "m", "n"]
    assert [one.need_id for one in await record.readings.invitations(supplier_id="s", issued_only=True)] == ["m", "n"]
    assert [one.supplier_id for one in await record.readings.invitations(need_id="m")] == ["t", "s"]
    assert [one.need_id for one in await record.readings.invitations(limit=1, offset=1)] == ["m"]


async def test_what_awaits_review_leaves_when_the_buyer_approves(record: SqlRecord, dialogues: Dialogues, review: Review) -> None:
    await dialogues.needs(received(announcing(policy="after_review")))
    await dialogues.matches(received(found("n", "s", score=0.5), found("n", "t", score=0.9)))
    assert kinds(await said(record)) == [DialogueAnnounced]
    best, second = await review.awaiting()
    assert [(one.supplier_id, one.score, one.revision, one.issued_at) for one in (best, second)] == [
        ("t", 0.9, 0, None),
        ("s", 0.5, 0, None),
    ]
    assert await review.approve(best.invitation_id, dialogue_id=OF_N) is True
    (issued,) = await said(record)
    assert isinstance(issued, InvitationIssued)
    assert (issued.supplier_id, issued.revision) == ("t", 1)
    assert await review.approve(best.invitation_id, dialogue_id=OF_N) is False
    assert await said(record) == []
    assert await review.awaiting() == [second]


async def test_an_invitation_is_reviewed_where_it_belongs(record: SqlRecord, dialogues: Dialogues, review: Review) -> None:
    await dialogues.needs(received(announcing(policy="after_review")))
    await dialogues.matches(received(found()))
    (waiting,) = await review.awaiting(dialogue_id=OF_N)
    assert await review.awaiting(dialogue_id="another") == []
    with pytest.raises(NotFound):
        await review.approve(waiting.invitation_id, dialogue_id="another")
    with pytest.raises(NotFound):
        await review.approve("nothing", dialogue_id=OF_N)
    assert await review.awaiting() == [waiting]


async def test_nobody_is_invited_to_what_took_place(
    record: SqlRecord, dialogues: Dialogues, review: Review, clock: ManualClock
) -> None:
    await dialogues.needs(received(announcing(policy="after_review", starts_at=None)))
    await dialogues.matches(received(found()))
    (waiting,) = await review.awaiting()
    await record.submissions.submit_need("n", announcing(policy="after_review", starts_at=None).statement)
    await KeptDialogues(record, readings=record.readings, clock=clock).hold(OF_N, by="buyer-1")
    with pytest.raises(Conflict, match="taken place"):
        await review.approve(waiting.invitation_id, dialogue_id=OF_N)


async def test_what_no_longer_matches_cannot_be_approved(record: SqlRecord, dialogues: Dialogues, review: Review) -> None:
    await dialogues.needs(received(announcing(policy="after_review")))
    await dialogues.matches(received(found(), ended()))
    assert await review.awaiting() == []
    invitation = ids.invitation_id(dialogue_id=ids.dialogue_id(need_id="n"), supplier_id="s")
    with pytest.raises(Conflict):
        await review.approve(invitation, dialogue_id=OF_N)


async def test_needs_and_matches_at_once_miss_no_invitation(
    record: SqlRecord, record_url: str, dialogues: Dialogues, clock: ManualClock
) -> None:
    elsewhere = open_record(record_url, clock=clock)
    other = Dialogues(elsewhere, clock=clock)
    needs = [f"n{number}" for number in range(12)]
    await asyncio.gather(
        *(dialogues.needs(received(announcing(need))) for need in needs),
        *(other.matches(received(found(need, "s"), found(need, "t"))) for need in needs),
    )
    issued = [event for event in await said(record) if isinstance(event, InvitationIssued)]
    assert len(issued) == 24
    assert len({event.invitation_id for event in issued}) == 24
    await elsewhere.close()


async def test_both_topics_confirm_to_the_outbox_that_they_were_taken(record: SqlRecord, dialogues: Dialogues) -> None:
    await dialogues.needs(received(announcing()))
    await dialogues.matches(received(found()))
    async with record.begin() as transaction:
        taken = [event_id(announcing()), event_id(found())]
        assert await transaction.first_time("dialogue", taken) == set()


async def test_the_service_listens_to_needs_matches_snapshots_and_responses(memory_record: SqlRecord, clock: ManualClock) -> None:
    needs, matches, snapshots, responses = app.subscriptions(memory_record, clock=clock)
    assert (needs.group, needs.topics) == ("dialogue", ("samspil.needs.v1",))
    assert (matches.group, matches.topics) == ("dialogue", ("samspil.matches.v1",))
    assert (snapshots.group, snapshots.topics) == ("dialogue", ("samspil.joint-needs.v1",))
    assert (responses.group, responses.topics) == ("dialogue", ("samspil.responses.v1",))
    await needs.handle(received(announcing(policy=InvitationPolicy.AUTOMATIC)))
    await matches.handle(received(found()))
    assert (await memory_record.readings.totals())["invitations"] == 1
