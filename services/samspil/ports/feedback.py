"""What suppliers say of their matches, and what is learned from it about what each is sent."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from samspil_schemas import FeedbackReason, Match, PreferenceKind

# No other transaction that writes feedback is open beside one that is alone by this name.
FEEDBACK_LOCK = "feedback"


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """A supplier's word on one match, and what the need said in the version that it is about.

    need_version: the version that the supplier judged; None for the newest.
    title, language, cpv, regions: of the need: cpv is its main code. All empty as long as that version is not in the record.
    """

    supplier_id: str
    match_id: str
    need_id: str
    revision: int
    relevant: bool
    given_at: datetime
    reason: FeedbackReason | None = None
    need_version: int | None = None
    title: str | None = None
    language: str | None = None
    cpv: str | None = None
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Lift:
    """A supplier lifted what it had said until then; `value` is None where it lifted all of the kind."""

    supplier_id: str
    kind: PreferenceKind
    lifted_at: datetime
    value: str | None = None


@dataclass(frozen=True, kw_only=True)
class Preference:
    """One thing that was learned, and the opinion that it stands on (for strictness the newest).

    value: the need's id, the CPV code or the NUTS code that is muted; None for strictness.
    """

    kind: PreferenceKind
    because: Opinion
    value: str | None = None


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """What was learned of one supplier.

    words: by need, field and region, the opinion that decides on it: relevant opens, anything else mutes.
    level: how strict, from 0 to `domain.preferences.STRICTEST`; `stricter` is the opinion that last changed it.
    newest: the moment of the newest word or lift.
    """

    words: Mapping[tuple[PreferenceKind, str], Opinion] = field(default_factory=dict)
    level: int = 0
    stricter: Opinion | None = None
    newest: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Prospect:
    """A match as far as a preference can concern it. `cpv` is the need's main code; threshold: see `Match.threshold`."""

    need_id: str
    cpv: str | None
    regions: tuple[str, ...]
    score: float
    threshold: float | None


@dataclass(frozen=True, kw_only=True)
class SupplierMatch:
    """A match that holds, and the preference that keeps it from being sent; None where it is sent. `level`: how strict it is."""

    match: Match
    withheld: Preference | None = None
    level: int = 0


@dataclass(frozen=True, kw_only=True)
class FeedbackCount:
    """How much of the feedback on needs in one language says what. `reasons` counts what was not relevant."""

    language: str
    relevant: int
    reasons: Mapping[FeedbackReason, int]

    @property
    def total(self) -> int:
        """All of it."""
        return self.relevant + sum(self.reasons.values())

    @property
    def precision(self) -> float:
        """The share that is relevant, from 0 to 1."""
        return self.relevant / self.total


class FeedbackTransaction(Protocol):
    """What a transaction can do with feedback. Who writes is alone (`FEEDBACK_LOCK`)."""

    async def opinions_on(self, match_ids: Collection[str]) -> dict[str, Opinion]:
        """The words on these matches, by match id; absent where there is none."""
        ...

    async def put_opinions(self, opinions: Sequence[Opinion]) -> None:
        """Store these; what the need said is not stored again."""
        ...

    async def opinions_of(self, supplier_ids: Collection[str]) -> list[Opinion]:
        """All words of these suppliers."""
        ...

    async def lifts_of(self, supplier_ids: Collection[str]) -> list[Lift]:
        """All lifts of these suppliers: of each kind and value the newest."""
        ...

    async def put_lifts(self, lifts: Sequence[Lift]) -> None:
        """Store these."""
        ...


class SupplierFeedback(Protocol):
    """What one supplier says of its matches, and what it is sent. All raise `RecordUnavailable` if no database answers."""

    async def give(self, supplier_id: str, match_id: str, *, relevant: bool, reason: FeedbackReason | None = None) -> Preferences:
        """Record the supplier's word on its match, and return what is learned now. It has its effect at once.

        Raises:
            NotFound: the supplier never had such a match.
            Conflict: its word on this match has come to the highest revision.
        """
        ...

    async def lift(self, supplier_id: str, kind: PreferenceKind, *, value: str | None = None) -> Preferences:
        """Lift what was learned so far, and return what is left. It has its effect at once.

        Raises:
            NotFound: there is nothing of this kind and value.
        """
        ...

    async def preferences(self, supplier_id: str) -> Preferences:
        """What was learned of the supplier."""
        ...

    async def matches(
        self, supplier_id: str, *, with_withheld: bool = False, limit: int = 100, offset: int = 0
    ) -> list[SupplierMatch]:
        """The supplier's matches that hold, best first: those that it is sent, or all."""
        ...

    async def by_language(self) -> list[FeedbackCount]:
        """All feedback by the language of the need, most first; needs that are not in the record are left out."""
        ...
