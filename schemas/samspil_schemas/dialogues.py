"""Market dialogues: open to all, by construction."""

from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pydantic import ConfigDict, Field, model_validator

from samspil_schemas.base import LIST_MAX, Event, Id, Label, Language, Model, Paragraph, Timestamp, Title, Url, Version


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
    invitations: InvitationPolicy = InvitationPolicy.AUTOMATIC

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.starts_at and self.ends_at and self.ends_at < self.starts_at:
            raise ValueError("the dialogue ends before it starts")
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
