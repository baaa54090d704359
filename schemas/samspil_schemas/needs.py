"""Needs: what a public body wants solved, said as functions and effects, not as a product."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from samspil_schemas.base import (
    CODES_MAX,
    LIST_MAX,
    MEMBERS_MAX,
    Country,
    CpvCode,
    Day,
    Event,
    Id,
    Label,
    Language,
    Model,
    NutsCode,
    Paragraph,
    Reference,
    Text,
    Timestamp,
    Title,
    Url,
    Version,
)
from samspil_schemas.dialogues import DialogueAnnouncement


class Stage(StrEnum):
    """How far the buyer has come."""

    IDEA = "idea"
    EXPLORING = "exploring"
    DIALOGUE = "dialogue"
    PREPARING = "preparing"
    TENDER = "tender"


class Buyer(Model):
    """The public body that owns the need."""

    id: Id
    name: Label = Field(description="The body's name.")
    country: Country


class Volume(Model):
    """How much the buyer expects to need."""

    amount: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(description="How many of the unit.")
    unit: Label = Field(description="What is counted.", examples=["water meters", "DKK", "places a year"])


class Source(Model):
    """Where the need was first published."""

    kind: Label = Field(description="eforms, ocds, jsonl, web, …", examples=["eforms"])
    reference: Label = Field(description="The notice id, ocid or row id there.")
    number: Label | None = Field(
        default=None, description="Its number in the official journal, as later notices cite it.", examples=["601506-2023"]
    )
    url: Url | None = Field(default=None, description="Where people can read it.")
    published_at: Timestamp | None = Field(default=None, description="When it was published there.")


class NeedStatement(Model):
    """A need as its owner states it. Contacts are personal data and stay in the record, never here."""

    title: Title = Field(description="The need in one line.")
    description: Text = Field(description="The problem, and what a solution should achieve.")
    language: Language = Field(description="The language of title and description.")
    buyer: Buyer
    affected: Paragraph | None = Field(default=None, description="Who is affected.")
    situation: Paragraph | None = Field(default=None, description="How it is done today.")
    effects: tuple[Paragraph, ...] = Field(default=(), max_length=LIST_MAX, description="Desired effects and functions.")
    constraints: tuple[Paragraph, ...] = Field(default=(), max_length=LIST_MAX, description="What any solution must respect.")
    questions: tuple[Paragraph, ...] = Field(default=(), max_length=LIST_MAX, description="Questions to the market.")
    cpv: tuple[CpvCode, ...] = Field(default=(), max_length=CODES_MAX, description="Main code first.")
    regions: tuple[NutsCode, ...] = Field(default=(), max_length=CODES_MAX, description="Where; none means anywhere.")
    volume: Volume | None = Field(default=None, description="How much the buyer expects to need.")
    horizon: Day | None = Field(default=None, description="When the buyer expects to buy.")
    stage: Stage = Stage.IDEA
    answer_deadline: Timestamp | None = Field(default=None, description="Until when the buyer takes answers.")
    documents: tuple[Url, ...] = Field(default=(), max_length=LIST_MAX, description="Where its documents are.")
    source: Source | None = Field(default=None, description="Where it was first published, if elsewhere.")
    follows: tuple[Reference, ...] = Field(
        default=(),
        max_length=LIST_MAX,
        description="Earlier publications that this one follows, such as a joint need or a market consultation: their ids, "
        "notice numbers or addresses (BT-125 of eForms).",
    )
    dialogue: DialogueAnnouncement | None = Field(default=None, description="A market dialogue that the need announces.")
    excluded_suppliers: tuple[Id, ...] = Field(
        default=(),
        max_length=LIST_MAX,
        description="Suppliers that must not be notified (legal exclusion). All may still attend.",
    )
    joint_members: tuple[Id, ...] = Field(
        default=(),
        max_length=MEMBERS_MAX,
        description="The bodies that are or ever were members, where it is the text of a joint need: all of them, or all members "
        "and those who left last. Samspil alone writes it.",
    )


class NeedPublished(Event):
    """A need is open, in this version."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "need_id": "sample-need-leaks-1",
                    "version": 1,
                    "statement": {
                        "title": "Find leaks in drinking water pipes before the street floods",
                        "description": "A fifth of the water is lost under the streets. We want to know where, without digging.",
                        "language": "en",
                        "buyer": {"id": "sample-buyer-northby", "name": "Northby Sample Municipality", "country": "DK"},
                        "cpv": ["90490000"],
                        "regions": ["DK031"],
                    },
                }
            ]
        }
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("need_id", "version")
    KEY: ClassVar[str] = "need_id"

    need_id: Id
    version: Version
    statement: NeedStatement


class NeedWithdrawn(Event):
    """A need is no longer open: this version and all before it. A higher version opens it again."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"need_id": "sample-need-leaks-1", "version": 1, "reason": "bought elsewhere"}]}
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("need_id", "version")
    KEY: ClassVar[str] = "need_id"

    need_id: Id
    version: Version
    reason: Label | None = Field(default=None, description="Why, for people.")
