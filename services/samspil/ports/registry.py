"""What the registry asks of its transaction: the projections of needs, profiles, verdicts and dead letters."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from samspil.ports.index import Entity, Head
from samspil.ports.record import NeedStatus, RecordTransaction, Standing
from samspil_schemas import Match, NeedStatement, SimilarNeed, SupplierProfile, Topic


@dataclass(frozen=True, kw_only=True)
class LedgerEntry:
    """The facts known of one version of one need, and the status that follows from them (`domain.ledger`).

    refusal, refused_at: why it was dead-lettered.
    matches, similar, evaluated_at: what the newest verdict on this version said.
    language, cpv, regions: of its statement; cpv is its main code.
    """

    need_id: str
    version: int
    title: str | None = None
    buyer_id: str | None = None
    language: str | None = None
    cpv: str | None = None
    regions: tuple[str, ...] = ()
    source: str | None = None
    accepted_at: datetime | None = None
    matches: int | None = None
    similar: int | None = None
    evaluated_at: datetime | None = None
    refusal: str | None = None
    refused_at: datetime | None = None
    status: NeedStatus = NeedStatus.PENDING
    reason: str | None = None
    settled_at: datetime | None = None


class PairKind(StrEnum):
    """What a pair is, the left side first: need and supplier, two needs by id, or a joint need and a member's need like it."""

    MATCH = "match"
    SIMILAR = "similar"
    FOLLOW_UP = "follow_up"


@dataclass(frozen=True, order=True)
class PairKey:
    """Which two things are a pair."""

    kind: PairKind
    left_id: str
    right_id: str


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The word of one report that a pair holds, in these versions of its two sides.

    content: the match, or the similar need as `seen_by` sees it; None where it is in the record and was not fetched.
    score: of the content. left_keys, right_keys: what tells copies of the two needs of a similar need (`domain.sameness`).
    told: the ids of the needs whose buyers were told of the similar need in these versions.
    heard: those whose buyers hold it for open, having been told of it in these versions or in earlier ones.
    """

    left_version: int
    right_version: int
    evaluated_at: datetime
    report_id: str
    space: str
    scorer: str
    seen_by: str
    content: Match | SimilarNeed | None = None
    score: float = 0.0
    left_keys: tuple[str, ...] = ()
    right_keys: tuple[str, ...] = ()
    told: frozenset[str] = frozenset()
    heard: frozenset[str] = frozenset()

    @property
    def versions(self) -> tuple[int, int]:
        """Left and right."""
        return self.left_version, self.right_version


@dataclass(frozen=True, kw_only=True)
class PairListing:
    """A listing and the pair that it is of. `stands` marks the one that is the pair's match."""

    key: PairKey
    listing: Listing
    stands: bool


@dataclass(frozen=True, kw_only=True)
class EndedMatch:
    """A match that has ended, in the version of the need that it was last found in."""

    match_id: str
    supplier_id: str
    need_id: str
    need_version: int


@dataclass(frozen=True, kw_only=True)
class DeadLetterRow:
    """A dead letter as the record keeps it: where it was and why, never what it said."""

    source_topic: str
    group: str
    partition: int
    offset: int
    reason: str
    key: str | None = None
    event_id: str | None = None
    ce_type: str | None = None
    need_id: str | None = None
    version: int | None = None
    failed_at: datetime | None = None


class RegistryTransaction(RecordTransaction, Protocol):
    """One transaction of the registry."""

    async def alone(self, name: str) -> None:
        """Wait until no other transaction of this name is open: two joins of one pair must not interleave."""
        ...

    async def supersede(self, topic: Topic, keys: Collection[str], *, keep: Collection[str] = ()) -> None:
        """Drop what waits in the outbox for these keys, except events with these ids: something newer was said."""
        ...

    async def needs_known(self, need_ids: Collection[str]) -> dict[str, Standing[NeedStatement]]:
        """The standing of every one of these needs, unknown ones at version 0, held until the end of the transaction."""
        ...

    async def needs_standing(self, need_ids: Collection[str]) -> dict[str, Standing[NeedStatement]]:
        """The standing of those of these needs that are known, as it is now; it is not held."""
        ...

    async def put_needs(self, needs: Sequence[Standing[NeedStatement]]) -> None:
        """Store these standings."""
        ...

    async def profiles_known(self, supplier_ids: Collection[str]) -> dict[str, Standing[SupplierProfile]]:
        """The standing of every one of these profiles, unknown ones at version 0, held until the end of the transaction."""
        ...

    async def put_profiles(self, profiles: Sequence[Standing[SupplierProfile]]) -> None:
        """Store these standings."""
        ...

    async def ledger_entries(self, need_ids: Collection[str]) -> list[LedgerEntry]:
        """All known versions of these needs."""
        ...

    async def put_ledger_entries(self, entries: Sequence[LedgerEntry]) -> None:
        """Store these entries."""
        ...

    async def evaluated(self, entity: Entity, owner_ids: Collection[str]) -> dict[str, Head]:
        """The newest state of each owner that a verdict was given on; owners without a verdict are absent."""
        ...

    async def put_evaluated(self, entity: Entity, heads: Mapping[str, Head]) -> None:
        """Store these heads."""
        ...

    async def listings(
        self, kind: PairKind, *, left_ids: Collection[str] = (), right_ids: Collection[str] = ()
    ) -> list[PairListing]:
        """The listings of all pairs that have one of these on its side, without their contents."""
        ...

    async def with_contents(self, listings: Sequence[PairListing]) -> list[PairListing]:
        """The same listings with their contents."""
        ...

    async def put_listings(self, listings: Sequence[PairListing]) -> None:
        """Store these listings; where the content is None, the stored content stays."""
        ...

    async def drop_listings(self, listings: Sequence[PairListing]) -> None:
        """Remove these listings."""
        ...

    async def put_ended_matches(self, ended: Sequence[EndedMatch]) -> None:
        """Keep that these matches once were; each in the version that it ended in last."""
        ...

    async def put_dead_letters(self, letters: Sequence[DeadLetterRow]) -> None:
        """Store these dead letters; the same one again changes nothing."""
        ...
