"""The snapshot of a joint need on its topic: all of it as it stands, in one record of the log.

What the contract allows is more than a record may hold. So what weighs most and matters least is left out in steps until the rest
fits, and the snapshot says what.
"""

from collections.abc import Callable
from typing import TypeVar

from samspil.domain.follow_ups import sentence_of
from samspil.domain.joint_needs import rank
from samspil.domain.joint_words import summary, totals
from samspil.ports.joint_needs import JointNeed
from samspil.ports.log import RECORD_BYTES_MAX
from samspil_schemas import FormerMember, JointNeedChanged, Member, MemberRole, SnapshotPart
from samspil_schemas.base import MEMBERS_MAX

_BodyT = TypeVar("_BodyT", Member, FormerMember)
_Step = Callable[[JointNeedChanged], JointNeedChanged]


def snapshot_of(joint: JointNeed) -> JointNeedChanged:
    """The joint need as it stands, with all that the contract says of it.

    Raises:
        ValueError: the history lacks its beginning.
    """
    if joint.text is None or joint.stage is None or joint.stage_since is None or joint.changed_at is None:
        raise ValueError(f"the history of {joint.joint_need_id} lacks its beginning")
    commitments = joint.commitments.values()
    return JointNeedChanged(
        joint_need_id=joint.joint_need_id,
        revision=joint.revision,
        title=joint.text.title,
        description=joint.text.description,
        language=joint.text.language,
        stage=joint.stage.stage,
        stage_since=joint.stage_since,
        summary=summary(commitments),
        totals=totals(commitments),
        members=_members(joint),
        former_members=_former_members(joint),
        follow_up_summary=sentence_of(joint),
        closed_at=joint.closed_at,
        closed_because=joint.closed.reason if joint.closed else None,
        changed_at=joint.changed_at,
    )


def _members(joint: JointNeed) -> tuple[Member, ...]:
    return tuple(
        Member(
            buyer_id=buyer_id,
            name=commitment.body.name,
            country=commitment.body.country,
            rung=commitment.rung,
            roles=_roles(joint, buyer_id),
            need_id=commitment.need_id,
            undertaking=commitment.undertaking,
            volume=commitment.volume,
            horizon=commitment.horizon,
            signed_on=commitment.signed_on,
            since=joint.members[buyer_id].since,
            version=joint.members[buyer_id].version,
            followed_up_by=_follow_ups(joint, buyer_id),
        )
        for buyer_id, commitment in joint.commitments.items()
    )


def _former_members(joint: JointNeed) -> tuple[FormerMember, ...]:
    """Who has left and followed up, by buyer id: as many as the contract takes, those who left last."""
    found = [
        FormerMember(
            buyer_id=buyer_id,
            name=member.signed.body.name,
            country=member.signed.body.country,
            left_at=member.since,
            followed_up_by=follow_ups,
        )
        for buyer_id, member in joint.members.items()
        if member.commitment is None and member.signed is not None and (follow_ups := _follow_ups(joint, buyer_id))
    ]
    last = sorted(found, key=lambda one: (one.left_at, one.buyer_id))[-MEMBERS_MAX:]
    return tuple(sorted(last, key=lambda one: one.buyer_id))


def _follow_ups(joint: JointNeed, buyer_id: str) -> tuple[str, ...]:
    return tuple(sorted(need_id for who, need_id in joint.follow_ups if who == buyer_id))


def _roles(joint: JointNeed, buyer_id: str) -> tuple[MemberRole, ...]:
    owns = (MemberRole.NEED_OWNER,) if buyer_id == joint.owner_id else ()
    return (*owns, *((MemberRole.FACILITATOR,) if buyer_id in joint.facilitators else ()))


def published(snapshot: JointNeedChanged, *, most: int = RECORD_BYTES_MAX) -> JointNeedChanged:
    """The snapshot as one record of the log: whole, or without what would make it more than `most` bytes."""
    for part, step in _STEPS:
        if _size(snapshot) <= most:
            return snapshot
        if (lighter := step(snapshot)) != snapshot:
            snapshot = lighter.model_copy(update={"omitted": (*snapshot.omitted, part)})
    return _with_fewer_members(snapshot, most=most)


def _size(snapshot: JointNeedChanged) -> int:
    return len(snapshot.model_dump_json().encode())


def _without_undertakings(snapshot: JointNeedChanged) -> JointNeedChanged:
    members = tuple(member.model_copy(update={"undertaking": None}) for member in snapshot.members)
    return snapshot.model_copy(update={"members": members})


def _without_follow_ups(snapshot: JointNeedChanged) -> JointNeedChanged:
    members = tuple(_counted(member) for member in snapshot.members)
    former = tuple(_counted(member) for member in snapshot.former_members)
    return snapshot.model_copy(update={"members": members, "former_members": former})


def _counted(body: _BodyT) -> _BodyT:
    return body.model_copy(update={"followed_up_by": (), "follow_ups_omitted": len(body.followed_up_by)})


def _without_former_members(snapshot: JointNeedChanged) -> JointNeedChanged:
    return snapshot.model_copy(update={"former_members": ()})


def _without_volumes(snapshot: JointNeedChanged) -> JointNeedChanged:
    members = tuple(member.model_copy(update={"volume": None}) for member in snapshot.members)
    return snapshot.model_copy(update={"members": members})


def _without_total_volumes(snapshot: JointNeedChanged) -> JointNeedChanged:
    return snapshot.model_copy(update={"totals": tuple(one.model_copy(update={"volumes": ()}) for one in snapshot.totals)})


def _with_fewer_members(snapshot: JointNeedChanged, *, most: int) -> JointNeedChanged:
    """Without the last on the lowest rungs. The contract's longest names of all 500 members alone are more than a record."""
    kept = sorted(
        snapshot.members, key=lambda one: (MemberRole.NEED_OWNER not in one.roles, -rank(one.rung), one.since, one.buyer_id)
    )
    while kept and (size := _size(snapshot)) > most:
        kept = kept[: int(len(kept) * most / size)]
        members = tuple(sorted(kept, key=lambda one: one.buyer_id))
        omitted = tuple(dict.fromkeys((*snapshot.omitted, SnapshotPart.MEMBERS)))
        snapshot = snapshot.model_copy(update={"members": members, "omitted": omitted})
    return snapshot


_STEPS: tuple[tuple[SnapshotPart, _Step], ...] = (
    (SnapshotPart.UNDERTAKINGS, _without_undertakings),
    (SnapshotPart.FOLLOW_UPS, _without_follow_ups),
    (SnapshotPart.FORMER_MEMBERS, _without_former_members),
    (SnapshotPart.VOLUMES, _without_volumes),
    (SnapshotPart.TOTAL_VOLUMES, _without_total_volumes),
)
