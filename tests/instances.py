"""Hypothesis strategies from the published JSON Schemas: what a client in another language could send, and near misses of it."""

import re
from collections.abc import Callable
from datetime import timedelta, timezone
from typing import Any

from hypothesis import strategies as st

JSON = dict[str, Any]

# Every JSON value that a wrong client might put where another belongs.
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)
_OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def instances(schema: JSON, *, root: JSON | None = None) -> st.SearchStrategy[Any]:
    """Values that the schema takes; it must be one of ours."""
    root = root or schema
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        return st.deferred(lambda: instances(root["$defs"][name], root=root))
    if "anyOf" in schema:
        return st.one_of([instances(branch, root=root) for branch in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
        "null": st.none,
        "boolean": st.booleans,
        "integer": lambda: st.integers(schema["minimum"], schema["maximum"]),
        "number": lambda: _numbers(schema),
        "string": lambda: _strings(schema),
        "array": lambda: _arrays(schema, root),
        "object": lambda: _objects(schema, root),
    }
    return kinds[schema["type"]]()


def _numbers(schema: JSON) -> st.SearchStrategy[float]:
    low, high = schema.get("minimum", schema.get("exclusiveMinimum")), schema.get("maximum")
    return st.floats(low, high, allow_nan=False, allow_infinity=False, exclude_min="exclusiveMinimum" in schema)


def _strings(schema: JSON) -> st.SearchStrategy[str]:
    if schema.get("format") == "date":
        return st.dates().map(lambda day: day.isoformat())
    if schema.get("format") == "date-time":
        return st.datetimes(timezones=_OFFSETS).map(lambda moment: moment.isoformat().replace("+00:00", "Z"))
    # Python's $ also matches before a last line feed; elsewhere it does not.
    pattern = re.compile(schema["pattern"].removesuffix("$") + r"\Z")
    if pattern.pattern.startswith("^[^"):
        return st.text(min_size=1, max_size=40).filter(lambda text: pattern.search(text) is not None)
    return st.from_regex(pattern).filter(lambda text: len(text) <= schema.get("maxLength", len(text)))


def _arrays(schema: JSON, root: JSON) -> st.SearchStrategy[list[Any]]:
    return st.lists(instances(schema["items"], root=root), min_size=schema.get("minItems", 0), max_size=2)


def _objects(schema: JSON, root: JSON) -> st.SearchStrategy[JSON]:
    if "additionalProperties" in schema:
        names = _strings(schema["propertyNames"])
        return st.dictionaries(names, instances(schema["additionalProperties"], root=root), max_size=2)
    fields = {name: instances(held, root=root) for name, held in schema["properties"].items()}
    required = {name: fields.pop(name) for name in schema.get("required", [])}
    return st.fixed_dictionaries(required, optional=fields)


@st.composite
def near_misses(draw: st.DrawFn, schema: JSON) -> JSON:
    """An instance with one value, at any depth, taken away or put in the place of another."""
    value: JSON = draw(instances(schema))
    holder: Any = value
    while True:
        places = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not places:
            return value
        place = draw(st.sampled_from(places))
        if isinstance(holder[place], dict | list) and draw(st.booleans()):
            holder = holder[place]
            continue
        if draw(st.booleans()):
            del holder[place]
        else:
            holder[place] = draw(ANYTHING)
        return value
