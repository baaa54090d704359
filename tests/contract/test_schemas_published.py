"""The generated files are what the models say, and a reader in any language can use them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

import samspil_schemas
from samspil_schemas import CATALOG, TOPICS, published
from samspil_schemas.generate import generated_files, release, write
from samspil_schemas.json_schema import EXTENSION, json_schema

GENERATED = generated_files()
PACKAGE = Path(samspil_schemas.__file__).parent
ASYNCAPI = yaml.safe_load(published.asyncapi())

each_event = pytest.mark.parametrize("spec", CATALOG, ids=lambda spec: spec.name)


def checked_in() -> set[str]:
    return {f"json/{path.name}" for path in (PACKAGE / "json").iterdir()} | {"asyncapi.yaml"}


@pytest.mark.parametrize("name", sorted(GENERATED))
def test_a_generated_file_is_what_the_models_say(name):
    path = PACKAGE / name
    assert path.exists(), f"{name} is missing: run make schemas"
    assert path.read_text(encoding="utf-8") == GENERATED[name], f"{name} is not what the models say: run make schemas"


def test_no_generated_file_is_left_of_an_event_that_is_gone():
    assert checked_in() == set(GENERATED), "run make schemas"


def test_writing_takes_away_the_schema_of_an_event_that_is_gone(tmp_path):
    write({"json/a.json": "{}", "json/b.json": "{}"}, into=tmp_path)
    write({"json/b.json": "{}"}, into=tmp_path)
    assert [path.name for path in (tmp_path / "json").iterdir()] == ["b.json"]


def test_a_release_is_made_once(tmp_path):
    folder = release("7.0", into=tmp_path)
    assert len(list(folder.glob("json/*.json"))) == len(CATALOG)
    with pytest.raises(FileExistsError, match="never changes"):
        release("7.0", into=tmp_path)


@each_event
def test_the_schema_that_is_served_is_the_one_that_was_made(spec):
    assert published.schemas()[spec.name] == json_schema(spec)


@each_event
def test_a_schema_is_valid_by_its_own_dialect(spec):
    schema = json_schema(spec)
    assert validator_for(schema) is Draft202012Validator
    Draft202012Validator.check_schema(schema)


@each_event
def test_a_schema_says_where_its_event_travels(spec):
    schema = json_schema(spec)
    assert schema["$id"] == f"urn:samspil:schema:{spec.name}"
    said = schema[EXTENSION]
    assert (said["type"], said["topic"], said["key"]) == (spec.ce_type, spec.topic.name, spec.model.KEY)
    assert {said["key"], *said["identity"]} <= set(schema["properties"])


@each_event
def test_everything_is_described(spec):
    schema = json_schema(spec)
    for name, model in {spec.model.__name__: schema, **schema.get("$defs", {})}.items():
        assert model.get("title"), f"{name} has no title"
        assert model.get("description"), f"{name} has no description: give it a docstring"
        for field, held in model.get("properties", {}).items():
            assert described(held), f"{name}.{field} has no description"


def described(schema: dict[str, Any]) -> bool:
    return "description" in schema or "$ref" in schema


@each_event
def test_the_examples_are_valid_here_and_for_a_foreign_validator(spec):
    schema = json_schema(spec)
    assert schema["examples"], f"{spec.name} has no example"
    for example in schema["examples"]:
        event = spec.model.model_validate(example)
        Draft202012Validator(schema).validate(example)
        Draft202012Validator(schema).validate(event.model_dump(mode="json"))


def refs(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for held in value.values():
            yield from refs(held)
    elif isinstance(value, list):
        for held in value:
            yield from refs(held)


def resolve(ref: str) -> Any:
    assert ref.startswith("#/"), f"{ref} points out of the document"
    target: Any = ASYNCAPI
    for step in ref.removeprefix("#/").split("/"):
        assert step in target, f"{ref} leads nowhere"
        target = target[step]
    return target


def test_asyncapi_names_the_version_and_the_parts_of_the_standard():
    assert ASYNCAPI["asyncapi"] == "3.0.0"
    assert {"title", "version", "description"} <= set(ASYNCAPI["info"])
    known = {"asyncapi", "id", "info", "defaultContentType", "servers", "channels", "operations", "components"}
    assert set(ASYNCAPI) <= known


def test_asyncapi_refers_only_to_what_it_holds():
    found = set(refs(ASYNCAPI))
    assert found
    for ref in found:
        resolve(ref)


def test_asyncapi_has_every_topic_as_kafka_has_it():
    channels = {channel["address"]: channel for name, channel in ASYNCAPI["channels"].items() if name != "dead-letters"}
    assert set(channels) == {topic.name for topic in TOPICS}
    for topic in TOPICS:
        binding = channels[topic.name]["bindings"]["kafka"]
        assert (binding["topic"], binding["partitions"]) == (topic.name, topic.partitions)
        config = {
            key: value[0] if isinstance(value, list) else str(value) for key, value in binding["topicConfiguration"].items()
        }
        assert config == topic.config()


@each_event
def test_asyncapi_has_every_event_on_its_topic_alone(spec):
    name = spec.model.__name__
    holding = [channel["address"] for channel in ASYNCAPI["channels"].values() if name in channel["messages"]]
    assert holding == [spec.topic.name]
    message = ASYNCAPI["components"]["messages"][name]
    assert message["headers"]["properties"]["ce_type"] == {"const": spec.ce_type}


@each_event
def test_asyncapi_examples_are_valid_by_its_own_schemas(spec):
    message = ASYNCAPI["components"]["messages"][spec.model.__name__]
    components = {"components": ASYNCAPI["components"]}
    for example in message["examples"]:
        Draft202012Validator({**message["payload"], **components}).validate(example["payload"])
        Draft202012Validator({**message["headers"], **components}).validate(example["headers"])
        assert not Draft202012Validator({**message["headers"], **components}).is_valid({**example["headers"], "ce_type": "other"})


def test_asyncapi_says_who_sends_and_who_receives():
    operations = ASYNCAPI["operations"].values()
    for operation in operations:
        assert operation["action"] in {"send", "receive"}
        assert "address" in resolve(operation["channel"]["$ref"])

    def topics(action: str) -> set[str]:
        return {resolve(found["channel"]["$ref"])["address"] for found in operations if found["action"] == action}

    assert topics("receive") == {topic.name for topic in TOPICS if topic.clients_write}
    assert topics("send") == {topic.name for topic in TOPICS} | {"{topic}.{group}.dlt"}
