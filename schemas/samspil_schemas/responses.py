"""What suppliers answer: to a dialogue, and to a match."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from samspil_schemas.base import SLOTS_MAX, Country, Event, Id, Label, Timestamp, Version
from samspil_schemas.dialogues import DialogueState, Slot


class Answer(StrEnum):
    """A supplier's answer to a dialogue."""

    ACCEPT = "accept"
    DECLINE = "decline"
    TENTATIVE = "tentative"
    WITHDRAWN = "withdrawn"


class ResponseGiven(Event):
    """A supplier answered a dialogue; anyone may, invited or not. The highest revision holds."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "dialogue_id": "dialogue:sample-need-leaks-1",
                    "supplier_id": "sample-supplier-listen",
                    "revision": 1,
                    "answer": "accept",
                    "given_at": "2026-02-05T10:30:00+01:00",
                }
            ]
        }
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("dialogue_id", "supplier_id", "revision")
    KEY: ClassVar[str] = "dialogue_id"

    dialogue_id: Id
    supplier_id: Id
    revision: Version
    answer: Answer
    name: Label | None = Field(default=None, description="The organisation's name; by default that of its profile.")
    country: Country | None = Field(default=None, description="Where it is; by default that of its profile.")
    slots: tuple[Timestamp, ...] = Field(
        default=(),
        max_length=SLOTS_MAX,
        description="Starts of the one-to-one slots that suit, the best first; none means any.",
    )
    reason: Label | None = Field(default=None, description="Why, for the buyer.")
    given_at: Timestamp


class RegistrationStatus(StrEnum):
    """How an organisation stands in a dialogue."""

    REGISTERED = "registered"
    WAITING = "waiting"
    TENTATIVE = "tentative"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"


class RegistrationChanged(Event):
    """How an organisation stands in a dialogue now: what became of its answer, or a place that fell to it.

    Who is registered, waits or may come is told again each time the dialogue changes, is cancelled, held or concluded, invited or
    not: a higher `dialogue_revision` than before says that the dialogue is to be read again.

    Places are given in the order in which the answers were recorded, whoever was matched or invited.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "registration_id": "9a1e2f3e-6f0c-5d7e-9a63-0d9a4b1b6f10",
                    "revision": 1,
                    "dialogue_id": "dialogue:sample-need-leaks-1",
                    "supplier_id": "sample-supplier-listen",
                    "status": "registered",
                    "changed_at": "2026-02-05T10:30:05+01:00",
                }
            ]
        }
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("registration_id", "revision")
    KEY: ClassVar[str] = "supplier_id"

    registration_id: Id
    revision: Version
    dialogue_id: Id
    supplier_id: Id
    status: RegistrationStatus
    slot: Slot | None = Field(default=None, description="Its time, where the dialogue is one-to-one.")
    waiting_place: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None, description="Its place on the waiting list when this was said; 1 is the next."
    )
    reason: Label | None = Field(default=None, description="Why it was refused, for people.")
    dialogue_revision: Version | None = Field(default=None, description="The revision of the dialogue that it was said with.")
    dialogue_state: DialogueState | None = Field(default=None, description="Where the dialogue was in its life then.")
    changed_at: Timestamp


class FeedbackReason(StrEnum):
    """Why a match was not relevant."""

    FIELD = "wrong_field"
    REGION = "wrong_region"
    SIZE = "wrong_size"
    KNOWN = "already_known"
    OTHER = "other"


class FeedbackGiven(Event):
    """A supplier said whether a match was relevant. It changes what this supplier is sent, never who may take part.

    One supplier has one word on one match: of several, the highest revision holds. It may come before the match does.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "match_id": "8a6e2f3e-6f0c-5d7e-9a63-0d9a4b1b6f10",
                    "revision": 1,
                    "need_id": "sample-need-leaks-1",
                    "need_version": 1,
                    "supplier_id": "sample-supplier-listen",
                    "relevant": False,
                    "reason": "wrong_region",
                    "given_at": "2026-02-05T10:30:00+01:00",
                }
            ]
        }
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("match_id", "revision")
    KEY: ClassVar[str] = "supplier_id"

    match_id: Id
    revision: Version
    need_id: Id
    need_version: Version | None = Field(
        default=None, description="The version of the need that the supplier judged; by default the newest."
    )
    supplier_id: Id
    relevant: bool = Field(description="Whether the supplier wants to hear of needs like this.")
    reason: FeedbackReason | None = Field(default=None, description="Why it was not relevant; by default another reason.")
    given_at: Timestamp


class PreferenceKind(StrEnum):
    """What can be learned from a supplier's feedback, and lifted again."""

    NEED = "need"
    FIELD = "field"
    REGION = "region"
    STRICTNESS = "strictness"
    ALL = "all"


class PreferencesLifted(Event):
    """A supplier lifted what was learned from the feedback that it gave until then: it is sent such needs again."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "supplier_id": "sample-supplier-listen",
                    "kind": "region",
                    "value": "DK031",
                    "lifted_at": "2026-02-06T10:30:00+01:00",
                }
            ]
        }
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("supplier_id", "kind", "value", "lifted_at")
    KEY: ClassVar[str] = "supplier_id"

    supplier_id: Id
    kind: PreferenceKind
    value: Id | None = Field(
        default=None, description="The need's id, the CPV code or the NUTS code that was muted; by default all of this kind."
    )
    lifted_at: Timestamp
