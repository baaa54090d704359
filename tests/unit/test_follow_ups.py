"""Which needs follow up a joint need, and the report of it, as pure rules."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from samspil.domain import joint_rules as rules
from samspil.domain.follow_ups import followed_in_words, heard, recognised, reported, suggested
from samspil.domain.joint_history import entries
from samspil.ports.follow_ups import Candidate, FollowUpBasis, PublishedNeed
from samspil.ports.joint_changes import FollowedUp
from samspil_schemas import Rung, Source
from tests.factories import a_need
from tests.joint_needs import JOINT, START, History
from tests.protocol import a_similar


def a_published(need_id: str = "tender-2", buyer_id: str = "buyer-2", **changes: Any) -> PublishedNeed:
    values: dict[str, Any] = {
        "version": 1,
        "title": f"Title of {need_id}",
        "heard_at": START + timedelta(days=100),
        "names": frozenset({need_id}),
        "follows": (JOINT,),
    }
    return PublishedNeed(need_id=need_id, buyer_id=buyer_id, **(values | changes))


def links(history: History, *needs: PublishedNeed, named: tuple[PublishedNeed, ...] = (), rejected: frozenset[str] = frozenset()):
    return [(by, link.need_id) for by, link in recognised(history.joint, needs, named=named, rejected=rejected)]


def signed(**changes: Any) -> History:
    history = History()
    history.declare("buyer-2", "intent_signer", **changes)
    return history


def test_a_need_that_refers_to_the_joint_need_is_linked_once() -> None:
    history = signed()
    ((by, link),) = recognised(history.joint, [a_published()], named=(), rejected=())
    assert (by, link.basis, link.reference, link.published_at) == ("buyer-2", "reference", JOINT, START + timedelta(days=100))
    history.record([link], by=by)
    assert links(history, a_published()) == []


def test_a_need_that_cites_what_any_member_named_as_its_own_is_linked() -> None:
    history = signed()
    history.declare("buyer-1", "partner", need_id="need-1")
    owners = a_published("need-1", "buyer-1", names=frozenset({"need-1", "601506-2023"}), follows=())
    assert links(history, a_published(follows=("2023/S 193-601506",)), named=(owners,)) == [("buyer-2", "tender-2")]
    assert links(history, a_published(follows=("2023/S 193-601507",)), named=(owners,)) == []


@pytest.mark.parametrize(
    ("rung", "linked"), [("observer", False), ("partner", False), ("intent_signer", True), ("first_buyer", True)]
)
def test_only_what_was_declared_can_be_carried_out(rung: str, *, linked: bool) -> None:
    history = History()
    history.declare("buyer-2", rung)
    assert bool(links(history, a_published())) == linked
    assert links(history, a_published(buyer_id="buyer-9")) == []


def test_who_has_withdrawn_may_still_have_followed_up() -> None:
    history = signed()
    history.ask(rules.withdrawn, by="buyer-2", reason=None)
    assert links(history, a_published()) == [("buyer-2", "tender-2")]


def test_the_need_that_a_body_came_with_is_no_follow_up_but_one_that_it_names_later_is() -> None:
    history = History()
    history.declare("buyer-2", "partner", need_id="seed-2")
    history.declare("buyer-2", "intent_signer", need_id="seed-3")
    history.declare("buyer-2", "intent_signer", need_id="tender-2")
    needs = [a_published(need_id) for need_id in ("seed-2", "seed-3", "tender-2")]
    assert links(history, *needs) == [("buyer-2", "tender-2")]


def test_a_need_that_cites_only_itself_follows_nothing() -> None:
    history = signed()
    history.declare("buyer-2", "intent_signer", need_id="tender-2")
    own = a_published(follows=("tender-2",))
    assert links(history, own, named=(own,)) == []


def test_what_its_buyer_said_is_none_is_not_linked() -> None:
    history = signed()
    assert links(history, a_published(), rejected=frozenset({"tender-2"})) == []
    history.record([FollowedUp(need_id="tender-2")], by="buyer-2")
    assert history.ask(rules.not_followed_up, "tender-2", by="buyer-2") == 1
    assert history.ask(rules.not_followed_up, "tender-2", by="buyer-2") == 0
    assert links(history, a_published()) == []
    assert history.joint.follow_ups == {}
    assert history.ask(rules.followed_up, FollowedUp(need_id="tender-2"), by="buyer-2") == 1
    assert set(history.joint.follow_ups) == {("buyer-2", "tender-2")}


def test_no_more_is_linked_than_the_event_holds() -> None:
    needs = [a_published(f"tender-{number:02}") for number in range(60)]
    assert len(links(signed(), *needs)) == 50


def test_versions_of_a_need_are_joined_in_any_order() -> None:
    dated = Source(kind="web", reference="r-1", published_at="2026-04-01T08:00:00+02:00")
    versions = [
        (a_need("tender-2", 1, follows=(JOINT,), title="First"), START),
        (a_need("tender-2", 2, source=dated, title="Second"), START + timedelta(days=1)),
        (a_need("tender-2", 3, follows=("need-7",), source=dated, title="Third"), START + timedelta(days=2)),
    ]
    whole = None
    for event, at in versions:
        whole = heard(whole, event, at=at)
    other = None
    for event, at in (versions[2], versions[0], versions[1], versions[0]):
        other = heard(other, event, at=at)
    assert other == whole
    assert whole is not None
    assert (whole.title, whole.follows, whole.names) == ("Third", (JOINT, "need-7"), {"tender-2", "r-1"})
    assert (whole.heard_at, whole.published_at) == (START, datetime(2026, 4, 1, 6, 0, tzinfo=UTC))


def candidate(need: PublishedNeed) -> Candidate:
    return Candidate(need=need, find=a_similar(JOINT, need.need_id))


def test_a_need_is_suggested_if_it_was_published_since_its_buyer_declared_its_intent() -> None:
    history = signed(signed_on=date(2026, 3, 10), need_id="seed-2")
    late = a_published(follows=(), dated_at=datetime(2026, 3, 10, 1, tzinfo=UTC))
    early = a_published("early", follows=(), dated_at=datetime(2026, 3, 9, 23, tzinfo=UTC))
    found = suggested(history.joint, [candidate(late), candidate(early), candidate(a_published("seed-2"))])
    assert [one.need.need_id for one in found] == ["tender-2"]
    history.record([FollowedUp(need_id="tender-2", basis=FollowUpBasis.TEXT)], by="buyer-2")
    assert suggested(history.joint, [candidate(late)]) == []
    assert suggested(History().joint, [candidate(late)]) == []


def test_who_has_left_has_nothing_suggested_until_it_comes_back() -> None:
    history = signed()
    history.ask(rules.withdrawn, by="buyer-2", reason=None)
    assert suggested(history.joint, [candidate(a_published(follows=()))]) == []
    history.declare("buyer-2", "observer")
    assert len(suggested(history.joint, [candidate(a_published(follows=()))])) == 1


def test_the_report_says_who_followed_up_when_and_why_and_who_has_not() -> None:
    history = signed(volume=(900, "meters"), horizon=date(2026, 6, 1), signed_on=date(2026, 3, 2))
    history.declare("buyer-3", "intent_signer", volume=(100, "meters"))
    history.declare("buyer-4", "first_buyer", volume=(50, "meters"))
    history.declare("buyer-5", "intent_signer")
    history.declare("buyer-5", "observer")
    assert reported(history.joint).sentence == (
        "0 of 2 that signed intent and 0 of 1 that committed to a first purchase have followed up"
    )
    for need in (a_published(), a_published("tender-1", dated_at=datetime(2026, 3, 1, tzinfo=UTC))):
        ((by, link),) = recognised(history.joint, [need], named=(), rejected=())
        history.record([link], by=by)
    report = reported(history.joint)
    assert report.sentence == "1 of 2 that signed intent and 0 of 1 that committed to a first purchase have followed up"
    assert [(body.buyer_id, body.rung) for body in report.bodies] == [
        ("buyer-2", Rung.INTENT_SIGNER),
        ("buyer-3", Rung.INTENT_SIGNER),
        ("buyer-4", Rung.FIRST_BUYER),
        ("buyer-5", Rung.OBSERVER),
    ]
    first, second = report.bodies[0].follow_ups
    assert (first.need_id, first.days, first.in_time) == ("tender-1", -1, True)
    assert (second.need_id, second.days, second.in_time) == ("tender-2", 100, False)
    assert followed_in_words(second) == (
        "Title of tender-2 (tender-2), 2026-06-10, 100 days after it declared, after its horizon; it refers to joint:one"
    )
    assert "1 days before it declared, in time" in followed_in_words(first)
    signers = report.totals[0]
    assert (signers.bodies, signers.followed_up) == (2, 1)
    assert ([one.amount for one in signers.volumes], [one.amount for one in signers.followed_up_volumes]) == ([1000], [900])


def test_while_nobody_has_signed_there_is_nothing_to_report() -> None:
    report = reported(History().joint)
    assert (report.sentence, report.totals, report.bodies) == (None, (), ())


def test_one_that_followed_up_has() -> None:
    history = signed()
    history.record([FollowedUp(need_id="tender-2")], by="buyer-2")
    report = reported(history.joint)
    assert report.sentence == "1 of 1 that signed intent has followed up"
    (one,) = report.bodies[0].follow_ups
    assert (one.basis, one.title) == (FollowUpBasis.NAMED, None)
    assert followed_in_words(one).startswith("tender-2, 2026-03-02, 0 days after it declared; named by the body")


def test_what_was_recorded_before_there_was_a_basis_keeps_its_id() -> None:
    history = signed()
    history.record([FollowedUp(need_id="tender-2")], by="buyer-2")
    (entry,) = [entry for entry in entries(JOINT, history.changes) if entry.change.content.kind == "followed_up"]
    assert entry.id == "350bae2802a9d8e53f9e2901429f5c7fd5b7bc1aeb6b5265d5b8082eeede2e5b"
    assert entry.sentence == "buyer-2 named its need tender-2 as what carries out its declaration."


def test_the_history_says_in_words_why_a_need_was_linked_and_that_it_was_taken_back() -> None:
    history = signed()
    ((by, link),) = recognised(history.joint, [a_published()], named=(), rejected=())
    history.record([link], by=by)
    history.ask(rules.not_followed_up, "tender-2", by="buyer-2")
    history.record([link.model_copy(update={"basis": FollowUpBasis.TEXT, "reference": None})], by=by)
    said = sorted(entry.sentence for entry in entries(JOINT, history.changes) if "tender-2" in entry.sentence)
    assert said == [
        "buyer-2 confirmed that its need tender-2, which reads like the joint text, carries out its declaration.",
        "buyer-2 published the need tender-2, which carries out its declaration: it refers to joint:one.",
        "buyer-2 said that its need tender-2 does not carry out its declaration.",
    ]


def test_a_joined_need_belongs_to_whom_its_newest_version_names() -> None:
    known = a_published(version=4)
    assert heard(known, a_need("tender-2", 3), at=START) == replace(known, heard_at=START)
