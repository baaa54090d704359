"""Suppliers: what they can do, in their own words and languages."""

from enum import StrEnum
from typing import ClassVar, Self

from pydantic import ConfigDict, Field, model_validator

from samspil_schemas.base import (
    CAPABILITIES_MAX,
    CODES_MAX,
    LIST_MAX,
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
    Version,
)


class SupplierSize(StrEnum):
    """Size classes of the EU recommendation 2003/361."""

    MICRO = "micro"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class CapabilityStatement(Model):
    """One thing that a supplier can do."""

    id: Id
    text: Paragraph = Field(description="What it can do, in its own words.")
    language: Language = Field(description="The language of the text.")
    cpv: tuple[CpvCode, ...] = Field(default=(), max_length=CODES_MAX, description="Codes of this capability alone.")


class Certification(Model):
    """A certificate and how long it holds."""

    name: Label = Field(description="What it is called.", examples=["ISO 14001"])
    valid_until: Day | None = Field(default=None, description="The last day on which it holds.")


class Exclusions(Model):
    """What the supplier does not want to hear of."""

    buyers: tuple[Id, ...] = Field(default=(), max_length=CODES_MAX, description="Ids of buyers.")
    cpv: tuple[CpvCode, ...] = Field(default=(), max_length=CODES_MAX, description="Each with all codes below it.")
    regions: tuple[NutsCode, ...] = Field(default=(), max_length=CODES_MAX, description="Each with all regions within it.")


class SupplierProfile(Model):
    """Who the supplier is and what it can do. Contacts and preferences are personal data and stay in the record."""

    name: Label = Field(description="The supplier's name.")
    legal_id: Label | None = Field(default=None, description="Its number in the business register of its country.")
    country: Country
    regions: tuple[NutsCode, ...] = Field(default=(), max_length=CODES_MAX, description="Served regions; none means anywhere.")
    cpv: tuple[CpvCode, ...] = Field(default=(), max_length=CODES_MAX, description="Codes of all that it does.")
    capabilities: tuple[CapabilityStatement, ...] = Field(
        min_length=1, max_length=CAPABILITIES_MAX, description="What it can do, one thing each; their ids differ."
    )
    references: tuple[Paragraph, ...] = Field(default=(), max_length=LIST_MAX, description="What it has done, and for whom.")
    certifications: tuple[Certification, ...] = Field(
        default=(), max_length=LIST_MAX, description="Certificates and how long they hold."
    )
    size: SupplierSize | None = Field(default=None, description="Its size class.")
    languages: tuple[Language, ...] = Field(default=(), max_length=LIST_MAX, description="Languages it reads, best first.")
    exclusions: Exclusions = Exclusions()

    @model_validator(mode="after")
    def _capability_ids_differ(self) -> Self:
        ids = [capability.id for capability in self.capabilities]
        if len(set(ids)) != len(ids):
            raise ValueError("two capability statements have the same id")
        return self


class ProfilePublished(Event):
    """A supplier's profile holds, in this version."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "supplier_id": "sample-supplier-listen",
                    "version": 1,
                    "profile": {
                        "name": "Listen Sample Acoustics",
                        "country": "DK",
                        "regions": ["DK", "SE22"],
                        "cpv": ["90490000"],
                        "capabilities": [
                            {"id": "c1", "text": "We hear leaks through sensors on hydrants.", "language": "en"},
                        ],
                    },
                }
            ]
        }
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("supplier_id", "version")
    KEY: ClassVar[str] = "supplier_id"

    supplier_id: Id
    version: Version
    profile: SupplierProfile


class ProfileWithdrawn(Event):
    """A profile no longer holds: this version and all before it. A higher version opens it again."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"supplier_id": "sample-supplier-listen", "version": 1, "reason": "merged into another"}]}
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("supplier_id", "version")
    KEY: ClassVar[str] = "supplier_id"

    supplier_id: Id
    version: Version
    reason: Label | None = Field(default=None, description="Why, for people.")
