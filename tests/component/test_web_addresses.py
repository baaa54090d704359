"""Ids in paths: one segment, decoded once, and nothing but an id."""

import pytest

from tests.component.web_fakes import World, statement_json

IDS = ("plain", "2026/s-12", "a/b/c", "urn:x:1", "me@city", "a+b", "a.b", "a_b", "a:/@+.-_", "matches", "a/matches", "x" * 200)


@pytest.mark.parametrize("need_id", IDS)
async def test_every_id_of_the_contract_can_stand_in_a_path(need_id: str) -> None:
    world = World()
    everything = "".join(f"%{byte:02x}" for byte in need_id.encode())
    slashes = need_id.replace("/", "%2f")
    assert (await world.ask("PUT", f"/v1/needs/{everything}", who="buyer-1", json=statement_json())).status_code == 202
    assert list(world.record.stored_needs) == [need_id]
    for spelling in (everything, slashes):
        response = await world.ask("GET", f"/v1/needs/{spelling}")
        assert response.json()["id"] == need_id
        assert (await world.ask("GET", f"/v1/needs/{spelling}/matches", who="buyer-1")).status_code == 200


async def test_an_id_that_ends_like_another_route_is_not_taken_for_it() -> None:
    world = World()
    await world.publish("a/matches")
    await world.publish("a")
    assert (await world.ask("GET", "/v1/needs/a%2Fmatches")).json()["id"] == "a/matches"
    assert (await world.ask("GET", "/v1/needs/a/matches", who="buyer-1")).json()["items"] == []


@pytest.mark.parametrize(
    "segment",
    [
        "%20",
        "a%20b",
        "%00",
        "a%00",
        "a%0A",
        "-a",
        "%2e",
        "%2e%2e",
        "%2Fa",
        "a%252Fb",
        "a%25",
        "%C3%B8",
        "%FF",
        "a%3Fb",
        "a%23",
        "a;b",
        "x" * 201,
    ],
)
async def test_a_segment_that_is_no_id_is_nowhere(segment: str) -> None:
    world = World()
    for method in ("GET", "PUT"):
        response = await world.ask(method, f"/v1/needs/{segment}", who="buyer-1", json=statement_json())
        assert response.status_code == 404, response.text
    assert not world.record.stored_needs


@pytest.mark.parametrize(
    "path", ["/v1//needs", "/v1/needs/", "/v1/needs/a//matches", "/V1/needs", "/v1%2Fneeds", "/docs/", "/v1/me%0A"]
)
async def test_an_address_has_one_spelling_only(path: str) -> None:
    response = await World().ask("GET", path, who="operator")
    assert response.status_code == 404
    assert "Location" not in response.headers


async def test_a_schema_is_found_by_name_only_never_by_a_path() -> None:
    world = World()
    assert (await world.ask("GET", "/schemas/need-published.v1.json")).status_code == 200
    for name in ("..%2F..%2Fetc%2Fpasswd", "need-published.v1.json", "%00", ""):
        assert (await world.ask("GET", f"/schemas/{name}.json")).status_code == 404
