"""Joint needs: any order of what was recorded gives the same ladder, and each rule holds."""

import random
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from samspil.domain import joint_rules as rules
from samspil.domain import joint_said
from samspil.domain.joint_history import entries
from samspil.domain.joint_needs import change_id, folded, rank
from samspil.domain.joint_said import grown, risen, statement_of, stored
from samspil.errors import Conflict, Forbidden, NotFound, Refused
from samspil.ports.joint_changes import FollowedUp, RoleOffered
from samspil_schemas import MemberRole, Rung, event_id
from tests.joint_needs import JOINT, OWNER, START, History, a_commitment, a_text

OWNS, HELPS = MemberRole.NEED_OWNER, MemberRole.FACILITATOR
STAGES = ("innovation need", "market dialogue", "first purchase")
BUYERS = ("buyer-1", "buyer-2", "buyer-3", "buyer-4")


def rungs(joint):
    return {buyer_id: commitment.rung.value for buyer_id, commitment in joint.commitments.items()}


def test_who_proposes_is_need_owner_and_first_member():
    joint = History().joint
    assert (joint.owner_id, rungs(joint), joint.stage.stage) == (OWNER, {OWNER: "partner"}, "innovation need")
    assert stored(joint).changed.members[0].roles == (OWNS,)


def test_each_rung_is_a_step_of_its_own_with_what_was_undertaken_and_since_when():
    history = History()
    history.declare("buyer-2", "observer")
    history.declare("buyer-2", "intent_signer", volume=(900, "meters"), horizon=date(2028, 1, 1), signed_on=date(2026, 3, 1))
    history.declare("buyer-2", "intent_signer", volume=(950, "meters"), horizon=date(2028, 1, 1), signed_on=date(2026, 3, 1))
    member = stored(history.joint).changed.members[1]
    assert (member.rung, member.version, member.volume.amount) == (Rung.INTENT_SIGNER, 3, 950)
    assert (member.horizon, member.signed_on, member.undertaking) == (
        date(2028, 1, 1),
        date(2026, 3, 1),
        "We put the same requirement to the market.",
    )
    # A changed volume is no new rung.
    assert member.since == START + timedelta(hours=2)


@pytest.mark.parametrize("rung", ["intent_signer", "first_buyer"])
def test_an_intent_needs_an_undertaking(rung):
    with pytest.raises(Refused, match="declares what it undertakes"):
        History().declare("buyer-2", rung, undertaking=None)
    with pytest.raises(Refused, match="declares what it undertakes"):
        History(commitment=a_commitment(rung=rung, undertaking=None))


def test_a_volume_that_nobody_could_add_up_is_refused():
    with pytest.raises(Refused, match="larger than"):
        History().declare("buyer-2", volume=(1e13, "DKK"))


def test_nobody_declares_for_another_body():
    history = History()
    with pytest.raises(Forbidden, match="own body's token"):
        history.ask(rules.declared, a_commitment("buyer-2"), by="buyer-3", follows=None)
    assert rungs(history.joint) == {OWNER: "partner"}


def test_the_same_declaration_again_changes_nothing():
    history = History()
    assert history.declare("buyer-2", "intent_signer") == 1
    assert history.declare("buyer-2", "intent_signer") == 0


def test_a_declaration_that_follows_an_older_one_than_stands_is_refused():
    history = History()
    history.declare("buyer-2", "observer", follows=0)
    history.declare("buyer-2", "partner", follows=1)
    with pytest.raises(Conflict, match="in version 2"):
        history.declare("buyer-2", "intent_signer", follows=1)
    assert history.declare("buyer-2", "intent_signer", follows=2) == 1


def test_a_conditional_declaration_that_is_sent_again_is_told_that_it_stands():
    history = History()
    assert history.declare("buyer-2", "intent_signer", follows=0) == 1
    assert history.declare("buyer-2", "intent_signer", follows=0) == 0
    with pytest.raises(Conflict, match="in version 1"):
        history.declare("buyer-2", "first_buyer", follows=0)


def test_a_commitment_that_was_changed_too_often_stands_or_is_withdrawn(monkeypatch):
    monkeypatch.setattr(rules, "COMMITMENT_VERSIONS_MAX", 4)
    history = History()
    for rung in ("observer", "partner", "observer", "partner"):
        history.declare("buyer-2", rung)
    with pytest.raises(Conflict, match="changed 4 times"):
        history.declare("buyer-2", "observer")
    assert history.declare("buyer-2", "partner") == 0
    assert history.declare("buyer-3", "observer") == 1
    assert history.ask(rules.withdrawn, by="buyer-2", reason=None) == 1
    with pytest.raises(Conflict, match="changed 5 times"):
        history.declare("buyer-2", "partner")


def test_a_withdrawal_is_recorded_and_nothing_is_erased():
    history = History()
    history.declare("buyer-2", "intent_signer", volume=(900, "meters"))
    history.ask(rules.withdrawn, by="buyer-2", reason="The council said no")
    assert "buyer-2" not in stored(history.joint).changed.model_dump_json()
    told = [entry.sentence for entry in entries(JOINT, history.changes)]
    assert "Name of buyer-2 (buyer-2) declared itself intent signer, 900 meters." in told
    assert told[-1] == "buyer-2 withdrew its commitment: The council said no."
    assert history.ask(rules.withdrawn, by="buyer-2", reason=None) == 0
    history.declare("buyer-2", "partner")
    assert rungs(history.joint)["buyer-2"] == "partner"
    with pytest.raises(NotFound):
        history.ask(rules.withdrawn, by="buyer-3", reason=None)


def test_the_need_owner_cannot_leave_and_hands_over_only_to_a_member_that_accepts():
    history = History()
    with pytest.raises(Conflict, match="cannot leave"):
        history.ask(rules.withdrawn, by=OWNER, reason=None)
    with pytest.raises(Conflict, match="no member"):
        history.ask(rules.offered, OWNS, "buyer-2", by=OWNER)
    history.declare("buyer-2")
    with pytest.raises(Conflict, match="not asked"):
        history.ask(rules.accepted, OWNS, by="buyer-2")
    history.ask(rules.offered, OWNS, "buyer-2", by=OWNER)
    assert history.joint.owner_id == OWNER
    history.ask(rules.accepted, OWNS, by="buyer-2")
    assert history.joint.owner_id == "buyer-2"
    history.ask(rules.withdrawn, by=OWNER, reason=None)
    assert rungs(history.joint) == {"buyer-2": "partner"}


def test_an_offer_ends_when_it_is_taken_back_and_when_the_owner_changes():
    history = History()
    for buyer_id in ("buyer-2", "buyer-3", "buyer-4"):
        history.declare(buyer_id)
        history.ask(rules.offered, OWNS, buyer_id, by=OWNER)
    history.ask(rules.taken_back, OWNS, "buyer-2", by=OWNER)
    with pytest.raises(Conflict, match="not asked"):
        history.ask(rules.accepted, OWNS, by="buyer-2")
    history.ask(rules.accepted, OWNS, by="buyer-3")
    with pytest.raises(Conflict, match="not asked"):
        history.ask(rules.accepted, OWNS, by="buyer-4")
    assert stored(history.joint).offers == ()


def test_what_was_offered_to_a_member_ends_when_it_leaves_and_does_not_come_back_with_it():
    history = History()
    history.declare("buyer-2")
    history.declare("buyer-3")
    for buyer_id in ("buyer-2", "buyer-3"):
        for role in MemberRole:
            history.ask(rules.offered, role, buyer_id, by=OWNER)
    assert history.ask(rules.withdrawn, by="buyer-2", reason=None) == 3
    assert [change.content.kind for change in history.changes[-3:]] == ["offer_ended", "offer_ended", "withdrawn"]
    assert history.joint.offers == {(OWNS, "buyer-3"), (HELPS, "buyer-3")}
    history.declare("buyer-2")
    for role in MemberRole:
        with pytest.raises(Conflict, match="not asked"):
            history.ask(rules.accepted, role, by="buyer-2")


def test_who_is_no_member_takes_no_role_on_whatever_an_old_history_offers_it():
    history = History()
    history.record([RoleOffered(role=OWNS, buyer_id="buyer-2", term=1)], by=OWNER)
    with pytest.raises(Conflict, match="no member"):
        history.ask(rules.accepted, OWNS, by="buyer-2")
    assert stored(history.joint).offers == ()


def test_a_facilitator_is_asked_accepts_and_may_step_down_but_not_send_another_away():
    history = History()
    history.declare("buyer-2", "observer")
    history.declare("buyer-3", "observer")
    for buyer_id in ("buyer-2", "buyer-3"):
        history.ask(rules.offered, HELPS, buyer_id, by=OWNER)
        history.ask(rules.accepted, HELPS, by=buyer_id)
    assert history.joint.facilitators == {"buyer-2", "buyer-3"}
    with pytest.raises(Forbidden):
        history.ask(rules.ended, HELPS, "buyer-3", by="buyer-2")
    history.ask(rules.ended, HELPS, "buyer-2", by="buyer-2")
    history.ask(rules.ended, HELPS, "buyer-3", by=OWNER)
    assert history.joint.facilitators == frozenset()
    with pytest.raises(Conflict, match="not asked"):
        history.ask(rules.accepted, HELPS, by="buyer-2")
    with pytest.raises(Conflict, match="at all times"):
        history.ask(rules.ended, OWNS, OWNER, by=OWNER)


def test_a_facilitator_that_leaves_comes_back_as_a_plain_member():
    history = History()
    history.declare("buyer-2")
    history.ask(rules.offered, HELPS, "buyer-2", by=OWNER)
    history.ask(rules.accepted, HELPS, by="buyer-2")
    history.ask(rules.withdrawn, by="buyer-2", reason=None)
    history.declare("buyer-2")
    assert history.joint.facilitators == frozenset()


def test_the_stage_is_moved_by_the_owner_and_facilitators_alone_and_into_a_configured_one():
    history = History()
    history.declare("buyer-2")
    with pytest.raises(Forbidden):
        history.ask(rules.moved, "market dialogue", stages=STAGES, by="buyer-2", note=None)
    with pytest.raises(Refused, match="no stage 'dinner'"):
        history.ask(rules.moved, "dinner", stages=STAGES, by=OWNER, note=None)
    history.ask(rules.moved, "market dialogue", stages=STAGES, by=OWNER, note="As agreed on 2 March")
    assert history.ask(rules.moved, "market dialogue", stages=STAGES, by=OWNER, note=None) == 0
    history.ask(rules.offered, HELPS, "buyer-2", by=OWNER)
    history.ask(rules.accepted, HELPS, by="buyer-2")
    history.ask(rules.moved, "innovation need", stages=STAGES, by="buyer-2", note=None)
    moves = [(change.by, change.content.stage) for change in history.changes if change.subject == "stage"]
    assert moves == [(OWNER, "innovation need"), (OWNER, "market dialogue"), ("buyer-2", "innovation need")]


def test_the_joint_text_is_the_owners_to_change():
    history = History()
    history.declare("buyer-2")
    with pytest.raises(Forbidden):
        history.ask(rules.restated, a_text(title="Mine"), by="buyer-2")
    assert history.ask(rules.restated, a_text(), by=OWNER) == 0
    history.ask(rules.restated, a_text(title="Leaks, found without digging"), by=OWNER)
    assert statement_of(history.joint).title == "Leaks, found without digging"


def test_what_is_closed_stands_as_it_is_but_what_it_led_to_can_still_be_named():
    history = History()
    history.declare("buyer-2", "intent_signer")
    with pytest.raises(Forbidden):
        history.ask(rules.closed, by="buyer-2", reason=None)
    history.ask(rules.closed, by=OWNER, reason="All have bought")
    for ask in (
        lambda: history.declare("buyer-3"),
        lambda: history.ask(rules.withdrawn, by="buyer-2", reason=None),
        lambda: history.ask(rules.restated, a_text(title="Later"), by=OWNER),
        lambda: history.ask(rules.moved, "first purchase", stages=STAGES, by=OWNER, note=None),
        lambda: history.ask(rules.offered, OWNS, "buyer-2", by=OWNER),
    ):
        with pytest.raises(Conflict, match="closed"):
            ask()
    assert history.ask(rules.followed_up, FollowedUp(need_id="need-9"), by="buyer-2") == 1
    assert history.ask(rules.followed_up, FollowedUp(need_id="need-9"), by="buyer-2") == 0
    changed = stored(history.joint).changed
    assert (changed.closed_because, changed.members[1].followed_up_by) == ("All have bought", ("need-9",))
    assert statement_of(history.joint) is None


def test_only_who_declared_an_intent_can_carry_it_out():
    history = History()
    history.declare("buyer-2", "partner")
    with pytest.raises(Conflict, match="declared nothing"):
        history.ask(rules.followed_up, FollowedUp(need_id="need-9"), by="buyer-2")


def test_a_joint_need_takes_no_more_members_than_its_event_holds(monkeypatch):
    monkeypatch.setattr(rules, "MEMBERS_MAX", 2)
    history = History()
    history.declare("buyer-2")
    with pytest.raises(Conflict, match="takes no more"):
        history.declare("buyer-3")
    assert history.declare("buyer-2", "observer") == 1


def steps(history, *buyers):
    """The growth that each further declaration is."""
    before = history.joint
    for buyer_id, rung, volume in buyers:
        history.declare(buyer_id, rung, volume=volume)
        yield grown(before, history.joint, supplier_ids=["s-1", "s-2"])
        before = history.joint


def test_matched_suppliers_hear_once_of_each_step_up_and_of_no_keystroke():
    history = History()
    first, volume, up, down, again = steps(
        history,
        ("buyer-2", "partner", None),
        ("buyer-2", "partner", (900, "meters")),
        ("buyer-2", "intent_signer", (900, "meters")),
        ("buyer-2", "partner", (900, "meters")),
        ("buyer-2", "intent_signer", (900, "meters")),
    )
    assert [(event.supplier_id, event.rung.value) for event in first] == [("s-1", "partner"), ("s-2", "partner")]
    assert (volume, down, again) == ([], [], [])
    assert up[0].summary == "1 body intends: 900 meters"
    assert len({event_id(event) for event in first + up}) == 4
    history.ask(rules.withdrawn, by="buyer-2", reason=None)
    assert [list(step) for step in steps(history, ("buyer-2", "intent_signer", None))] == [[]]


def test_what_is_matched_changes_with_the_text_and_the_members_alone():
    history = History()
    history.declare("buyer-2", "partner")
    before = statement_of(history.joint)
    assert (before.buyer.id, before.joint_members) == (OWNER, (OWNER, "buyer-2"))
    history.declare("buyer-2", "intent_signer", volume=(3, "pumps"))
    history.ask(rules.moved, "market dialogue", stages=STAGES, by=OWNER, note=None)
    assert statement_of(history.joint) == before


def test_who_left_stays_named_and_room_is_for_members_first_and_then_for_who_left_last(monkeypatch):
    monkeypatch.setattr(joint_said, "MEMBERS_MAX", 3)
    history = History()
    for buyer_id in ("buyer-4", "buyer-3", "buyer-2"):
        history.declare(buyer_id, "observer")
        history.ask(rules.withdrawn, by=buyer_id, reason=None)
        before = statement_of(history.joint)
        history.declare(buyer_id, "partner")
        assert statement_of(history.joint) == before
        history.ask(rules.withdrawn, by=buyer_id, reason=None)
        assert statement_of(history.joint) == before
    assert before.joint_members == (OWNER, "buyer-2", "buyer-3")
    history.declare("buyer-4")
    assert statement_of(history.joint).joint_members == (OWNER, "buyer-2", "buyer-4")


def test_two_copies_of_a_history_have_one_digest_and_any_difference_shows():
    history = History()
    history.declare("buyer-2", "intent_signer", volume=(900, "meters"))
    early = entries(JOINT, history.changes)
    history.ask(rules.withdrawn, by="buyer-2", reason=None)
    late = entries(JOINT, reversed(history.changes))
    assert [entry.digest for entry in late][: len(early)] == [entry.digest for entry in early]
    assert late[0].change.subject == "proposal"
    forged = [
        change.model_copy(update={"at": change.at + timedelta(seconds=1)}) if change.by == "buyer-2" else change
        for change in history.changes
    ]
    assert entries(JOINT, forged)[-1].digest != late[-1].digest
    assert entries("joint:other", history.changes)[-1].digest != late[-1].digest


def test_an_id_of_a_change_is_what_it_always_was():
    assert change_id(JOINT, History().changes[-1]) == "e042a5f19411c75fb99e5fcfa4f7fcce9acb88d5510948b859d4dffde4478880"


class Life(RuleBasedStateMachine):
    """Anybody asks for anything; whatever is taken, the promises hold."""

    def __init__(self) -> None:
        super().__init__()
        self.history = History()
        self.said: list[str] = []
        self.refused = (Refused,)

    def _ask(self, ask) -> None:
        before = self.history.joint
        try:
            ask()
        except self.refused:
            assert self.history.joint == before
        after = self.history.joint
        self.said += [event_id(event) for event in grown(before, after, supplier_ids=["s"])]
        for buyer_id in BUYERS:
            if buyer_id in before.members and buyer_id != self.asking:
                assert before.members[buyer_id] == after.members[buyer_id]

    @rule(by=st.sampled_from(BUYERS), rung=st.sampled_from(Rung), amount=st.floats(min_value=1, max_value=1e6))
    def declare(self, by, rung, amount):
        self.asking = by
        self._ask(lambda: self.history.declare(by, rung.value, volume=(amount, "meters")))

    @rule(by=st.sampled_from(BUYERS))
    def withdraw(self, by):
        self.asking = by
        self._ask(lambda: self.history.ask(rules.withdrawn, by=by, reason=None))

    @rule(by=st.sampled_from(BUYERS), to=st.sampled_from(BUYERS), role=st.sampled_from(MemberRole))
    def offer(self, by, to, role):
        self.asking = by
        self._ask(lambda: self.history.ask(rules.offered, role, to, by=by))

    @rule(by=st.sampled_from(BUYERS), role=st.sampled_from(MemberRole))
    def accept(self, by, role):
        self.asking = by
        self._ask(lambda: self.history.ask(rules.accepted, role, by=by))

    @rule(by=st.sampled_from(BUYERS), to=st.sampled_from(BUYERS), role=st.sampled_from(MemberRole))
    def end_role(self, by, to, role):
        self.asking = by
        self._ask(lambda: self.history.ask(rules.ended, role, to, by=by))

    @rule(by=st.sampled_from(BUYERS), stage=st.sampled_from(STAGES))
    def move(self, by, stage):
        self.asking = by
        self._ask(lambda: self.history.ask(rules.moved, stage, stages=STAGES, by=by, note=None))

    @invariant()
    def one_member_owns_the_need(self):
        joint = self.history.joint
        assert joint.owner_id in joint.commitments
        assert joint.facilitators <= joint.commitments.keys()
        assert {buyer_id for _, buyer_id in joint.offers} <= joint.commitments.keys()
        assert sum(OWNS in member.roles for member in stored(joint).changed.members) == 1

    @invariant()
    def nothing_recorded_is_lost_or_altered(self):
        joint = self.history.joint
        declared = [change for change in self.history.changes if change.subject.startswith("member/")]
        assert {change.by for change in declared} == joint.members.keys()
        for buyer_id in joint.members:
            versions = [change.version for change in declared if change.by == buyer_id]
            assert versions == list(range(1, len(versions) + 1))

    @invariant()
    def no_supplier_hears_twice_of_one_step(self):
        assert len(self.said) == len(set(self.said))


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


@st.composite
def histories(draw):
    """A history of several bodies who join, go up and down, leave, and hand the ownership on."""
    history = History()
    for _ in range(draw(st.integers(0, 14))):
        by = draw(st.sampled_from(BUYERS))
        kind = draw(st.sampled_from(("declare", "declare", "declare", "withdraw", "offer", "accept", "move")))
        try:
            match kind:
                case "declare":
                    history.declare(by, draw(st.sampled_from(Rung)).value, volume=(draw(st.integers(1, 9)) / 10, "meters"))
                case "withdraw":
                    history.ask(rules.withdrawn, by=by, reason=None)
                case "offer":
                    history.ask(rules.offered, OWNS, by, by=history.joint.owner_id)
                case "accept":
                    history.ask(rules.accepted, OWNS, by=by)
                case "move":
                    history.ask(rules.moved, draw(st.sampled_from(STAGES)), stages=STAGES, by=history.joint.owner_id, note=None)
        except Refused:
            continue
    return history


@settings(max_examples=200, deadline=None)
@given(history=histories(), order=st.randoms(use_true_random=False))
def test_any_order_repeat_or_lateness_of_the_changes_gives_the_same_ladder(history: History, order: random.Random):
    whole = stored(history.joint)
    repeated = [change for change in history.changes for _ in range(order.randint(1, 3))]
    order.shuffle(repeated)
    assert stored(folded(JOINT, repeated)) == whole
    assert folded(JOINT, repeated) == history.joint
    # Some come late: what was folded before them is no part of what follows from all.
    early = [change for change in repeated if order.random() < 0.5]
    folded(JOINT, early)
    assert folded(JOINT, [*early, *repeated]) == history.joint
    assert entries(JOINT, order.sample(history.changes, len(history.changes))) == entries(JOINT, history.changes)


@settings(max_examples=100, deadline=None)
@given(history=histories())
def test_each_body_makes_one_version_of_the_joint_text_at_most(history: History):
    statements = [statement_of(folded(JOINT, history.changes[:place])) for place in range(5, len(history.changes) + 1)]
    owners = sum(change.subject == "role/need_owner" for change in history.changes)
    versions = sum(one != other for one, other in pairwise(statements))
    assert versions <= len(history.joint.members) - 1 + owners - 1


@settings(max_examples=100, deadline=None)
@given(history=histories())
def test_who_has_risen_stands_higher_than_ever_before(history: History):
    for place in range(5, len(history.changes)):
        before, after = folded(JOINT, history.changes[:place]), folded(JOINT, history.changes[: place + 1])
        for buyer_id in risen(before, after):
            ever = [
                change.content.commitment.rung
                for change in history.changes[:place]
                if change.subject == f"member/{buyer_id}" and change.content.kind == "committed"
            ]
            assert all(rank(rung) < rank(after.commitments[buyer_id].rung) for rung in ever)


def test_of_two_changes_with_one_version_every_reader_keeps_the_same():
    history = History()
    history.declare("buyer-2", "partner")
    twin = history.changes[-1].model_copy(
        update={"content": history.changes[-1].content.model_copy(update={"commitment": a_commitment("buyer-2", "observer")})}
    )
    assert folded(JOINT, [*history.changes, twin]) == folded(JOINT, [twin, *history.changes])
