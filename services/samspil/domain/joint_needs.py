"""A joint need as the fold of its history: the same for every order and every repeat of the same changes.

The history is a log of changes, each of one subject: one member's commitment, the text, the stage, a role, an offer. Of a subject
the change with the highest version holds; of two with one version, which only a fault could make, the one with the higher id.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from samspil.ports.joint_changes import (
    Change,
    Closed,
    Commitment,
    Committed,
    Content,
    FollowedUp,
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
from samspil.ports.joint_needs import JointMember, JointNeed
from samspil_schemas import MemberRole, Rung

PROPOSAL = "proposal"
_STAGE, _END, _OWNERSHIP = "stage", "end", f"role/{MemberRole.NEED_OWNER.value}"
_OF_ALL: Mapping[type, str] = {Proposed: PROPOSAL, TextStated: "text", StageMoved: _STAGE, Closed: _END}
# Who stands on one of these has declared that it will buy.
BINDING = (Rung.INTENT_SIGNER, Rung.FIRST_BUYER)
_RANK = {rung: place for place, rung in enumerate(Rung)}


def rank(rung: Rung) -> int:
    """How high a rung is; the lowest is 0."""
    return _RANK[rung]


def member_subject(buyer_id: str) -> str:
    """The subject of what one body commits itself to."""
    return f"member/{buyer_id}"


def subject_of(content: Content, *, by: str) -> str:
    """What a change is about."""
    match content:
        case Committed() | Withdrawn():
            return member_subject(by)
        case FollowedUp(need_id=need_id) | NotFollowedUp(need_id=need_id):
            return f"follow-up/{by}/{need_id}"
        case RoleOffered(role=role, buyer_id=buyer_id) | OfferEnded(role=role, buyer_id=buyer_id):
            return f"offer/{role.value}/{buyer_id}"
        case RoleTaken(role=role, buyer_id=buyer_id) | RoleEnded(role=role, buyer_id=buyer_id):
            # There is one owner, so the ownership is one subject whoever has it.
            return _OWNERSHIP if role is MemberRole.NEED_OWNER else f"role/{role.value}/{buyer_id}"
        case _:
            return _OF_ALL[type(content)]


def said(joint_need_id: str, change: Change) -> dict[str, Any]:
    """All that a change says, as JSON has it. Its revision, which is only where it stands, and what it leaves open are no part.

    A field that is ever added is None where it is not given, so that no id of a recorded change changes.
    """
    return {"joint_need_id": joint_need_id, **change.model_dump(mode="json", exclude={"revision"}, exclude_none=True)}


def change_id(joint_need_id: str, change: Change) -> str:
    """SHA-256 over the canonical form of what the change says, in hexadecimal."""
    return hashlib.sha256(canonical(said(joint_need_id, change))).hexdigest()


def canonical(value: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8 with sorted names, no spaces, and whole numbers without a fraction: the same bytes for the same content."""
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def folded(joint_need_id: str, changes: Iterable[Change]) -> JointNeed:
    """What follows from these changes."""
    kept = _distinct(joint_need_id, changes)
    heads: dict[str, Change] = {}
    for change in kept:
        heads[change.subject] = change
    contents = [change.content for change in heads.values()]
    stage, end, owner = heads.get(_STAGE), heads.get(_END), heads.get(_OWNERSHIP)
    members = _members(kept)
    term = owner.version if owner else 0
    return JointNeed(
        joint_need_id=joint_need_id,
        revision=max((change.revision for change in kept), default=0),
        heads=heads,
        proposal=next((content for content in contents if isinstance(content, Proposed)), None),
        text=next((content.text for content in contents if isinstance(content, TextStated)), None),
        stage=stage.content if stage and isinstance(stage.content, StageMoved) else None,
        stage_since=stage.at if stage else None,
        owner_id=owner.content.buyer_id if owner and isinstance(owner.content, RoleTaken) else None,
        term=term,
        facilitators=frozenset(
            content.buyer_id for content in contents if isinstance(content, RoleTaken) and content.role is MemberRole.FACILITATOR
        ),
        members=members,
        offers=frozenset(
            (content.role, content.buyer_id) for content in contents if isinstance(content, RoleOffered) and content.term == term
        ),
        follow_ups={
            (change.by, change.content.need_id): change
            for _, change in sorted(heads.items())
            if isinstance(change.content, FollowedUp)
        },
        unlinked=frozenset(
            (change.by, change.content.need_id) for change in heads.values() if isinstance(change.content, NotFollowedUp)
        ),
        closed=end.content if end and isinstance(end.content, Closed) else None,
        closed_at=end.at if end else None,
        changed_at=max((change.at for change in kept), default=None),
    )


def _distinct(joint_need_id: str, changes: Iterable[Change]) -> list[Change]:
    """The changes in the order of their versions, each once: what came in any order is in one order now."""
    by_place = {(change.version, change_id(joint_need_id, change)): change for change in changes}
    return [by_place[place] for place in sorted(by_place)]


def _members(changes: Iterable[Change]) -> dict[str, JointMember]:
    members: dict[str, JointMember] = {}
    for change in changes:
        if not isinstance(change.content, Committed | Withdrawn):
            continue
        commitment = change.content.commitment if isinstance(change.content, Committed) else None
        before = members.get(change.by)
        stood = before.commitment if before else None
        stays = before is not None and (stood.rung if stood else None) == (commitment.rung if commitment else None)
        reached = [commitment.rung if commitment else Rung.OBSERVER, before.highest if before else Rung.OBSERVER]
        signs = commitment is not None and commitment.rung in BINDING and (before is None or before.signed is None)
        named = (before.named if before else frozenset()) | _named(commitment)
        members[change.by] = JointMember(
            buyer_id=change.by,
            commitment=commitment,
            version=change.version,
            since=before.since if before and stays else change.at,
            changed_at=change.at,
            highest=max(reached, key=rank),
            signed=commitment if signs else (before.signed if before else None),
            signed_at=change.at if signs else (before.signed_at if before else None),
            named=named,
            seeds=before.seeds if before and before.signed else named,
        )
    return dict(sorted(members.items()))


def _named(commitment: Commitment | None) -> frozenset[str]:
    return frozenset({commitment.need_id}) if commitment and commitment.need_id else frozenset()
