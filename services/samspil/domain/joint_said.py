"""What is said of a joint need: the next changes of its history, the text that is matched, and the news for matched suppliers."""

from collections.abc import Iterable
from datetime import datetime

from samspil import ids
from samspil.domain.joint_needs import rank, subject_of
from samspil.domain.joint_snapshot import snapshot_of
from samspil.domain.joint_words import summary
from samspil.ports.joint_changes import Change, Content
from samspil.ports.joint_needs import JointNeed, RoleOffer, StoredJointNeed
from samspil_schemas import JointNeedGrew, NeedStatement
from samspil_schemas.base import MEMBERS_MAX


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
        changed=snapshot_of(joint),
        text=joint.text,
        proposal=joint.proposal,
        owner_id=joint.owner_id,
        facilitators=tuple(sorted(joint.facilitators)),
        offers=tuple(RoleOffer(role=role, buyer_id=buyer_id) for role, buyer_id in offers if buyer_id in joint.commitments),
    )


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
