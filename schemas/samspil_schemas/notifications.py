"""What was delivered to whom. Recipients are opaque ids: addresses stay in the record."""

from enum import StrEnum
from typing import ClassVar

from pydantic import ConfigDict, Field

from samspil_schemas.base import LIST_MAX, Event, Id, Label, Timestamp


class Channel(StrEnum):
    """How a notification travels."""

    WEBHOOK = "webhook"
    EMAIL = "email"
    FEED = "feed"


class NotificationDelivered(Event):
    """A notification reached its channel's receiver."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "notification_id": "0b8e6f52-7d0c-5c57-9d44-1f0e8f6b2a33",
                    "recipient_id": "recipient-17",
                    "supplier_id": "sample-supplier-listen",
                    "channel": "webhook",
                    "about": ["8a6e2f3e-6f0c-5d7e-9a63-0d9a4b1b6f10"],
                    "delivered_at": "2026-02-01T08:00:05Z",
                }
            ]
        }
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("notification_id",)
    KEY: ClassVar[str] = "recipient_id"

    notification_id: Id
    recipient_id: Id = Field(description="An opaque id: the address stays in the record.")
    supplier_id: Id
    channel: Channel
    about: tuple[Id, ...] = Field(max_length=LIST_MAX, description="Ids of the matches, invitations or needs.")
    delivered_at: Timestamp


class NotificationFailed(Event):
    """A notification was given up after all its tries."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "notification_id": "0b8e6f52-7d0c-5c57-9d44-1f0e8f6b2a33",
                    "recipient_id": "recipient-17",
                    "supplier_id": "sample-supplier-listen",
                    "channel": "email",
                    "about": ["8a6e2f3e-6f0c-5d7e-9a63-0d9a4b1b6f10"],
                    "reason": "the mailbox does not exist",
                    "failed_at": "2026-02-02T08:00:05Z",
                }
            ]
        }
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("notification_id",)
    KEY: ClassVar[str] = "recipient_id"

    notification_id: Id
    recipient_id: Id = Field(description="An opaque id: the address stays in the record.")
    supplier_id: Id
    channel: Channel
    about: tuple[Id, ...] = Field(max_length=LIST_MAX, description="Ids of the matches, invitations or needs.")
    reason: Label = Field(description="What the last try said, without addresses.")
    failed_at: Timestamp
