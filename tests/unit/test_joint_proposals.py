"""Whether a proposal makes a joint need, repeats one, or comes second; and where a need may stand."""

import pytest

from samspil.domain import joint_rules as rules
from samspil.domain.joint_proposals import made_by, require_in_one_alone
from samspil.domain.joint_said import stored
from samspil.errors import Conflict
from samspil.ports.joint_service import Proposal
from samspil_schemas import MemberRole
from tests.joint_needs import OWNER, History, a_commitment, a_text

OTHERS = ("need-2", "need-2-again")


def standing(**commitment):
    """What buyer-1 made of need-1 with need-2."""
    return History(commitment=a_commitment(**({"need_id": "need-1"} | commitment)))


def made(history, *, by=OWNER, others=OTHERS, **proposal):
    return made_by(
        Proposal(**({"need_id": "need-1", "other_need_id": "need-2"} | proposal)), [stored(history.joint)], by=by, others=others
    )


def test_the_same_again_is_known_however_alike_the_two_needs_are_found_by_then():
    history = standing()
    assert made(history) == stored(history.joint)
    # The same need stands for the others that it was published as, whichever of them is shown.
    assert made(history, other_need_id="need-2-again", others=("need-2-again", "need-2")) is not None


def test_the_same_again_is_known_after_the_ownership_was_handed_over():
    history = standing()
    history.declare("buyer-2")
    history.ask(rules.offered, MemberRole.NEED_OWNER, "buyer-2", by=OWNER)
    history.ask(rules.accepted, MemberRole.NEED_OWNER, by="buyer-2")
    assert made(history) is not None


@pytest.mark.parametrize(
    "changed",
    [
        {"rung": "first_buyer", "undertaking": "We put the same requirement to the market."},
        {"rung": "observer"},
        {"undertaking": "In our own words."},
        {"volume": {"amount": 1200, "unit": "meters"}},
        {"horizon": "2028-01-01"},
        {"signed_on": "2026-03-01"},
    ],
)
def test_a_repeat_on_other_terms_is_no_repeat_and_says_to_declare(changed):
    with pytest.raises(Conflict, match="on other terms") as refused:
        made(standing(), **changed)
    assert "Declare" in refused.value.hint


def test_a_repeat_with_another_text_says_to_change_the_text():
    assert made(standing(), text=a_text()) is not None
    with pytest.raises(Conflict, match="with another text") as refused:
        made(standing(), text=a_text(title="Another title"))
    assert "Change its text" in refused.value.hint


def test_who_has_left_what_it_proposed_is_asked_to_join_again():
    history = standing()
    history.declare("buyer-2")
    history.ask(rules.offered, MemberRole.NEED_OWNER, "buyer-2", by=OWNER)
    history.ask(rules.accepted, MemberRole.NEED_OWNER, by="buyer-2")
    history.ask(rules.withdrawn, by=OWNER, reason=None)
    with pytest.raises(Conflict, match="have left it"):
        made(history)


def test_a_need_that_was_only_named_is_in_the_way_of_nobody_but_the_same_pair_from_its_other_side():
    history = standing(rung="observer")
    assert made(history, by="buyer-2", need_id="need-2", other_need_id=None, others=()) is None
    assert made(history, by="buyer-2", need_id="need-2", other_need_id="need-3", others=("need-3",)) is None
    assert made(history, by="buyer-3", need_id="need-3", other_need_id="need-2") is None
    with pytest.raises(Conflict, match="There is a joint need of it already, joint:one"):
        made(history, by="buyer-2", need_id="need-2", other_need_id="need-1", others=("need-1",))


@pytest.mark.parametrize("other", [None, "need-3"])
def test_a_need_that_its_buyer_brought_stands_in_one_joint_need(other):
    history = standing()
    history.declare("buyer-2", need_id="need-2")
    others = (other,) if other else ()
    for by, need_id in ((OWNER, "need-1"), ("buyer-2", "need-2")):
        with pytest.raises(Conflict, match="already"):
            made(history, by=by, need_id=need_id, other_need_id=other, others=others)
    with pytest.raises(Conflict, match="already"):
        made(history, by="buyer-3", need_id="need-3", other_need_id="need-2")


def test_a_need_stands_in_one_open_joint_need_alone_and_the_one_that_has_it_is_named():
    history = standing()
    history.declare("buyer-2", need_id="need-2")
    known = [stored(history.joint)]
    with pytest.raises(Conflict, match=f"need-2 stands in the joint need {history.joint_need_id}"):
        require_in_one_alone("need-2", known, joint_need_id="joint:other")
    require_in_one_alone("need-2", known, joint_need_id=history.joint_need_id)


def test_a_need_that_others_named_in_their_proposal_stands_nowhere_yet():
    require_in_one_alone("need-2", [stored(standing().joint)], joint_need_id="joint:other")
