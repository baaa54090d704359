"""What was delivered to whom. Recipients are opaque ids: addresses stay in the record."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from samspil_schemas.base import LIST_MAX, Event, Id, Label, Timestamp


class Channel(StrEnum):
    """How a notification travels."""

    WEBHOOK = "webhook"
    EMAIL = "email"
    FEED = "feed"


class NotificationDelivered(Event):
    """A notification reached its channel's receiver."""

    IDENTITY: ClassVar[tuple[str, ...]] = ("notification_id",)
    KEY: ClassVar[str] = "recipient_id"

    notification_id: Id
    recipient_id: Id
    supplier_id: Id
    channel: Channel
    about: tuple[Id, ...] = Field(max_length=LIST_MAX, description="Ids of the matches, invitations or needs.")
    delivered_at: Timestamp


class NotificationFailed(Event):
    """A notification was given up after all its tries."""

    IDENTITY: ClassVar[tuple[str, ...]] = ("notification_id",)
    KEY: ClassVar[str] = "recipient_id"

    notification_id: Id
    recipient_id: Id
    supplier_id: Id
    channel: Channel
    about: tuple[Id, ...] = Field(max_length=LIST_MAX, description="Ids of the matches, invitations or needs.")
    reason: Label
    failed_at: Timestamp
