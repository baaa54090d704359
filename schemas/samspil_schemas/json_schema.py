"""The JSON Schema of each event, for clients in any language.

A schema says what may be *sent*: what it accepts, Samspil reads. A few rules it cannot say; they are in `UNSAID`. Samspil also
reads a little more than the schema allows (`LENIENT`), which nobody should lean on.
"""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from samspil_schemas.base import Event
from samspil_schemas.catalog import EventSpec

DIALECT = "https://json-schema.org/draft/2020-12/schema"
EXTENSION = "x-samspil"

UNSAID = (
    "The ids of a profile's capability statements differ.",
    "Neither a dialogue nor a slot ends before it starts, slots do not overlap, and only one-to-one meetings have slots.",
    "A date is one that the calendar has, from the year 1; there are no leap seconds.",
    "Whole numbers are written without a fraction: 1, not 1.0.",
)
LENIENT = (
    "White space around a text is dropped.",
    "A number or a truth value may be written as a string, and a time as seconds since 1970 or with a space for the T.",
)


class Generator(GenerateJsonSchema):
    """Pydantic's generator, without titles that repeat the field's name, and with the names of a map's keys checked."""

    def field_title_should_be_set(self, schema: object) -> bool:
        """No field has a title; its name and its description say what it is."""
        del schema
        return False

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Pydantic lets keys that break the pattern hold anything; here they are refused."""
        made = super().dict_schema(schema)
        for pattern, values in made.pop("patternProperties", {}).items():
            made["additionalProperties"] = values
            made["propertyNames"] = {**made.get("propertyNames", {}), "pattern": pattern}
        return made


def json_schema(spec: EventSpec) -> dict[str, Any]:
    """The published JSON Schema (2020-12) of one event.

    `x-samspil` holds what the payload alone does not say: the CloudEvents type, the topic, the field that is the record's key,
    the fields that the CloudEvents id is derived from, and who writes the event.
    """
    body = spec.model.model_json_schema(mode="validation", schema_generator=Generator)
    head = {key: body.pop(key) for key in ("title", "description", "examples")}
    return {"$schema": DIALECT, "$id": spec.schema_uri, **head, EXTENSION: _extension(spec), **body}


def _extension(spec: EventSpec) -> dict[str, Any]:
    return {
        "type": spec.ce_type,
        "topic": spec.topic.name,
        "key": spec.model.KEY,
        "identity": list(spec.model.IDENTITY),
        "writers": "clients" if spec.topic.clients_write else "samspil",
    }


def shared_definitions(models: list[type[Event]], *, ref_template: str) -> dict[str, Any]:
    """The schemas of these events and of all that they hold, by model name, referring to each other through `ref_template`."""
    generator = Generator(ref_template=ref_template)
    _, definitions = generator.generate_definitions([(model, "validation", model.__pydantic_core_schema__) for model in models])
    return {str(name): schema for name, schema in definitions.items()}
