"""What is said of a joint need: the snapshot on the topic, the text that is matched, and the news for matched suppliers."""

from collections.abc import Iterable
from datetime import datetime

from samspil import ids
from samspil.domain.follow_ups import sentence_of
from samspil.domain.joint_needs import rank, subject_of
from samspil.domain.joint_words import summary, totals
from samspil.ports.joint_needs import Change, Content, JointNeed, RoleOffer, StoredJointNeed
from samspil_schemas import JointNeedChanged, JointNeedGrew, Member, MemberRole, NeedStatement
from samspil_schemas.base import MEMBERS_MAX

# Below Kafka's default of 1 MiB, with room for the envelope.
RECORD_BYTES_MAX = 900_000


def changes_of(joint: JointNeed, contents: Iterable[Content], *, by: str, at: datetime) -> list[Change]:
    """What was decided as the next changes of the history; all of one decision are one revision."""
    found = []
    for content in contents:
        subject = subject_of(content, by=by)
        head = joint.heads.get(subject)
        version = head.version + 1 if head else 1
        found.append(Change(subject=subject, version=version, by=by, at=at, revision=joint.revision + 1, content=content))
    return found


def stored(joint: JointNeed) -> StoredJointNeed:
    """The joint need as the record shows it.

    Raises:
        ValueError: the history lacks its beginning.
    """
    if joint.proposal is None or joint.text is None or joint.owner_id is None:
        raise ValueError(f"the history of {joint.joint_need_id} lacks its beginning")
    offers = sorted(joint.offers, key=lambda offer: (offer[0].value, offer[1]))
    return StoredJointNeed(
        changed=_snapshot(joint),
        text=joint.text,
        proposal=joint.proposal,
        owner_id=joint.owner_id,
        facilitators=tuple(sorted(joint.facilitators)),
        offers=tuple(RoleOffer(role=role, buyer_id=buyer_id) for role, buyer_id in offers if buyer_id in joint.commitments),
    )


def _snapshot(joint: JointNeed) -> JointNeedChanged:
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
            followed_up_by=tuple(sorted(need_id for who, need_id in joint.follow_ups if who == buyer_id)),
        )
        for buyer_id, commitment in joint.commitments.items()
    )


def _roles(joint: JointNeed, buyer_id: str) -> tuple[MemberRole, ...]:
    owns = (MemberRole.NEED_OWNER,) if buyer_id == joint.owner_id else ()
    return (*owns, *((MemberRole.FACILITATOR,) if buyer_id in joint.facilitators else ()))


def published(snapshot: JointNeedChanged, *, most: int = RECORD_BYTES_MAX) -> JointNeedChanged:
    """The snapshot as one record of the log: without the undertakings where it would have more bytes than `most`."""
    if len(snapshot.model_dump_json().encode()) <= most:
        return snapshot
    members = tuple(member.model_copy(update={"undertaking": None}) for member in snapshot.members)
    return snapshot.model_copy(update={"members": members, "undertakings_omitted": True})


def statement_of(joint: JointNeed) -> NeedStatement | None:
    """The joint text as a need of its need owner; None of one that is closed or has lost its beginning.

    It says nothing that changes while members weigh their commitments, and who leaves stays named, so that only the text, its
    owner and a body that was never in it before make a new version of it.
    """
    if joint.text is None or joint.closed is not None or joint.owner_id not in joint.commitments:
        return None
    return NeedStatement(**dict(joint.text), buyer=joint.commitments[joint.owner_id].body, joint_members=_who_know(joint))


def _who_know(joint: JointNeed) -> tuple[str, ...]:
    """Who is or was a member, by id. Of more than the contract takes, all who are members now, then those who left last."""
    gone = [(member.since, buyer_id) for buyer_id, member in joint.members.items() if member.commitment is None]
    known = [*joint.commitments, *(buyer_id for _, buyer_id in sorted(gone, reverse=True))]
    return tuple(sorted(known[:MEMBERS_MAX]))


def grown(before: JointNeed, after: JointNeed, *, supplier_ids: Iterable[str]) -> list[JointNeedGrew]:
    """The news for suppliers that match: of each member that now stands higher than it ever did, once for each supplier.

    They are the suppliers times the members risen: at most `MATCHES_MAX` suppliers are told, and one decision raises one member.
    """
    if after.text is None or after.changed_at is None:
        return []
    suppliers, said = sorted(supplier_ids), summary(after.commitments.values())
    return [
        JointNeedGrew(
            joint_need_id=after.joint_need_id,
            revision=after.revision,
            supplier_id=supplier_id,
            match_id=ids.match_id(need_id=after.joint_need_id, supplier_id=supplier_id),
            title=after.text.title,
            buyer_id=buyer_id,
            buyer_name=commitment.body.name,
            rung=commitment.rung,
            summary=said,
            grew_at=after.changed_at,
        )
        for buyer_id, commitment in after.commitments.items()
        if buyer_id in risen(before, after)
        for supplier_id in suppliers
    ]


def risen(before: JointNeed, after: JointNeed) -> frozenset[str]:
    """Who stands higher than it ever did."""
    return frozenset(
        buyer_id
        for buyer_id, commitment in after.commitments.items()
        if (known := before.members.get(buyer_id)) is None or rank(commitment.rung) > rank(known.highest)
    )
