"""What the API shows. What an event of the contract already says is shown in the contract's own shape."""

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, Field

from samspil.domain.innovation import Sign, innovation_of
from samspil.ports import (
    DialogueState,
    InvitationStatus,
    LedgerRow,
    LedgerSummary,
    NeedStatus,
    Principal,
    Role,
    StoredDialogue,
    StoredInvitation,
    StoredNeed,
    StoredProfile,
    Submitted,
)
from samspil.reasons import LENGTH_MAX, in_words, told_innovation
from samspil_schemas import DialogueAnnouncement, Match, NeedStatement, SupplierProfile


class SubmittedView(BaseModel):
    """What was taken, and where to follow it."""

    id: str
    version: int
    changed: bool = Field(description="False where the same content stood already; then nothing more happens.")
    location: str
    follow: str = Field(description="Where to see what becomes of it.")

    @classmethod
    def of(cls, submitted: Submitted, *, location: str, follow: str) -> Self:
        """Show a submission."""
        return cls(id=submitted.id, version=submitted.version, changed=submitted.changed, location=location, follow=follow)


class InnovationView(BaseModel):
    """How likely a need calls for what is not on the shelf: inferred, never stated by the buyer. It filters and ranks nobody."""

    inferred: Literal[True] = Field(default=True, description="Always: the buyer did not say so.")
    likelihood: float = Field(description="0 to 1: the share of real notices with as many signs that a reader said do.")
    signs: tuple[Sign, ...] = Field(description="What in the need points to it.")
    in_words: str

    @classmethod
    def of(cls, statement: NeedStatement) -> Self:
        """Infer it from a statement."""
        found = innovation_of(statement)
        return cls(likelihood=found.likelihood, signs=found.signs, in_words=told_innovation(found))


class NeedView(BaseModel):
    """A need. `statement.excluded_suppliers` is shown to its buyer and to operators only."""

    id: str
    version: int
    withdrawn: bool
    statement: NeedStatement
    innovation: InnovationView

    @classmethod
    def of(cls, need: StoredNeed, *, whole: bool) -> Self:
        """Show a need; not `whole`: without what is not for all."""
        statement = need.statement if whole else need.statement.model_copy(update={"excluded_suppliers": ()})
        return cls(
            id=need.need_id,
            version=need.version,
            withdrawn=need.withdrawn,
            statement=statement,
            innovation=InnovationView.of(need.statement),
        )


class ProfileView(BaseModel):
    """A supplier's profile."""

    id: str
    version: int
    withdrawn: bool
    profile: SupplierProfile

    @classmethod
    def of(cls, profile: StoredProfile) -> Self:
        """Show a profile."""
        return cls(id=profile.supplier_id, version=profile.version, withdrawn=profile.withdrawn, profile=profile.profile)


class MatchView(Match):
    """A match, and its reasons as people read them."""

    in_words: tuple[str, ...] = Field(
        description=f"The reasons in plain English, a line each, at most {LENGTH_MAX} characters in all: fit for a telephone."
    )

    @classmethod
    def of(cls, match: Match) -> Self:
        """Show a match."""
        return cls(**dict(match), in_words=in_words(match))


class DialogueView(BaseModel):
    """A market dialogue; anyone may register."""

    id: str
    revision: int
    need_id: str
    title: str
    buyer_id: str
    state: DialogueState = Field(description="Only one that is announced can be registered for.")
    announcement: DialogueAnnouncement
    by_statement: bool = Field(description="Whether the statement of its need announces it, and so changes it.")
    held_at: datetime | None
    concluded_at: datetime | None
    outcome: str | None = Field(description="What comes of it, in the buyer's words.")

    @classmethod
    def of(cls, dialogue: StoredDialogue) -> Self:
        """Show a dialogue."""
        return cls(
            id=dialogue.dialogue_id,
            revision=dialogue.revision,
            need_id=dialogue.need_id,
            title=dialogue.title,
            buyer_id=dialogue.buyer_id,
            state=dialogue.state,
            announcement=dialogue.announcement,
            by_statement=not dialogue.number,
            held_at=dialogue.held_at,
            concluded_at=dialogue.concluded_at,
            outcome=dialogue.outcome,
        )


class InvitationView(BaseModel):
    """An invitation of a matched supplier to a dialogue."""

    id: str
    revision: int
    dialogue_id: str
    need_id: str
    supplier_id: str
    supplier_name: str
    title: str
    status: InvitationStatus
    score: float
    issued_at: datetime | None

    @classmethod
    def of(cls, invitation: StoredInvitation) -> Self:
        """Show an invitation."""
        return cls(
            id=invitation.invitation_id,
            revision=invitation.revision,
            dialogue_id=invitation.dialogue_id,
            need_id=invitation.need_id,
            supplier_id=invitation.supplier_id,
            supplier_name=invitation.supplier_name,
            title=invitation.title,
            status=invitation.status,
            score=invitation.score,
            issued_at=invitation.issued_at,
        )


class ApprovedView(BaseModel):
    """What became of an invitation that a buyer has sent off."""

    id: str
    changed: bool = Field(description="False if it was sent off before.")


class SupplierInvitationView(InvitationView):
    """An invitation as the invited supplier sees it."""

    withheld: bool = Field(description="True where the supplier is not told of it, because of its own preferences.")

    @classmethod
    def of(cls, invitation: StoredInvitation) -> Self:
        """Show an invitation."""
        withheld = invitation.issued_at is not None and not invitation.told
        return cls(**dict(InvitationView.of(invitation)), withheld=withheld)


class LedgerView(BaseModel):
    """What became of one version of one need."""

    need_id: str
    version: int
    status: NeedStatus
    title: str | None
    buyer_id: str | None
    matches: int | None = Field(description="How many matches it had; null while it is not matched.")
    similar: int | None
    reason: str | None = Field(description="Why it was withdrawn or could not be taken.")
    accepted_at: datetime | None
    settled_at: datetime | None
    source: str | None

    @classmethod
    def of(cls, row: LedgerRow) -> Self:
        """Show a row."""
        return cls(
            need_id=row.need_id,
            version=row.version,
            status=row.status,
            title=row.title,
            buyer_id=row.buyer_id,
            matches=row.matches,
            similar=row.similar,
            reason=row.reason,
            accepted_at=row.accepted_at,
            settled_at=row.settled_at,
            source=row.source,
        )


class LedgerSummaryView(BaseModel):
    """How many versions of needs stand where."""

    counts: dict[NeedStatus, int]
    total: int
    accounted: int = Field(description="All that are not pending.")
    oldest_pending: datetime | None

    @classmethod
    def of(cls, summary: LedgerSummary) -> Self:
        """Show a summary, with a figure for every status."""
        counts = {status: summary.counts.get(status, 0) for status in NeedStatus}
        return cls(counts=counts, total=summary.total, accounted=summary.accounted, oldest_pending=summary.oldest_pending)


class MeView(BaseModel):
    """Whose token this is."""

    organisation: str
    role: Role
    token_id: str

    @classmethod
    def of(cls, principal: Principal) -> Self:
        """Show who is asking."""
        return cls(organisation=principal.organisation, role=principal.role, token_id=principal.token_id)


class TopicView(BaseModel):
    """A topic and how much was ever written to it."""

    topic: str
    end: int


class LagView(BaseModel):
    """How far a group has come on a topic."""

    group: str
    topic: str
    end: int
    committed: int | None
    lag: int


class TopicsView(BaseModel):
    """The log, looked at from outside."""

    topics: list[TopicView]
    lags: list[LagView]


class CheckView(BaseModel):
    """Whether one thing is well."""

    ok: bool
    reason: str | None


class HealthView(BaseModel):
    """The state of the service."""

    status: str = Field(examples=["ok"])
    checks: dict[str, CheckView]
