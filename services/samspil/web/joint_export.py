"""All of a joint need in one document, for the files of its parties: complete without us, and comparable with another copy."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from samspil.domain.follow_ups import reported
from samspil.domain.joint_history import Entry
from samspil.domain.joint_needs import folded, said
from samspil.ports.follow_ups import FollowUpReport
from samspil.ports.joint_changes import Commitment, Committed, JointText, Proposed, StageMoved, Withdrawn
from samspil.ports.joint_needs import StoredJointNeed
from samspil_schemas import JointNeedChanged, MemberRole, Rung

FORMAT = "samspil.joint-need-export.v1"
DIGEST_HEADER = "Samspil-History-Digest"
NOT_PROVEN = (
    "Not proven: that nobody wrote the whole history anew or left out its end, which only the last digest of another party's "
    "copy shows; when this copy was made and which stages were configured, which no change says; and the numbers of the "
    "revisions, of which none may be missing."
)
HOW_TO_CHECK = (
    "Write `said` of an entry as JSON in UTF-8 with sorted names, without spaces, and whole numbers without a fraction: "
    "its SHA-256 is the entry's id. The SHA-256 of the digest before it, followed by its id, is the entry's digest; "
    "before the first stands nothing. Two copies with the same last digest have the same history. "
    "`samspil joint verify` does this, makes all else that is here anew from `said`, and names what differs. "
    f"{NOT_PROVEN}"
)


class ExportedDeclaration(BaseModel):
    """What a party once declared, or that it withdrew: in its own words, with when it was recorded."""

    version: int
    at: datetime
    commitment: Commitment | None = Field(description="Null for a withdrawal.")
    reason: str | None = Field(description="Why it withdrew, if it said so.")


class ExportedParty(BaseModel):
    """One body that is or was a member."""

    buyer_id: str
    name: str
    country: str
    rung: Rung | None = Field(description="Where it stands; null where it has withdrawn.")
    roles: list[MemberRole]
    declarations: list[ExportedDeclaration] = Field(description="All that it ever declared, the first one first.")


class ExportedStage(BaseModel):
    """When the joint need went into a stage, and who moved it."""

    stage: str
    at: datetime
    by: str
    note: str | None


class ExportedEntry(BaseModel):
    """One entry of the history."""

    number: int
    revision: int
    at: datetime
    by: str
    sentence: str
    said: dict[str, Any] = Field(description="All that the change says; its id is the hash of this.")
    id: str
    digest: str


class JointNeedExport(BaseModel):
    """A joint need with its whole history."""

    format: str = FORMAT
    exported_at: datetime
    joint_need: JointNeedChanged
    text: JointText
    proposal: Proposed
    parties: list[ExportedParty]
    configured_stages: list[str]
    stages: list[ExportedStage]
    follow_ups: FollowUpReport
    history: list[ExportedEntry]
    digest: str = Field(description="Of the whole history: the same in every copy that has the same.")
    how_to_check: str = HOW_TO_CHECK


def exported(stored: StoredJointNeed, entries: Sequence[Entry], *, at: datetime, stages: Sequence[str]) -> JointNeedExport:
    """The export of a joint need with this history, which must not be empty."""
    id_ = stored.changed.joint_need_id
    return JointNeedExport(
        exported_at=at,
        joint_need=stored.changed,
        text=stored.text,
        proposal=stored.proposal,
        parties=_parties(stored, entries),
        configured_stages=list(stages),
        stages=[
            ExportedStage(stage=content.stage, at=entry.change.at, by=entry.change.by, note=content.note)
            for entry in entries
            if isinstance(content := entry.change.content, StageMoved)
        ],
        follow_ups=reported(folded(id_, [entry.change for entry in entries])),
        history=[
            ExportedEntry(
                number=number,
                revision=entry.change.revision,
                at=entry.change.at,
                by=entry.change.by,
                sentence=entry.sentence,
                said=said(id_, entry.change),
                id=entry.id,
                digest=entry.digest,
            )
            for number, entry in enumerate(entries, start=1)
        ],
        digest=entries[-1].digest,
    )


def _parties(stored: StoredJointNeed, entries: Sequence[Entry]) -> list[ExportedParty]:
    """In the order in which they joined."""
    members = {member.buyer_id: member for member in stored.changed.members}
    declared: dict[str, list[ExportedDeclaration]] = {}
    bodies = {}
    for entry in entries:
        change, content = entry.change, entry.change.content
        if not isinstance(content, Committed | Withdrawn):
            continue
        commitment = content.commitment if isinstance(content, Committed) else None
        reason = content.reason if isinstance(content, Withdrawn) else None
        if commitment is not None:
            bodies[change.by] = commitment.body
        made = ExportedDeclaration(version=change.version, at=change.at, commitment=commitment, reason=reason)
        declared.setdefault(change.by, []).append(made)
    return [
        ExportedParty(
            buyer_id=buyer_id,
            name=bodies[buyer_id].name,
            country=bodies[buyer_id].country,
            rung=members[buyer_id].rung if buyer_id in members else None,
            roles=list(members[buyer_id].roles) if buyer_id in members else [],
            declarations=declarations,
        )
        for buyer_id, declarations in declared.items()
    ]
