"""The types that all events share, with the limits of the contract stated once."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

TITLE_MAX = 400  # BT-21 of eForms
TEXT_MAX = 20_000
PARAGRAPH_MAX = 4_000
LABEL_MAX = 300
ID_MAX = 200
URL_MAX = 2_000
CAPABILITIES_MAX = 50
CODES_MAX = 100
LIST_MAX = 50
SLOTS_MAX = 200  # one-to-one meetings of one dialogue
MEMBERS_MAX = 500  # bodies in a joint need
MATCHES_MAX = 200  # and fewer where they would make a record larger than 1 MiB, the default limit of Kafka
VERSION_MAX = 2**53 - 1  # the largest integer that every JSON reader keeps exactly

# Control characters other than tab, line feed and carriage return: a NUL cuts a text in C libraries and in PostgreSQL.
# Half of a surrogate pair is no character and cannot be written as UTF-8.
_CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
_CONTROL = re.compile(rf"[{_CONTROLS}\ud800-\udfff]")
# All of those and the White_Space of Unicode; escapes that every dialect of regular expressions knows, and literal characters.
_NO_LETTERS = r"\x00-\x20\x7f\x85\xa0" + "\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_CPV_CHECK_DIGIT = re.compile(r"([0-9]{8})-[0-9]")
_DAY = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"


@dataclass(frozen=True)
class Published:
    """Says in the JSON Schema, for readers in other languages, what only code checks here."""

    pattern: str

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Add the pattern to what pydantic makes of the type."""
        return {**handler(schema), "pattern": self.pattern}


_TRIMMED = Published(rf"^[^{_NO_LETTERS}][^{_CONTROLS}]*$")


def _no_control_characters(text: str) -> str:
    if found := _CONTROL.search(text):
        raise ValueError(f"holds U+{ord(found[0]):04X} at position {found.start()}, which is no character of a text")
    return text


def _without_check_digit(code: object) -> object:
    matched = _CPV_CHECK_DIGIT.fullmatch(code) if isinstance(code, str) else None
    return matched[1] if matched else code


Id = Annotated[
    str,
    StringConstraints(min_length=1, max_length=ID_MAX, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@+\-]*$"),
    Field(description="Letters, digits and . _ : / @ + -, beginning with a letter or digit."),
]
Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=TITLE_MAX),
    AfterValidator(_no_control_characters),
    _TRIMMED,
]
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=TEXT_MAX),
    AfterValidator(_no_control_characters),
    _TRIMMED,
]
Paragraph = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=PARAGRAPH_MAX),
    AfterValidator(_no_control_characters),
    _TRIMMED,
]
Label = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LABEL_MAX),
    AfterValidator(_no_control_characters),
    _TRIMMED,
]
Reference = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=URL_MAX),
    AfterValidator(_no_control_characters),
    _TRIMMED,
]
Url = Annotated[
    str,
    StringConstraints(min_length=8, max_length=URL_MAX, pattern=rf"^https?://[^{_NO_LETTERS}]+$"),
    AfterValidator(_no_control_characters),
]
Language = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z]{2,3}$"),
    Field(description="ISO 639 code; Norwegian is nb or nn, or no where the form is unknown.", examples=["da"]),
]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), Field(description="ISO 3166-1 alpha-2.", examples=["DK"])]
CpvCodeAsSent = Annotated[str, StringConstraints(pattern=r"^[0-9]{8}(-[0-9])?$")]
CpvCode = Annotated[
    str,
    BeforeValidator(_without_check_digit, json_schema_input_type=CpvCodeAsSent),
    StringConstraints(pattern=r"^[0-9]{8}$"),
    Field(description="CPV 2008 code of eight digits; a check digit (-N) is accepted and dropped.", examples=["90480000"]),
]
NutsCode = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{2}[A-Z0-9]{0,3}$"),
    Field(description="NUTS code of any level; a country code alone means all of it.", examples=["DK031"]),
]
Version = Annotated[
    int, Field(ge=1, le=VERSION_MAX, strict=True, description="Grows with each change; a lower one never replaces it.")
]
Score = Annotated[
    float, Field(ge=0, le=1, allow_inf_nan=False, description="A probability: 0 is no match, 1 a certain one.", examples=[0.91])
]
Timestamp = Annotated[
    AwareDatetime,
    Published(rf"^{_DAY}T{_TIME}$"),
    Field(description="RFC 3339 with an offset.", examples=["2026-03-02T09:00:00+01:00"]),
]
Day = Annotated[date, Published(rf"^{_DAY}$"), Field(description="RFC 3339 full-date.", examples=["2027-01-01"])]
VectorSpaceId = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9-]{4,64}$"),
    Field(
        description="Hash of all that decides a vector: model, revision, prompts, precision, adapter.", examples=["e5s-1f0c2a9b"]
    ),
]


class Model(BaseModel):
    """A frozen value; unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True, ser_json_inf_nan="null")


class Event(Model):
    """Something that happened, said in the past tense.

    `IDENTITY` names the fields that make a repeat recognisable: the CloudEvents id is derived from them alone.
    """

    IDENTITY: ClassVar[tuple[str, ...]]
    KEY: ClassVar[str]

    @property
    def key(self) -> str:
        """The partition key: all events of one thing keep their order."""
        return str(getattr(self, self.KEY))
