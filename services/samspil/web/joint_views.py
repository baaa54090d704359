"""What the API shows of joint needs: a line of a list, the whole, who followed up, and the history."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from samspil.domain.joint_history import Entry
from samspil.ports.follow_ups import Candidate, FollowUpReport
from samspil.ports.joint_changes import Content, JointText, Proposed
from samspil.ports.joint_needs import RoleOffer, StoredJointNeed
from samspil.ports.joint_service import FollowedUpJointNeed
from samspil.web.addresses import segment
from samspil_schemas import Buyer, Evidence, JointNeedChanged, RungTotal

ROOT = "/v1/joint-needs"


def location_of(joint_need_id: str) -> str:
    """The address of the whole of it."""
    return f"{ROOT}/{segment(joint_need_id)}"


class JointNeedSummaryView(BaseModel):
    """A joint need in a list: what it is, how far it is, and how much stands behind it. The whole is at `location`."""

    id: str
    revision: int
    title: str
    language: str = Field(description="The language of the title.")
    stage: str
    closed_at: datetime | None = Field(description="Null while it is open.")
    summary: str = Field(description="The ladder in words.", examples=["1 body committed, 13 intend: 4,200 water meters by 2028"])
    follow_up_summary: str | None = Field(
        description="Who has followed up, in a sentence; null while nobody has signed an intent."
    )
    need_owner: Buyer | None = Field(description="The member that leads it.")
    member_count: int
    totals: list[RungTotal] = Field(description="By rung: how many stand on it, and their volumes, each unit by itself.")
    changed_at: datetime
    location: str = Field(description="Where the text, the members and what they undertake are.")

    @classmethod
    def of(cls, stored: StoredJointNeed) -> Self:
        """Show a joint need in short."""
        joint = stored.changed
        owner = next((member for member in joint.members if member.buyer_id == stored.owner_id), None)
        return cls(
            id=joint.joint_need_id,
            revision=joint.revision,
            title=joint.title,
            language=joint.language,
            stage=joint.stage,
            closed_at=joint.closed_at,
            summary=joint.summary,
            follow_up_summary=joint.follow_up_summary,
            need_owner=owner and Buyer(id=owner.buyer_id, name=owner.name, country=owner.country),
            member_count=len(joint.members),
            totals=list(joint.totals),
            changed_at=joint.changed_at,
            location=location_of(joint.joint_need_id),
        )


_OF_THE_FIND = "Null where there was no find, and for who is no member, not the other buyer and no operator."


class ProposalView(BaseModel):
    """What it was proposed from. The find is shown to its two buyers, the members and operators: neither buyer published it."""

    need_id: str = Field(description="The need of the buyer that proposed it.")
    other_need_id: str | None = Field(description=f"The same need at another buyer. {_OF_THE_FIND}")
    other_buyer_id: str | None = Field(description=f"Whose need that is. {_OF_THE_FIND}")
    similar_id: str | None = Field(description=f"The find. {_OF_THE_FIND}")
    score: float | None = Field(description=f"How likely both needs are the same, from 0 to 1. {_OF_THE_FIND}")

    @classmethod
    def of(cls, proposal: Proposed, *, whole: bool) -> Self:
        """Show it; not `whole`: without the find."""
        seen = proposal if whole else Proposed(need_id=proposal.need_id)
        return cls(**seen.model_dump(exclude={"kind"}))


class JointNeedView(BaseModel):
    """A joint need as it stands: the event of the contract with every undertaking, and what else is to know of it."""

    id: str
    revision: int
    summary: str = Field(description="The ladder in words.", examples=["1 body committed, 13 intend: 4,200 water meters by 2028"])
    joint_need: JointNeedChanged
    text: JointText = Field(description="The joint text in full; suppliers are matched with it.")
    proposal: ProposalView
    follow_up_summary: str | None = Field(
        description="Who has followed up, in a sentence; null while nobody has signed an intent. See /follow-ups.",
        examples=["7 of 13 that signed intent have followed up"],
    )
    offers: list[RoleOffer] = Field(description="Roles that the need owner offers, and to which members.")
    stages: list[str] = Field(description="The stages of the process here, in order.")

    @classmethod
    def of(cls, stored: StoredJointNeed, *, stages: Sequence[str], whole: bool) -> Self:
        """Show a joint need; not `whole`: without the find that it was proposed from."""
        return cls(
            id=stored.changed.joint_need_id,
            revision=stored.changed.revision,
            summary=stored.changed.summary,
            joint_need=stored.changed,
            text=stored.text,
            proposal=ProposalView.of(stored.proposal, whole=whole),
            follow_up_summary=stored.changed.follow_up_summary,
            offers=list(stored.offers),
            stages=list(stages),
        )


class SuggestedFollowUpView(BaseModel):
    """A need of one's own that reads like the joint text: to be confirmed or rejected."""

    need_id: str
    title: str
    published_at: datetime
    score: float = Field(description="How likely it is the same need as the joint text says, from 0 to 1.")
    evidence: tuple[Evidence, ...] = Field(description="Why: a sentence of the joint text, and the words of the need.")

    @classmethod
    def of(cls, candidate: Candidate) -> Self:
        """Show a candidate."""
        need, find = candidate.need, candidate.find
        return cls(
            need_id=need.need_id, title=need.title, published_at=need.published_at, score=find.score, evidence=find.evidence
        )


class FollowUpsView(FollowUpReport):
    """Who followed up, and for a buyer what it may confirm or reject."""

    id: str
    suggestions: tuple[SuggestedFollowUpView, ...] = Field(
        description="Needs of the organisation whose token asks, the likest first; nobody else sees them."
    )

    @classmethod
    def of(cls, joint_need_id: str, found: FollowedUpJointNeed) -> Self:
        """Show a report."""
        suggestions = tuple(SuggestedFollowUpView.of(one) for one in found.suggestions)
        return cls(id=joint_need_id, suggestions=suggestions, **dict(found.report))


class RecordedView(BaseModel):
    """What became of a change to a joint need."""

    id: str
    revision: int = Field(description="The revision that stands.")
    changed: bool = Field(description="False where that stood already.")
    location: str


class ChangeView(BaseModel):
    """One entry of the history of a joint need."""

    revision: int = Field(description="The revision that came of it.")
    at: datetime
    by: str = Field(description="The organisation whose token did it.")
    sentence: str = Field(description="What happened, for people.")
    subject: str = Field(description="What it is about; of one subject the highest version holds.")
    version: int
    content: Content
    id: str = Field(description="SHA-256 over all that the change says.")
    digest: str = Field(description="SHA-256 over the digest before it and its id: stands for the history up to here.")

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Show an entry."""
        change = entry.change
        return cls(
            revision=change.revision,
            at=change.at,
            by=change.by,
            sentence=entry.sentence,
            subject=change.subject,
            version=change.version,
            content=change.content,
            id=entry.id,
            digest=entry.digest,
        )
