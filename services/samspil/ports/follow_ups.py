"""Follow-ups: who, of those who declared an intent in a joint need, later published a need or tender that carries it out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from pydantic import Field

from samspil_schemas import Model, Rung, SimilarNeed, Volume
from samspil_schemas.base import Country, Id, Label, Reference, Title


class FollowUpBasis(StrEnum):
    """Why a need counts as a follow-up: it refers to what it follows, its buyer confirmed a likeness, or its buyer named it."""

    REFERENCE = "reference"
    TEXT = "text"
    NAMED = "named"


@dataclass(frozen=True, kw_only=True)
class PublishedNeed:
    """What is known of a published need from all of its versions, as far as follow-ups go.

    version, buyer_id, title, dated_at: of the newest version; `dated_at` is when its source says that it was published.
    heard_at: when any version was first on the topic.
    names: the keys that any version can be cited by. follows: the references of all versions, sorted.
    """

    need_id: str
    version: int
    buyer_id: str
    title: str
    heard_at: datetime
    dated_at: datetime | None = None
    names: frozenset[str] = frozenset()
    follows: tuple[str, ...] = ()

    @property
    def published_at(self) -> datetime:
        """When it was published, as far as that is known."""
        return self.dated_at or self.heard_at


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A need of a member that reads like the joint text, as matching found it; `find` is seen from the joint need."""

    need: PublishedNeed
    find: SimilarNeed


class FollowUp(Model):
    """One need that follows up."""

    need_id: Id
    title: Title | None = Field(description="The need's title; null where it was recorded without.")
    basis: FollowUpBasis
    reference: Reference | None = Field(description="What it refers to, where that is why it counts.")
    published_on: date
    days: int = Field(description="From the declaration to the publication; below zero where it was published before.")
    in_time: bool | None = Field(description="Published by the horizon of the commitment; null where none was given.")


class Follower(Model):
    """One body that declared an intent, and what it has published since."""

    buyer_id: Id
    name: Label
    country: Country
    rung: Rung | None = Field(description="Where it stands now; null where it has withdrawn.")
    declared_on: date = Field(description="The date on its first declaration of an intent, or when that was recorded.")
    horizon: date | None
    volume: Volume | None
    follow_ups: tuple[FollowUp, ...] = Field(description="The first one first; none: not yet.")


class RungFollowUps(Model):
    """How many that stand on a rung have followed up, and with what volume. Different units are never added."""

    rung: Rung
    bodies: int
    followed_up: int
    volumes: tuple[Volume, ...]
    followed_up_volumes: tuple[Volume, ...]


class FollowUpReport(Model):
    """Who followed up. The totals and the sentence count those who stand on a rung that binds."""

    sentence: str | None = Field(description="In one sentence; null while nobody has signed an intent.")
    totals: tuple[RungFollowUps, ...]
    bodies: tuple[Follower, ...] = Field(description="All that ever declared an intent, the first one first.")


class FollowUpStatements(Protocol):
    """What a transaction of joint needs knows of follow-ups."""

    async def published_needs(self, need_ids: Collection[str]) -> list[PublishedNeed]:
        """Those of these needs that were heard of."""
        ...

    async def put_published_needs(self, needs: Sequence[PublishedNeed]) -> None:
        """Store what is known of these needs."""
        ...

    async def referring_needs(self, buyer_ids: Collection[str]) -> list[PublishedNeed]:
        """The needs of these buyers that refer to any publication."""
        ...

    async def joint_needs_ever_joined(self, buyer_ids: Collection[str]) -> list[str]:
        """The joint needs, closed or not, that one of these bodies is or was a member of."""
        ...

    async def rejected_follow_ups(self, joint_need_id: str) -> set[str]:
        """The needs whose buyers said that they do not follow up this joint need."""
        ...

    async def reject_follow_up(self, joint_need_id: str, need_id: str, *, by: str) -> bool:
        """Remember for good that its buyer said so; False where that stood already."""
        ...
