"""Tokens: how they are sent, and what becomes of those who guess."""

from datetime import timedelta

import httpx
import pytest

from samspil.errors import RecordUnavailable
from samspil.web import WebLimits
from tests.component.web_fakes import World

FEW = WebLimits(failed_tries=3, failed_tries_window=timedelta(minutes=1))


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer a b", "Bearer " + "x" * 600, "Bearer tøken", "bearer nope", "Bearer \t"]
)
async def test_what_is_no_token_is_refused_and_most_of_it_without_asking_the_record(header: str) -> None:
    world = World()
    response = await world.ask("GET", "/v1/me", headers={"Authorization": header.encode("latin-1")})
    assert response.status_code == 401
    assert world.record.checked in ([], ["nope"])


async def test_another_scheme_is_told_which_one_is_taken() -> None:
    response = await World().ask("GET", "/v1/me", headers={"Authorization": "Basic dTpw"})
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, 'Bearer realm="samspil"')


async def test_two_tokens_in_one_request_are_refused() -> None:
    world = World()
    token = await world.token("operator")
    both = [("Authorization", f"Bearer {token}"), ("Authorization", "Bearer other")]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=world.app), base_url="http://samspil.test") as http:
        assert (await http.get("/v1/me", headers=both[:1])).status_code == 200
        assert (await http.get("/v1/me", headers=both)).status_code == 401


async def test_a_token_in_the_query_is_no_token() -> None:
    world = World()
    assert (await world.ask("GET", f"/v1/me?access_token={await world.token('operator')}")).status_code == 401


async def test_who_guesses_is_held_back_until_the_window_is_over() -> None:
    world = World(limits=FEW)
    for _ in range(3):
        assert (await world.ask("GET", "/v1/me", token="guess")).status_code == 401
    held = await world.ask("GET", "/v1/me", token="guess")
    assert (held.status_code, held.headers["Retry-After"]) == (429, "60")
    world.clock.advance(timedelta(seconds=59))
    assert (await world.ask("GET", "/v1/needs", token="guess")).headers["Retry-After"] == "1"
    world.clock.advance(timedelta(seconds=1))
    assert (await world.ask("GET", "/v1/me", token="guess")).status_code == 401


async def test_a_guesser_behind_the_same_proxy_locks_no_good_token_out() -> None:
    world = World(limits=FEW)
    token = await world.token("buyer-1")
    for _ in range(9):
        await world.ask("GET", "/v1/me", token="guess")
    assert (await world.ask("GET", "/v1/me", token=token)).status_code == 200
    assert (await world.ask("GET", "/v1/me", token="guess")).status_code == 429


async def test_a_guesser_locks_out_neither_other_addresses_nor_those_without_a_token() -> None:
    world = World(limits=FEW)
    for _ in range(9):
        await world.ask("GET", "/v1/me", token="guess")
    assert (await world.ask("GET", "/v1/me", token="another guess", client="198.51.100.7")).status_code == 401
    assert (await world.ask("GET", "/v1/needs")).status_code == 200


async def test_a_known_token_that_was_revoked_is_no_way_around() -> None:
    world = World(limits=FEW)
    token = await world.token("buyer-1")
    await world.ask("GET", "/v1/me", token=token)
    await world.record.revoke(world.record.principals[token].token_id)
    assert (await world.ask("GET", "/v1/me", token=token)).status_code == 401


async def test_public_addresses_that_ignore_tokens_answer_while_the_record_is_down() -> None:
    world = World()
    token = await world.token("operator")
    world.record.fail = RecordUnavailable("down")
    for path in ("/", "/health/live", "/docs", "/openapi.json", "/asyncapi"):
        assert (await world.ask("GET", path, token=token)).status_code == 200
    assert (await world.ask("GET", "/v1/me", token=token)).status_code == 503


async def test_a_record_that_is_down_does_not_count_as_a_failed_try() -> None:
    world = World(limits=FEW)
    token = await world.token("operator")
    world.record.fail = RecordUnavailable("down")
    for _ in range(5):
        assert (await world.ask("GET", "/v1/me", token=token)).status_code == 503
    world.record.fail = None
    assert (await world.ask("GET", "/v1/me", token=token)).status_code == 200
