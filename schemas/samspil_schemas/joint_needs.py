"""Joint needs: bodies that put the same requirement to the market, each on a rung of the commitment ladder."""

from enum import StrEnum
from typing import ClassVar

from pydantic import ConfigDict, Field

from samspil_schemas.base import Country, Day, Event, Id, Label, Model, Paragraph, Text, Timestamp, Title, Version
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
    name: Label = Field(description="The body's name.")
    country: Country
    rung: Rung
    need_id: Id | None = Field(default=None, description="Its own need, if it published one.")
    undertaking: Paragraph | None = Field(default=None, description="What it declares, in its own words.")
    volume: Volume | None = Field(default=None, description="How much it expects to need.")
    horizon: Day | None = Field(default=None, description="When it expects to buy.")
    since: Timestamp = Field(description="Since when it stands on this rung.")


class JointNeedChanged(Event):
    """The joint need as it now stands."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "joint_need_id": "joint:sample-leaks",
                    "revision": 2,
                    "title": "Know where drinking water leaks, without digging",
                    "description": "We lose a fifth of our drinking water, and put the same requirement to the market.",
                    "stage": "declaration of intent",
                    "members": [
                        {
                            "buyer_id": "sample-buyer-northby",
                            "name": "Northby Sample Municipality",
                            "country": "DK",
                            "rung": "first_buyer",
                            "need_id": "sample-need-leaks-1",
                            "volume": {"amount": 1200, "unit": "km of pipe"},
                            "horizon": "2027-01-01",
                            "since": "2026-04-01T08:00:00Z",
                        },
                        {
                            "buyer_id": "sample-buyer-soderby",
                            "name": "Söderby exempelkommun",
                            "country": "SE",
                            "rung": "intent_signer",
                            "since": "2026-04-20T08:00:00Z",
                        },
                    ],
                    "changed_at": "2026-04-20T08:00:00Z",
                }
            ]
        }
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("joint_need_id", "revision")
    KEY: ClassVar[str] = "joint_need_id"

    joint_need_id: Id
    revision: Version
    title: Title = Field(description="What the members need, in one line.")
    description: Text = Field(description="The requirement that they put to the market together.")
    stage: Label = Field(description="A stage of the configured process.")
    members: tuple[Member, ...] = Field(max_length=MEMBERS_MAX, description="All members, each on its rung.")
    changed_at: Timestamp
