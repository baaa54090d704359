"""A need that a member brought stands in one open joint need alone, and the same proposal again makes none.

The need that a proposal names beside its own is another body's, who was not asked: until that body joins with it, it is in
the way of nobody but of the same pair proposed from its other side.
"""

from collections.abc import Collection, Iterable

from samspil.errors import Conflict
from samspil.ports.joint_needs import StoredJointNeed
from samspil.ports.joint_service import Proposal


def made_by(proposal: Proposal, known: Iterable[StoredJointNeed], *, by: str, others: Collection[str]) -> StoredJointNeed | None:
    """The open joint need that this proposal made before; None where it makes a new one.

    Args:
        proposal: from a need of `by`.
        known: the open joint needs that have to do with its needs.
        by: who proposes.
        others: the publications of the other need; empty where the proposal names none.

    Raises:
        Conflict: there is one to join, or the proposal says other than what stands of the one that it made.
    """
    known = list(known)
    for one in known:
        if _is_the_same(one, proposal, others=others):
            _require_same_terms(one, proposal, by=by)
            return one
    for one in known:
        if _is_in_the_way(one, proposal, others=others):
            raise Conflict(f"There is a joint need of it already, {_id(one)}.", hint="Join that one.")
    return None


def require_in_one_alone(need_id: str, known: Iterable[StoredJointNeed], *, joint_need_id: str) -> None:
    """Check that a member of this joint need may name the need as its own.

    Args:
        need_id: what it names.
        known: the open joint needs that have to do with it.
        joint_need_id: where it names it.

    Raises:
        Conflict: a member of another one has named it; that one is named.
    """
    for one in known:
        if _id(one) != joint_need_id and any(member.need_id == need_id for member in one.changed.members):
            raise Conflict(
                f"Your need {need_id} stands in the joint need {_id(one)}.", hint="Leave that one first, or name another need."
            )


def _is_the_same(one: StoredJointNeed, proposal: Proposal, *, others: Collection[str]) -> bool:
    # Only the buyer of a need proposes from it. How alike the two needs are, and since when, may be told anew each day.
    other = one.proposal.other_need_id
    return one.proposal.need_id == proposal.need_id and (other in others if other else not others)


def _is_in_the_way(one: StoredJointNeed, proposal: Proposal, *, others: Collection[str]) -> bool:
    brought = {member.need_id for member in one.changed.members}
    reverse = one.proposal.need_id in others and one.proposal.other_need_id == proposal.need_id
    return reverse or not brought.isdisjoint({proposal.need_id, *others})


def _require_same_terms(one: StoredJointNeed, proposal: Proposal, *, by: str) -> None:
    member = next((member for member in one.changed.members if member.buyer_id == by), None)
    if member is None:
        raise Conflict(f"You proposed {_id(one)} and have left it.", hint="Join it again.")
    if proposal.text is not None and proposal.text != one.text:
        raise Conflict(f"You proposed {_id(one)} already, with another text.", hint="Change its text: `samspil joint text`.")
    said = (proposal.rung, proposal.undertaking, proposal.volume, proposal.horizon, proposal.signed_on)
    if said != (member.rung, member.undertaking, member.volume, member.horizon, member.signed_on):
        raise Conflict(
            f"You proposed {_id(one)} already, and stand in it on other terms.",
            hint="Declare what you undertake: `samspil joint join`, or PUT …/members/YOUR-ID.",
        )


def _id(one: StoredJointNeed) -> str:
    return one.changed.joint_need_id
