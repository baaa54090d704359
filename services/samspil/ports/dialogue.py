"""What the dialogue service asks of its transaction, and what it offers: the review of invitations."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from samspil.ports.disclosures import DisclosureTransaction
from samspil.ports.feedback import FeedbackTransaction
from samspil.ports.index import Head
from samspil.ports.record import InvitationStatus, Standing, StoredInvitation
from samspil.ports.registrations import RegistrationTransaction
from samspil_schemas import DialogueAnnouncement, DialogueState, Evidence, InvitationPolicy, MatchFound, Model

# Below every version.
NOTHING = Head(0)


class Offer(Model):
    """What one version of a need says of a dialogue. `announcement` is None where it announces none; cpv is its main code."""

    title: str
    language: str
    buyer_id: str
    buyer_name: str
    cpv: str | None = None
    regions: tuple[str, ...] = ()
    announcement: DialogueAnnouncement | None = None


@dataclass(frozen=True, kw_only=True)
class Dialogue:
    """A dialogue about a need: the facts heard of the need, and what was last said to the world.

    number: 0 is the one that the need's statement announces; its announcement is that of the newest version. Those with a
        higher number were announced beside it, by the buyer or by who leads the joint need.
    own: the announcement of one with a number; None of the need's own.
    called_off: whoever announced it has cancelled it, `because`.
    policies: what each version of the need that was seen says of invitations; None where it announces no dialogue.
    revision: 0 as long as nothing was announced.
    title, announcement: as last said, but with the newest policy of invitations, which is nobody else's business.
    cancelled: as last said.
    held_at, concluded_at: when it took place, and when it was over; from the first on the announcement stands as it is.
    outcome: what comes of it, in the buyer's words.
    said_at: when that was last said.
    """

    dialogue_id: str
    need_id: str
    standing: Standing[Offer]
    number: int = 0
    own: DialogueAnnouncement | None = None
    called_off: bool = False
    because: str | None = None
    policies: Mapping[int, InvitationPolicy | None] = field(default_factory=dict)
    revision: int = 0
    title: str | None = None
    announcement: DialogueAnnouncement | None = None
    cancelled: bool = False
    held_at: datetime | None = None
    concluded_at: datetime | None = None
    outcome: str | None = None
    said_at: datetime | None = None

    @property
    def state(self) -> DialogueState | None:
        """None as long as nothing was announced."""
        if self.concluded_at is not None:
            return DialogueState.CONCLUDED
        if self.held_at is not None:
            return DialogueState.HELD
        if not self.revision:
            return None
        return DialogueState.CANCELLED if self.cancelled else DialogueState.ANNOUNCED


class HeardMatch(Model):
    """A match that was heard of, as far as an invitation needs it."""

    match_id: str
    need_version: int
    profile_version: int
    supplier_name: str
    score: float
    threshold: float | None = None
    evidence: tuple[Evidence, ...] = ()
    found_at: datetime

    @property
    def versions(self) -> tuple[int, int]:
        """Of the need and of the profile."""
        return self.need_version, self.profile_version


@dataclass(frozen=True, kw_only=True)
class Invitee:
    """One supplier and one dialogue: the facts heard of the pair, and where its invitation stands.

    matches: the matches heard of, except those with versions of the need that are known to announce no dialogue.
    need_head, profile_head: matches below these were withdrawn.
    approved: the buyer has sent it off after review.
    status: None where there is no invitation; then supplier_name and score are None too.
    revision: 0 as long as nothing was issued.
    told: the supplier was told of it. What its preferences withhold is issued all the same, so that nobody else sees them.
    """

    invitation_id: str
    dialogue_id: str
    need_id: str
    supplier_id: str
    matches: tuple[HeardMatch, ...] = ()
    need_head: Head = NOTHING
    profile_head: Head = NOTHING
    approved: bool = False
    status: InvitationStatus | None = None
    supplier_name: str | None = None
    score: float | None = None
    revision: int = 0
    issued_at: datetime | None = None
    told: bool = False


class DialogueTransaction(DisclosureTransaction, FeedbackTransaction, RegistrationTransaction, Protocol):
    """One transaction of the dialogue service."""

    async def alone(self, name: str) -> None:
        """Wait until no other transaction of this name is open."""
        ...

    async def dialogues_about(self, need_ids: Collection[str]) -> list[Dialogue]:
        """The dialogues about these needs that anything is known of."""
        ...

    async def dialogue(self, dialogue_id: str) -> Dialogue | None:
        """The dialogue, held until the end of the transaction; None where nothing is known of it."""
        ...

    async def standing_matches(self, need_id: str) -> list[MatchFound]:
        """The pairs of the need that match now."""
        ...

    async def put_dialogues(self, dialogues: Sequence[Dialogue]) -> None:
        """Store these."""
        ...

    async def invitees(self, *, dialogue_ids: Collection[str] = (), invitation_ids: Collection[str] = ()) -> list[Invitee]:
        """All invitees of these dialogues, and those with these invitation ids."""
        ...

    async def untold(self, supplier_ids: Collection[str]) -> list[Invitee]:
        """The invitees of these suppliers that an invitation was issued to, and who were not told of it."""
        ...

    async def put_invitees(self, invitees: Sequence[Invitee]) -> None:
        """Store these."""
        ...

    async def reading_languages(self, supplier_ids: Collection[str]) -> dict[str, str]:
        """The first language that each supplier reads; absent where its profile is unknown or does not say."""
        ...


class ReviewReadings(Protocol):
    """What a review reads."""

    async def awaiting_review(
        self, *, dialogue_id: str | None = None, limit: int = 100, offset: int = 0
    ) -> list[StoredInvitation]:
        """Invitations that await review, the best match first."""
        ...


class DialogueReview(Protocol):
    """A buyer's review of the invitations that its dialogue does not send off by itself."""

    async def awaiting(self, *, dialogue_id: str | None = None, limit: int = 100, offset: int = 0) -> list[StoredInvitation]:
        """Invitations that await review, the best match first."""
        ...

    async def approve(self, invitation_id: str, *, dialogue_id: str) -> bool:
        """Send the invitation off. False if it was sent before.

        Raises:
            NotFound: there is no such invitation to this dialogue.
            Conflict: its dialogue was cancelled, or the supplier no longer matches.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class RecordedDialogue:
    """What became of a request: the revision that stands, and whether anything changed."""

    dialogue_id: str
    revision: int
    changed: bool


class DialogueKeeping(Protocol):
    """Announces dialogues and leads them to their end. `by` is the organisation whose token asks.

    Each method raises NotFound, Forbidden, Conflict or Refused where a rule is against it, and RecordUnavailable where the
    database does not answer. The same again changes nothing.
    """

    async def announce(self, need_id: str, announcement: DialogueAnnouncement, *, by: str) -> RecordedDialogue:
        """Announce a dialogue about a need of one's own, or about a joint need that one leads."""
        ...

    async def change(self, dialogue_id: str, announcement: DialogueAnnouncement, *, by: str) -> RecordedDialogue:
        """Change or move it."""
        ...

    async def cancel(self, dialogue_id: str, *, by: str, reason: str | None = None) -> RecordedDialogue:
        """Call it off."""
        ...

    async def hold(self, dialogue_id: str, *, by: str) -> RecordedDialogue:
        """Say that it took place."""
        ...

    async def conclude(self, dialogue_id: str, *, by: str, outcome: str | None = None) -> RecordedDialogue:
        """Say that it is over, and what comes of it."""
        ...
