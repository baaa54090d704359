"""Market dialogues: open to all, by construction."""

from enum import StrEnum
from itertools import pairwise
from typing import Annotated, ClassVar, Self

from pydantic import ConfigDict, Field, model_validator

from samspil_schemas.base import (
    LIST_MAX,
    SLOTS_MAX,
    VERSION_MAX,
    Day,
    Event,
    Id,
    Label,
    Language,
    Model,
    Paragraph,
    Text,
    Timestamp,
    Title,
    Url,
    Version,
)

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class DialogueState(StrEnum):
    """Where a dialogue is in its life."""

    ANNOUNCED = "announced"
    CANCELLED = "cancelled"
    HELD = "held"
    CONCLUDED = "concluded"


class DialogueKind(StrEnum):
    """The form of a dialogue."""

    CONFERENCE = "conference"
    WEBINAR = "webinar"
    ONE_TO_ONE = "one_to_one"
    WRITTEN = "written"
    REVERSE = "reverse"


class InvitationPolicy(StrEnum):
    """Who sends the invitations off."""

    AUTOMATIC = "automatic"
    AFTER_REVIEW = "after_review"


class Slot(Model):
    """A time for one participant, which one of those who register takes."""

    starts_at: Timestamp
    ends_at: Timestamp

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("the slot ends before it starts")
        return self


class DialogueAnnouncement(Model):
    """What a buyer announces: anyone may register, matched or not. Taking part binds nobody and gives no advantage."""

    kind: DialogueKind
    starts_at: Timestamp | None = Field(default=None, description="None for written questions without a meeting.")
    ends_at: Timestamp | None = Field(default=None, description="Not before it starts.")
    registration_deadline: Timestamp | None = Field(default=None, description="Until when one may register.")
    place: Label | None = Field(default=None, description="Where people meet.", examples=["Town hall, Northby"])
    stream_url: Url | None = Field(default=None, description="Where it can be followed from afar.")
    languages: tuple[Language, ...] = Field(default=(), max_length=LIST_MAX, description="Languages spoken, main one first.")
    capacity: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        default=None, description="How many can take part; none means that there is no limit."
    )
    programme: tuple[Paragraph, ...] = Field(default=(), max_length=LIST_MAX, description="What happens, point by point.")
    purpose: Paragraph | None = Field(default=None, description="What the buyer wants to learn.")
    slots: tuple[Slot, ...] = Field(
        default=(),
        max_length=SLOTS_MAX,
        description="The times of one-to-one meetings, one participant each; their number is the capacity.",
    )
    note_on: Day | None = Field(default=None, description="When the dialogue note is to be published, if it comes later.")
    confidentiality: Paragraph | None = Field(default=None, description="How business secrets are kept.")
    non_binding: Paragraph | None = Field(
        default=None, description="The buyer's own words that taking part binds nobody; it holds without them too."
    )
    invitations: InvitationPolicy = InvitationPolicy.AUTOMATIC

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.starts_at and self.ends_at and self.ends_at < self.starts_at:
            raise ValueError("the dialogue ends before it starts")
        return self

    @model_validator(mode="after")
    def _slots_are_apart(self) -> Self:
        if self.slots and self.kind is not DialogueKind.ONE_TO_ONE:
            raise ValueError("only one-to-one meetings have slots")
        in_order = sorted(self.slots, key=lambda slot: slot.starts_at)
        if any(after.starts_at < before.ends_at for before, after in pairwise(in_order)):
            raise ValueError("two slots overlap")
        return self


class DialogueAnnounced(Event):
    """A dialogue is open for registration."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "dialogue_id": "dialogue:sample-need-leaks-1",
                    "revision": 1,
                    "need_id": "sample-need-leaks-1",
                    "title": "Find leaks in drinking water pipes",
                    "buyer_id": "sample-buyer-northby",
                    "announcement": {"kind": "webinar", "starts_at": "2026-03-02T09:00:00+01:00"},
                    "announced_at": "2026-02-01T08:00:00Z",
                }
            ]
        }
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("dialogue_id", "revision")
    KEY: ClassVar[str] = "dialogue_id"

    dialogue_id: Id
    revision: Version
    need_id: Id | None = Field(default=None, description="The need that announces it, if one does.")
    joint_need_id: Id | None = Field(default=None, description="The joint need that announces it, if one does.")
    title: Title = Field(description="The title of what it is about.")
    buyer_id: Id
    announcement: DialogueAnnouncement
    announced_at: Timestamp


class DialogueChanged(Event):
    """A dialogue was changed or moved; `changes` says what, for people."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "dialogue_id": "dialogue:sample-need-leaks-1",
                    "revision": 2,
                    "title": "Find leaks in drinking water pipes",
                    "announcement": {"kind": "webinar", "starts_at": "2026-03-09T09:00:00+01:00"},
                    "changes": ["Moved from 2 to 9 March 2026"],
                    "changed_at": "2026-02-10T08:00:00Z",
                }
            ]
        }
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("dialogue_id", "revision")
    KEY: ClassVar[str] = "dialogue_id"

    dialogue_id: Id
    revision: Version
    title: Title = Field(description="The title of what it is about.")
    announcement: DialogueAnnouncement
    changes: tuple[Label, ...] = Field(max_length=LIST_MAX, description="What changed, one point each, for people.")
    previous: DialogueAnnouncement | None = Field(
        default=None, description="The announcement that this one replaces; left out where it is very long."
    )
    changed_at: Timestamp


class DialogueCancelled(Event):
    """A dialogue will not take place."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "dialogue_id": "dialogue:sample-need-leaks-1",
                    "revision": 3,
                    "reason": "The need was withdrawn.",
                    "cancelled_at": "2026-02-20T08:00:00Z",
                }
            ]
        }
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("dialogue_id", "revision")
    KEY: ClassVar[str] = "dialogue_id"

    dialogue_id: Id
    revision: Version
    reason: Label | None = Field(default=None, description="Why, for people.")
    cancelled_at: Timestamp


class DialogueHeld(Event):
    """A dialogue took place. Nothing of its announcement changes any more; its minutes follow."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "dialogue_id": "dialogue:sample-need-leaks-1",
                    "revision": 3,
                    "title": "Find leaks in drinking water pipes",
                    "announcement": {"kind": "webinar", "starts_at": "2026-03-09T09:00:00+01:00"},
                    "held_at": "2026-03-09T11:00:00+01:00",
                }
            ]
        }
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("dialogue_id", "revision")
    KEY: ClassVar[str] = "dialogue_id"

    dialogue_id: Id
    revision: Version
    title: Title = Field(description="The title of what it is about.")
    announcement: DialogueAnnouncement
    held_at: Timestamp


class DialogueConcluded(Event):
    """A dialogue that was held is over: its minutes are out, and nothing more will be published of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "dialogue_id": "dialogue:sample-need-leaks-1",
                    "revision": 4,
                    "title": "Find leaks in drinking water pipes",
                    "outcome": "A functional specification follows in May.",
                    "concluded_at": "2026-04-01T08:00:00Z",
                }
            ]
        }
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("dialogue_id", "revision")
    KEY: ClassVar[str] = "dialogue_id"

    dialogue_id: Id
    revision: Version
    title: Title = Field(description="The title of what it is about.")
    outcome: Paragraph | None = Field(default=None, description="What comes of it, in the buyer's words.")
    concluded_at: Timestamp


class DisclosureKind(StrEnum):
    """What is told to everyone at the same instant."""

    DOCUMENT = "document"
    ANSWER = "answer"
    MINUTES = "minutes"
    NOTE = "note"


class DisclosureMade(Event):
    """Something of a dialogue was made public, for all at the same instant: a document, an answer, minutes, or the note.

    A correction is another one with the same disclosure_id and a higher revision. Who asked is never said.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "disclosure_id": "1f0c2a9b-55c6-5a2f-9b0c-9b8f6f9d2f10",
                    "revision": 1,
                    "dialogue_id": "dialogue:sample-need-leaks-1",
                    "kind": "answer",
                    "title": "Do you accept acoustic sensors?",
                    "text": "Any method that finds leaks without digging.",
                    "language": "en",
                    "made_at": "2026-02-20T08:00:00Z",
                }
            ]
        }
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("disclosure_id", "revision")
    KEY: ClassVar[str] = "disclosure_id"

    disclosure_id: Id
    revision: Version
    dialogue_id: Id
    kind: DisclosureKind
    title: Title = Field(description="What it is; of an answer, the question.")
    text: Text | None = Field(default=None, description="Its words, where they are not in a file.")
    language: Language
    file_name: Label | None = Field(default=None, description="The name of its file, which the API serves.")
    media_type: Label | None = Field(default=None, description="Of the file.")
    sha256: Sha256 | None = Field(default=None, description="Of the bytes of the file.")
    ledger_count: Annotated[int, Field(ge=0, le=VERSION_MAX)] | None = Field(
        default=None, description="How many entries the disclosure ledger of the dialogue had before this one."
    )
    ledger_digest: Sha256 | None = Field(
        default=None, description="The digest of the last of those: whoever keeps it can prove that none was altered since."
    )
    made_at: Timestamp
