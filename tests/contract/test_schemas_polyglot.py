"""The published schemas and the models say the same, so that a client in another language is never surprised."""

import json
import re

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from samspil_schemas import CATALOG, EventSpec
from samspil_schemas.json_schema import LENIENT, UNSAID, json_schema
from tests.instances import instances, near_misses

SCHEMAS = {spec.ce_type: json_schema(spec) for spec in CATALOG}
INSTANCES = {ce_type: instances(schema) for ce_type, schema in SCHEMAS.items()}
NEAR_MISSES = {ce_type: near_misses(schema) for ce_type, schema in SCHEMAS.items()}
VALIDATORS = {ce_type: Draft202012Validator(schema) for ce_type, schema in SCHEMAS.items()}
# The rules of `json_schema.UNSAID` that a strategy can meet, in pydantic's words.
UNSAID_HERE = re.compile(
    r"same id|ends before it starts|two slots overlap|only one-to-one meetings|valid integer \[type=int_type, input_value=\d+\.0,"
)

each_event = pytest.mark.parametrize("spec", CATALOG, ids=lambda spec: spec.name)
# Some schemas are large; the count is small because every event has its own.
few = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def read(spec: EventSpec, payload: object):
    return spec.model.model_validate_json(json.dumps(payload))


def read_or_refuse(spec: EventSpec, payload: object):
    try:
        return read(spec, payload), ""
    except ValidationError as error:
        return None, str(error)


@each_event
@few
@given(data=st.data())
def test_what_the_schema_accepts_samspil_reads_and_writes_back_valid(spec, data):
    payload = data.draw(INSTANCES[spec.ce_type])
    VALIDATORS[spec.ce_type].validate(payload)
    event, refusal = read_or_refuse(spec, payload)
    if event is None:
        assert UNSAID_HERE.search(refusal), refusal
        reject()
    for written in (event.model_dump(mode="json"), event.model_dump(mode="json", exclude_none=True)):
        VALIDATORS[spec.ce_type].validate(written)
        assert read(spec, written) == event


@each_event
@few
@given(data=st.data())
def test_what_the_schema_refuses_is_never_written(spec, data):
    payload = data.draw(NEAR_MISSES[spec.ce_type])
    accepted = VALIDATORS[spec.ce_type].is_valid(payload)
    event, refusal = read_or_refuse(spec, payload)
    if event is None:
        assert not accepted or UNSAID_HERE.search(refusal), refusal
    else:
        VALIDATORS[spec.ce_type].validate(event.model_dump(mode="json"))


@each_event
@few
@given(data=st.data())
def test_a_field_of_a_later_version_is_ignored(spec, data):
    payload = spec.model.model_config["json_schema_extra"]["examples"][0]
    later = {**payload, "a_field_of_tomorrow": data.draw(st.integers())}
    VALIDATORS[spec.ce_type].validate(later)
    assert read(spec, later) == read(spec, payload)


def example(ce_type: str, **changes: object) -> dict[str, object]:
    (spec,) = (spec for spec in CATALOG if spec.ce_type == ce_type)
    return {**spec.model.model_config["json_schema_extra"]["examples"][0], **changes}


def capabilities(*ids: str) -> dict[str, object]:
    listed = [{"id": identifier, "text": "We listen.", "language": "en"} for identifier in ids]
    return {"name": "Listen Sample Acoustics", "country": "DK", "capabilities": listed}


def meeting(**times: str) -> dict[str, object]:
    return {"kind": "webinar", **times}


def one_to_one(*slots: tuple[str, str]) -> dict[str, object]:
    times = [{"starts_at": f"2026-03-02T{start}:00Z", "ends_at": f"2026-03-02T{end}:00Z"} for start, end in slots]
    return {"kind": "one_to_one", "slots": times}


PROFILE, DIALOGUE, NEED = "samspil.profile-published.v1", "samspil.dialogue-announced.v1", "samspil.need-withdrawn.v1"
ONLY_SAMSPIL_REFUSES = [
    (UNSAID[0], PROFILE, {"profile": capabilities("c1", "c1")}),
    (UNSAID[1], DIALOGUE, {"announcement": meeting(starts_at="2026-03-02T09:00:00Z", ends_at="2026-03-02T08:59:59Z")}),
    (UNSAID[1], DIALOGUE, {"announcement": one_to_one(("09:00", "08:59"))}),
    (UNSAID[1], DIALOGUE, {"announcement": one_to_one(("09:00", "09:30"), ("09:29", "10:00"))}),
    (UNSAID[1], DIALOGUE, {"announcement": one_to_one(("09:00", "09:30")) | {"kind": "webinar"}}),
    (UNSAID[2], DIALOGUE, {"announced_at": "2026-02-30T09:00:00Z"}),
    (UNSAID[2], DIALOGUE, {"announced_at": "0000-01-01T00:00:00Z"}),
    (UNSAID[3], NEED, {"version": 1.0}),
]
ONLY_THE_SCHEMA_REFUSES = [
    (LENIENT[0], NEED, {"need_id": " need-1 "}),
    (LENIENT[0], NEED, {"reason": "\u00a0bought elsewhere"}),
    (LENIENT[1], "samspil.feedback-given.v1", {"relevant": "no"}),
    (LENIENT[1], "samspil.match-found.v1", {"score": "0.9"}),
    (LENIENT[1], DIALOGUE, {"announced_at": 1767225600}),
    (LENIENT[1], DIALOGUE, {"announced_at": "2026-01-01 00:00:00Z"}),
]


@pytest.mark.parametrize(("rule", "ce_type", "changes"), ONLY_SAMSPIL_REFUSES)
def test_a_rule_that_no_schema_can_say_is_kept_by_samspil(rule, ce_type, changes):
    payload = example(ce_type, **changes)
    assert VALIDATORS[ce_type].is_valid(payload), rule
    with pytest.raises(ValidationError):
        read(next(spec for spec in CATALOG if spec.ce_type == ce_type), payload)


@pytest.mark.parametrize(("rule", "ce_type", "changes"), ONLY_THE_SCHEMA_REFUSES)
def test_what_samspil_reads_beyond_the_schema_is_as_documented(rule, ce_type, changes):
    payload = example(ce_type, **changes)
    assert not VALIDATORS[ce_type].is_valid(payload), rule
    read(next(spec for spec in CATALOG if spec.ce_type == ce_type), payload)


def test_every_documented_difference_is_shown():
    assert {rule for rule, *_ in ONLY_SAMSPIL_REFUSES} == set(UNSAID)
    assert {rule for rule, *_ in ONLY_THE_SCHEMA_REFUSES} == set(LENIENT)
