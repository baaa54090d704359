"""What a new version of an event's schema breaks.

Within a major version three promises hold, and the test of the released schemas keeps them:

1. *What was valid stays valid.* Topics are compacted and replayed, and clients update when they like: no new required field, no
   narrower type, list of values, pattern, length, number or item limit.
2. *What readers rely on stays.* No field disappears or becomes optional; a default, the key, the fields of the id and the `$id`
   keep their meaning.
3. *An event that Samspil alone writes says nothing new in a field that exists*: no further type, enum value, null or greater
   limit. A reader's generated enumeration is closed, and so is ours: while an update rolls out, the old service would put what
   the new one says to the dead letters. Such a change is a new field, or a new major version of the event.
   On a topic that clients write, growth is free, because Samspil reads the new value before anyone is told of it.

New optional fields are always fine: an instance that already held an unknown field of that name is not considered, since nobody
read it. That a description gives a value a new meaning, no program can see; a reviewer must.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

from samspil_schemas.json_schema import EXTENSION

Schema = Mapping[str, Any]

_IDENTITY = ("type", "topic", "key", "identity", "writers")
# Each limit with what holds where it is left out.
_LOWER = {"minimum": -inf, "exclusiveMinimum": -inf, "minLength": 0, "minItems": 0, "minProperties": 0}
_UPPER = {"maximum": inf, "exclusiveMaximum": inf, "maxLength": inf, "maxItems": inf, "maxProperties": inf}
_NAMED = ("pattern", "format", "multipleOf")  # no program can tell which of two patterns contains the other
_WITHIN = {"items": "[]", "additionalProperties": "{}", "propertyNames": "{name}"}
_UNDERSTOOD = {"type", "enum", "const", "default", "properties", "required", "uniqueItems", *_LOWER, *_UPPER, *_NAMED, *_WITHIN}
_ANNOTATIONS = {"$schema", "$id", "$defs", "$comment", "title", "description", "examples", "deprecated", "readOnly", "writeOnly"}


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """Return one sentence for each change from `old` to `new` that breaks a writer or a reader; none if it is compatible.

    Both are JSON Schemas as `json_schema` makes them. What is not understood and differs counts as breaking.
    """
    before, after = old.get(EXTENSION, {}), new.get(EXTENSION, {})
    comparison = _Comparison(old=old, new=new, may_grow=before.get("writers") == "clients")
    comparison.same("$id", old.get("$id"), new.get("$id"))
    for name in _IDENTITY:
        comparison.same(f"{EXTENSION} {name}", before.get(name), after.get(name))
    comparison.compare("", old, new)
    return comparison.found


@dataclass(kw_only=True)
class _Comparison:
    """Walks two schemas side by side. `may_grow`: clients write the event, so that a field may hold more than before."""

    old: Schema
    new: Schema
    may_grow: bool
    found: list[str] = field(default_factory=list)
    open_pairs: frozenset[tuple[str, str]] = frozenset()

    def same(self, what: str, before: object, after: object) -> None:
        """The names that the event goes by never change."""
        if before != after:
            self.report("", f"{what} is {after!r} now, {before!r} before")

    def compare(self, path: str, old: Schema, new: Schema) -> None:
        """Report what breaks at this place and below."""
        pair = (str(old.get("$ref", "")), str(new.get("$ref", "")))
        if all(pair) and pair in self.open_pairs:
            return  # a schema that holds itself
        inner = _Comparison(
            old=self.old, new=self.new, may_grow=self.may_grow, found=self.found, open_pairs=self.open_pairs | {pair}
        )
        try:
            before, after = _resolve(old, root=self.old), _resolve(new, root=self.new)
            inner.absence(path, before, after)
            inner.alternatives(path, list(_alternatives(before, root=self.old)), list(_alternatives(after, root=self.new)))
        except LookupError as missing:
            self.report(path, f"the definition {missing.args[0]} is used and does not exist")

    def absence(self, path: str, old: Schema, new: Schema) -> None:
        """A default says what it means that a field is left out."""
        before, after = (repr(schema["default"]) if "default" in schema else "nothing" for schema in (old, new))
        if before != after:
            self.report(path, f"left out, it means {after} now, {before} before")

    def alternatives(self, path: str, before: list[tuple[str, Schema]], after: list[tuple[str, Schema]]) -> None:
        """Match the alternatives by type: each old one must still be taken, each new one must have been known."""
        for kind, schema in before:
            tries = [self.attempt(path, schema, candidate) for other, candidate in after if _takes(other, kind)]
            if tries:
                fewest: list[str] = min(tries, key=len)
                self.found.extend(fewest)
            else:
                self.report(path, f"{kind} is no longer taken")
        known = {kind for kind, _ in before}
        for kind in dict.fromkeys(kind for kind, _ in after):
            if kind not in known:
                self.grew(path, f"may be {kind}")

    def attempt(self, path: str, old: Schema, new: Schema) -> list[str]:
        """What breaks if this alternative takes the place of that one."""
        attempt = _Comparison(old=self.old, new=self.new, may_grow=self.may_grow, open_pairs=self.open_pairs)
        attempt.values(path, old, new)
        attempt.limits(path, old, new)
        attempt.named(path, old, new)
        attempt.fields(path, old, new)
        for name, mark in _WITHIN.items():
            attempt.within(path + mark, _any(old.get(name, True)), _any(new.get(name, True)))
        for name in sorted((old.keys() | new.keys()) - _UNDERSTOOD - _ANNOTATIONS):
            if not name.startswith("x-") and old.get(name) != new.get(name):
                attempt.report(path, f"{name} changed, which this check does not understand")
        return attempt.found

    def values(self, path: str, old: Schema, new: Schema) -> None:
        """Lists of values: enum and const."""
        before, after = _values(old), _values(new)
        if before is None and after is not None:
            self.report(path, f"must be one of {after} now, anything before")
        elif before is not None and after is None:
            self.grew(path, f"may be anything, one of {before} before")
        for value in before or ():
            if after is not None and value not in after:
                self.report(path, f"{value!r} is no longer taken")
        for value in after or ():
            if before is not None and value not in before:
                self.grew(path, f"may be {value!r}")

    def limits(self, path: str, old: Schema, new: Schema) -> None:
        """Lengths, numbers and counts."""
        for name, unlimited in {**_LOWER, **_UPPER}.items():
            before, after = old.get(name, unlimited), new.get(name, unlimited)
            if before == after:
                continue
            narrower = after > before if name in _LOWER else after < before
            (self.report if narrower else self.grew)(path, f"{name} is {after} now, {before} before")
        if old.get("uniqueItems", False) != new.get("uniqueItems", False):
            narrower = new.get("uniqueItems", False)
            (self.report if narrower else self.grew)(path, "no item may repeat" if narrower else "items may repeat")

    def named(self, path: str, old: Schema, new: Schema) -> None:
        """Patterns and formats, which say what a value is."""
        for name in _NAMED:
            before, after = old.get(name), new.get(name)
            if before == after:
                continue
            (self.grew if after is None else self.report)(path, f"{name} is {after!r} now, {before!r} before")

    def fields(self, path: str, old: Schema, new: Schema) -> None:
        """The fields of an object, and which of them are required."""
        before, after = old.get("properties", {}), new.get("properties", {})
        needed, now_needed = old.get("required", []), new.get("required", [])
        for name, schema in before.items():
            if name not in after:
                self.report(_join(path, name), "the field is gone")
                continue
            self.compare(_join(path, name), schema, after[name])
            if name in needed and name not in now_needed:
                self.report(_join(path, name), "may be left out now, and readers rely on it")
        for name in now_needed:
            if name not in needed:
                self.report(_join(path, name), "is required now")

    def within(self, path: str, old: Schema | None, new: Schema | None) -> None:
        """The schemas of items, of further fields and of their names; None takes anything."""
        if old is not None and new is not None:
            self.compare(path, old, new)
        elif old is not None:
            self.grew(path, "may be anything now")
        elif new is not None:
            self.report(path, "may no longer be anything")

    def grew(self, path: str, what: str) -> None:
        """A field may hold more than before."""
        if not self.may_grow:
            self.report(path, f"{what}, which readers do not expect")

    def report(self, path: str, what: str) -> None:
        """Note what breaks."""
        self.found.append(f"{path or 'the event'}: {what}")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _takes(kind: str, other: str) -> bool:
    return kind in {other, "anything"} or (kind, other) == ("number", "integer")


def _any(schema: object) -> Schema | None:
    """A subschema as a mapping: true (and {}) takes anything and is None, false takes no type at all."""
    if isinstance(schema, Mapping):
        return schema or None
    return None if schema else {"type": []}


def _resolve(schema: Schema, *, root: Schema) -> Schema:
    """The schema that a `$ref` stands for, with what stands beside it.

    Raises:
        LookupError: with the name of the definition that is missing.
    """
    resolved = dict(schema)
    while (pointer := resolved.pop("$ref", None)) is not None:
        target: Any = root
        for step in pointer.removeprefix("#/").split("/"):
            if step not in target:
                raise LookupError(pointer)
            target = target[step]
        resolved = {**target, **resolved}
    return resolved


def _alternatives(schema: Schema, *, root: Schema) -> Iterator[tuple[str, Schema]]:
    """Each type that the schema takes, with the schema of that type."""
    for name in ("anyOf", "oneOf"):
        if name in schema:
            beside = {key: value for key, value in schema.items() if key != name}
            for branch in schema[name]:
                yield from _alternatives({**beside, **_resolve(branch, root=root)}, root=root)
            return
    types = schema.get("type", "anything")
    for kind in types if isinstance(types, list) else [types]:
        yield kind, schema


def _values(schema: Schema) -> list[Any] | None:
    """The values that an enum or a const allows; None if it is neither."""
    if "const" in schema:
        return [schema["const"]]
    values: list[Any] | None = schema.get("enum")
    return values
