"""The record: what the services know for certain, in SQL."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, Literal, Protocol, TypeVar

from samspil_schemas import (
    DialogueAnnouncement,
    DialogueState,
    Event,
    Evidence,
    Match,
    NeedStatement,
    SimilarNeed,
    SupplierProfile,
)

Tx_co = TypeVar("Tx_co", covariant=True)
ContentT = TypeVar("ContentT")


class NeedStatus(StrEnum):
    """How one version of a need has ended, or that it has not."""

    PENDING = "pending"
    MATCHED = "matched"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    DEAD_LETTERED = "dead_lettered"


@dataclass(frozen=True, kw_only=True)
class LedgerRow:
    """What became of one version of one need. An unreadable record has no need id, but its place in the log."""

    need_id: str
    version: int
    status: NeedStatus
    title: str | None = None
    buyer_id: str | None = None
    matches: int | None = None
    similar: int | None = None
    reason: str | None = None
    accepted_at: datetime | None = None
    settled_at: datetime | None = None
    source: str | None = None


@dataclass(frozen=True, kw_only=True)
class LedgerSummary:
    """How many versions of needs stand where."""

    counts: Mapping[NeedStatus, int]
    oldest_pending: datetime | None = None

    @property
    def total(self) -> int:
        """All versions."""
        return sum(self.counts.values())

    @property
    def accounted(self) -> int:
        """All that are not pending."""
        return self.total - self.counts.get(NeedStatus.PENDING, 0)


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """What became of a submission: its version, and whether it changed anything."""

    id: str
    version: int
    changed: bool


@dataclass(frozen=True, kw_only=True)
class StoredNeed:
    """A need as the record holds it. `changed_at`: when this version was recorded, or withdrawn."""

    need_id: str
    version: int
    statement: NeedStatement
    withdrawn: bool
    changed_at: datetime


@dataclass(frozen=True, kw_only=True)
class StoredProfile:
    """A profile as the record holds it."""

    supplier_id: str
    version: int
    profile: SupplierProfile
    withdrawn: bool


@dataclass(frozen=True, kw_only=True)
class StoredDialogue:
    """A dialogue as the record holds it. `language` is that of the buyer's words, `because` why it was called off."""

    dialogue_id: str
    revision: int
    need_id: str
    title: str
    language: str
    buyer_id: str
    buyer_name: str
    announcement: DialogueAnnouncement
    said_at: datetime
    state: DialogueState
    number: int = 0
    held_at: datetime | None = None
    concluded_at: datetime | None = None
    outcome: str | None = None
    because: str | None = None


class InvitationStatus(StrEnum):
    """Where an invitation stands."""

    AWAITING_REVIEW = "awaiting_review"
    ISSUED = "issued"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class StoredInvitation:
    """An invitation as the record holds it. `told` is the supplier's business alone: False while its preferences withhold it."""

    invitation_id: str
    revision: int
    dialogue_id: str
    need_id: str
    supplier_id: str
    supplier_name: str
    title: str
    status: InvitationStatus
    score: float
    issued_at: datetime | None
    told: bool
    evidence: tuple[Evidence, ...] = ()


class Role(StrEnum):
    """What a token may do."""

    BUYER = "buyer"
    SUPPLIER = "supplier"
    OPERATOR = "operator"


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Who is asking: an organisation (a buyer's or a supplier's id) in a role."""

    organisation: str
    role: Role
    token_id: str


@dataclass(frozen=True, kw_only=True)
class IssuedToken:
    """A token that was issued, without its secret. `revoked_at` is None while it is good."""

    token_id: str
    organisation: str
    role: Role
    label: str
    issued_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class SourceOrder:
    """Where a submission stands among the versions of its source: the later moment, then the higher number, is newer."""

    published_at: datetime
    number: int = 0


@dataclass(frozen=True, kw_only=True)
class Standing(Generic[ContentT]):
    """What is known of all versions of one need or profile. Version 0 is below every version: nothing is known yet.

    version, withdrawn: the newest; a withdrawal is newer than the same version published.
    withdrawn_version, reason: the highest withdrawal ever seen, and why.
    content_version, content: the highest version whose content was seen.
    order: where the content stands among the versions of its source, if it came from one.
    """

    id: str
    version: int = 0
    withdrawn: bool = False
    withdrawn_version: int = 0
    reason: str | None = None
    content_version: int = 0
    content: ContentT | None = None
    order: SourceOrder | None = None

    @property
    def is_open(self) -> bool:
        """True if the newest version holds and its content is known."""
        return not self.withdrawn and self.content is not None


class Submissions(Protocol):
    """Takes what people and files submit: the record and the outbox change in one transaction."""

    async def submit_need(self, need_id: str, statement: NeedStatement, *, order: SourceOrder | None = None) -> Submitted:
        """Store the need as its next version, or nothing if its content is what stands.

        Raises:
            Outdated: the record holds a newer version of the same source.
            Conflict: the need belongs to another buyer.
        """
        ...

    async def withdraw_need(self, need_id: str, *, reason: str | None = None) -> Submitted:
        """Withdraw the need in its current version; NotFound if there is none."""
        ...

    async def submit_profile(self, supplier_id: str, profile: SupplierProfile) -> Submitted:
        """Store the profile as its next version, or nothing if its content is what stands."""
        ...

    async def withdraw_profile(self, supplier_id: str, *, reason: str | None = None) -> Submitted:
        """Withdraw the profile in its current version; NotFound if there is none."""
        ...


class Readings(Protocol):
    """What can be read of the record. Lists are newest or best first and bounded by `limit`."""

    async def need(self, need_id: str) -> StoredNeed | None:
        """The need, or None."""
        ...

    async def needs(
        self, *, open_only: bool = True, buyer_id: str | None = None, limit: int = 100, offset: int = 0
    ) -> list[StoredNeed]:
        """Needs, the newest first."""
        ...

    async def profile(self, supplier_id: str) -> StoredProfile | None:
        """The profile, or None."""
        ...

    async def profiles(self, *, limit: int = 100, offset: int = 0) -> list[StoredProfile]:
        """Open profiles, by id."""
        ...

    async def matches_of_need(self, need_id: str, *, limit: int = 100, offset: int = 0) -> list[Match]:
        """Matches that hold, best first."""
        ...

    async def similar_to(self, need_id: str, *, limit: int = 100, offset: int = 0) -> list[SimilarNeed]:
        """The same need at other buyers, best first, each once however often it was published."""
        ...

    async def dialogues(
        self, *, need_id: str | None = None, past: bool = False, limit: int = 100, offset: int = 0
    ) -> list[StoredDialogue]:
        """Dialogues that anyone can register for, the next first; `past`: also those that were held or cancelled."""
        ...

    async def dialogue(self, dialogue_id: str) -> StoredDialogue | None:
        """The dialogue, cancelled or not, or None."""
        ...

    async def invitation(self, invitation_id: str) -> StoredInvitation | None:
        """The invitation, or None."""
        ...

    async def invitations(
        self,
        *,
        supplier_id: str | None = None,
        need_id: str | None = None,
        dialogue_id: str | None = None,
        issued_only: bool = False,
        told_only: bool = False,
        limit: int = 100,
        offset: int = 0,
    ) -> list[StoredInvitation]:
        """Invitations, the newest first; with `issued_only` none that never left the buyer's review.

        With `told_only` none that the supplier was not told of, because its preferences withhold it.
        """
        ...

    async def ledger(
        self,
        *,
        need_id: str | None = None,
        buyer_id: str | None = None,
        status: NeedStatus | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[LedgerRow]:
        """Versions of needs and what became of them, the newest first."""
        ...

    async def ledger_summary(self, *, buyer_id: str | None = None) -> LedgerSummary:
        """How many stand where: of one buyer, or of all."""
        ...

    async def totals(
        self,
    ) -> Mapping[Literal["needs", "profiles", "matches", "similar", "dialogues", "invitations", "joint_needs", "outbox"], int]:
        """How many of each stand open, and how many outbox rows wait."""
        ...


class Tokens(Protocol):
    """API tokens: only a hash is kept."""

    async def issue(self, *, organisation: str, role: Role, label: str = "") -> str:
        """Make a token and return its text, which is never shown again.

        Raises:
            Refused: the organisation is not an id of the contract, or the label is too long.
        """
        ...

    async def check(self, token: str) -> Principal | None:
        """Who this token is, or None."""
        ...

    async def revoke(self, token_id: str) -> bool:
        """End a token; False if there is none."""
        ...

    async def revoke_labelled(self, label: str, *, organisation: str) -> int:
        """End every token of the organisation that has this label; returns how many had not ended."""
        ...

    async def issued(self) -> list[IssuedToken]:
        """Every token that was ever issued, the newest first."""
        ...


class RecordTransaction(Protocol):
    """One transaction of a consumer: inbox, effects and outbox stand or fall together.

    The methods of each service's projections are in its own protocol, which the adapter's transaction satisfies too.
    """

    async def first_time(self, group: str, event_ids: Sequence[str]) -> set[str]:
        """Record these events as taken by the group, and return those that were not before."""
        ...

    async def enqueue(self, events: Sequence[Event], *, awaiting: Sequence[str] = ()) -> None:
        """Put events into the outbox.

        The relay publishes each, and forgets it when every group in `awaiting` has taken it: at once after the
        acknowledgement, if none is named.
        """
        ...


class Record(Protocol[Tx_co]):
    """Opens transactions."""

    def begin(self) -> AbstractAsyncContextManager[Tx_co]:
        """A transaction that commits at the end of the block, or rolls back on an error.

        Raises:
            RecordUnavailable: the database does not answer, or two transactions met; the same again may succeed.
        """
        ...
