"""Every kind of record that breaks the contract, as a client might send it, and a word of the reason that it must get."""

import gzip
import json
from dataclasses import dataclass
from typing import Any

from tests.factories import a_need, a_published_profile

NEEDS = "samspil.needs.v1"
KEY = b"need-bad"
Headers = tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, kw_only=True)
class MalformedRecord:
    name: str
    because: str
    key: bytes | None = KEY
    value: bytes | None
    headers: Headers
    topic: str = NEEDS


def headers(**changes: bytes | None) -> Headers:
    """The headers of a need, with some changed; `None` leaves one out."""
    whole: dict[str, bytes | None] = {
        "ce_specversion": b"1.0",
        "ce_id": b"foreign-1",
        "ce_type": b"samspil.need-published.v1",
        "ce_source": b"urn:example:buyer",
        "content-type": b"application/json",
    }
    return tuple((name, value) for name, value in (whole | changes).items() if value is not None)


def need(**changes: Any) -> dict[str, Any]:
    """A good need as JSON, with some fields of its statement changed."""
    data = a_need("need-bad").model_dump(mode="json", exclude_none=True)
    data["statement"] |= changes
    return data


def written(data: Any) -> bytes:
    return json.dumps(data).encode()


def _value(name: str, because: str, value: bytes | None) -> MalformedRecord:
    return MalformedRecord(name=name, because=because, value=value, headers=headers())


def _field(name: str, because: str, **changes: Any) -> MalformedRecord:
    return _value(name, because, written(need(**changes)))


def _version(name: str, version: str) -> MalformedRecord:
    return _value(name, "version: ", written(need()).replace(b'"version": 1', f'"version": {version}'.encode()))


def _header(name: str, because: str, **changes: bytes | None) -> MalformedRecord:
    return MalformedRecord(name=name, because=because, value=written(need()), headers=headers(**changes))


def _structured(name: str, because: str, value: bytes) -> MalformedRecord:
    plain = (("content-type", b"application/cloudevents+json; charset=utf-8"),)
    return MalformedRecord(name=name, because=because, value=value, headers=plain)


def _envelope(**changes: Any) -> dict[str, Any]:
    whole = {
        "specversion": "1.0",
        "id": "foreign-1",
        "type": "samspil.need-published.v1",
        "source": "urn:example:buyer",
        "data": need(),
    }
    return {name: value for name, value in (whole | changes).items() if value is not None}


def _profile_of_too_much() -> MalformedRecord:
    data = a_published_profile("supplier-bad").model_dump(mode="json", exclude_none=True)
    data["profile"]["capabilities"] = [{"id": f"c{number}", "text": "We can.", "language": "en"} for number in range(51)]
    return MalformedRecord(
        name="too many capability statements",
        because="capabilities",
        key=b"supplier-bad",
        value=written(data),
        headers=headers(ce_type=b"samspil.profile-published.v1"),
        topic="samspil.suppliers.v1",
    )


_VALUES = (
    _value("broken JSON", "no JSON", b'{"need_id": "need-bad", '),
    _value("no JSON at all", "no JSON", b"help"),
    _value("empty value", "empty", b""),
    _value("only blanks", "no JSON", b"   "),
    _value("array instead of object", "array", b"[1, 2]"),
    _value("number instead of object", "number", b"17"),
    _value("JSON null", "null", b"null"),
    _value("bad UTF-8", "no UTF-8", b'{"need_id": "\xff\xfe"}'),
    _value("UTF-16", "no UTF-8", json.dumps(need()).encode("utf-16")),
    _value("byte order mark", "byte order mark", b"\xef\xbb\xbf" + written(need())),
    _value("gzip bytes", "gzip", gzip.compress(written(need()))),
    _value("nested too deep", "levels deep", b'{"a": ' * 200 + b"1" + b"}" * 200),
    _value("nested as deep as can be", "levels deep", b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    _value("NaN", "NaN", written(need(volume={"amount": float("nan"), "unit": "pieces"}))),
    _value("infinity", "Infinity", written(need(volume={"amount": float("inf"), "unit": "pieces"}))),
    _value("the same name twice", "twice", written(need()).replace(b'"version": 1', b'"version": 1, "version": 2')),
    _value("a number of 5,000 digits", "digits", b'{"version": ' + b"1" * 5_000 + b"}"),
    _value("huge", "at most", b'{"a": "' + b"x" * (3 * 1024 * 1024) + b'"}'),
    _value("empty object", "need_id", b"{}"),
    _value("wrong types", "need_id", written({"need_id": 5, "version": "one", "statement": []})),
    _value("statement missing", "statement", written({"need_id": "need-bad", "version": 1})),
    _version("version zero", "0"),
    _version("version negative", "-1"),
    _version("version a float", "1.5"),
    _version("version a whole float", "1.0"),
    _version("version huge", "99999999999999999999"),
    _version("version a string", '"1"'),
    _version("version true", "true"),
    _field("over-long title", "statement.title", title="x" * 401),
    _field("over-long description", "statement.description", description="x" * 20_001),
    _field("blank title", "statement.title", title="   "),
    _field("control characters", "U+0000", description="before\x00after"),
    _field("lone surrogate", "statement.description", description="half \ud83d of a pair"),
    _field("language in words", "statement.language", language="Danish"),
    _field("code too short", "statement.cpv", cpv=["9049"]),
    _field("unknown stage", "statement.stage", stage="shouting"),
    _field("naive deadline", "statement.answer_deadline", answer_deadline="2026-03-02T09:00:00"),
    _field("no such day", "statement.horizon", horizon="2026-02-30"),
    _field("too many effects", "statement.effects", effects=["quieter"] * 51),
    _field("script as link", "statement.documents", documents=["javascript:alert(1)"]),
    _profile_of_too_much(),
)

_HEADERS = (
    _header("id missing", "id is missing", ce_id=None),
    _header("id empty", "id is missing", ce_id=b""),
    _header("id over-long", "characters", ce_id=b"x" * 201),
    _header("id with a line feed", "control", ce_id=b"one\ntwo"),
    _header("id no UTF-8", "id is missing", ce_id=b"\xff\xfe"),
    _header("specversion missing", "specversion is missing", ce_specversion=None),
    _header("specversion of old", "specversion is 0.3", ce_specversion=b"0.3"),
    _header("type missing", "type is missing", ce_type=None),
    _header("type unknown", "not part of the contract", ce_type=b"com.example.order.placed"),
    _header("type of a later major version", "Version 2", ce_type=b"samspil.need-published.v2"),
    _header("type of another topic", "belongs on", ce_type=b"samspil.match-found.v1"),
    _header("source missing", "source is missing", ce_source=None),
    _header("time naive", "RFC 3339", ce_time=b"2026-03-02T09:00:00"),
    _header("time in words", "RFC 3339", ce_time=b"yesterday"),
    _header("content of another kind", "text/xml", **{"content-type": b"text/xml"}),
    _header("another character set", "iso-8859-1", **{"content-type": b"application/json; charset=ISO-8859-1"}),
    MalformedRecord(name="no headers", because="specversion", value=written(need()), headers=()),
    MalformedRecord(
        name="null headers",
        because="specversion is missing",
        value=written(need()),
        headers=tuple((name, None) for name, _ in headers()),
    ),
)

_STRUCTURED = (
    _structured("structured: broken", "no JSON", b'{"specversion": "1.0"'),
    _structured("structured: id missing", "id is missing", written(_envelope(id=None))),
    _structured("structured: id a number", "id is missing", written(_envelope(id=5))),
    _structured("structured: no data", "no data", written(_envelope(data=None))),
    _structured("structured: data as text", "no data", written(_envelope(data=json.dumps(need())))),
    _structured("structured: broken base64", "base64", written(_envelope(data=None, data_base64="%%%"))),
    _structured("structured: wrong specversion", "specversion is 2.0", written(_envelope(specversion="2.0"))),
)

_KEYS = (
    MalformedRecord(name="key missing", because="no key", key=None, value=written(need()), headers=headers()),
    MalformedRecord(name="key empty", because="no key", key=b"", value=written(need()), headers=headers()),
    MalformedRecord(
        name="key of another", because="both must be the same", key=b"other", value=written(need()), headers=headers()
    ),
    MalformedRecord(name="key no UTF-8", because="key is no UTF-8", key=b"\xff", value=written(need()), headers=headers()),
    MalformedRecord(name="tombstone of no id", because="no id", key=b"\x00 a b", value=None, headers=()),
)

MALFORMED: tuple[MalformedRecord, ...] = (*_VALUES, *_HEADERS, *_STRUCTURED, *_KEYS)
