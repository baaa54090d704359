"""The snapshot of a joint need: all of it in one record, and where that is too much, what was left out is said."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samspil.domain import joint_rules as rules
from samspil.domain.joint_said import stored
from samspil.domain.joint_snapshot import published
from samspil.ports.joint_changes import FollowedUp
from samspil.ports.log import RECORD_BYTES_MAX
from samspil_schemas import FormerMember, JointNeedChanged, Member, MemberRole, Rung, RungTotal, SnapshotPart, Volume
from samspil_schemas.base import ID_MAX, LABEL_MAX, LIST_MAX, MEMBERS_MAX, PARAGRAPH_MAX, TEXT_MAX, TITLE_MAX
from tests.joint_needs import OWNER, START, History

UNDERTAKINGS, FOLLOW_UPS, FORMER, VOLUMES, TOTAL_VOLUMES, MEMBERS = SnapshotPart


def size(snapshot):
    return len(snapshot.model_dump_json().encode())


def an_id(number: int) -> str:
    return f"{number:03}".ljust(ID_MAX, "x")


def a_label(number: int, letter: str) -> str:
    return f"{number:03}".ljust(LABEL_MAX, letter)


def a_volume(number: int, letter: str) -> Volume:
    return Volume(amount=0.1234567890123456 + number, unit=a_label(number, letter))


def a_member(number: int, *, letter: str, undertaking: int = PARAGRAPH_MAX, follow_ups: int = LIST_MAX) -> Member:
    rung = list(Rung)[number % len(Rung)]
    return Member(
        buyer_id=an_id(number),
        name=a_label(number, letter),
        country="DK",
        rung=rung,
        roles=(MemberRole.NEED_OWNER, MemberRole.FACILITATOR) if number == 0 else (MemberRole.FACILITATOR,),
        need_id=an_id(number),
        undertaking=letter * undertaking or None,
        volume=a_volume(number, letter),
        horizon="2028-12-31",
        signed_on="2026-12-31",
        since=START + timedelta(hours=number, microseconds=1),
        version=2**53 - 1,
        followed_up_by=tuple(an_id(place) for place in range(follow_ups)),
    )


def a_snapshot(*, letter: str, members: int, former: int, undertaking: int, follow_ups: int, text: int) -> JointNeedChanged:
    """A snapshot with the longest of all that is not said otherwise, all of whose letters are the one."""
    units = [(number, a_volume(number, letter)) for number in range(members)]
    return JointNeedChanged(
        joint_need_id=an_id(0),
        revision=2**53 - 1,
        title=letter * TITLE_MAX,
        description=letter * text,
        language="en",
        stage=letter * LABEL_MAX,
        stage_since=START,
        summary=letter * PARAGRAPH_MAX,
        totals=tuple(
            RungTotal(
                rung=rung,
                bodies=members,
                volumes=tuple(volume for number, volume in units if number % len(Rung) == place),
                horizon="2028-12-31",
            )
            for place, rung in enumerate(Rung)
        ),
        members=tuple(
            a_member(number, letter=letter, undertaking=undertaking, follow_ups=follow_ups) for number in range(members)
        ),
        former_members=tuple(
            FormerMember(
                buyer_id=an_id(number),
                name=a_label(number, letter),
                country="DK",
                left_at=START,
                followed_up_by=tuple(an_id(place) for place in range(follow_ups)),
            )
            for number in range(former)
        ),
        follow_up_summary=letter * PARAGRAPH_MAX,
        closed_at=START,
        closed_because=letter * LABEL_MAX,
        changed_at=START,
    )


def without(snapshot: JointNeedChanged, omitted: tuple[SnapshotPart, ...]) -> JointNeedChanged:
    """What is left of the snapshot without these parts; the members that were left out are judged elsewhere."""
    members, former = snapshot.members, snapshot.former_members
    if UNDERTAKINGS in omitted:
        members = tuple(one.model_copy(update={"undertaking": None}) for one in members)
    if FOLLOW_UPS in omitted:
        counted = {"followed_up_by": (), "follow_ups_omitted": len(members[0].followed_up_by)}
        members, former = (tuple(one.model_copy(update=counted) for one in bodies) for bodies in (members, former))
    if VOLUMES in omitted:
        members = tuple(one.model_copy(update={"volume": None}) for one in members)
    totals = tuple(one.model_copy(update={"volumes": ()}) for one in snapshot.totals)
    changed = {"totals": totals} if TOTAL_VOLUMES in omitted else {}
    changed |= {"members": members, "former_members": () if FORMER in omitted else former, "omitted": omitted}
    return snapshot.model_copy(update=changed)


@settings(max_examples=40, deadline=None)
@given(
    letter=st.sampled_from(["a", "ø", "需", "😀", '"']),
    members=st.integers(1, MEMBERS_MAX),
    former=st.integers(0, MEMBERS_MAX),
    undertaking=st.integers(0, PARAGRAPH_MAX),
    follow_ups=st.integers(0, LIST_MAX),
    text=st.integers(1, TEXT_MAX),
)
def test_whatever_the_contract_allows_becomes_one_record_that_says_what_it_lacks(letter, **shape):
    whole = a_snapshot(letter=letter, **shape)
    cut = published(whole)
    assert size(cut) <= RECORD_BYTES_MAX
    assert JointNeedChanged.model_validate_json(cut.model_dump_json()) == cut
    assert list(cut.omitted) == [part for part in SnapshotPart if part in cut.omitted]
    # Nothing is lacking that is not said, and nothing is said that is not lacking.
    left = without(whole, cut.omitted)
    assert left.model_copy(update={"members": cut.members}) == cut
    assert set(cut.members) <= set(left.members)
    assert (len(cut.members) < len(whole.members)) == (MEMBERS in cut.omitted)
    assert cut == whole if size(whole) <= RECORD_BYTES_MAX else cut.omitted


@pytest.mark.parametrize("letter", ["a", "😀"])
def test_the_largest_of_all_becomes_one_record(letter):
    whole = a_snapshot(
        letter=letter,
        members=MEMBERS_MAX,
        former=MEMBERS_MAX,
        undertaking=PARAGRAPH_MAX,
        follow_ups=LIST_MAX,
        text=TEXT_MAX,
    )
    cut = published(whole)
    assert size(cut) <= RECORD_BYTES_MAX
    assert (MEMBERS in cut.omitted) == (letter == "😀")
    assert sum(total.bodies for total in cut.totals) > 0
    assert cut.members[0].roles[0] is MemberRole.NEED_OWNER


def test_three_hundred_members_with_many_follow_ups_lose_no_more_than_they_must():
    whole = a_snapshot(letter="a", members=300, former=0, undertaking=0, follow_ups=20, text=200)
    assert size(whole) > RECORD_BYTES_MAX
    cut = published(whole)
    assert cut.omitted == (FOLLOW_UPS,)
    assert {member.follow_ups_omitted for member in cut.members} == {20}
    assert cut.follow_up_summary == whole.follow_up_summary


def test_each_step_is_taken_only_where_those_before_it_are_not_enough():
    whole = a_snapshot(letter="ø", members=8, former=2, undertaking=400, follow_ups=3, text=50)
    most, steps = size(whole), []
    assert published(whole, most=most) is whole
    while MEMBERS not in (cut := published(whole, most=most)).omitted:
        steps.append(cut.omitted)
        most = size(cut) - 1
    assert steps == [tuple(SnapshotPart)[:number] for number in range(6)]


def test_of_members_the_need_owner_and_those_on_the_highest_rungs_stay():
    whole = a_snapshot(letter="ø", members=40, former=0, undertaking=0, follow_ups=0, text=50)
    cut = published(whole, most=35_000)
    assert MEMBERS in cut.omitted
    assert 1 < len(cut.members) < 20
    assert cut.members[0].buyer_id == an_id(0)
    assert {member.rung for member in cut.members[1:]} <= {Rung.FIRST_BUYER, Rung.INTENT_SIGNER}
    assert list(cut.members) == sorted(cut.members, key=lambda one: one.buyer_id)


def test_what_a_body_that_has_left_carried_out_stays_in_the_snapshot():
    history = History()
    for buyer_id in ("buyer-2", "buyer-3"):
        history.declare(buyer_id, "intent_signer", undertaking="We put it to the market.")
    history.ask(rules.followed_up, FollowedUp(need_id="need-9"), by="buyer-2")
    for buyer_id in ("buyer-2", "buyer-3"):
        history.ask(rules.withdrawn, by=buyer_id, reason=None)
    changed = stored(history.joint).changed
    assert [member.buyer_id for member in changed.members] == [OWNER]
    (former,) = changed.former_members
    assert (former.buyer_id, former.name, former.followed_up_by) == ("buyer-2", "Name of buyer-2", ("need-9",))
    assert former.left_at == history.joint.members["buyer-2"].since
    history.declare("buyer-2", "observer")
    changed = stored(history.joint).changed
    assert (changed.former_members, changed.members[1].followed_up_by) == ((), ("need-9",))
    history.ask(rules.not_followed_up, "need-9", by="buyer-2")
    history.ask(rules.withdrawn, by="buyer-2", reason=None)
    assert stored(history.joint).changed.former_members == ()


def test_of_more_that_left_than_the_contract_takes_those_who_left_last_are_told(monkeypatch):
    monkeypatch.setattr("samspil.domain.joint_snapshot.MEMBERS_MAX", 2)
    history = History()
    for buyer_id in ("buyer-4", "buyer-3", "buyer-2"):
        history.declare(buyer_id, "intent_signer")
        history.ask(rules.followed_up, FollowedUp(need_id="need-9"), by=buyer_id)
        history.ask(rules.withdrawn, by=buyer_id, reason=None)
    assert [one.buyer_id for one in stored(history.joint).changed.former_members] == ["buyer-2", "buyer-3"]
