"""What an index stores of an owner, and what its conditions mean, in plain terms."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil.adapters.vectors.conditions import AnyOf, Between, Condition, Ids
from samspil.adapters.vectors.layout import (
    OpenPoint,
    Status,
    found_by,
    guard,
    head_from,
    head_id,
    head_record,
    hit_of,
    part_ids,
    part_record,
    query_of,
    tombstone,
)
from samspil.adapters.vectors.store import Found, StoredPoint
from samspil.domain.codes import cpv_path, regions_meet
from samspil.ids import point_id
from samspil.ports import Entity, Entry, Head, Point, Search, Where

nuts_codes = st.from_regex(r"\A(DK|DE|SE)[0-2A]{0,3}\Z")
cpv_codes = (
    st.integers(3, 98)
    .flatmap(lambda division: st.from_regex(rf"\A{division:02}[0-2]{{0,3}}0*\Z"))
    .map(lambda code: code[:8].ljust(8, "0"))
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def meets(payload: Mapping[str, Any], condition: Condition) -> bool:
    """What a condition means, said without an engine."""
    if isinstance(condition, AnyOf):
        value = payload.get(condition.field, [])
        return bool(set(value if isinstance(value, list) else [value]) & set(condition.values))
    if isinstance(condition, Between):
        least, most = condition.at_least, condition.at_most
        return (least is None or payload[condition.field] >= least) and (most is None or payload[condition.field] <= most)
    assert not isinstance(condition, Ids)
    return (
        all(meets(payload, part) for part in condition.must)
        and not any(meets(payload, part) for part in condition.must_not)
        and (not condition.one_of or any(meets(payload, part) for part in condition.one_of))
    )


def a_point(**changes: Any) -> Point:
    values: dict[str, Any] = {"part": "c1", "text": "pumps", "language": "en", "vector": np.array([1, 0], dtype=np.float32)}
    return Point(**(values | changes))


def stored(point: Point, *, version: int = 1) -> StoredPoint:
    return part_record(Entry(owner_id="s-1", version=version, points=(point,)), point, entity=Entity.SUPPLIERS)


@given(regions=st.lists(nuts_codes, max_size=3).map(tuple), asked=st.lists(nuts_codes, max_size=3).map(tuple))
def test_the_region_filter_is_the_rule_of_the_domain(regions: tuple[str, ...], asked: tuple[str, ...]) -> None:
    payload = stored(a_point(regions=regions)).payload
    assert meets(payload, found_by(Where(regions=asked))) == regions_meet(regions, asked)


@given(codes=st.lists(cpv_codes, max_size=3).map(tuple), asked=st.lists(cpv_codes, min_size=1, max_size=3).map(tuple))
def test_the_code_filter_finds_a_code_and_all_below_it(codes: tuple[str, ...], asked: tuple[str, ...]) -> None:
    payload = stored(a_point(cpv=codes)).payload
    assert meets(payload, found_by(Where(cpv=asked))) == any(above in cpv_path(code) for code in codes for above in asked)


@given(payload=st.dictionaries(st.text(), json_values, max_size=4), text=st.text(), regions=st.lists(nuts_codes).map(tuple))
def test_a_hit_gives_back_what_was_stored(payload: dict[str, Any], text: str, regions: tuple[str, ...]) -> None:
    point = a_point(payload=payload, text=text, regions=regions, cpv=("45233100",), buyer_id="b-1")
    record = stored(point, version=7)
    # As it travels: through JSON.
    travelled = json.loads(json.dumps(dict(record.payload)))
    hit = hit_of(Found(id="x", score=0.12345678, payload=travelled, dense=[1.0, 0.0]))
    assert (hit.owner_id, hit.version, hit.part, hit.text, hit.language) == ("s-1", 7, "c1", text, "en")
    assert (hit.payload, hit.regions, hit.cpv, hit.buyer_id) == (payload, regions, ("45233100",), "b-1")
    assert hit.score == 0.123457
    assert hit.vector.dtype == np.float32


def test_a_payload_that_is_not_json_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        stored(a_point(payload={"score": float("nan")}))
    with pytest.raises(TypeError):
        stored(a_point(payload={"when": object()}))


def test_a_tombstone_keeps_no_vector_and_no_text() -> None:
    closed = tombstone(OpenPoint(id="x", owner_id="s-1", version=1), head=Head(3))
    assert (closed.dense, closed.sparse) == (None, None)
    assert closed.payload == {"kind": "part", "owner_id": "s-1", "version": 3, "status": "retired"}
    assert tombstone(OpenPoint(id="x", owner_id="s-1", version=1), head=Head(3, withdrawn=True)).payload["status"] == "withdrawn"


def test_no_part_of_the_contract_has_the_id_of_a_head() -> None:
    assert head_id("s-1") not in {point_id(owner_id="s-1", part=part) for part in ("", "head", "\x1f", "c1")}
    entry = Entry(owner_id="s-1", version=1, points=(a_point(), a_point(part="c2")))
    assert len(part_ids(entry) | {head_id("s-1")}) == 3


heads = st.builds(Head, st.integers(1, 4), st.booleans())


@given(held=heads, asked=heads)
def test_the_guard_lets_a_head_replace_exactly_those_that_are_no_newer(held: Head, asked: Head) -> None:
    record = head_record(Entry(owner_id="s-1", version=held.version, withdrawn=held.withdrawn))
    assert head_from(record.payload) == held
    assert meets(record.payload, guard(version=asked.version, closes=asked.withdrawn)) == (asked >= held)


@given(closed_by=heads, version=st.integers(1, 5))
def test_the_guard_lets_no_late_version_reopen_a_tombstone(closed_by: Head, version: int) -> None:
    payload = tombstone(OpenPoint(id="x", owner_id="s-1", version=1), head=closed_by).payload
    assert meets(payload, guard(version=version, closes=False)) == (Head(version) >= closed_by)


def test_searches_find_only_open_points() -> None:
    payload = dict(stored(a_point()).payload)
    assert meets(payload, found_by(Where()))
    for status in (Status.RETIRED, Status.WITHDRAWN):
        assert not meets(payload | {"status": status}, found_by(Where()))


def test_what_cannot_find_anything_is_not_asked() -> None:
    assert query_of(Search(vector=np.ones(2, dtype=np.float32), limit=0)) is None
    assert query_of(Search(words="of the", where=Where(language="en"))) is None
    assert query_of(Search(words="pump", where=Where(language="en"))) is not None
