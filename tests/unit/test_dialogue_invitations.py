"""Dialogues and invitations come out the same in any order of the events."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil.domain import dialogue as dialogues
from samspil.domain import invitations
from samspil.domain.preferences import learned
from samspil.errors import Conflict
from samspil.ports import Dialogue, InvitationStatus, Invitee, Opinion, Preferences
from samspil_schemas import (
    DialogueAnnounced,
    DialogueAnnouncement,
    DialogueCancelled,
    DialogueChanged,
    Event,
    FeedbackReason,
    InvitationCancelled,
    InvitationChanged,
    InvitationIssued,
    InvitationPolicy,
    MatchFound,
    MatchWithdrawn,
    NeedPublished,
    NeedWithdrawn,
    WithdrawalReason,
)
from tests.factories import a_need
from tests.protocol import START, a_match

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SUPPLIERS = ("s", "t")
AUTOMATIC, AFTER_REVIEW = InvitationPolicy.AUTOMATIC, InvitationPolicy.AFTER_REVIEW


def announcing(
    version: int = 1, policy: InvitationPolicy | None = AUTOMATIC, *, title: str = "Leaks", place: str = "Odense"
) -> NeedPublished:
    announcement = DialogueAnnouncement(kind="conference", place=place, invitations=policy) if policy else None
    return a_need("n", version, title=title, dialogue=announcement)


def found(supplier_id: str = "s", need_version: int = 1, profile_version: int = 1, *, second: int = 0) -> MatchFound:
    match = a_match("n", supplier_id, need_version, profile_version, score=0.8 - second / 10)
    return MatchFound(**dict(match), space="space", scorer=f"v{second}", found_at=START + timedelta(seconds=second))


def ended(
    supplier_id: str = "s",
    need_version: int = 1,
    profile_version: int = 1,
    reason: WithdrawalReason = WithdrawalReason.PROFILE_CHANGED,
) -> MatchWithdrawn:
    return MatchWithdrawn(
        match_id=a_match("n", supplier_id).match_id,
        need_id="n",
        need_version=need_version,
        supplier_id=supplier_id,
        profile_version=profile_version,
        reason=reason,
        withdrawn_at=START,
    )


@dataclass
class World:
    """One need, what the service holds of it, and what it has said."""

    dialogue: Dialogue = field(default_factory=lambda: dialogues.unheard_of("n"))
    invitees: dict[str, Invitee] = field(default_factory=dict)
    said: list[Event] = field(default_factory=list)
    preferences: dict[str, Preferences] = field(default_factory=dict)

    def hear(self, *events: Event) -> "World":
        for event in events:
            match event:
                case NeedPublished():
                    self.dialogue = dialogues.need_published(self.dialogue, event.version, event.statement)
                case NeedWithdrawn():
                    self.dialogue = dialogues.need_withdrawn(self.dialogue, event.version, reason=event.reason)
                case MatchFound():
                    self.invitees[event.supplier_id] = invitations.match_found(self._invitee(event.supplier_id), event)
                case MatchWithdrawn():
                    self.invitees[event.supplier_id] = invitations.match_withdrawn(self._invitee(event.supplier_id), event)
        self.advance()
        return self

    def approve(self, supplier_id: str) -> None:
        self.invitees[supplier_id] = invitations.approved(self._invitee(supplier_id))
        self.advance()

    def advance(self) -> None:
        self.dialogue, said = dialogues.advanced(self.dialogue, open_part=False, at=NOW)
        self.said += [said] if said else []
        for supplier_id, invitee in self.invitees.items():
            self.invitees[supplier_id], invitation = invitations.advanced(
                invitations.relevant(invitee, self.dialogue),
                self.dialogue,
                said=said,
                preferences=self.preferences.get(supplier_id, Preferences()),
                language=None,
                at=NOW,
            )
            self.said += [invitation] if invitation else []

    def _invitee(self, supplier_id: str) -> Invitee:
        return self.invitees.get(supplier_id) or invitations.not_invited(need_id="n", supplier_id=supplier_id)

    def status(self, supplier_id: str = "s") -> InvitationStatus | None:
        return self._invitee(supplier_id).status

    def kinds(self) -> list[type[Event]]:
        return [type(event) for event in self.said]

    def open(self) -> tuple[object, dict[str, object]]:
        """What is open to whom: the announcement as last said, and the invitations that stand with their scores."""
        open_ = self.dialogue.revision > 0 and not self.dialogue.cancelled
        standing = {
            supplier_id: (invitee.status, invitee.score, invitee.supplier_name)
            for supplier_id, invitee in self.invitees.items()
            if invitee.status in (InvitationStatus.ISSUED, InvitationStatus.AWAITING_REVIEW)
        }
        return (self.dialogue.title, self.dialogue.announcement) if open_ else None, standing


def heard_from(events: Sequence[Event]) -> tuple[object, dict[str, bool]]:
    """What a listener to the topics holds for open: the highest revision of each thing counts."""
    dialogue: Event | None = None
    newest: dict[str, Event] = {}
    for event in events:
        if isinstance(event, DialogueAnnounced | DialogueChanged | DialogueCancelled):
            assert dialogue is None or event.revision > dialogue.revision  # type: ignore[attr-defined]
            dialogue = event
        if isinstance(event, InvitationIssued | InvitationChanged | InvitationCancelled):
            known = newest.get(event.supplier_id)
            assert known is None or event.revision > known.revision  # type: ignore[attr-defined]
            newest[event.supplier_id] = event
    open_ = (dialogue.title, dialogue.announcement) if isinstance(dialogue, DialogueAnnounced | DialogueChanged) else None
    issued = {id_: not isinstance(event, InvitationCancelled) for id_, event in newest.items()}
    return open_, {id_: True for id_, is_open in issued.items() if is_open}


def _without_policy(offered: object) -> object:
    """Who sends the invitations off is no change that anybody is told of."""
    if offered is None:
        return None
    title, announcement = offered  # type: ignore[misc]
    return title, announcement.model_copy(update={"invitations": AUTOMATIC})


def muting(supplier_id: str = "s", **changes: object) -> Preferences:
    """What is learned when the supplier has said that another need is of the wrong field, which is that of all needs here."""
    word = Opinion(
        supplier_id=supplier_id,
        match_id=a_match("another", supplier_id).match_id,
        need_id="another",
        revision=1,
        relevant=False,
        reason=FeedbackReason.FIELD,
        given_at=START,
        cpv="90490000",
    )
    return learned([replace(word, **changes)], [])


versions = st.integers(1, 3)
suppliers = st.sampled_from(SUPPLIERS)
policies = st.sampled_from([AUTOMATIC, AFTER_REVIEW, None])
lives = st.lists(st.tuples(policies, st.sampled_from(["Leaks", "Water"]), st.sampled_from(["Odense", "Aarhus"])), max_size=3)
happenings = st.one_of(
    st.builds(found, suppliers, versions, versions, second=st.integers(0, 2)),
    st.builds(ended, suppliers, versions, versions, st.sampled_from(WithdrawalReason)),
    st.builds(lambda version: NeedWithdrawn(need_id="n", version=version), versions),
)


@st.composite
def stories(draw: st.DrawFn) -> list[Event]:
    published = [
        announcing(version, *told[:1], title=told[1], place=told[2]) for version, told in enumerate(draw(lives), start=1)
    ]
    return [*published, *draw(st.lists(happenings, max_size=8))]


@given(data=st.data(), story=stories())
def test_any_order_with_repeats_opens_the_same_to_the_same_suppliers(data: st.DataObject, story: list[Event]) -> None:
    repeats = data.draw(st.lists(st.sampled_from(story), max_size=4) if story else st.just([]))
    again = data.draw(st.permutations([*story, *repeats]))
    one_by_one, at_once = World(), World().hear(*again)
    for event in again:
        one_by_one.hear(event)
    in_order = World()
    for event in story:
        in_order.hear(event)
    assert one_by_one.open() == in_order.open()
    assert at_once.open() == in_order.open()


@given(story=stories().flatmap(st.permutations))
def test_who_hears_only_what_is_said_ends_with_what_is_open(story: list[Event]) -> None:
    world = World()
    for event in story:
        world.hear(event)
    offered, standing = world.open()
    said_open, invited = heard_from(world.said)
    assert _without_policy(said_open) == _without_policy(offered)
    assert set(invited) == {id_ for id_, held in standing.items() if held[0] is InvitationStatus.ISSUED}  # type: ignore[index]


@given(story=stories().flatmap(st.permutations))
def test_hearing_everything_again_says_nothing_new(story: list[Event]) -> None:
    world = World()
    for event in story:
        world.hear(event)
    said = len(world.said)
    for event in story:
        world.hear(event)
    assert len(world.said) == said


@given(story=stories().flatmap(st.permutations), from_=st.integers(0, 12), until=st.integers(0, 12))
def test_what_a_supplier_mutes_shows_nowhere_but_in_what_it_is_told(story: list[Event], from_: int, until: int) -> None:
    plain, muted = World(), World()
    for step, event in enumerate(story):
        muted.preferences = {"s": muting()} if from_ <= step < until else {}
        plain.hear(event)
        muted.hear(event)
    assert muted.open() == plain.open()
    to_others = [[event for event in world.said if getattr(event, "supplier_id", None) != "s"] for world in (plain, muted)]
    assert to_others[0] == to_others[1]
    told_of = {"supplier_name", "score", "status", "revision", "issued_at"}
    for supplier_id, invitee in plain.invitees.items():
        other = muted.invitees[supplier_id]
        assert {name: getattr(invitee, name) for name in told_of} == {name: getattr(other, name) for name in told_of}


@given(story=stories().flatmap(st.permutations), from_=st.integers(0, 12))
def test_when_a_mute_is_lifted_what_is_open_is_told_at_once(story: list[Event], from_: int) -> None:
    world = World()
    for step, event in enumerate(story):
        world.preferences = {"s": muting()} if from_ <= step else {}
        world.hear(event)
    world.preferences = {}
    world.advance()
    _, standing = world.open()
    _, invited = heard_from(world.said)
    assert set(invited) == {id_ for id_, held in standing.items() if held[0] is InvitationStatus.ISSUED}  # type: ignore[index]


def test_a_muted_supplier_is_invited_without_being_told_until_the_mute_is_lifted() -> None:
    world = World(preferences={"s": muting()}).hear(announcing(), found("s"), found("t"))
    assert [event.supplier_id for event in world.said if isinstance(event, InvitationIssued)] == ["t"]
    assert (world.status("s"), world.invitees["s"].told) == (InvitationStatus.ISSUED, False)
    world.hear(announcing(2, place="Aarhus"))
    assert world.kinds()[2:] == [DialogueChanged, InvitationChanged]
    world.preferences = {}
    world.advance()
    issued = world.said[-1]
    assert isinstance(issued, InvitationIssued)
    assert (issued.supplier_id, issued.revision, issued.announcement.place) == ("s", 2, "Aarhus")
    world.advance()
    assert world.said[-1] is issued


def test_what_was_withheld_and_cancelled_is_never_told() -> None:
    world = World(preferences={"s": muting()}).hear(announcing(), found()).hear(NeedWithdrawn(need_id="n", version=1))
    assert (world.status(), world.kinds()) == (InvitationStatus.CANCELLED, [DialogueAnnounced, DialogueCancelled])
    world.preferences = {}
    world.advance()
    assert len(world.said) == 2


def test_of_what_a_supplier_was_told_it_hears_to_the_end_whatever_it_mutes() -> None:
    world = World().hear(announcing(), found())
    world.preferences = {"s": muting()}
    world.hear(announcing(2, place="Aarhus")).hear(NeedWithdrawn(need_id="n", version=2))
    told = [type(event) for event in world.said if getattr(event, "supplier_id", None) == "s"]
    assert told == [InvitationIssued, InvitationChanged, InvitationCancelled]


def test_a_dialogue_that_opens_again_is_not_told_of_where_it_is_muted() -> None:
    world = World().hear(announcing(), found()).hear(NeedWithdrawn(need_id="n", version=1))
    world.preferences = {"s": muting()}
    world.hear(announcing(2))
    assert (world.status(), world.kinds()[4:]) == (InvitationStatus.ISSUED, [DialogueAnnounced])


def test_a_weak_match_is_told_once_the_strictness_is_lifted() -> None:
    world = World(preferences={"s": muting(reason=FeedbackReason.SIZE)}).hear(announcing(), found())
    assert world.invitees["s"].told  # a match without a threshold is never too weak
    weak = found("t").model_copy(update={"threshold": 0.79})
    world = World(preferences={"t": muting("t", reason=FeedbackReason.SIZE)}).hear(announcing(), weak)
    assert (world.status("t"), world.invitees["t"].told) == (InvitationStatus.ISSUED, False)


def test_a_matched_supplier_is_invited_whichever_comes_first() -> None:
    for order in ([announcing(), found()], [found(), announcing()]):
        world = World().hear(order[0]).hear(order[1])
        assert world.kinds() == [DialogueAnnounced, InvitationIssued]
        assert world.status() is InvitationStatus.ISSUED


def test_an_invitation_says_what_to_whom_and_why() -> None:
    world = World().hear(announcing(), found())
    (_, issued) = world.said
    assert isinstance(issued, InvitationIssued)
    need, match = announcing(), a_match("n", "s")
    assert (issued.revision, issued.dialogue_id, issued.need_id) == (1, world.dialogue.dialogue_id, "n")
    assert (issued.supplier_id, issued.match_id, issued.score) == ("s", match.match_id, match.score)
    assert (issued.title, issued.language, issued.buyer_id) == (need.statement.title, "en", need.statement.buyer.id)
    assert issued.announcement == need.statement.dialogue


def test_a_supplier_is_invited_once_however_many_versions_match() -> None:
    world = World().hear(announcing(1)).hear(found("s", 1)).hear(announcing(2)).hear(found("s", 2), found("s", 2, 2))
    assert world.kinds() == [DialogueAnnounced, InvitationIssued]


def test_of_two_words_on_the_same_versions_the_later_one_is_told_whichever_comes_first() -> None:
    first, later = found(), found(second=1)
    for order in ([first, later], [later, first]):
        world = World().hear(*order).hear(announcing())
        assert world.invitees["s"].score == later.score


def test_a_need_without_a_dialogue_invites_nobody_and_remembers_no_match() -> None:
    world = World().hear(announcing(1, None), found())
    assert world.said == []
    assert world.invitees["s"] == invitations.not_invited(need_id="n", supplier_id="s")


def test_a_match_with_a_version_that_announced_nothing_does_not_invite_to_a_later_dialogue() -> None:
    world = World().hear(announcing(1, None), found("s", 1), announcing(2), found("t", 2))
    assert (world.status("s"), world.status("t")) == (None, InvitationStatus.ISSUED)


def test_a_change_is_told_to_the_invited_with_what_changed() -> None:
    world = World().hear(announcing(1), found()).hear(announcing(2, title="Leaks in pipes", place="Aarhus"))
    changed, invitation = world.said[2:]
    assert isinstance(changed, DialogueChanged)
    assert isinstance(invitation, InvitationChanged)
    assert changed.changes == invitation.changes
    assert changed.changes == ("The title is now: Leaks in pipes", "The place is now Aarhus; it was Odense.")
    assert (changed.revision, invitation.revision) == (2, 2)


def test_a_new_version_that_says_the_same_of_the_dialogue_is_no_change() -> None:
    world = World().hear(announcing(1), found()).hear(announcing(2))
    assert world.kinds() == [DialogueAnnounced, InvitationIssued]


def test_who_sends_the_invitations_off_is_no_change_to_the_invited() -> None:
    world = World().hear(announcing(1, AUTOMATIC), found()).hear(announcing(2, AFTER_REVIEW))
    assert world.kinds() == [DialogueAnnounced, InvitationIssued]
    assert world.status() is InvitationStatus.ISSUED


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (NeedWithdrawn(need_id="n", version=1, reason="bought elsewhere"), "bought elsewhere"),
        (NeedWithdrawn(need_id="n", version=1), "The need was withdrawn."),
        (announcing(2, None), "The need no longer announces a dialogue."),
    ],
)
def test_a_dialogue_that_ends_is_cancelled_for_all_with_a_reason(last: Event, reason: str) -> None:
    world = World().hear(announcing(1), found()).hear(last)
    cancelled, invitation = world.said[2:]
    assert isinstance(cancelled, DialogueCancelled)
    assert isinstance(invitation, InvitationCancelled)
    assert cancelled.reason == invitation.reason == reason
    assert world.status() is InvitationStatus.CANCELLED


def test_a_dialogue_that_opens_again_invites_again() -> None:
    world = World().hear(announcing(1), found()).hear(NeedWithdrawn(need_id="n", version=1)).hear(announcing(2))
    assert world.kinds()[4:] == [DialogueAnnounced, InvitationIssued]
    assert [getattr(event, "revision", 0) for event in world.said[4:]] == [3, 3]


def test_the_end_of_a_match_does_not_take_an_invitation_back() -> None:
    world = World().hear(announcing(), found()).hear(ended(profile_version=2))
    assert world.status() is InvitationStatus.ISSUED


def test_after_review_nothing_leaves_before_the_buyer_approves() -> None:
    world = World().hear(announcing(1, AFTER_REVIEW), found("s"), found("t"))
    assert world.kinds() == [DialogueAnnounced]
    assert world.status() is InvitationStatus.AWAITING_REVIEW
    assert (world.invitees["s"].score, world.invitees["s"].supplier_name) == (0.8, "Name of s")
    world.approve("s")
    assert world.kinds() == [DialogueAnnounced, InvitationIssued]
    assert (world.status("s"), world.status("t")) == (InvitationStatus.ISSUED, InvitationStatus.AWAITING_REVIEW)


@pytest.mark.parametrize(
    "end",
    [
        ended(profile_version=2),
        ended(profile_version=1, reason=WithdrawalReason.PROFILE_WITHDRAWN),
        ended(need_version=2, reason=WithdrawalReason.NEED_CHANGED),
        ended(need_version=1, reason=WithdrawalReason.NEED_WITHDRAWN),
    ],
)
def test_the_end_of_a_match_drops_an_invitation_that_awaits_review_in_either_order(end: MatchWithdrawn) -> None:
    for order in ([found(), end], [end, found()]):
        world = World().hear(announcing(1, AFTER_REVIEW))
        for event in order:
            world.hear(event)
        assert world.status() is None
        with pytest.raises(Conflict):
            world.approve("s")


def test_a_match_in_newer_versions_awaits_review_again() -> None:
    world = World().hear(announcing(1, AFTER_REVIEW), found()).hear(ended(profile_version=2)).hear(found("s", 1, 2))
    assert world.status() is InvitationStatus.AWAITING_REVIEW


def test_what_was_approved_stays_issued_and_comes_again_with_the_dialogue() -> None:
    world = World().hear(announcing(1, AFTER_REVIEW), found())
    world.approve("s")
    world.hear(ended(profile_version=2))
    assert world.status() is InvitationStatus.ISSUED
    world.hear(NeedWithdrawn(need_id="n", version=1))
    assert world.status() is InvitationStatus.CANCELLED
    with pytest.raises(Conflict):
        world.approve("s")
    world.hear(announcing(2, AFTER_REVIEW))
    assert world.status() is InvitationStatus.ISSUED
