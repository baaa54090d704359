"""The same need at another buyer: the seed of a joint need."""

from enum import StrEnum
from typing import ClassVar

from pydantic import ConfigDict, Field

from samspil_schemas.base import Event, Id, Label, Timestamp, VectorSpaceId, Version
from samspil_schemas.matches import SimilarNeed


class SimilarNeedFound(SimilarNeed, Event):
    """Another buyer has the same need. Published once for each side, each under its own key.

    A need that was published more than once is one find: its other publications are in `also_published`. Where the one that was
    told ends and another stands, the other is told with the withdrawal.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "similar_id": "0d6a8d3a-7a62-5d0b-bc52-0f2f3b1a9d11",
                    "need_id": "sample-need-leaks-1",
                    "need_version": 1,
                    "buyer_id": "sample-buyer-northby",
                    "other_need_id": "sample-need-leaks-2",
                    "other_need_version": 1,
                    "other_title": "Hitta läckor i dricksvattennätet",
                    "other_language": "sv",
                    "other_buyer_id": "sample-buyer-soderby",
                    "other_buyer_name": "Söderby exempelkommun",
                    "other_country": "SE",
                    "score": 0.88,
                    "space": "e5s-1f0c2a9b",
                    "scorer": "v1",
                    "found_at": "2026-02-01T08:00:00Z",
                }
            ]
        }
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("need_id", "need_version", "other_need_id", "other_need_version", "space", "scorer")
    KEY: ClassVar[str] = "need_id"

    space: VectorSpaceId
    scorer: Label = Field(description="The version of the rules that scored.", examples=["v1"])
    found_at: Timestamp


class SimilarWithdrawalReason(StrEnum):
    """Why the needs are no longer the same."""

    NEED_CHANGED = "need_changed"
    NEED_WITHDRAWN = "need_withdrawn"
    OTHER_CHANGED = "other_changed"
    OTHER_WITHDRAWN = "other_withdrawn"


class SimilarNeedWithdrawn(Event):
    """Another buyer no longer has the same need, as of these versions. Published to whom it was told, under its own key."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "similar_id": "0d6a8d3a-7a62-5d0b-bc52-0f2f3b1a9d11",
                    "need_id": "sample-need-leaks-1",
                    "need_version": 1,
                    "other_need_id": "sample-need-leaks-2",
                    "other_need_version": 2,
                    "reason": "other_changed",
                    "withdrawn_at": "2026-02-03T08:00:00Z",
                }
            ]
        }
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("need_id", "need_version", "other_need_id", "other_need_version", "reason")
    KEY: ClassVar[str] = "need_id"

    similar_id: Id = Field(description="The same for both directions of a pair.")
    need_id: Id
    need_version: Version
    other_need_id: Id
    other_need_version: Version
    reason: SimilarWithdrawalReason
    withdrawn_at: Timestamp
