"""What suppliers say of their matches, from the record to what each is told, on both databases."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from samspil import ids
from samspil.adapters.sql import SqlRecord, open_record
from samspil.clock import ManualClock
from samspil.dialogue.handlers import Dialogues
from samspil.domain.preferences import listed
from samspil.errors import Conflict, NotFound, Refused
from samspil.ports import Preference, Received
from samspil.registry.handlers import Registry
from samspil_schemas import (
    DialogueAnnouncement,
    Event,
    FeedbackGiven,
    FeedbackReason,
    InvitationIssued,
    MatchFound,
    NeedMatched,
    NeedPublished,
    PreferenceKind,
    PreferencesLifted,
    event_id,
    spec_of,
    topics,
)
from samspil_schemas.base import VERSION_MAX
from tests.factories import a_need, a_statement
from tests.protocol import a_match

LEAKS, ROADS = "90490000", "45233140"
NEED, FIELD, REGION, STRICTNESS, ALL = PreferenceKind


class World:
    """The registry and the dialogue service on one record; what the outbox says is delivered until nothing is left."""

    def __init__(self, record: SqlRecord, clock: ManualClock) -> None:
        self.record = record
        self.clock = clock
        self.registry = Registry(record, clock=clock)
        self.dialogues = Dialogues(record, clock=clock)
        self.said: list[Event] = []

    async def need(self, need_id: str, *suppliers: str, cpv: str = LEAKS, score: float = 0.9, **changes: object) -> None:
        """A need that announces a dialogue, and its verdict: these suppliers match."""
        dialogue = DialogueAnnouncement(kind="webinar")
        statement = a_statement(**({"title": f"Title of {need_id}", "cpv": (cpv,), "dialogue": dialogue} | changes))
        submitted = await self.record.submissions.submit_need(need_id, statement)
        await self.deliver()
        await self.verdict(need_id, *suppliers, version=submitted.version, score=score)

    async def verdict(self, need_id: str, *suppliers: str, version: int = 1, score: float = 0.9) -> None:
        matches = [a_match(need_id, supplier, version, score=score) for supplier in suppliers]
        verdict = NeedMatched(
            need_id=need_id,
            need_version=version,
            caused_by="cause",
            matches=tuple(match.model_copy(update={"threshold": 0.5}) for match in matches),
            space="space",
            scorer="v1",
            evaluated_at=self.clock.now(),
        )
        await self.registry.reports(received(verdict))
        await self.deliver()

    async def deliver(self) -> list[Event]:
        """Bring what waits in the outbox to its readers; returns all of it."""
        told: list[Event] = []
        while rows := await self.record.outbox.claim(limit=1000, lease=timedelta(seconds=30)):
            events = [row.event for row in rows]
            await self.record.outbox.published([row.event_id for row in rows], again_after=timedelta(days=1))
            told += events
            await self.registry.needs(on(topics.NEEDS.name, events))
            await self.dialogues.needs(on(topics.NEEDS.name, events))
            await self.dialogues.matches(on(topics.MATCHES.name, events))
            await self.dialogues.responses(on(topics.RESPONSES.name, events))
        self.said += told
        return told

    async def says(self, supplier_id: str, need_id: str, reason: str | None = None, *, relevant: bool = False) -> None:
        """The supplier says over HTTP what it thinks of its match."""
        self.clock.advance(timedelta(seconds=1))
        why = FeedbackReason(reason) if reason else None
        await self.record.feedback.give(supplier_id, match_id(need_id, supplier_id), relevant=relevant, reason=why)
        await self.deliver()

    def told(self, supplier_id: str) -> list[str]:
        """The needs that the supplier was told of, in order."""
        issued = [event for event in self.said if isinstance(event, InvitationIssued)]
        return [event.need_id for event in issued if event.supplier_id == supplier_id]

    async def sent(self, supplier_id: str) -> list[str]:
        """The needs that the supplier's own list shows."""
        return sorted(found.match.need_id for found in await self.record.feedback.matches(supplier_id))

    async def withheld(self, supplier_id: str) -> dict[str, tuple[str, str | None]]:
        """The needs that it shows on request alone, and what withholds them."""
        found = await self.record.feedback.matches(supplier_id, with_withheld=True)
        return {one.match.need_id: (one.withheld.kind, one.withheld.value) for one in found if one.withheld}


@pytest.fixture
def world(record: SqlRecord, clock: ManualClock) -> World:
    return World(record, clock)


def match_id(need_id: str, supplier_id: str) -> str:
    return ids.match_id(need_id=need_id, supplier_id=supplier_id)


def received(*events: Event) -> list[Received]:
    return [Received(event=event, event_id=event_id(event), key=event.key, topic=spec_of(event).topic.name) for event in events]


def on(topic: str, events: Sequence[Event]) -> list[Received]:
    return [one for one in received(*events) if one.topic == topic]


def given(world: World, need_id: str = "n", supplier_id: str = "s", **changes: object) -> FeedbackGiven:
    """What another client publishes."""
    values: dict[str, object] = {
        "match_id": match_id(need_id, supplier_id),
        "revision": 1,
        "need_id": need_id,
        "supplier_id": supplier_id,
        "relevant": False,
        "reason": "wrong_field",
        "given_at": world.clock.now(),
    }
    return FeedbackGiven.model_validate(values | changes)


async def test_the_next_need_of_a_field_that_is_wrong_is_not_sent_and_once_lifted_it_is(world: World) -> None:
    await world.need("n", "s", "t")
    await world.says("s", "n", "wrong_field")
    await world.need("m", "s", "t")
    await world.need("o", "s", "t", cpv=ROADS)
    assert (world.told("s"), world.told("t")) == (["n", "o"], ["n", "m", "o"])
    assert (await world.sent("s"), await world.sent("t")) == (["o"], ["m", "n", "o"])
    assert await world.withheld("s") == {"n": (NEED, "n"), "m": (FIELD, LEAKS)}

    await world.record.feedback.lift("s", FIELD, value=LEAKS)
    assert await world.sent("s") == ["m", "o"]
    await world.deliver()
    assert world.told("s") == ["n", "o", "m"]


async def test_nobody_else_sees_what_a_supplier_mutes(world: World) -> None:
    await world.need("n", "s", "t")
    await world.says("s", "n", "wrong_field")
    await world.need("m", "s", "t")
    matches = await world.record.readings.matches_of_need("m")
    assert {match.supplier_id for match in matches} == {"s", "t"}
    assert {event.supplier_id for event in world.said if isinstance(event, MatchFound) and event.need_id == "m"} == {"s", "t"}
    mine, theirs = sorted(await world.record.readings.invitations(need_id="m"), key=lambda one: one.supplier_id)
    assert (mine.status, mine.revision, mine.issued_at) == (theirs.status, theirs.revision, theirs.issued_at)
    assert (await world.record.readings.totals())["invitations"] == 4
    # The supplier itself sees the invitation when it asks, and the dialogue is open to it as to all.
    assert [one.need_id for one in await world.record.readings.invitations(supplier_id="s", told_only=True)] == ["n"]
    assert len(await world.record.readings.invitations(supplier_id="s", issued_only=True)) == 2
    assert {one.need_id for one in await world.record.readings.dialogues()} == {"n", "m"}


async def test_a_relevant_need_lifts_the_mute_and_what_was_withheld_is_told(world: World) -> None:
    await world.need("n", "s")
    await world.says("s", "n", "wrong_field")
    await world.need("m", "s")
    assert world.told("s") == ["n"]
    await world.says("s", "m", relevant=True)
    assert world.told("s") == ["n", "m"]
    assert await world.withheld("s") == {"n": (NEED, "n")}


async def test_feedback_that_comes_before_its_need_and_its_match_mutes_all_the_same(world: World) -> None:
    await world.dialogues.responses(received(given(world)))
    await world.need("n", "s")
    await world.need("m", "s")
    assert world.told("s") == []
    assert await world.withheld("s") == {"n": (NEED, "n"), "m": (FIELD, LEAKS)}


async def test_feedback_on_a_match_that_has_ended_still_teaches(world: World) -> None:
    await world.need("n", "s")
    await world.record.submissions.withdraw_need("n")
    await world.deliver()
    await world.verdict("n", version=2)
    assert await world.sent("s") == []
    await world.says("s", "n", "wrong_field")
    await world.need("m", "s")
    assert world.told("s") == ["n"]


async def test_feedback_is_on_the_version_of_the_need_that_was_judged(world: World) -> None:
    await world.need("n", "s")
    await world.need("n", "s", cpv=ROADS)
    await world.dialogues.responses(received(given(world, need_version=1)))
    await world.need("m", "s", cpv=ROADS)
    await world.need("o", "s", cpv=LEAKS)
    assert await world.withheld("s") == {"n": (NEED, "n"), "o": (FIELD, LEAKS)}


async def test_feedback_that_names_no_version_is_on_the_newest(world: World) -> None:
    await world.need("n", "s")
    await world.need("n", "s", cpv=ROADS)
    await world.dialogues.responses(received(given(world)))
    await world.need("m", "s", cpv=ROADS)
    assert await world.withheld("s") == {"n": (NEED, "n"), "m": (FIELD, "45230000")}


async def test_feedback_over_http_is_on_the_version_that_stands(world: World) -> None:
    await world.need("n", "s")
    await world.says("s", "n", "wrong_field")
    assert isinstance(world.said[-1], FeedbackGiven)
    assert (world.said[-1].need_version, world.said[-1].revision, world.said[-1].key) == (1, 1, "s")
    await world.need("n", cpv=ROADS)
    assert [one.value for one in (await learned_of(world, "s"))] == [LEAKS, "n"]


async def learned_of(world: World, supplier_id: str) -> list[Preference]:
    return listed(await world.record.feedback.preferences(supplier_id))


async def test_repeats_and_older_revisions_change_nothing(world: World) -> None:
    await world.need("n", "s")
    newer = given(world, revision=2, relevant=True, reason=None)
    for event in (given(world), newer, newer, given(world)):
        await world.dialogues.responses(received(event))
    assert await learned_of(world, "s") == []
    at = world.clock.now()
    for moment in (at, at - timedelta(hours=1)):
        lifted = PreferencesLifted(supplier_id="s", kind="all", lifted_at=moment)
        await world.dialogues.responses(received(lifted, lifted))
    async with world.record.begin() as transaction:
        assert [lift.lifted_at for lift in await transaction.lifts_of(["s"])] == [at]


async def test_feedback_on_the_match_of_another_supplier_is_refused_and_the_rest_is_kept(world: World) -> None:
    foreign = given(world, supplier_id="t", match_id=match_id("n", "s"))
    with pytest.raises(Refused):
        await world.dialogues.responses(received(foreign))
    with pytest.raises(Refused):
        await world.dialogues.responses(received(given(world, given_at=world.clock.now() + timedelta(days=2))))
    async with world.record.begin() as transaction:
        assert await transaction.opinions_of(["s", "t"]) == []


async def test_a_supplier_judges_only_what_it_was_matched_with(world: World) -> None:
    await world.need("n", "t")
    for judged in (match_id("n", "s"), match_id("n", "t"), "nothing"):
        with pytest.raises(NotFound):
            await world.record.feedback.give("s", judged, relevant=False)


async def test_a_match_that_has_ended_is_judged_like_one_that_stands(world: World) -> None:
    await world.need("n", "s", "t")
    await world.verdict("n", "t", version=2)
    assert await world.sent("s") == []
    learned = await world.record.feedback.give("s", match_id("n", "s"), relevant=False, reason=FeedbackReason.FIELD)
    assert [(one.kind, one.value) for one in listed(learned)] == [(FIELD, LEAKS), (NEED, "n")]
    (word,) = [event for event in await world.deliver() if isinstance(event, FeedbackGiven)]
    assert (word.need_id, word.need_version) == ("n", 1)
    with pytest.raises(NotFound):
        await world.record.feedback.give("t", match_id("n", "s"), relevant=False)


async def test_what_is_said_over_http_wins_over_a_clock_that_is_ahead(world: World) -> None:
    await world.need("n", "s")
    ahead = world.clock.now() + timedelta(hours=20)
    await world.dialogues.responses(received(given(world, given_at=ahead)))
    await world.record.feedback.lift("s", ALL)
    assert await learned_of(world, "s") == []
    await world.says("s", "n", "wrong_region")
    assert [(one.kind, one.value) for one in await learned_of(world, "s")] == [(NEED, "n"), (REGION, "DK031")]


async def test_the_highest_revision_of_a_foreign_client_is_the_last_word_on_its_match_but_can_be_lifted(world: World) -> None:
    await world.need("n", "s")
    await world.dialogues.responses(received(given(world, revision=VERSION_MAX)))
    with pytest.raises(Conflict):
        await world.says("s", "n", relevant=True)
    await world.record.feedback.lift("s", NEED)
    assert [one.kind for one in await learned_of(world, "s")] == [FIELD]


async def test_only_what_was_learned_can_be_lifted_by_its_name(world: World) -> None:
    await world.need("n", "s")
    await world.says("s", "n", "wrong_field")
    with pytest.raises(NotFound):
        await world.record.feedback.lift("s", FIELD, value=ROADS)
    assert await learned_of(world, "s")


async def test_strictness_withholds_weak_matches_and_never_strong_ones(world: World) -> None:
    for number in range(6):
        await world.need(f"n{number}", "s")
        await world.says("s", f"n{number}", "wrong_size")
    await world.need("weak", "s", score=0.6)
    await world.need("strong", "s", score=0.7)
    assert (await world.withheld("s"))["weak"] == (STRICTNESS, None)
    assert await world.sent("s") == ["strong"]
    await world.record.feedback.lift("s", STRICTNESS)
    await world.deliver()
    assert world.told("s")[-2:] == ["strong", "weak"]


async def test_pages_of_what_is_sent_are_full(world: World) -> None:
    for number in range(6):
        await world.need(f"n{number}", "s", cpv=ROADS if number % 2 else LEAKS, score=0.9 - number / 100)
    await world.says("s", "n0", "wrong_field")
    pages = [await world.record.feedback.matches("s", limit=2, offset=offset) for offset in (0, 2)]
    assert [[one.match.need_id for one in page] for page in pages] == [["n1", "n3"], ["n5"]]
    everything = await world.record.feedback.matches("s", with_withheld=True, limit=2, offset=1)
    assert [(one.match.need_id, one.withheld is None) for one in everything] == [("n1", True), ("n2", False)]


async def test_precision_is_counted_by_the_language_of_the_need(world: World) -> None:
    for number, language in enumerate(("da", "da", "da", "fi")):
        await world.need(f"n{number}", "s", "t", language=language)
    await world.says("s", "n0", relevant=True)
    await world.says("s", "n1", "wrong_field")
    await world.says("t", "n1")
    await world.says("t", "n3", relevant=True)
    await world.dialogues.responses(received(given(world, "never-heard-of")))
    da, fi = await world.record.feedback.by_language()
    assert (da.language, da.total, da.relevant, round(da.precision, 2)) == ("da", 3, 1, 0.33)
    assert da.reasons == {FeedbackReason.FIELD: 1, FeedbackReason.OTHER: 1}
    assert (fi.language, fi.total, fi.precision) == ("fi", 1, 1)


async def test_two_at_once_are_two_revisions(record: SqlRecord, record_url: str, world: World, clock: ManualClock) -> None:
    await world.need("n", "s")
    elsewhere = open_record(record_url, clock=clock)
    here = [record.feedback.give("s", match_id("n", "s"), relevant=False) for _ in range(5)]
    there = [elsewhere.feedback.give("s", match_id("n", "s"), relevant=True) for _ in range(5)]
    await asyncio.gather(*here, *there)
    await elsewhere.close()
    events = [event for event in await world.deliver() if isinstance(event, FeedbackGiven)]
    assert sorted(event.revision for event in events) == list(range(1, 11))
    assert len({event.given_at for event in events}) == 10


async def test_the_outbox_learns_that_what_was_said_is_heeded(world: World) -> None:
    await world.need("n", "s")
    await world.says("s", "n", "wrong_field")
    await world.record.feedback.lift("s", ALL)
    await world.deliver()
    async with world.record.begin() as transaction:
        said = [event_id(event) for event in world.said if isinstance(event, FeedbackGiven | PreferencesLifted)]
        assert len(said) == 2
        assert await transaction.first_time("dialogue", said) == set()


async def test_needs_matches_and_mutes_at_once_lose_nothing(
    record: SqlRecord, record_url: str, world: World, clock: ManualClock
) -> None:
    """Three processes; in the end all that is open was told, because everything was lifted."""
    for number in range(8):
        await world.need(f"n{number}", "s")
    elsewhere = open_record(record_url, clock=clock)
    other = Dialogues(elsewhere, clock=clock)
    later = [announced(f"m{number}") for number in range(8)]
    judged = [match_id(f"n{number}", "s") for number in range(8)]
    await asyncio.gather(
        *(record.feedback.give("s", match, relevant=False, reason=FeedbackReason.FIELD) for match in judged),
        *(world.dialogues.needs(received(event)) for event in later),
        *(other.matches(received(found(event.need_id, at=clock))) for event in later),
        *(other.responses(received(given(world, f"m{number}"))) for number in range(4)),
    )
    await record.feedback.lift("s", ALL)
    await world.deliver()
    await elsewhere.close()
    assert sorted(world.told("s")) == sorted([f"n{number}" for number in range(8)] + [f"m{number}" for number in range(8)])


def announced(need_id: str) -> NeedPublished:
    return a_need(need_id, dialogue=DialogueAnnouncement(kind="webinar"))


def found(need_id: str, *, at: ManualClock) -> MatchFound:
    return MatchFound(**dict(a_match(need_id, "s")), space="space", scorer="v1", found_at=at.now())
