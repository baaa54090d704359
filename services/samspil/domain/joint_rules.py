"""Who may change what of a joint need, and what a change says. Each rule returns what is to be recorded: nothing, if all stands.

Which organisation asks is known from its token; a rule never takes the word of the request for it.
"""

from collections.abc import Collection, Sequence

from samspil.domain.joint_needs import BINDING
from samspil.errors import Conflict, Forbidden, NotFound, Refused
from samspil.ports.joint_changes import (
    Closed,
    Commitment,
    Committed,
    Content,
    FollowedUp,
    JointText,
    NotFollowedUp,
    OfferEnded,
    Proposed,
    RoleEnded,
    RoleOffered,
    RoleTaken,
    StageMoved,
    TextStated,
    Withdrawn,
)
from samspil.ports.joint_needs import JointNeed
from samspil_schemas import MemberRole
from samspil_schemas.base import LIST_MAX, MEMBERS_MAX

# The stages of a joint process, reconstructed from descriptions of the practice; none of the words is an official name.
DEFAULT_STAGES = (
    "innovation need",
    "joint exploration of the need",
    "buyer-to-buyer matchmaking",
    "market dialogue",
    "joint declaration of intent",
    "first purchase",
)
# A sum over all members stays below 2^53, up to which a double holds every whole number.
AMOUNT_MAX = 1e12
# Each change is recorded for good and told to all who follow the joint need; a body that means what it declares needs few.
COMMITMENT_VERSIONS_MAX = 100
Decided = Sequence[Content]


def proposed(proposal: Proposed, text: JointText, commitment: Commitment, *, stage: str) -> Decided:
    """Begin a joint need: who proposes it is its need owner and first member.

    Raises:
        Refused: the commitment is against a rule.
    """
    _require_sound(commitment)
    owner = RoleTaken(role=MemberRole.NEED_OWNER, buyer_id=commitment.body.id)
    return (proposal, TextStated(text=text), StageMoved(stage=stage), owner, Committed(commitment=commitment))


def declared(joint: JointNeed, commitment: Commitment, *, by: str, follows: int | None) -> Decided:
    """Join, or change one's own commitment.

    Raises:
        Forbidden: the commitment is another body's.
        Conflict: it is closed or full, or the commitment was changed since `follows` or has been changed too often. What stands
            already is no conflict, whatever it follows: whoever asks again because the answer was lost is told that it stands.
        Refused: the commitment is against a rule.
    """
    if commitment.body.id != by:
        raise Forbidden("A commitment can only be changed with its own body's token.", hint="Declare for your own organisation.")
    before = joint.members.get(by)
    version = before.version if before else 0
    if before is not None and before.commitment == commitment:
        return ()
    if follows is not None and follows != version:
        raise Conflict(f"Your commitment was changed since: it is in version {version}.", hint="Read it, then decide again.")
    _require_open(joint)
    if version >= COMMITMENT_VERSIONS_MAX:
        raise Conflict(
            f"Your commitment was changed {version} times, and may be changed no more.", hint="Leave it as it is, or withdraw it."
        )
    _require_sound(commitment)
    if by not in joint.commitments and len(joint.commitments) >= MEMBERS_MAX:
        raise Conflict(f"The joint need has {MEMBERS_MAX} members and takes no more.", hint="Propose another one.")
    return (Committed(commitment=commitment),)


def withdrawn(joint: JointNeed, *, by: str, reason: str | None) -> Decided:
    """Leave, and with that every role, had or offered. The need owner cannot: somebody has to take the ownership over first.

    Raises:
        NotFound: it never was a member.
        Conflict: it is the need owner, or the joint need is closed.
    """
    if by not in joint.members:
        raise NotFound("You are no member of this joint need.", hint="Check the id.")
    if by not in joint.commitments:
        return ()
    _require_open(joint)
    if by == joint.owner_id:
        raise Conflict("A need owner cannot leave its joint need.", hint="Offer the ownership to a member first, or close it.")
    roles = (RoleEnded(role=MemberRole.FACILITATOR, buyer_id=by),) if by in joint.facilitators else ()
    offers = tuple(OfferEnded(role=role, buyer_id=by) for role in MemberRole if (role, by) in joint.offers)
    return (*roles, *offers, Withdrawn(reason=reason))


def restated(joint: JointNeed, text: JointText, *, by: str) -> Decided:
    """Change the joint text.

    Raises:
        Forbidden: another than the need owner asks.
        Conflict: it is closed.
    """
    _require_owner(joint, by=by)
    if joint.text == text:
        return ()
    _require_open(joint)
    return (TextStated(text=text),)


def moved(joint: JointNeed, stage: str, *, stages: Collection[str], by: str, note: str | None) -> Decided:
    """Go into another stage; going back is a move like any other.

    Raises:
        Forbidden: neither the need owner nor a facilitator asks.
        Refused: there is no such stage.
        Conflict: it is closed.
    """
    if by != joint.owner_id and by not in joint.facilitators:
        raise Forbidden("Only the need owner and facilitators move the stage.", hint="Ask the need owner.")
    if stage not in stages:
        raise Refused(f"There is no stage {stage!r}.", hint=f"Take one of: {', '.join(stages)}.")
    if joint.stage is not None and joint.stage.stage == stage:
        return ()
    _require_open(joint)
    return (StageMoved(stage=stage, note=note),)


def offered(joint: JointNeed, role: MemberRole, buyer_id: str, *, by: str) -> Decided:
    """Offer a role to a member, who has to accept it.

    Raises:
        Forbidden: another than the need owner asks.
        Conflict: who is asked is no member or has the role, or it is closed.
    """
    _require_owner(joint, by=by)
    if (role, buyer_id) in joint.offers:
        return ()
    _require_open(joint)
    if buyer_id not in joint.commitments:
        raise Conflict(f"{buyer_id} is no member.", hint="Ask it to join first.")
    if _has(joint, role, buyer_id):
        raise Conflict(f"{buyer_id} is {_named(role)} already.", hint="Offer it to another member.")
    return (RoleOffered(role=role, buyer_id=buyer_id, term=joint.term),)


def taken_back(joint: JointNeed, role: MemberRole, buyer_id: str, *, by: str) -> Decided:
    """Take an offer back.

    Raises:
        Forbidden: another than the need owner asks.
    """
    _require_owner(joint, by=by)
    return (OfferEnded(role=role, buyer_id=buyer_id),) if (role, buyer_id) in joint.offers else ()


def accepted(joint: JointNeed, role: MemberRole, *, by: str) -> Decided:
    """Take on a role that was offered. Who takes on the ownership is need owner from then on, and the one before is not.

    Raises:
        Conflict: it was not offered, the one who asks is no member any more, or the joint need is closed.
    """
    if _has(joint, role, by):
        return ()
    _require_open(joint)
    if (role, by) not in joint.offers:
        raise Conflict(f"You were not asked to be {_named(role)}.", hint="Ask the need owner to offer it to you.")
    if by not in joint.commitments:
        raise Conflict("You are no member of this joint need.", hint="Join it first.")
    return (OfferEnded(role=role, buyer_id=by), RoleTaken(role=role, buyer_id=by))


def ended(joint: JointNeed, role: MemberRole, buyer_id: str, *, by: str) -> Decided:
    """End a facilitator's role: one's own, or as the need owner anyone's.

    Raises:
        Forbidden: it is another's role.
        Conflict: it is the ownership, which can only be handed over.
    """
    if by not in (buyer_id, joint.owner_id):
        raise Forbidden("The role is another body's.", hint="Ask it, or the need owner.")
    if role is MemberRole.NEED_OWNER:
        raise Conflict("A joint need has a need owner at all times.", hint="Offer the ownership to a member, who takes it over.")
    if not _has(joint, role, buyer_id):
        return ()
    _require_open(joint)
    return (RoleEnded(role=role, buyer_id=buyer_id),)


def followed_up(joint: JointNeed, content: FollowedUp, *, by: str) -> Decided:
    """Say which later need of one's own carries out what one declared; a closed joint need takes that too.

    Raises:
        Conflict: the one who asks never declared an intent, or has named enough.
    """
    if (by, content.need_id) in joint.follow_ups:
        return ()
    member = joint.members.get(by)
    if member is None or member.signed is None:
        raise Conflict("You declared nothing that could be carried out.", hint="Sign the intent first.")
    if sum(buyer_id == by for buyer_id, _ in joint.follow_ups) >= LIST_MAX:
        raise Conflict(f"You have named {LIST_MAX} needs already.", hint="Name one that stands for the rest.")
    return (content,)


def not_followed_up(joint: JointNeed, need_id: str, *, by: str) -> Decided:
    """Say that a need of one's own is no follow-up; nothing is recorded of one that was not linked."""
    return (NotFollowedUp(need_id=need_id),) if (by, need_id) in joint.follow_ups else ()


def closed(joint: JointNeed, *, by: str, reason: str | None) -> Decided:
    """Close the joint need for good.

    Raises:
        Forbidden: another than the need owner asks.
    """
    _require_owner(joint, by=by)
    return () if joint.closed else (Closed(reason=reason),)


def _require_open(joint: JointNeed) -> None:
    if joint.closed is not None:
        raise Conflict("The joint need is closed.", hint="Look for an open one, or propose one.")


def _require_owner(joint: JointNeed, *, by: str) -> None:
    if by != joint.owner_id:
        raise Forbidden("Only the need owner may do this.", hint="Ask the need owner.")


def _require_sound(commitment: Commitment) -> None:
    if commitment.rung in BINDING and commitment.undertaking is None:
        raise Refused(
            f"A body on the rung {commitment.rung.value} declares what it undertakes.", hint="Give the undertaking in your words."
        )
    if commitment.volume is not None and commitment.volume.amount > AMOUNT_MAX:
        raise Refused(f"The volume is larger than {AMOUNT_MAX:,.0f}.", hint="Give it in a larger unit.")


def _has(joint: JointNeed, role: MemberRole, buyer_id: str) -> bool:
    return buyer_id == joint.owner_id if role is MemberRole.NEED_OWNER else buyer_id in joint.facilitators


def _named(role: MemberRole) -> str:
    return "the need owner" if role is MemberRole.NEED_OWNER else "a facilitator"
