"""What is asked of the service that keeps joint needs, and what that asks of the record."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import ConfigDict, Field

from samspil.ports.follow_ups import Candidate, FollowUpReport, FollowUpStatements
from samspil.ports.joint_changes import Change, JointText
from samspil.ports.joint_needs import StoredJointNeed
from samspil.ports.record import RecordTransaction
from samspil_schemas import Event, MemberRole, Model, NeedStatement, Rung, Volume
from samspil_schemas.base import Country, Day, Id, Label, Paragraph


class Undertaken(Model):
    """What a body says of its commitment beside the rung."""

    model_config = ConfigDict(extra="forbid")

    undertaking: Paragraph | None = Field(
        default=None, description="What it declares, in its own words; signers of the intent and first buyers have to."
    )
    volume: Volume | None = Field(default=None, description="How much it expects to need.")
    horizon: Day | None = Field(default=None, description="When it expects to buy.")
    signed_on: Day | None = Field(default=None, description="The date on its declaration.")


class Proposal(Undertaken):
    """What a buyer proposes, and what it undertakes itself."""

    need_id: Id = Field(description="Its own open need.")
    other_need_id: Id | None = Field(default=None, description="The same need at another buyer, if it comes from such a find.")
    text: JointText | None = Field(default=None, description="The joint text; by default that of its own need.")
    rung: Rung = Rung.PARTNER


class Declaration(Undertaken):
    """What a buyer declares when it joins, or when it changes its commitment.

    Name and country come from the need that it names, or from what it declared before, where they are not given.
    """

    rung: Rung
    name: Label | None = Field(default=None, description="The body's name.")
    country: Country | None = None
    need_id: Id | None = Field(default=None, description="Its own open need, if it has published one.")


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What became of a request: the revision that stands, and whether anything changed."""

    joint_need_id: str
    revision: int
    changed: bool


@dataclass(frozen=True, kw_only=True)
class FollowedUpJointNeed:
    """Who followed up a joint need, and what the body that asks may confirm or reject, the likest first."""

    report: FollowUpReport
    suggestions: tuple[Candidate, ...] = ()


class JointNeedTransaction(FollowUpStatements, RecordTransaction, Protocol):
    """One transaction of the service of joint needs."""

    async def alone(self, name: str) -> None:
        """Wait until no other transaction of this name is open."""
        ...

    async def joint_need_changes(self, joint_need_id: str) -> list[Change]:
        """The whole history, held until the end of the transaction; empty where there is no such joint need."""
        ...

    async def add_joint_need_changes(self, joint_need_id: str, changes: Sequence[Change]) -> None:
        """Append to the history."""
        ...

    async def put_joint_need(self, stored: StoredJointNeed) -> None:
        """Store what follows from the history."""
        ...

    async def stored_joint_needs(self, joint_need_ids: Collection[str]) -> list[StoredJointNeed]:
        """Those of these joint needs that there are."""
        ...

    async def open_joint_needs_about(self, need_ids: Collection[str]) -> list[str]:
        """The open joint needs that have one of these needs as a member's, or were proposed from a find of it."""
        ...

    async def count_joint_needs(self) -> int:
        """How many there ever were."""
        ...

    async def matched_suppliers(self, need_id: str) -> list[str]:
        """The suppliers that match the need and that are told of it: the best `MATCHES_MAX`, by id.

        Those whose preferences withhold the match are left out. No match of any need comes or goes until the end of the
        transaction.
        """
        ...

    async def state_joint_need(self, joint_need_id: str, statement: NeedStatement) -> None:
        """Publish the joint text as the next version of a need with this id; the same again changes nothing."""
        ...

    async def end_joint_need(self, joint_need_id: str, *, reason: str | None) -> None:
        """Withdraw the need with this id."""
        ...

    async def taken(self, group: str, event_ids: Collection[str]) -> set[str]:
        """Those of these events that the group has taken."""
        ...

    async def enqueue(self, events: Sequence[Event], *, awaiting: Sequence[str] = (), anew: bool = False) -> None:
        """Put events into the outbox; `anew`: also those that were taken before."""
        ...


class JointNeedReadings(Protocol):
    """What can be read of joint needs."""

    async def joint_need(self, joint_need_id: str) -> StoredJointNeed | None:
        """The joint need, closed or not, or None."""
        ...

    async def joint_needs(
        self,
        *,
        open_only: bool = True,
        buyer_id: str | None = None,
        need_id: str | None = None,
        finds_of: Collection[str] | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[StoredJointNeed]:
        """Joint needs, the newest change first.

        buyer_id: only those that it is a member of, or that were proposed from a find of a need of its.
        need_id: only those that have it as a member's need, or were proposed from a find of it.
        finds_of: finds count only where the other need is one of these buyers'; None: all of them.
        """
        ...

    async def joint_need_history(self, joint_need_id: str) -> list[Change]:
        """Every change, in the order in which they were recorded."""
        ...


class FollowUpReadings(JointNeedReadings, Protocol):
    """What can be read of joint needs and of what follows them up."""

    async def follow_up_candidates(self, joint_need_id: str, *, buyer_id: str) -> list[Candidate]:
        """The buyer's open needs that read like the joint text and that it has not rejected, the likest first."""
        ...


class JointNeeds(JointNeedReadings, Protocol):
    """Keeps joint needs. `by` is the organisation whose token asks.

    Each method that changes something raises NotFound, Forbidden, Conflict or Refused where a rule is against it, and
    RecordUnavailable where the database does not answer. The same again changes nothing.
    """

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages of the configured process, in order."""
        ...

    async def propose(self, proposal: Proposal, *, by: str) -> Recorded:
        """Begin a joint need with the text of one's own need, as its need owner."""
        ...

    async def declare(self, joint_need_id: str, declaration: Declaration, *, by: str, follows: int | None = None) -> Recorded:
        """Join, or change one's own commitment; `follows`: only if it is in this version."""
        ...

    async def withdraw(self, joint_need_id: str, *, by: str, reason: str | None = None) -> Recorded:
        """Leave; what was undertaken stays in the history."""
        ...

    async def state_text(self, joint_need_id: str, text: JointText, *, by: str) -> Recorded:
        """Change the joint text."""
        ...

    async def move(self, joint_need_id: str, stage: str, *, by: str, note: str | None = None) -> Recorded:
        """Go into another stage."""
        ...

    async def offer(self, joint_need_id: str, role: MemberRole, buyer_id: str, *, by: str) -> Recorded:
        """Offer a role to a member."""
        ...

    async def take_back(self, joint_need_id: str, role: MemberRole, buyer_id: str, *, by: str) -> Recorded:
        """Take an offer back."""
        ...

    async def accept(self, joint_need_id: str, role: MemberRole, *, by: str) -> Recorded:
        """Take on a role that was offered."""
        ...

    async def end_role(self, joint_need_id: str, role: MemberRole, buyer_id: str, *, by: str) -> Recorded:
        """End a facilitator's role: one's own, or as the need owner anyone's."""
        ...

    async def follow_up(self, joint_need_id: str, need_id: str, *, by: str) -> Recorded:
        """Say which later need of one's own carries out what one declared, or confirm that one does."""
        ...

    async def reject_follow_up(self, joint_need_id: str, need_id: str, *, by: str) -> Recorded:
        """Say that a need of one's own does not carry out what one declared; it is not suggested or linked again."""
        ...

    async def follow_ups(self, joint_need_id: str, *, by: str | None = None) -> FollowedUpJointNeed | None:
        """Who followed up, and what `by` may confirm; None where there is no such joint need."""
        ...

    async def close(self, joint_need_id: str, *, by: str, reason: str | None = None) -> Recorded:
        """Close the joint need; nobody can change it any more."""
        ...
