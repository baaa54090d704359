"""Invitations to dialogue: sent to the matched, while the dialogue itself is open to all."""

from typing import ClassVar

from pydantic import ConfigDict, Field

from samspil_schemas.base import LIST_MAX, Event, Id, Label, Language, Score, Timestamp, Title, Version
from samspil_schemas.dialogues import DialogueAnnouncement
from samspil_schemas.matches import Evidence


class InvitationIssued(Event):
    """A matched supplier is invited to a dialogue; one invitation for each supplier and dialogue.

    It opens no door: the dialogue is open to all, invited or not.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "invitation_id": "5b0f5d52-55c6-5a2f-9b0c-9b8f6f9d2f10",
                    "revision": 1,
                    "dialogue_id": "dialogue:sample-need-leaks-1",
                    "need_id": "sample-need-leaks-1",
                    "supplier_id": "sample-supplier-listen",
                    "match_id": "8a6e2f3e-6f0c-5d7e-9a63-0d9a4b1b6f10",
                    "title": "Find leaks in drinking water pipes",
                    "language": "en",
                    "buyer_id": "sample-buyer-northby",
                    "buyer_name": "Northby Sample Municipality",
                    "announcement": {"kind": "webinar", "starts_at": "2026-03-02T09:00:00+01:00"},
                    "score": 0.91,
                    "issued_at": "2026-02-01T08:00:00Z",
                }
            ]
        }
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("invitation_id", "revision")
    KEY: ClassVar[str] = "supplier_id"

    invitation_id: Id
    revision: Version
    dialogue_id: Id
    need_id: Id
    supplier_id: Id
    match_id: Id
    title: Title = Field(description="The title of the need.")
    language: Language = Field(description="What the supplier reads, as its profile says first; else that of the need.")
    title_language: Language | None = Field(default=None, description="The language of the title and of the buyer's words.")
    buyer_id: Id
    buyer_name: Label = Field(description="The buyer's name.")
    announcement: DialogueAnnouncement
    score: Score
    evidence: tuple[Evidence, ...] = Field(default=(), max_length=LIST_MAX, description="Why the supplier was matched.")
    issued_at: Timestamp


class InvitationChanged(Event):
    """The dialogue that the supplier was invited to has changed; `changes` says what, for people."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "invitation_id": "5b0f5d52-55c6-5a2f-9b0c-9b8f6f9d2f10",
                    "revision": 2,
                    "dialogue_id": "dialogue:sample-need-leaks-1",
                    "need_id": "sample-need-leaks-1",
                    "supplier_id": "sample-supplier-listen",
                    "title": "Find leaks in drinking water pipes",
                    "announcement": {"kind": "webinar", "starts_at": "2026-03-09T09:00:00+01:00"},
                    "changes": ["Moved from 2 to 9 March 2026"],
                    "changed_at": "2026-02-10T08:00:00Z",
                }
            ]
        }
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("invitation_id", "revision")
    KEY: ClassVar[str] = "supplier_id"

    invitation_id: Id
    revision: Version
    dialogue_id: Id
    need_id: Id
    supplier_id: Id
    title: Title = Field(description="The title of the need.")
    announcement: DialogueAnnouncement
    changes: tuple[Label, ...] = Field(max_length=LIST_MAX, description="What changed, one point each, for people.")
    previous: DialogueAnnouncement | None = Field(
        default=None, description="The announcement that this one replaces; left out where it is very long."
    )
    changed_at: Timestamp


class InvitationCancelled(Event):
    """The dialogue was cancelled, or its need was withdrawn."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "invitation_id": "5b0f5d52-55c6-5a2f-9b0c-9b8f6f9d2f10",
                    "revision": 3,
                    "dialogue_id": "dialogue:sample-need-leaks-1",
                    "need_id": "sample-need-leaks-1",
                    "supplier_id": "sample-supplier-listen",
                    "reason": "The need was withdrawn.",
                    "cancelled_at": "2026-02-20T08:00:00Z",
                }
            ]
        }
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("invitation_id", "revision")
    KEY: ClassVar[str] = "supplier_id"

    invitation_id: Id
    revision: Version
    dialogue_id: Id
    need_id: Id
    supplier_id: Id
    reason: Label = Field(description="Why, for people.")
    cancelled_at: Timestamp
