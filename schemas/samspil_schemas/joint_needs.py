"""Joint needs: bodies that put the same requirement to the market, each on a rung of the commitment ladder."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from samspil_schemas.base import (
    LIST_MAX,
    MEMBERS_MAX,
    Country,
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
    Version,
)
from samspil_schemas.needs import Volume


class Rung(StrEnum):
    """What a member has undertaken, the lowest first; a partner is no signatory, and a signatory is no first buyer."""

    OBSERVER = "observer"
    PARTNER = "partner"
    INTENT_SIGNER = "intent_signer"
    FIRST_BUYER = "first_buyer"


class MemberRole(StrEnum):
    """What a member does for the others, whatever rung it stands on."""

    NEED_OWNER = "need_owner"
    FACILITATOR = "facilitator"


class SnapshotPart(StrEnum):
    """What a snapshot leaves out, the first first, where it would be larger than a record of the log may be."""

    UNDERTAKINGS = "undertakings"
    FOLLOW_UPS = "follow_ups"
    FORMER_MEMBERS = "former_members"
    VOLUMES = "volumes"
    TOTAL_VOLUMES = "total_volumes"
    MEMBERS = "members"


_FollowUps = Annotated[
    tuple[Id, ...], Field(max_length=LIST_MAX, description="Later needs of its own that carry out what it declared.")
]
_FollowUpsOmitted = Annotated[
    int,
    Field(ge=0, le=LIST_MAX, strict=True, description="How many of them are left out, as the record would be too large."),
]


class Member(Model):
    """One body in a joint need."""

    buyer_id: Id
    name: Label = Field(description="The body's name.")
    country: Country
    rung: Rung
    roles: tuple[MemberRole, ...] = Field(
        default=(), max_length=len(MemberRole), description="A joint need has one need owner; facilitators only help."
    )
    need_id: Id | None = Field(default=None, description="Its own need, if it published one.")
    undertaking: Paragraph | None = Field(default=None, description="What it declares, in its own words.")
    volume: Volume | None = Field(default=None, description="How much it expects to need.")
    horizon: Day | None = Field(default=None, description="When it expects to buy.")
    signed_on: Day | None = Field(default=None, description="The date on its declaration, as the body gives it.")
    since: Timestamp = Field(description="Since when it stands on this rung.")
    version: Version = Field(description="Of its commitment: grows with each change of it.")
    followed_up_by: _FollowUps = ()
    follow_ups_omitted: _FollowUpsOmitted = 0


class FormerMember(Model):
    """A body that has left, with the needs that carry out what it had declared all the same."""

    buyer_id: Id
    name: Label = Field(description="The body's name.")
    country: Country
    left_at: Timestamp = Field(description="When it withdrew its commitment.")
    followed_up_by: _FollowUps = ()
    follow_ups_omitted: _FollowUpsOmitted = 0


class RungTotal(Model):
    """How many stand on a rung, and what they expect to need. Different units are never added."""

    rung: Rung
    bodies: Annotated[int, Field(ge=0, le=MEMBERS_MAX, strict=True, description="How many stand on it.")]
    volumes: tuple[Volume, ...] = Field(default=(), max_length=MEMBERS_MAX, description="The sum of each unit.")
    horizon: Day | None = Field(default=None, description="When the last of them expects to buy.")


class JointNeedChanged(Event):
    """The joint need as it now stands; a higher revision replaces a lower one, in whatever order they come."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "joint_need_id": "joint:sample-leaks",
                    "revision": 2,
                    "title": "Know where drinking water leaks, without digging",
                    "description": "We lose a fifth of our drinking water, and put the same requirement to the market.",
                    "language": "en",
                    "stage": "declaration of intent",
                    "stage_since": "2026-04-01T08:00:00Z",
                    "summary": "1 body committed, 1 intends: 1,200 km of pipe by 2027",
                    "totals": [
                        {"rung": "intent_signer", "bodies": 1},
                        {
                            "rung": "first_buyer",
                            "bodies": 1,
                            "volumes": [{"amount": 1200, "unit": "km of pipe"}],
                            "horizon": "2027-01-01",
                        },
                    ],
                    "members": [
                        {
                            "buyer_id": "sample-buyer-northby",
                            "name": "Northby Sample Municipality",
                            "country": "DK",
                            "rung": "first_buyer",
                            "roles": ["need_owner"],
                            "need_id": "sample-need-leaks-1",
                            "undertaking": "We buy a first system for the northern network in 2027.",
                            "volume": {"amount": 1200, "unit": "km of pipe"},
                            "horizon": "2027-01-01",
                            "since": "2026-04-01T08:00:00Z",
                            "version": 1,
                        },
                        {
                            "buyer_id": "sample-buyer-soderby",
                            "name": "Söderby exempelkommun",
                            "country": "SE",
                            "rung": "intent_signer",
                            "undertaking": "Vi avser att ställa motsvarande krav i vår nästa upphandling.",
                            "since": "2026-04-20T08:00:00Z",
                            "version": 2,
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
    language: Language = Field(description="The language of title and description.")
    stage: Label = Field(description="A stage of the configured process.")
    stage_since: Timestamp = Field(description="Since when it is in this stage.")
    summary: Paragraph = Field(
        description="The ladder in words.", examples=["1 body committed, 13 intend: 4,200 water meters by 2028"]
    )
    totals: tuple[RungTotal, ...] = Field(default=(), max_length=len(Rung), description="Rungs that somebody stands on.")
    members: tuple[Member, ...] = Field(max_length=MEMBERS_MAX, description="All members, each on its rung.")
    former_members: tuple[FormerMember, ...] = Field(
        default=(),
        max_length=MEMBERS_MAX,
        description="Bodies that have left and followed up; of more than the list takes, those who left last.",
    )
    omitted: tuple[SnapshotPart, ...] = Field(
        default=(),
        max_length=len(SnapshotPart),
        description="What is left out, as the record would be too large with it; the API has it. Of members those on the lowest "
        "rungs are, and the totals still count them.",
    )
    follow_up_summary: Paragraph | None = Field(
        default=None,
        description="Who of those that signed the intent has published a need or tender since; absent while nobody has signed.",
        examples=["7 of 13 that signed intent have followed up"],
    )
    closed_at: Timestamp | None = Field(default=None, description="When its need owner closed it; then nobody can join any more.")
    closed_because: Label | None = Field(default=None, description="Why it was closed, for people.")
    changed_at: Timestamp


class JointNeedGrew(Event):
    """A joint need that the supplier matches has grown: a member stands higher than it ever did. Said once for each such step."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "joint_need_id": "joint:sample-leaks",
                    "revision": 2,
                    "supplier_id": "sample-supplier-listen",
                    "match_id": "7d7c4a52-6f0b-5c51-9a46-0e4ed8ad6d0f",
                    "title": "Know where drinking water leaks, without digging",
                    "buyer_id": "sample-buyer-soderby",
                    "buyer_name": "Söderby exempelkommun",
                    "rung": "intent_signer",
                    "summary": "1 body committed, 1 intends: 1,200 km of pipe by 2027",
                    "grew_at": "2026-04-20T08:00:00Z",
                }
            ]
        }
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("joint_need_id", "supplier_id", "buyer_id", "rung")
    KEY: ClassVar[str] = "supplier_id"

    joint_need_id: Id = Field(description="Also the id of its need on the topic of needs.")
    revision: Version
    supplier_id: Id
    match_id: Id = Field(description="The match of the supplier with the joint need.")
    title: Title = Field(description="What the members need, in one line.")
    buyer_id: Id = Field(description="The member that has gone up.")
    buyer_name: Label = Field(description="The member's name.")
    rung: Rung = Field(description="The rung that it has reached.")
    summary: Paragraph = Field(description="The ladder in words, as it then stood.")
    grew_at: Timestamp
