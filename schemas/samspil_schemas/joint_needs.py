"""Joint needs: bodies that put the same requirement to the market, each on a rung of the commitment ladder."""

from datetime import date
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from samspil_schemas.base import Country, Event, Id, Label, Model, Paragraph, Text, Timestamp, Title, Version
from samspil_schemas.needs import Volume

MEMBERS_MAX = 500


class Rung(StrEnum):
    """What a member has undertaken; a partner is no signatory, and a signatory is no first buyer."""

    OBSERVER = "observer"
    PARTNER = "partner"
    INTENT_SIGNER = "intent_signer"
    FIRST_BUYER = "first_buyer"
    NEED_OWNER = "need_owner"
    FACILITATOR = "facilitator"


class Member(Model):
    """One body in a joint need."""

    buyer_id: Id
    name: Label
    country: Country
    rung: Rung
    need_id: Id | None = None
    undertaking: Paragraph | None = None
    volume: Volume | None = None
    horizon: date | None = None
    since: Timestamp


class JointNeedChanged(Event):
    """The joint need as it now stands."""

    IDENTITY: ClassVar[tuple[str, ...]] = ("joint_need_id", "revision")
    KEY: ClassVar[str] = "joint_need_id"

    joint_need_id: Id
    revision: Version
    title: Title
    description: Text
    stage: Label = Field(description="A stage of the configured process.")
    members: tuple[Member, ...] = Field(max_length=MEMBERS_MAX)
    changed_at: Timestamp
