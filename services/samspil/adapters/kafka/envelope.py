"""CloudEvents 1.0 over Kafka: one record is one event.

Public surface: `encode` writes binary mode; `decode` reads binary and structured mode and never raises; `EncodedRecord`.

What is read is what the contract says, and nothing more: a record that breaks it is `Unreadable` with a reason, never
half an event. What the contract leaves open is read tolerantly: header names in any case, null and repeated headers,
headers that are no text.

The records are read and written here and checked against the `cloudevents` SDK in tests/contract. Its own reader raises on
a null or non-UTF-8 header, which would block the partition, lets a missing specversion pass, and accepts repeated JSON
names and NaN.
"""

import base64
import binascii
import json
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid5

import structlog
from pydantic import TypeAdapter, ValidationError

from samspil.clock import Clock
from samspil.errors import Malformed, Refused
from samspil.ports import Received
from samspil.recovery import RawRecord, Unreadable, describe_validation, facts
from samspil_schemas import CATALOG, Event, EventSpec, event_id, spec_of, spec_of_type
from samspil_schemas.base import ID_MAX, Id
from samspil_schemas.catalog import NAMESPACE

SPEC_VERSION = "1.0"
BINARY_TYPE = "application/json"
STRUCTURED_TYPE = "application/cloudevents+json"
VALUE_MAX = 1024 * 1024  # bytes: Apache Kafka's own default, so that what we accept can be stored anywhere
DEPTH_MAX = 64  # levels of objects and arrays; the contract's deepest event has 6
_SHOWN = 80

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_RFC3339 = re.compile(r"^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})$")
_JSON_TYPE = re.compile(r"^application/(?:[\w.-]+\+)?json$")
_VERSIONED = re.compile(r"^(?P<name>.+)\.v(?P<version>\d+)$")
_ID = TypeAdapter[str](Id)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class EncodedRecord:
    """A record ready to be sent."""

    topic: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes | None], ...]


def encode(event: Event, *, service: str, clock: Clock) -> EncodedRecord:
    """The event as a record in binary mode; `service` is who says it.

    Raises:
        Refused: the event is larger than a record may be.
    """
    spec = spec_of(event)
    value = event.model_dump_json(exclude_none=True).encode()
    if len(value) > VALUE_MAX:
        message = f"The event {spec.ce_type} of {event.key} is {len(value):,} bytes; a record holds at most {VALUE_MAX:,}."
        raise Refused(message, hint="Shorten its texts or lists.")
    attributes = {
        "ce_specversion": SPEC_VERSION,
        "ce_id": event_id(event),
        "ce_type": spec.ce_type,
        "ce_source": f"urn:samspil:{service}",
        "ce_subject": event.key,
        "ce_time": clock.now().isoformat().replace("+00:00", "Z"),
        "ce_dataschema": spec.schema_uri,
        "ce_partitionkey": event.key,
        "content-type": BINARY_TYPE,
    }
    headers = tuple((name, text.encode()) for name, text in attributes.items())
    return EncodedRecord(topic=spec.topic.name, key=event.key.encode(), value=value, headers=headers)


def decode(record: RawRecord) -> Received | Unreadable:
    """What the record says, or why it cannot be read. A record without any value is a tombstone: `event` is None."""
    headers = _texts(record.headers)
    try:
        return _tombstone(record, headers) if record.value is None else _event(record, record.value, headers)
    except Malformed as error:
        reason = str(error)
    except Exception as error:  # noqa: BLE001 - a reader that raises would stop its partition for ever
        _log.error("decode_failed", topic=record.topic, partition=record.partition, offset=record.offset, **facts(error))
        reason = f"The record could not be read ({type(error).__name__})."
    return Unreadable(reason=reason, event_id=guess_id(record), key=guess_key(record))


def guess_key(record: RawRecord) -> str | None:
    """The key, as far as it is text; for people, never for a decision."""
    return None if record.key is None else shown(record.key.decode(errors="replace"), most=ID_MAX)


def guess_id(record: RawRecord) -> str | None:
    """The CloudEvents id of binary mode, as far as there is one; for people, never for a decision."""
    text = _texts(record.headers).get("ce_id")
    return shown(text, most=ID_MAX) if text else None


def guess_type(record: RawRecord) -> str | None:
    """The CloudEvents type of binary mode, as far as there is one; for people, never for a decision."""
    text = _texts(record.headers).get("ce_type")
    return shown(text, most=ID_MAX) if text else None


def shown(text: str, *, most: int = _SHOWN) -> str:
    """Foreign text made fit for a message: on one line, without control characters, and not too long."""
    clean = _CONTROL.sub("�", text)
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"


def _texts(headers: tuple[tuple[str, bytes | None], ...]) -> dict[str, str]:
    """The headers that are text, names in lower case; of a repeated one, the last text counts."""
    texts = {}
    for name, value in headers:
        if value is None:
            continue
        try:
            texts[name.lower()] = value.decode()
        except UnicodeDecodeError:
            continue
    return texts


def _tombstone(record: RawRecord, headers: dict[str, str]) -> Received:
    key = _key(record)
    try:
        _ID.validate_python(key)
    except ValidationError:
        raise Malformed("The record has no value, which withdraws its key, but the key is no id.") from None
    if "ce_id" in headers:
        # Two clients may give the same id; source and id together are one event.
        of: tuple[str, ...] = (headers.get("ce_source", ""), _checked_id(headers["ce_id"]))
    else:
        # The place alone would not do: the embedded broker counts from zero again after a restart.
        of = (str(record.partition), str(record.offset), str(record.timestamp_ms))
    id_ = str(uuid5(NAMESPACE, "\x1f".join(("tombstone", record.topic, key, *of))))
    return _received(record, event=None, id_=id_, key=key, time=_time(headers.get("ce_time")))


def _event(record: RawRecord, value: bytes, headers: dict[str, str]) -> Received:
    if len(value) > VALUE_MAX:
        raise Malformed(f"The value is {len(value):,} bytes; at most {VALUE_MAX:,} are read.")
    key = _key(record)
    media_type = _media_type(headers.get("content-type", BINARY_TYPE))
    if media_type == STRUCTURED_TYPE:
        attributes = _object(value, what="value")
        data = _structured_data(attributes)
    elif _JSON_TYPE.match(media_type):
        attributes = {name.removeprefix("ce_"): text for name, text in headers.items() if name.startswith("ce_")}
        data = None
    else:
        raise Malformed(f"The content type is {shown(media_type)}; {BINARY_TYPE} or {STRUCTURED_TYPE} is read.")
    spec = _required(attributes)
    if spec.topic.name != record.topic:
        raise Malformed(f"{spec.ce_type} belongs on {spec.topic.name}, not on {record.topic}.")
    time = _time(attributes.get("time"))
    event = _validated(spec, _object(value, what="value") if data is None else data)
    if event.key != key:
        raise Malformed(f"The record's key is {shown(key)}, but {spec.model.KEY} is {event.key}; both must be the same.")
    # Not the id of its source: that of our own, which is the same whoever publishes it, and however often.
    return _received(record, event=event, id_=event_id(event), key=key, time=time)


def _received(record: RawRecord, *, event: Event | None, id_: str, key: str, time: datetime | None) -> Received:
    return Received(
        event=event,
        event_id=id_,
        key=key,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        time=time,
    )


def _key(record: RawRecord) -> str:
    if not record.key:
        raise Malformed("The record has no key; the key is the id that the topic is ordered by.")
    try:
        return record.key.decode()
    except UnicodeDecodeError:
        raise Malformed("The record's key is no UTF-8.") from None


def _media_type(content_type: str) -> str:
    media_type, _, parameters = content_type.lower().partition(";")
    charset = re.search(r"charset\s*=\s*\"?([\w-]+)", parameters)
    if charset and charset[1] not in {"utf-8", "utf8"}:
        raise Malformed(f"The content type names the character set {shown(charset[1])}; UTF-8 is read.")
    return media_type.strip()


def _required(attributes: dict[str, Any]) -> EventSpec:
    for name in ("specversion", "id", "type", "source"):
        if not isinstance(attributes.get(name), str) or not attributes[name].strip():
            raise Malformed(f"The CloudEvents attribute {name} is missing, empty, or no text.")
    if attributes["specversion"] != SPEC_VERSION:
        raise Malformed(f"The CloudEvents specversion is {shown(attributes['specversion'])}; {SPEC_VERSION} is read.")
    type_ = attributes["type"]
    spec = spec_of_type(type_)
    if spec is None:
        raise Malformed(_unknown(type_))
    _checked_id(attributes["id"])
    return spec


def _unknown(type_: str) -> str:
    if asked := _VERSIONED.match(type_):
        known = [spec.ce_type for spec in CATALOG if spec.ce_type.rpartition(".v")[0] == asked["name"]]
        if known:
            return f"Version {shown(asked['version'])} of {asked['name']} is not known here; known is {', '.join(known)}."
    return f"The type {shown(type_)} is not part of the contract."


def _checked_id(id_: str) -> str:
    id_ = id_.strip()
    if not id_ or len(id_) > ID_MAX:
        raise Malformed(f"The CloudEvents id has {len(id_)} characters; it must have 1 to {ID_MAX}.")
    if _CONTROL.search(id_):
        raise Malformed("The CloudEvents id holds control characters.")
    return id_


def _time(text: Any) -> datetime | None:
    if text is None:
        return None
    match = _RFC3339.match(text) if isinstance(text, str) else None
    if match:
        day, second, fraction, offset = match.groups()
        with suppress(ValueError):  # a day that no month has: refused below, like any other text
            return datetime.fromisoformat(f"{day}T{second}.{(fraction or '0')[:6].ljust(6, '0')}{offset.upper()}")
    raise Malformed("The CloudEvents time is no RFC 3339 time with an offset, such as 2026-03-02T09:00:00+01:00.")


def _structured_data(attributes: dict[str, Any]) -> dict[str, Any]:
    if "data_base64" in attributes:
        try:
            value = base64.b64decode(attributes["data_base64"], validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise Malformed("data_base64 of the CloudEvent is no base64.") from None
        return _object(value, what="decoded data_base64")
    data = attributes.get("data")
    if not isinstance(data, dict):
        raise Malformed("The CloudEvent has no data, or its data is no JSON object.")
    return data


def _validated(spec: EventSpec, data: dict[str, Any]) -> Event:
    try:
        return spec.model.model_validate(data)
    except ValidationError as error:
        raise Malformed(f"{spec.ce_type} does not fit its schema: {describe_validation(error)}") from None


def _object(value: bytes, *, what: str) -> dict[str, Any]:
    """The JSON object in the bytes, read strictly (RFC 8259, and names must differ)."""
    if not value:
        raise Malformed(f"The {what} is empty; only a record with no value at all (null) withdraws its key.")
    if value.startswith(b"\xef\xbb\xbf"):
        raise Malformed(f"The {what} begins with a byte order mark, which JSON does not have.")
    if value.startswith(b"\x1f\x8b"):
        raise Malformed(f"The {what} is a gzip file; compress with the codecs of Kafka, which readers see through.")
    try:
        parsed = json.loads(value.decode(), object_pairs_hook=_distinct, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise Malformed(f"The {what} is no UTF-8 (byte {error.start}).") from None
    except RecursionError:
        raise Malformed(_too_deep(what)) from None
    except json.JSONDecodeError as error:
        raise Malformed(f"The {what} is no JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None
    except ValueError:
        raise Malformed(f"The {what} holds a number with too many digits.") from None
    if not isinstance(parsed, dict):
        raise Malformed(f"The {what} is a JSON {_JSON_NAMES[type(parsed)]}, not an object.")
    if _deeper_than(parsed, DEPTH_MAX):
        raise Malformed(_too_deep(what))
    return parsed


_JSON_NAMES = {list: "array", str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}


def _too_deep(what: str) -> str:
    return f"The {what} is nested more than {DEPTH_MAX} levels deep."


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Malformed(f"The name {shown(twice)} occurs twice in one JSON object.")
    return made


def _no_constant(constant: str) -> None:
    raise Malformed(f"The value holds {constant}, which JSON does not have.")


def _deeper_than(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        containers = (item.values() if isinstance(item, dict) else item for item in level)
        level = [child for children in containers for child in children if isinstance(child, dict | list)]
        if not level:
            return False
    return True
