"""The AsyncAPI 3.0 document of the contract, made from the catalogue and the topics; it refers to nothing outside itself."""

import json
from typing import Any

from samspil_schemas.base import ID_MAX, Event
from samspil_schemas.catalog import CATALOG, CONTRACT_VERSION, EventSpec, event_id
from samspil_schemas.json_schema import LENIENT, UNSAID, shared_definitions
from samspil_schemas.topics import DEAD_LETTER_RETENTION_MS, NEEDS, PARTITIONS, SUPPLIERS, TOPICS, Topic

JSON = dict[str, Any]

KAFKA_BINDING = "0.5.0"
CONTENT_TYPE = "application/json"
SPECVERSION = "1.0"

# A null value on these topics withdraws what the key names.
TOMBSTONES = (NEEDS, SUPPLIERS)

_ABOUT = """\
Needs of public bodies, the suppliers who could meet them, and the other bodies that share them, as events on Kafka topics.
*This application* is Samspil: it **receives** what clients write and **sends** everything else. Anyone with access to the topics
can take part with this document alone.

**Envelope.** CloudEvents 1.0, Kafka binding, binary content mode: the value is the event as JSON in UTF-8, the attributes are
record headers with the prefix `ce_`, and the record's key is the id that orders the topic: the same as the field named under each
message's key. `ce_type` says which event it is and holds the major version of its schema. Send a repeat with the same `ce_id`;
Samspil derives its own ids from what an event says. Structured content mode (`application/cloudevents+json`) is read too, and
never written. A value is at most 1 MiB of plain JSON: UTF-8 without byte order mark, no name twice in an object, no NaN.

**Reading.** Delivery is at least once, and order holds within a key only: keep the highest version, and drop an event whose
`ce_id` you have taken before. Ignore fields that you do not know.

**Versions.** Within a major version, what was valid stays valid, and no field disappears or changes its meaning. New fields are
optional. An event that Samspil alone writes gets no new value in a field that exists: your closed enumerations are safe.

**What the schemas cannot say.**
{unsaid}

**What Samspil reads beyond them**, and nobody should lean on:
{lenient}

**Dead letters.** A record that a consumer group of Samspil cannot take (unreadable, or refused by a rule) is copied unchanged
to `<topic>.<group>.dlt`, key, value and headers, and the group goes on. Look there if what you sent had no effect: headers that
begin with `dlt_` say where the record stood and why it was given up. Send it again as it is once the reason is gone.
"""

_ATTRIBUTES: JSON = {
    "ce_specversion": {"const": SPECVERSION, "description": "The version of CloudEvents."},
    "ce_id": {
        "type": "string",
        "minLength": 1,
        "maxLength": ID_MAX,
        "description": "The same for each repeat of the event, and for no other event of its source. Samspil's own are UUIDs of "
        "version 5, derived from the type and the fields under `x-samspil` `identity`.",
    },
    "ce_source": {
        "type": "string",
        "format": "uri-reference",
        "minLength": 1,
        "description": "Who says it: a URI or a path that names the sender.",
    },
    "ce_type": {"type": "string", "description": "Which event it is, with the major version of its schema."},
    "ce_time": {"type": "string", "format": "date-time", "description": "When it happened."},
    "ce_subject": {"type": "string", "description": "What it is about: the same as the record's key."},
    "ce_partitionkey": {"type": "string", "description": "The record's key."},
    "ce_dataschema": {"type": "string", "format": "uri", "description": "The `$id` of the JSON Schema of the value."},
    "content-type": {
        "type": "string",
        "pattern": r"^application/([\w.-]+\+)?json",
        "description": "application/json, or left out, which means the same.",
    },
}
# What stands beside the record's own headers in a dead letter.
_DEAD_LETTER_HEADERS: JSON = {
    "dlt_reason": {"type": "string", "description": "Why the group could not take it, in a sentence."},
    "dlt_topic": {"type": "string", "description": "The topic that it stood on."},
    "dlt_partition": {"type": "string", "description": "The partition there, in digits."},
    "dlt_offset": {"type": "string", "description": "The offset there, in digits."},
    "dlt_group": {"type": "string", "description": "The consumer group that gave it up."},
    "dlt_failed_at": {"type": "string", "format": "date-time", "description": "When it was given up."},
    "dlt_value_bytes": {"type": "string", "description": "The length of the value, where it was too long and is cut here."},
}
_REQUIRED_ATTRIBUTES = ["ce_specversion", "ce_id", "ce_source", "ce_type"]


def document() -> JSON:
    """The whole document, ready to be written as YAML or JSON."""
    events: list[type[Event]] = [spec.model for spec in CATALOG]
    made: JSON = {
        "asyncapi": "3.0.0",
        "id": "urn:samspil:events",
        "info": _info(),
        "defaultContentType": CONTENT_TYPE,
        "servers": {"kafka": _server()},
        "channels": {**{channel_id(topic): _channel(topic) for topic in TOPICS}, "dead-letters": _dead_letter_channel()},
        "operations": _operations(),
        "components": {
            "messages": {
                **{spec.model.__name__: _message(spec) for spec in CATALOG},
                "Tombstone": _tombstone(),
                "DeadLetter": _dead_letter(),
            },
            "schemas": {
                "CloudEvent": {
                    "title": "CloudEvent",
                    "description": "The attributes of CloudEvents 1.0 as record headers, in UTF-8.",
                    "type": "object",
                    "required": _REQUIRED_ATTRIBUTES,
                    "properties": _ATTRIBUTES,
                },
                **shared_definitions(events, ref_template="#/components/schemas/{model}"),
            },
        },
    }
    copy: JSON = json.loads(json.dumps(made))  # no object twice, so that YAML needs no anchors
    return copy


def channel_id(topic: Topic) -> str:
    """The short name of a topic: needs, match-reports."""
    return topic.name.split(".")[1]


def _info() -> JSON:
    about = _ABOUT.format(unsaid="\n".join(f"- {rule}" for rule in UNSAID), lenient="\n".join(f"- {rule}" for rule in LENIENT))
    return {
        "title": "Samspil events",
        "version": CONTRACT_VERSION,
        "description": about,
        "license": {"name": "Apache-2.0"},
    }


def _server() -> JSON:
    return {
        "host": "{host}",
        "protocol": "kafka",
        "description": "Apache Kafka, or the broker that a single process embeds.",
        "variables": {"host": {"description": "Host and port.", "default": "localhost:9092"}},
    }


def _kafka_channel(*, partitions: int, cleanup: str, retention_ms: int | None, name: str | None = None) -> JSON:
    configuration: JSON = {"cleanup.policy": [cleanup]}
    if retention_ms is not None:
        configuration["retention.ms"] = retention_ms
    named = {} if name is None else {"topic": name}
    return {"kafka": {**named, "partitions": partitions, "topicConfiguration": configuration, "bindingVersion": KAFKA_BINDING}}


def _channel(topic: Topic) -> JSON:
    messages = {spec.model.__name__: _ref("messages", spec.model.__name__) for spec in CATALOG if spec.topic is topic}
    if topic in TOMBSTONES:
        messages["Tombstone"] = _ref("messages", "Tombstone")
    writers = "clients and Samspil" if topic.clients_write else "Samspil alone"
    return {
        "address": topic.name,
        "title": channel_id(topic).replace("-", " ").capitalize(),
        "description": f"{topic.about} Key: {topic.key}. Written by {writers}.",
        "messages": messages,
        "bindings": _kafka_channel(
            name=topic.name, partitions=topic.partitions, cleanup=topic.cleanup, retention_ms=topic.retention_ms
        ),
    }


def _message(spec: EventSpec) -> JSON:
    examples = spec.model.model_json_schema()["examples"]
    return {
        "name": spec.ce_type,
        "title": spec.model.__name__,
        "summary": (spec.model.__doc__ or "").strip().splitlines()[0],
        "contentType": CONTENT_TYPE,
        "headers": {
            "type": "object",
            "allOf": [_ref("schemas", "CloudEvent")],
            "properties": {"ce_type": {"const": spec.ce_type}},
        },
        "payload": _ref("schemas", spec.model.__name__),
        "bindings": {"kafka": {"key": _key(f"The value of `{spec.model.KEY}`."), "bindingVersion": KAFKA_BINDING}},
        "examples": [_example(spec, example) for example in examples],
        "x-samspil": {"identity": list(spec.model.IDENTITY), "dataschema": spec.schema_uri},
    }


def _example(spec: EventSpec, payload: JSON) -> JSON:
    event = spec.model.model_validate(payload)
    headers = {
        "ce_specversion": SPECVERSION,
        "ce_id": event_id(event),
        "ce_source": "/samspil/example",
        "ce_type": spec.ce_type,
        "ce_subject": event.key,
        "ce_partitionkey": event.key,
        "ce_dataschema": spec.schema_uri,
        "content-type": CONTENT_TYPE,
    }
    return {"headers": headers, "payload": payload}


def _tombstone() -> JSON:
    return {
        "name": "tombstone",
        "title": "Tombstone",
        "summary": "A record without a value withdraws what its key names, in the version that stands.",
        "payload": {"type": "null"},
        "bindings": {"kafka": {"key": _key("The id of the need or the supplier."), "bindingVersion": KAFKA_BINDING}},
    }


def _operations() -> JSON:
    operations: JSON = {}
    for topic in TOPICS:
        channel = channel_id(topic)
        if topic.clients_write:
            operations[f"receive-{channel}"] = _operation("receive", channel, f"Samspil takes what clients write. {topic.about}")
        operations[f"send-{channel}"] = _operation("send", channel, topic.about)
    operations["send-dead-letters"] = _operation("send", "dead-letters", "What a consumer group could not take.")
    return operations


def _operation(action: str, channel: str, summary: str) -> JSON:
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary}


def _dead_letter_channel() -> JSON:
    return {
        "address": "{topic}.{group}.dlt",
        "title": "Dead letters",
        "description": "The records of a topic that one consumer group could not take. One topic for each group and source.",
        "parameters": {
            "topic": {"description": "The source.", "enum": [topic.name for topic in TOPICS]},
            "group": {"description": "The consumer group.", "examples": ["matching", "registry", "dialogue"]},
        },
        "messages": {"DeadLetter": _ref("messages", "DeadLetter")},
        "bindings": _kafka_channel(partitions=PARTITIONS, cleanup="delete", retention_ms=DEAD_LETTER_RETENTION_MS),
    }


def _dead_letter() -> JSON:
    return {
        "name": "dead-letter",
        "title": "Dead letter",
        "summary": "The record as it was, value, key and headers, with headers that say where it stood and why it failed.",
        "headers": {
            "type": "object",
            "required": [name for name in _DEAD_LETTER_HEADERS if name != "dlt_value_bytes"],
            "properties": _DEAD_LETTER_HEADERS,
        },
        "payload": {"description": "The value of the record, unchanged: anything, or nothing. One over 1 MiB is cut."},
        "bindings": {"kafka": {"key": _key("The key of the record, unchanged."), "bindingVersion": KAFKA_BINDING}},
    }


def _key(description: str) -> JSON:
    return {"type": "string", "description": description}


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}
