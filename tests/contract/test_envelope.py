import json
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from samspil.adapters.kafka.envelope import VALUE_MAX, decode, encode
from samspil.clock import ManualClock
from samspil.errors import Refused
from samspil.ports import Received
from samspil.recovery import RawRecord, Unreadable
from samspil_schemas import CATALOG, Event, EventSpec, event_id
from tests.factories import a_need
from tests.wire.malformed import KEY, MALFORMED, NEEDS, MalformedRecord, headers, need, written

CLOCK = ManualClock(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))


def example_of(spec: EventSpec) -> Event:
    extra: Any = spec.model.model_config["json_schema_extra"]
    return spec.model.model_validate(extra["examples"][0])


def as_record(event: Event) -> RawRecord:
    encoded = encode(event, service="test", clock=CLOCK)
    return RawRecord(topic=encoded.topic, key=encoded.key, value=encoded.value, headers=encoded.headers)


def good(**changes: Any) -> RawRecord:
    values: dict[str, Any] = {"topic": NEEDS, "key": KEY, "value": written(need()), "headers": headers()}
    return RawRecord(**(values | changes))


def read(record: RawRecord) -> Received:
    content = decode(record)
    assert isinstance(content, Received), content
    return content


def refusal(record: RawRecord) -> Unreadable:
    content = decode(record)
    assert isinstance(content, Unreadable), content
    return content


@pytest.mark.parametrize("spec", CATALOG, ids=lambda spec: spec.name)
def test_every_event_comes_back_as_it_was(spec: EventSpec) -> None:
    event = example_of(spec)

    received = read(as_record(event))

    assert received.event == event
    assert received.event_id == event_id(event)
    assert received.key == event.key
    assert received.time == CLOCK.now()


@pytest.mark.parametrize("spec", CATALOG, ids=lambda spec: spec.name)
def test_the_sdk_of_cloudevents_reads_what_we_write(spec: EventSpec) -> None:
    event = example_of(spec)
    record = as_record(event)
    message = KafkaMessage(
        headers={name: value or b"" for name, value in record.headers}, key=record.key, value=record.value or b""
    )

    read_by_sdk = from_binary(message, JSONFormat())

    assert read_by_sdk.get_id() == event_id(event)
    assert read_by_sdk.get_type() == spec.ce_type
    assert read_by_sdk.get_source() == "urn:samspil:test"
    assert read_by_sdk.get_subject() == event.key
    assert read_by_sdk.get_dataschema() == spec.schema_uri
    assert read_by_sdk.get_time() == CLOCK.now()
    assert read_by_sdk.get_specversion() == "1.0"
    assert read_by_sdk.get_extension("partitionkey") == event.key
    assert read_by_sdk.get_datacontenttype() == "application/json"
    assert read_by_sdk.get_data() == json.loads(record.value or b"")


@pytest.mark.parametrize("write", [to_binary, to_structured], ids=["binary", "structured"])
@pytest.mark.parametrize("spec", CATALOG, ids=lambda spec: spec.name)
def test_we_read_what_the_sdk_of_cloudevents_writes(spec: EventSpec, write: Any) -> None:
    event = example_of(spec)
    attributes = {
        "id": "foreign-7",
        "source": "urn:example:buyer",
        "type": spec.ce_type,
        "specversion": "1.0",
        "time": datetime(2026, 3, 2, 9, 30, tzinfo=timezone(timedelta(hours=1))),
        "datacontenttype": "application/json",
        "partitionkey": event.key,
    }
    message = write(CloudEvent(attributes, event.model_dump(mode="json", exclude_none=True)), JSONFormat())

    received = read(
        RawRecord(
            topic=spec.topic.name, key=str(message.key).encode(), value=message.value, headers=tuple(message.headers.items())
        )
    )

    assert received.event == event
    assert received.event_id == event_id(event)
    assert received.time == datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def test_a_repeat_has_the_same_id_and_another_version_has_another() -> None:
    first, again, next_version = (dict(as_record(event).headers)["ce_id"] for event in (a_need(), a_need(), a_need(version=2)))

    assert first == again != next_version


@pytest.mark.parametrize("bad", MALFORMED, ids=lambda bad: bad.name)
def test_each_kind_of_malformed_record_gets_a_reason_that_a_person_understands(bad: MalformedRecord) -> None:
    content = refusal(RawRecord(topic=bad.topic, key=bad.key, value=bad.value, headers=bad.headers))

    assert bad.because in content.reason
    assert len(content.reason) <= 700
    assert "Traceback" not in content.reason
    content.reason.encode()


def test_there_are_at_least_thirty_kinds_of_malformed_records_with_names_that_differ() -> None:
    names = {bad.name for bad in MALFORMED}

    assert len(names) == len(MALFORMED) >= 30


def test_a_reason_never_quotes_the_payload() -> None:
    secret = "Inger Example, +45 12 34 56 78"
    data = need(title="", language=secret, stage=secret, horizon=secret, buyer={"id": secret, "name": "", "country": secret})

    assert "Inger" not in refusal(good(value=written(data))).reason


def test_what_can_be_made_out_of_an_unreadable_record_is_kept() -> None:
    content = refusal(good(value=b"{"))

    assert (content.event_id, content.key) == ("foreign-1", "need-bad")


@pytest.mark.parametrize(
    "tolerated",
    [
        (*headers(), ("trace", None)),
        (*headers(), ("trace", b"\xff\xfe")),
        (*headers(), ("ce_id", None)),
        (("ce_id", b"an older one"), *headers()),
        tuple((name.upper(), value) for name, value in headers()),
        headers(**{"content-type": None}),
        headers(**{"content-type": b"application/json; charset=UTF-8"}),
        headers(**{"content-type": b"application/vnd.example+json"}),
        headers(ce_time=b"2026-03-02t09:00:00.123456789z"),
        headers(ce_id=b"  foreign-1  "),
        headers(ce_partitionkey=b"whatever", ce_example=b"extension"),
    ],
    ids=[
        "null header",
        "header no UTF-8",
        "null repeat of an attribute",
        "repeated attribute",
        "upper-case names",
        "no content type",
        "character set named",
        "a JSON of its own name",
        "lower-case time in nanoseconds",
        "blanks around the id",
        "extensions",
    ],
)
def test_what_the_contract_leaves_open_is_read(tolerated: Any) -> None:
    received = read(good(headers=tolerated))

    assert received.event == a_need("need-bad")
    assert received.event_id == event_id(a_need("need-bad"))


def test_unknown_fields_of_a_later_minor_version_are_ignored() -> None:
    assert read(good(value=written(need() | {"colour": "blue"}))).event == a_need("need-bad")


def test_a_tombstone_withdraws_its_key() -> None:
    received = read(good(value=None, headers=()))

    assert received.event is None
    assert received.key == "need-bad"
    assert received.event_id


def test_two_tombstones_have_ids_of_their_own_and_the_same_one_has_the_same() -> None:
    first = good(value=None, headers=(), offset=5, timestamp_ms=1)
    after_a_restart = good(value=None, headers=(), offset=5, timestamp_ms=2)

    assert read(first).event_id == read(first).event_id
    assert read(first).event_id != read(after_a_restart).event_id


def test_the_same_id_of_two_clients_is_two_tombstones() -> None:
    theirs = headers(ce_source=b"https://other.example")
    assert read(good(value=None)).event_id == read(good(value=None)).event_id
    assert read(good(value=None)).event_id != read(good(value=None, headers=theirs)).event_id


def test_an_event_too_large_for_a_record_is_refused_before_it_is_sent() -> None:
    huge = a_need(effects=("æ" * 4_000,) * 50, constraints=("æ" * 4_000,) * 50, questions=("æ" * 4_000,) * 50)

    with pytest.raises(Refused, match="at most"):
        encode(huge, service="test", clock=CLOCK)


def test_a_value_of_exactly_the_limit_is_read() -> None:
    body = written(need() | {"filling": ""})
    value = body.replace(b'"filling": ""', b'"filling": "' + b"x" * (VALUE_MAX - len(body)) + b'"')
    assert len(value) == VALUE_MAX

    assert read(good(value=value)).event == a_need("need-bad")
    assert "at most" in refusal(good(value=value + b" ")).reason


header_lists = st.lists(
    st.tuples(
        st.sampled_from([name for name, _ in headers()] + ["CE_TYPE", "x"]) | st.text(max_size=10),
        st.none() | st.binary(max_size=30) | st.sampled_from([value for _, value in headers()]),
    ),
    max_size=8,
)


@given(value=st.none() | st.binary(max_size=200), key=st.none() | st.binary(max_size=20), found=header_lists)
def test_no_bytes_whatever_make_the_reader_raise(value: bytes | None, key: bytes | None, found: Any) -> None:
    content = decode(RawRecord(topic=NEEDS, key=key, value=value, headers=tuple(found)))

    assert isinstance(content, Received | Unreadable)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=15,
)


@given(statement=json_values, need_id=json_values | st.just("need-bad"), version=json_values | st.just(1))
def test_no_json_whatever_makes_the_reader_raise(statement: Any, need_id: Any, version: Any) -> None:
    value = json.dumps({"need_id": need_id, "version": version, "statement": statement}).encode()

    content = decode(good(value=value))

    assert isinstance(content, Received | Unreadable)
    if isinstance(content, Unreadable):
        assert not re.search(r"input_value|input_type", content.reason)
