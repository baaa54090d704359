"""The strict JSON that request bodies must be."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil.web.body import require_strict_json
from samspil.web.problems import ProblemError

DEPTH = 8
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
EXACT = st.integers(-(2**53) + 1, 2**53 - 1)
GOOD = st.recursive(
    st.none() | st.booleans() | EXACT | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def depth_of(value: Any) -> int:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if children is None else 1 + max(map(depth_of, children), default=0)


@given(GOOD, st.booleans())
def test_what_every_reader_reads_alike_is_taken_up_to_the_allowed_depth(value: Any, ascii_only: bool) -> None:  # noqa: FBT001
    raw = json.dumps(value, ensure_ascii=ascii_only).encode()
    require_strict_json(raw, depth=depth_of(value))
    if depth_of(value):
        with pytest.raises(ProblemError, match="nests deeper"):
            require_strict_json(raw, depth=depth_of(value) - 1)


@given(st.integers(min_value=2**53) | st.integers(max_value=-(2**53)))
def test_an_integer_that_some_readers_round_is_refused(number: int) -> None:
    with pytest.raises(ProblemError, match="integer beyond"):
        require_strict_json(json.dumps([number]).encode(), depth=DEPTH)


@given(st.dictionaries(TEXT, GOOD, min_size=1, max_size=3), GOOD)
def test_a_name_said_twice_is_refused_wherever_it_is(members: dict[str, Any], other: Any) -> None:
    name = next(iter(members))
    text = json.dumps(members)[:-1] + f", {json.dumps(name)}: {json.dumps(other)}}}"
    with pytest.raises(ProblemError, match="same name twice"):
        require_strict_json(f'[{{"in": {text}}}]'.encode(), depth=100)


@given(st.binary(max_size=100))
def test_bytes_are_taken_or_refused_and_nothing_else_happens(raw: bytes) -> None:
    try:
        require_strict_json(raw, depth=DEPTH)
    except ProblemError as refusal:
        assert refusal.kind.status == 400  # noqa: PT017 - both outcomes are right
    else:
        json.loads(raw)


@pytest.mark.parametrize("brackets", ["[" * 9, '{"a":' * 9, '[{"a":[{"a":[{"a":[{"a":[0'])
def test_brackets_are_counted_before_the_parser_sees_them(brackets: str) -> None:
    with pytest.raises(ProblemError, match="nests deeper than 8"):
        require_strict_json(brackets.encode(), depth=DEPTH)


def test_brackets_within_texts_do_not_count() -> None:
    require_strict_json(json.dumps(["[" * 100, '\\"[[[[[[[[[[', {'"{{{{{{{{{{': 1}]).encode(), depth=2)


def test_a_whole_surrogate_pair_is_a_character() -> None:
    require_strict_json(rb'["\ud83d\ude00"]', depth=DEPTH)


def test_a_syntax_error_is_told_with_its_place() -> None:
    with pytest.raises(ProblemError, match=r"no JSON at line 2, column 6\."):
        require_strict_json(b'{"a": 1,\n "b" 2}', depth=DEPTH)
