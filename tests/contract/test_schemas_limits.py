"""The limits that the contract states are kept at their very edge, here and by a foreign validator."""

import json

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from samspil_schemas import CATALOG, EventSpec
from samspil_schemas.base import CAPABILITIES_MAX, CODES_MAX, ID_MAX, LIST_MAX, PARAGRAPH_MAX, TEXT_MAX, TITLE_MAX, VERSION_MAX
from samspil_schemas.json_schema import json_schema

SPECS = {spec.name: spec for spec in CATALOG}
NEED, PROFILE = SPECS["need-published.v1"], SPECS["profile-published.v1"]
MATCHED, JOINT = SPECS["need-matched.v1"], SPECS["joint-need-changed.v1"]


def example(spec: EventSpec) -> dict[str, object]:
    return json.loads(json.dumps(spec.model.model_config["json_schema_extra"]["examples"][0]))


def changed(spec: EventSpec, path: str, value: object) -> dict[str, object]:
    payload = example(spec)
    *way, last = path.split(".")
    holder = payload
    for step in way:
        holder = holder[int(step) if step.isdigit() else step]
    holder[last] = value
    return payload


def taken(spec: EventSpec, payload: object) -> bool:
    try:
        spec.model.model_validate_json(json.dumps(payload))
    except ValidationError:
        return False
    return True


def capabilities(count: int) -> list[dict[str, str]]:
    return [{"id": f"c{number}", "text": "We listen.", "language": "en"} for number in range(count)]


EDGES = [
    (NEED, "statement.title", "ø" * TITLE_MAX, "ø" * (TITLE_MAX + 1)),
    (NEED, "statement.description", "𝄞" * TEXT_MAX, "𝄞" * (TEXT_MAX + 1)),
    (NEED, "statement.effects", ["We save water."] * LIST_MAX, ["We save water."] * (LIST_MAX + 1)),
    (NEED, "statement.affected", "a" * PARAGRAPH_MAX, "a" * (PARAGRAPH_MAX + 1)),
    (NEED, "statement.cpv", ["90490000"] * CODES_MAX, ["90490000"] * (CODES_MAX + 1)),
    (NEED, "need_id", "n" * ID_MAX, "n" * (ID_MAX + 1)),
    (NEED, "version", VERSION_MAX, VERSION_MAX + 1),
    (NEED, "version", 1, 0),
    (NEED, "statement.volume", {"amount": 5e-324, "unit": "DKK"}, {"amount": 0, "unit": "DKK"}),
    (NEED, "statement.title", "-", ""),
    (NEED, "statement.title", "a\tb\r\nc", "a\x0bc"),
    (NEED, "statement.title", "a\x80", "a\x7f"),
    (NEED, "statement.documents", ["https://a"], ["ftp://a.example"]),
    (NEED, "statement.documents", ["https://a.example/ø"], ["https://a.example/\x00"]),
    (NEED, "statement.cpv", ["90490000-3"], ["٩٠٤٩٠٠٠٠"]),
    (NEED, "statement.cpv", ["90490000"], ["9049000"]),
    (NEED, "statement.buyer.country", "NO", "no"),
    (NEED, "statement.regions", ["DK031"], ["DK0311"]),
    (NEED, "statement.language", "nb", "nb-NO"),
    (PROFILE, "profile.capabilities", capabilities(CAPABILITIES_MAX), capabilities(CAPABILITIES_MAX + 1)),
    (PROFILE, "profile.capabilities", capabilities(1), []),
    (MATCHED, "matches.0.score", 1, 1.0000001),
    (MATCHED, "matches.0.signals", {str(n): 0.5 for n in range(LIST_MAX)}, {str(n): 0.5 for n in range(LIST_MAX + 1)}),
    (MATCHED, "matches.0.signals", {"dense": -0.5}, {"": -0.5}),
    (MATCHED, "evaluated_at", "2026-02-01T08:00:00.123456789Z", "2026-02-01T08:00:00"),
    (JOINT, "members.0.horizon", "2027-12-31", "2027-13-01"),
]


@pytest.mark.parametrize(("spec", "path", "within", "beyond"), EDGES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_value_is_taken_up_to_its_limit_and_not_beyond(spec, path, within, beyond):
    schema = Draft202012Validator(json_schema(spec))
    good, bad = changed(spec, path, within), changed(spec, path, beyond)
    assert taken(spec, good)
    assert not taken(spec, bad)
    assert schema.is_valid(good)
    assert not schema.is_valid(bad)


CONTROLS = [chr(point) for point in (*range(32), 127) if chr(point) not in "\t\n\r"]


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: f"U+{ord(control):04X}")
def test_no_control_character_gets_into_a_text(control):
    schema = Draft202012Validator(json_schema(NEED))
    for path in ("statement.title", "statement.description", "statement.affected", "statement.buyer.name"):
        payload = changed(NEED, path, f"one{control}two")
        assert not taken(NEED, payload)
        assert not schema.is_valid(payload)


@pytest.mark.parametrize("point", [0xD800, 0xDBFF, 0xDC00, 0xDFFF], ids=hex)
def test_half_of_a_surrogate_pair_gets_in_nowhere(point):
    for path in ("statement.title", "statement.description", "need_id"):
        payload = changed(NEED, path, f"one{chr(point)}two")
        assert not taken(NEED, payload)
        with pytest.raises(ValidationError):
            NEED.model.model_validate(payload)


@pytest.mark.parametrize("blank", [" ", "\t\n", "\u00a0", "\u3000\u2029", "\x85"])
def test_a_text_of_white_space_alone_is_no_text(blank):
    payload = changed(NEED, "statement.title", blank)
    assert not taken(NEED, payload)
    assert not Draft202012Validator(json_schema(NEED)).is_valid(payload)


def test_a_check_digit_is_dropped_from_a_cpv_code():
    need = NEED.model.model_validate(changed(NEED, "statement.cpv", ["90490000-3", "90480000"]))
    assert need.statement.cpv == ("90490000", "90480000")


def test_a_report_of_the_most_matches_fits_into_a_record_of_kafka():
    """200 matches, each with three pieces of evidence of a long sentence and a dozen signals, stay below 1 MiB."""
    payload = example(MATCHED)
    (match,) = payload["matches"]
    sentence = "Vi vil vide, hvor vandet forsvinder, uden at grave gaderne op, og helst i løbet af natten. " * 4
    match["evidence"] = [match["evidence"][0] | {"need_sentence": sentence, "answer": sentence}] * 3
    match["signals"] = {f"signal {number}": 0.123456789 for number in range(12)}
    payload["matches"] = [match] * 200
    event = MATCHED.model.model_validate(payload)
    assert len(event.model_dump_json(exclude_none=True).encode()) < 2**20
