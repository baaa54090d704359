"""The history of a joint need as a lawyer reads it: in order, in words, and with digests that show whether two copies are one.

The digest of an entry is SHA-256 over the digest before it and the entry's own id, both in hexadecimal, so that it stands for all
entries up to it; a copy that was made earlier shows the same digests as far as it goes.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from samspil.domain.joint_needs import PROPOSAL, canonical, change_id
from samspil.domain.joint_words import figure
from samspil.ports.follow_ups import FollowUpBasis
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
from samspil_schemas import MemberRole


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One change with its id, the digest of the history up to it, and what happened in a sentence."""

    change: Change
    id: str
    digest: str
    sentence: str


def entries(joint_need_id: str, changes: Iterable[Change]) -> list[Entry]:
    """The history in the order in which it was recorded, whatever order it is given in."""
    found, digest = [], ""
    for change in sorted(changes, key=_place):
        id_ = change_id(joint_need_id, change)
        digest = _after(digest, id_)
        found.append(Entry(change=change, id=id_, digest=digest, sentence=sentence(change.content, by=change.by)))
    return found


def proofs(said: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The id and the digest of each entry, from what the changes say."""
    found, digest = [], ""
    for one in said:
        id_ = hashlib.sha256(canonical(one)).hexdigest()
        digest = _after(digest, id_)
        found.append((id_, digest))
    return found


def _after(digest: str, id_: str) -> str:
    return hashlib.sha256(f"{digest}{id_}".encode()).hexdigest()


def _place(change: Change) -> tuple[int, bool, str, int]:
    # A history begins with what was proposed.
    return change.revision, change.subject != PROPOSAL, change.subject, change.version


def sentence(content: Content, *, by: str) -> str:
    """What happened, for people."""
    match content:
        case Proposed(need_id=need_id, other_need_id=other):
            said = f"{by} proposed the joint need from its need {need_id}" + (f" and the same need {other}." if other else ".")
        case TextStated(text=text):
            said = f"{by} stated the joint text: {text.title}."
        case StageMoved(stage=stage):
            said = f"{by} moved it to the stage: {stage}."
        case Committed(commitment=commitment):
            said = f"{commitment.body.name} ({by}) declared itself {_commitment(commitment)}."
        case Withdrawn(reason=reason):
            said = f"{by} withdrew its commitment" + (f": {reason}." if reason else ".")
        case FollowedUp():
            said = _follow_up(content, by=by)
        case NotFollowedUp(need_id=need_id):
            said = f"{by} said that its need {need_id} does not carry out its declaration."
        case Closed(reason=reason):
            said = f"{by} closed the joint need" + (f": {reason}." if reason else ".")
        case _:
            said = _role_sentence(content, by=by)
    return said


def _role_sentence(content: RoleOffered | OfferEnded | RoleTaken | RoleEnded, *, by: str) -> str:
    role = "need owner" if content.role is MemberRole.NEED_OWNER else "facilitator"
    match content:
        case RoleOffered():
            return f"{by} asked {content.buyer_id} to be {role}."
        case OfferEnded():
            return f"The offer to {content.buyer_id} to be {role} ended."
        case RoleTaken():
            return f"{content.buyer_id} became {role}."
        case RoleEnded():
            return f"{content.buyer_id} is no longer {role}."


def _follow_up(content: FollowedUp, *, by: str) -> str:
    match content.basis:
        case FollowUpBasis.REFERENCE:
            return (
                f"{by} published the need {content.need_id}, which carries out its declaration: it refers to {content.reference}."
            )
        case FollowUpBasis.TEXT:
            return (
                f"{by} confirmed that its need {content.need_id}, which reads like the joint text, carries out its declaration."
            )
        case _:
            return f"{by} named its need {content.need_id} as what carries out its declaration."


def _commitment(commitment: Commitment) -> str:
    volume, horizon = commitment.volume, commitment.horizon
    said = commitment.rung.value.replace("_", " ")
    said += f", {figure(volume.amount)} {volume.unit}" if volume else ""
    return said + (f", by {horizon.isoformat()}" if horizon else "")
