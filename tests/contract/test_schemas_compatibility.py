"""Nothing that was released is ever broken, and the check that says so finds each way of breaking it."""

import copy
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from samspil_schemas import CATALOG
from samspil_schemas.compatibility import breaking_changes
from samspil_schemas.generate import RELEASED
from samspil_schemas.json_schema import EXTENSION, json_schema
from tests.instances import instances

JSON = dict[str, Any]
Change = Callable[[JSON], object]

NOW = {spec.name: json_schema(spec) for spec in CATALOG}
WRITTEN_BY_CLIENTS, WRITTEN_BY_SAMSPIL = "need-published.v1", "match-found.v1"
RELEASES = sorted(RELEASED.glob("*/json/*.json"))
# A release never changes. To publish additions, make the next minor version and add its line.
DIGESTS = {"1.0": "8ac5dbb7616319333d753d01d5336d9ca5c26a2c23af9c9b2a7e5d2924d071bb"}


@pytest.mark.parametrize("path", RELEASES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_what_was_released_still_holds(path):
    released = json.loads(path.read_text(encoding="utf-8"))
    assert path.stem in NOW, f"{path.stem} was released and is gone"
    assert breaking_changes(released, NOW[path.stem]) == []


def test_a_release_is_never_edited():
    found = {folder.name: digest(folder) for folder in RELEASED.iterdir() if folder.is_dir()}
    assert found == DIGESTS


def digest(folder: Path) -> str:
    files = sorted(folder.rglob("*.json"))
    return hashlib.sha256(b"".join(file.name.encode() + file.read_bytes() for file in files)).hexdigest()


def defs(schema: JSON, name: str) -> JSON:
    return schema["$defs"][name]["properties"]


def setting(holder: Callable[[JSON], JSON], **values: Any) -> Change:
    def change(schema: JSON) -> None:
        holder(schema).update(values)

    return change


def dropping(holder: Callable[[JSON], JSON], name: str) -> Change:
    def change(schema: JSON) -> None:
        del holder(schema)[name]

    return change


def statement(name: str) -> Callable[[JSON], JSON]:
    return lambda schema: defs(schema, "NeedStatement")[name]


def of_match(name: str) -> Callable[[JSON], JSON]:
    return lambda schema: schema["properties"][name]


def extension(schema: JSON) -> JSON:
    return schema[EXTENSION]


def add_field(schema: JSON, *, required: bool) -> None:
    properties = defs(schema, "NeedStatement")
    properties["urgency"] = {"type": "string"}
    if required:
        schema["$defs"]["NeedStatement"]["required"].append("urgency")


def self_holding(schema: JSON) -> None:
    schema["$defs"]["NeedStatement"]["properties"]["part_of"] = {"$ref": "#/$defs/NeedStatement"}


# (what is changed, in the schema of whose event, how, and what the check says)
BREAKING: dict[str, tuple[str, Change, str]] = {
    "a new required field": (WRITTEN_BY_CLIENTS, lambda s: add_field(s, required=True), "statement.urgency: is required now"),
    "an optional field required": (
        WRITTEN_BY_CLIENTS,
        lambda s: s["$defs"]["NeedStatement"]["required"].append("horizon"),
        "statement.horizon: is required now",
    ),
    "a field gone": (
        WRITTEN_BY_CLIENTS,
        dropping(lambda s: defs(s, "NeedStatement"), "horizon"),
        "statement.horizon: the field is gone",
    ),
    "a required field optional": (
        WRITTEN_BY_CLIENTS,
        lambda s: s["$defs"]["NeedStatement"]["required"].remove("title"),
        "statement.title: may be left out now",
    ),
    "another type": (WRITTEN_BY_CLIENTS, setting(of_match("version"), type="string"), "version: integer is no longer taken"),
    "null no longer": (
        WRITTEN_BY_CLIENTS,
        lambda s: defs(s, "NeedStatement")["affected"]["anyOf"].pop(),
        "statement.affected: null is no longer taken",
    ),
    "an enum value gone": (
        WRITTEN_BY_CLIENTS,
        lambda s: s["$defs"]["Stage"]["enum"].remove("idea"),
        "statement.stage: 'idea' is no longer taken",
    ),
    "an enum where anything was": (
        WRITTEN_BY_CLIENTS,
        setting(statement("language"), enum=["da"]),
        "statement.language: must be one of",
    ),
    "a shorter text": (WRITTEN_BY_CLIENTS, setting(statement("title"), maxLength=399), "maxLength is 399 now, 400 before"),
    "a longer least text": (WRITTEN_BY_CLIENTS, setting(statement("title"), minLength=2), "minLength is 2 now, 1 before"),
    "another pattern": (WRITTEN_BY_CLIENTS, setting(statement("language"), pattern="^[a-z]{2}$"), "statement.language: pattern"),
    "a new pattern": (
        WRITTEN_BY_CLIENTS,
        lambda s: s["$defs"]["Stage"].update(pattern="^i"),
        "statement.stage: pattern is '^i' now",
    ),
    "another format": (
        WRITTEN_BY_CLIENTS,
        lambda s: defs(s, "NeedStatement")["horizon"]["anyOf"][0].update(format="date-time"),
        "statement.horizon: format",
    ),
    "a greater least number": (
        WRITTEN_BY_CLIENTS,
        setting(of_match("version"), minimum=2),
        "version: minimum is 2 now, 1 before",
    ),
    "a lower greatest number": (WRITTEN_BY_CLIENTS, setting(of_match("version"), maximum=9), "version: maximum is 9 now"),
    "an exclusive bound": (
        WRITTEN_BY_CLIENTS,
        setting(of_match("version"), exclusiveMaximum=9),
        "version: exclusiveMaximum is 9",
    ),
    "steps": (WRITTEN_BY_CLIENTS, setting(of_match("version"), multipleOf=2), "version: multipleOf is 2 now"),
    "fewer items": (WRITTEN_BY_CLIENTS, setting(statement("effects"), maxItems=49), "statement.effects: maxItems is 49 now"),
    "more items at least": (
        WRITTEN_BY_CLIENTS,
        setting(statement("effects"), minItems=1),
        "statement.effects: minItems is 1 now",
    ),
    "items that differ": (WRITTEN_BY_CLIENTS, setting(statement("effects"), uniqueItems=True), "effects: no item may repeat"),
    "narrower items": (
        WRITTEN_BY_CLIENTS,
        lambda s: defs(s, "NeedStatement")["effects"]["items"].update(maxLength=1),
        "statement.effects[]: maxLength is 1 now",
    ),
    "no unknown fields": (
        WRITTEN_BY_CLIENTS,
        lambda s: s["$defs"]["Buyer"].update(additionalProperties=False),
        "statement.buyer{}: may no longer be anything",
    ),
    "narrower values of a map": (
        WRITTEN_BY_SAMSPIL,
        setting(of_match("signals"), additionalProperties={"type": "number", "minimum": 0}),
        "signals{}: minimum is 0 now",
    ),
    "narrower names of a map": (
        WRITTEN_BY_SAMSPIL,
        lambda s: s["properties"]["signals"]["propertyNames"].update(maxLength=10),
        "signals{name}: maxLength is 10 now",
    ),
    "another default": (WRITTEN_BY_CLIENTS, setting(statement("stage"), default="tender"), "statement.stage: left out, it means"),
    "no default": (
        WRITTEN_BY_CLIENTS,
        dropping(statement("stage"), "default"),
        "statement.stage: left out, it means nothing now",
    ),
    "a definition gone": (
        WRITTEN_BY_CLIENTS,
        lambda s: s["$defs"].pop("Stage"),
        "statement.stage: the definition #/$defs/Stage is used and does not exist",
    ),
    "a definition gone behind a null": (
        WRITTEN_BY_CLIENTS,
        lambda s: s["$defs"].pop("Volume"),
        "statement.volume: the definition #/$defs/Volume is used and does not exist",
    ),
    "another $id": (WRITTEN_BY_CLIENTS, lambda s: s.update({"$id": "urn:other"}), "the event: $id is 'urn:other' now"),
    "another type of event": (WRITTEN_BY_CLIENTS, setting(extension, type="other"), f"{EXTENSION} type is 'other' now"),
    "another topic": (WRITTEN_BY_CLIENTS, setting(extension, topic="other"), f"{EXTENSION} topic is 'other' now"),
    "another key": (WRITTEN_BY_CLIENTS, setting(extension, key="version"), f"{EXTENSION} key is 'version' now"),
    "another identity": (
        WRITTEN_BY_CLIENTS,
        setting(extension, identity=["need_id"]),
        f"{EXTENSION} identity is ['need_id'] now",
    ),
    "another writer": (WRITTEN_BY_CLIENTS, setting(extension, writers="samspil"), f"{EXTENSION} writers is 'samspil' now"),
    "what nobody understands": (
        WRITTEN_BY_CLIENTS,
        lambda s: s.update({"not": {"required": ["x"]}}),
        "the event: not changed, which this check does not understand",
    ),
}

# What a field of an event may hold more than before: fine where clients write it, breaking where Samspil alone does.
GROWTH: dict[str, tuple[Change, Change, str]] = {
    "a new enum value": (
        lambda s: s["$defs"]["Stage"]["enum"].append("award"),
        lambda s: s["$defs"]["RegionFit"]["enum"].append("nearby"),
        "region: may be 'nearby', which readers do not expect",
    ),
    "anything where an enum was": (
        lambda s: s["$defs"]["Stage"].pop("enum"),
        lambda s: s["$defs"]["RegionFit"].pop("enum"),
        "region: may be anything",
    ),
    "null": (
        lambda s: s["properties"].update(version={"anyOf": [s["properties"]["version"], {"type": "null"}]}),
        lambda s: s["properties"].update(score={"anyOf": [s["properties"]["score"], {"type": "null"}]}),
        "score: may be null",
    ),
    "a wider type": (
        setting(of_match("version"), type="number"),
        setting(of_match("need_version"), type="number"),
        "need_version: may be number",
    ),
    "a longer text": (
        setting(statement("title"), maxLength=500),
        setting(of_match("need_title"), maxLength=500),
        "need_title: maxLength is 500 now, 400 before",
    ),
    "no limit": (
        dropping(statement("title"), "maxLength"),
        dropping(of_match("need_title"), "maxLength"),
        "need_title: maxLength is inf",
    ),
    "no pattern": (
        dropping(statement("language"), "pattern"),
        dropping(of_match("space"), "pattern"),
        "space: pattern is None now",
    ),
    "a lower least number": (
        setting(of_match("version"), minimum=0),
        setting(of_match("score"), minimum=-1),
        "score: minimum is -1 now, 0 before",
    ),
    "more items": (
        setting(statement("effects"), maxItems=60),
        setting(of_match("missing"), maxItems=60),
        "missing: maxItems is 60 now",
    ),
    "values of any kind in a map": (
        lambda s: s,
        dropping(of_match("signals"), "additionalProperties"),
        "signals{}: may be anything now",
    ),
}

HARMLESS: dict[str, tuple[str, Change]] = {
    "nothing": (WRITTEN_BY_SAMSPIL, lambda _: None),
    "a new optional field": (WRITTEN_BY_CLIENTS, lambda s: add_field(s, required=False)),
    "a new optional field that holds its own kind": (WRITTEN_BY_CLIENTS, self_holding),
    "better words": (WRITTEN_BY_SAMSPIL, setting(of_match("score"), description="How sure.", examples=[0.5])),
    "a new definition": (WRITTEN_BY_SAMSPIL, lambda s: s["$defs"].update(Unused={"type": "string"})),
    "a definition renamed": (
        WRITTEN_BY_SAMSPIL,
        lambda s: (
            s["$defs"].update(Fit=s["$defs"].pop("RegionFit")),
            s["properties"]["region"].update({"$ref": "#/$defs/Fit"}),
        ),
    ),
    "a definition written out": (
        WRITTEN_BY_SAMSPIL,
        lambda s: s["properties"].update(region={**s["$defs"].pop("RegionFit"), "description": "Written out."}),
    ),
    "an unused definition gone": (WRITTEN_BY_SAMSPIL, lambda s: s["$defs"].pop("Unused", None)),
    "alternatives in another order": (WRITTEN_BY_CLIENTS, lambda s: defs(s, "NeedStatement")["affected"]["anyOf"].reverse()),
}


def after(name: str, change: Change) -> JSON:
    schema = copy.deepcopy(NOW[name])
    change(schema)
    Draft202012Validator.check_schema(schema)
    return schema


@pytest.mark.parametrize(("name", "change", "said"), BREAKING.values(), ids=list(BREAKING))
def test_a_breaking_change_is_found_and_named(name, change, said):
    found = breaking_changes(NOW[name], after(name, change))
    assert any(said in sentence for sentence in found), found


@pytest.mark.parametrize(("by_clients", "by_samspil", "said"), GROWTH.values(), ids=list(GROWTH))
def test_a_field_may_hold_more_only_where_clients_write_it(by_clients, by_samspil, said):
    assert breaking_changes(NOW[WRITTEN_BY_CLIENTS], after(WRITTEN_BY_CLIENTS, by_clients)) == []
    found = breaking_changes(NOW[WRITTEN_BY_SAMSPIL], after(WRITTEN_BY_SAMSPIL, by_samspil))
    assert len(found) == 1, found
    assert said in found[0]


@pytest.mark.parametrize(("name", "change"), HARMLESS.values(), ids=list(HARMLESS))
def test_an_addition_or_a_better_word_breaks_nothing(name, change):
    assert breaking_changes(NOW[name], after(name, change)) == []


def test_a_schema_that_holds_itself_is_walked_once():
    before = after(WRITTEN_BY_CLIENTS, self_holding)
    changed = copy.deepcopy(before)
    defs(changed, "NeedStatement")["title"]["maxLength"] = 10
    assert breaking_changes(before, before) == []
    assert breaking_changes(before, changed) == ["statement.title: maxLength is 10 now, 400 before"]


OBJECT_LIMITS = st.sampled_from(["minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"])


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_was_valid_is_valid_under_a_change_that_is_called_compatible(data):
    """Change one limit, value or requirement anywhere in a small event; if nothing is reported, old instances stay valid."""
    name = data.draw(st.sampled_from(["need-withdrawn.v1", "response-given.v1", "feedback-given.v1"]))
    schema = copy.deepcopy(NOW[name])
    field = data.draw(st.sampled_from(sorted(schema["properties"])))
    kind = data.draw(st.sampled_from(["limit", "required", "type", "enum"]))
    if kind == "limit":
        schema["properties"][field][data.draw(OBJECT_LIMITS)] = data.draw(st.integers(0, 300))
    elif kind == "required" and field not in schema["required"]:
        schema["required"].append(field)
    elif kind == "type":
        schema["properties"][field] = {"type": data.draw(st.sampled_from(["string", "integer", "boolean", "null"]))}
    else:
        schema["properties"][field]["enum"] = data.draw(st.lists(st.sampled_from([1, True, "accept", None]), min_size=1))
    if breaking_changes(NOW[name], schema) == []:
        Draft202012Validator(schema).validate(data.draw(instances(NOW[name])))
