"""Bodies that are too large, too slow, not JSON, or JSON that two readers would read differently."""

import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import pytest

from samspil.web import WebLimits
from tests.component.web_fakes import World, statement_json

JSON = {"Content-Type": "application/json"}
GOOD = json.dumps(statement_json())


def stating(field: str, value: str) -> str:
    """A need as text, with one field's value written as given."""
    return GOOD[:-1] + f', "{field}": {value}}}'


REFUSED = {
    "nothing": b"",
    "no JSON": b"need",
    "half an object": GOOD[:-1].encode(),
    "two values": (GOOD + GOOD).encode(),
    "bad UTF-8": GOOD.encode().replace(b"leaks", b"le\xffks"),
    "UTF-16": GOOD.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + GOOD.encode(),
    "NaN": stating("volume", '{"amount": NaN, "unit": "DKK"}').encode(),
    "Infinity": stating("volume", '{"amount": -Infinity, "unit": "DKK"}').encode(),
    "a float beyond all": stating("volume", '{"amount": 1e999, "unit": "DKK"}').encode(),
    "a huge integer": stating("volume", f'{{"amount": {"9" * 5000}, "unit": "DKK"}}').encode(),
    "an integer that readers round": stating("volume", '{"amount": 9007199254740993, "unit": "DKK"}').encode(),
    "the same name twice": stating("title", '"Another"').encode(),
    "the same name twice, deep": stating("volume", '{"amount": 1, "unit": "a", "unit": "b"}').encode(),
    "half a surrogate pair": stating("affected", r'"\ud83d"').encode(),
    "half a surrogate pair in an unknown name": stating(r"\udc00", "1").encode(),
    "deep nesting": stating("other", "[" * 5000 + "]" * 5000).encode(),
    "deep nesting, never closed": b"[" * 900_000,
    "quotes without end": b'"' + b'\\"' * 500_000,
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_body_that_is_no_strict_json_is_refused_with_400(name: str) -> None:
    world = World()
    response = await world.ask("PUT", "/v1/needs/need-1", who="buyer-1", headers=JSON, content=REFUSED[name])
    assert response.status_code == 400, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["type"] == "urn:samspil:problem:malformed"
    assert not world.record.stored_needs


@pytest.mark.parametrize("body", ["null", "[]", '"text"', "1", "true", "{}"])
async def test_json_that_is_no_need_is_refused_with_422(body: str) -> None:
    response = await World().ask("PUT", "/v1/needs/need-1", who="buyer-1", headers=JSON, content=body)
    assert response.status_code == 422
    assert response.json()["errors"]


async def test_each_wrong_field_is_named_with_its_path() -> None:
    body = statement_json() | {"title": "", "cpv": ["90490000", "9"], "buyer": {"id": "buyer-1", "name": "N", "country": "dk"}}
    body["effects"] = ["a\x00b"]
    response = await World().ask("PUT", "/v1/needs/need-1", who="buyer-1", json=body)
    problem = response.json()
    assert [(error["in"], error["pointer"]) for error in problem["errors"]] == [
        ("body", "/title"),
        ("body", "/buyer/country"),
        ("body", "/effects/0"),
        ("body", "/cpv/1"),
    ]
    assert problem["detail"] == "4 fields are not valid. Correct what 'errors' lists and send it again."
    assert "U+0000" in problem["errors"][2]["detail"]


async def test_an_answer_lists_at_most_fifty_errors() -> None:
    response = await World().ask("PUT", "/v1/needs/need-1", who="buyer-1", json=statement_json() | {"cpv": ["x"] * 90})
    assert len(response.json()["errors"]) == 50
    assert response.json()["detail"].startswith("90 fields")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/xml"},
        {"Content-Type": "application/problem+json"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
async def test_a_body_that_does_not_call_itself_json_is_refused_with_415(headers: dict[str, str]) -> None:
    response = await World().ask("PUT", "/v1/needs/need-1", who="buyer-1", headers=headers, content=GOOD)
    assert response.status_code == 415
    assert {"Accept", "Accept-Encoding"} & {name.title() for name in response.headers}


@pytest.mark.parametrize(
    "media", ["application/json", "Application/JSON", 'application/json; charset="UTF-8"', "application/json;"]
)
async def test_json_may_be_called_json_in_every_allowed_spelling(media: str) -> None:
    response = await World().ask("PUT", "/v1/needs/need-1", who="buyer-1", headers={"Content-Type": media}, content=GOOD)
    assert response.status_code == 202


async def test_a_declared_size_is_refused_before_a_byte_is_read() -> None:
    world = World()

    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    for length in ("1048577", "9" * 400):
        headers = {**JSON, "Content-Length": length}
        response = await world.ask("PUT", "/v1/needs/need-1", who="buyer-1", headers=headers, content=never())
        assert response.status_code == 413
        assert response.headers["Connection"] == "close"


async def _raw(world: World, messages: list[MutableMapping[str, Any]]) -> tuple[int, int]:
    """Send a PUT by ASGI messages; gives the status and how many messages were taken. After the last, nothing comes."""
    token = await world.token("buyer-1")
    taken = 0
    status = 0

    async def receive() -> MutableMapping[str, Any]:
        nonlocal taken
        if taken == len(messages):
            await asyncio.Event().wait()
        taken += 1
        return messages[taken - 1]

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)

    scope = {
        "type": "http",
        "method": "PUT",
        "path": "/v1/needs/need-1",
        "raw_path": b"/v1/needs/need-1",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"authorization", f"Bearer {token}".encode())],
        "client": ("192.0.2.1", 1),
        "server": ("samspil.test", 80),
        "scheme": "http",
        "http_version": "1.1",
        "asgi": {"version": "3.0"},
    }
    await world.app(scope, receive, send)
    return status, taken


async def test_an_undeclared_size_is_refused_as_soon_as_it_is_passed() -> None:
    chunk: MutableMapping[str, Any] = {"type": "http.request", "body": b" " * 400, "more_body": True}
    assert await _raw(World(limits=WebLimits(body_bytes=1000)), [chunk] * 50) == (413, 3)


async def test_a_body_that_stops_coming_is_given_up() -> None:
    chunk: MutableMapping[str, Any] = {"type": "http.request", "body": b"{", "more_body": True}
    assert await _raw(World(limits=WebLimits(body_seconds=0)), [chunk]) == (408, 1)


async def test_a_client_that_goes_away_in_the_middle_leaves_nothing_behind() -> None:
    world = World()
    chunk: MutableMapping[str, Any] = {"type": "http.request", "body": GOOD.encode(), "more_body": True}
    assert (await _raw(world, [chunk, {"type": "http.disconnect"}]))[0] == 400
    assert not world.record.stored_needs


async def test_a_body_in_pieces_is_read_as_one() -> None:
    pieces: list[MutableMapping[str, Any]] = [
        {"type": "http.request", "body": GOOD[index : index + 100].encode(), "more_body": True}
        for index in range(0, len(GOOD), 100)
    ]
    assert (await _raw(World(), [*pieces, {"type": "http.request", "body": b"", "more_body": False}]))[0] == 202
