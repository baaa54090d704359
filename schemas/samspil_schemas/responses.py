"""What suppliers answer: to a dialogue, and to a match."""

from enum import StrEnum
from typing import ClassVar

from samspil_schemas.base import Event, Id, Label, Timestamp, Version


class Answer(StrEnum):
    """A supplier's answer to a dialogue."""

    ACCEPT = "accept"
    DECLINE = "decline"
    TENTATIVE = "tentative"
    WITHDRAWN = "withdrawn"


class ResponseGiven(Event):
    """A supplier answered a dialogue; anyone may, invited or not. The highest revision holds."""

    IDENTITY: ClassVar[tuple[str, ...]] = ("dialogue_id", "supplier_id", "revision")
    KEY: ClassVar[str] = "dialogue_id"

    dialogue_id: Id
    supplier_id: Id
    revision: Version
    answer: Answer
    reason: Label | None = None
    given_at: Timestamp


class FeedbackReason(StrEnum):
    """Why a match was not relevant."""

    FIELD = "wrong_field"
    REGION = "wrong_region"
    SIZE = "wrong_size"
    KNOWN = "already_known"
    OTHER = "other"


class FeedbackGiven(Event):
    """A supplier said whether a match was relevant. It changes what this supplier is sent, never who may take part."""

    IDENTITY: ClassVar[tuple[str, ...]] = ("match_id", "revision")
    KEY: ClassVar[str] = "match_id"

    match_id: Id
    revision: Version
    need_id: Id
    supplier_id: Id
    relevant: bool
    reason: FeedbackReason | None = None
    given_at: Timestamp
