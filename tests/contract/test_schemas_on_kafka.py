"""What is really written to Kafka is what the AsyncAPI document says, headers and key too."""

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from samspil.adapters.kafka.dead_letters import dead_letter
from samspil.adapters.kafka.envelope import VALUE_MAX, decode, encode
from samspil.clock import ManualClock
from samspil.ports import Received
from samspil.recovery import Failure, RawRecord
from samspil_schemas import CATALOG, published

ASYNCAPI = yaml.safe_load(published.asyncapi())
CLOCK = ManualClock()

each_event = pytest.mark.parametrize("spec", CATALOG, ids=lambda spec: spec.name)


def validator(part: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**part, "components": ASYNCAPI["components"]})


def message(name: str) -> dict[str, Any]:
    return ASYNCAPI["components"]["messages"][name]


def raw(topic: str, *, key: bytes, value: bytes, headers: tuple[tuple[str, bytes | None], ...]) -> RawRecord:
    return RawRecord(topic=topic, partition=3, offset=17, key=key, value=value, headers=headers, timestamp_ms=0)


@each_event
def test_an_event_is_written_as_documented(spec):
    event = spec.model.model_validate(spec.model.model_config["json_schema_extra"]["examples"][0])
    written = encode(event, service="registry", clock=CLOCK)
    headers = {name: value.decode() for name, value in written.headers if value is not None}
    said = message(spec.model.__name__)
    validator(said["headers"]).validate(headers)
    assert set(headers) == set(ASYNCAPI["components"]["schemas"]["CloudEvent"]["properties"])
    validator(said["payload"]).validate(json.loads(written.value))
    assert written.topic == spec.topic.name
    assert written.key.decode() == json.loads(written.value)[spec.model.KEY]


@each_event
def test_the_documented_example_is_read_as_the_event(spec):
    for example in message(spec.model.__name__)["examples"]:
        headers = tuple((name, value.encode()) for name, value in example["headers"].items())
        key = example["headers"]["ce_partitionkey"].encode()
        record = raw(spec.topic.name, key=key, value=json.dumps(example["payload"]).encode(), headers=headers)
        received = decode(record)
        assert isinstance(received, Received), received
        assert received.event == spec.model.model_validate(example["payload"])
        assert received.event_id == example["headers"]["ce_id"]


@each_event
def test_the_required_headers_alone_are_enough(spec):
    (example, *_) = message(spec.model.__name__)["examples"]
    required = ASYNCAPI["components"]["schemas"]["CloudEvent"]["required"]
    value = json.dumps(example["payload"]).encode()
    key = str(example["payload"][spec.model.KEY]).encode()
    headers = tuple((name, example["headers"][name].encode()) for name in required)
    assert isinstance(decode(raw(spec.topic.name, key=key, value=value, headers=headers)), Received)
    for name in required:
        fewer = tuple(header for header in headers if header[0] != name)
        assert not isinstance(decode(raw(spec.topic.name, key=key, value=value, headers=fewer)), Received), name


@pytest.mark.parametrize("value", [b"{", b"x" * (VALUE_MAX + 1)], ids=["broken", "too large"])
def test_a_dead_letter_is_written_as_documented(value):
    record = raw("samspil.needs.v1", key=b"need-1", value=value, headers=(("ce_id", b"1"), ("empty", None)))
    dead = dead_letter(Failure(record=record, reason="It is no JSON."), group="matching", failed_at=CLOCK.now())
    channel = ASYNCAPI["channels"]["dead-letters"]
    assert dead.topic == channel["address"].format(topic="samspil.needs.v1", group="matching")
    ours = {name: text.decode() for name, text in dead.headers if name.startswith("dlt_") and text is not None}
    headers = message("DeadLetter")["headers"]
    validator(headers).validate(ours)
    assert set(headers["required"]) <= set(ours) <= set(headers["properties"])
