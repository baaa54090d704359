"""Matching on demand."""

import asyncio
from collections.abc import Sequence

import pytest

from samspil.errors import ModelUnavailable
from samspil.ports import NoTeams, Principal, Role
from samspil.web import WebLimits
from samspil_schemas import Match, NeedStatement
from tests.component.web_fakes import World, statement_json

TEXT = {"text": "Find leaks in pipes.\nWithout digging.", "language": "en"}


async def test_a_text_is_answered_with_suppliers_and_evidence_and_nothing_is_written() -> None:
    world = World()
    response = await world.ask("POST", "/v1/match", who="buyer-2", json={**TEXT, "cpv": ["90490000-8"], "limit": 3})
    assert response.status_code == 200
    assert response.json()["items"][0]["evidence"][0]["answer"] == "We hear leaks through hydrants."
    statement, limit = world.matchmaker.asked[0]
    assert (statement.title, statement.description, statement.cpv, limit) == (
        "Find leaks in pipes.",
        TEXT["text"],
        ("90490000",),
        3,
    )
    assert statement.buyer.id == "buyer-2"
    assert not world.record.stored_needs
    assert not world.record.rows


async def test_a_match_comes_with_its_reasons_in_plain_words() -> None:
    [match] = (await World().ask("POST", "/v1/match", who="buyer-2", json=TEXT)).json()["items"]
    assert match["in_words"][0] == "90 of 100, strong"
    assert match["score"] == 0.9


async def test_a_text_is_answered_with_teams_and_who_covers_what() -> None:
    world = World()
    response = await world.ask("POST", "/v1/teams", who="buyer-2", json={**TEXT, "effects": ["Less loss"], "limit": 3})
    assert response.status_code == 200
    answer = response.json()
    [team] = answer["items"]
    assert [member["supplier_id"] for member in team["members"]] == ["supplier-1", "supplier-2"]
    assert team["members"][0]["covers"][0]["answer"] == "We hear leaks through hydrants."
    assert (team["open"], answer["wishes"], answer["language"]) == (["Without noise."], ["We want to know where."], "en")
    assert (answer["why_none"], answer["in_words"]) == (None, None)
    statement, limit = world.matchmaker.asked[0]
    assert (statement.effects, statement.buyer.id, limit) == (("Less loss",), "buyer-2", 3)
    assert not world.record.stored_needs


async def test_a_need_is_answered_with_teams_from_all_that_it_says() -> None:
    world = World()
    await world.publish("need-1", effects=("Less loss",), excluded_suppliers=("supplier-9",))
    response = await world.ask("GET", "/v1/needs/need-1/teams", who="buyer-1")
    assert (response.status_code, len(response.json()["items"])) == (200, 1)
    [(statement, limit)] = world.matchmaker.asked
    assert (statement.effects, statement.excluded_suppliers, limit) == (("Less loss",), ("supplier-9",), 5)


async def test_where_no_team_is_suggested_the_answer_says_why() -> None:
    world = World()
    world.matchmaker.no_teams = NoTeams.ONE_COVERS_ALL
    answer = (await world.ask("POST", "/v1/teams", who="buyer-2", json=TEXT)).json()
    assert (answer["items"], answer["why_none"]) == ([], "one_covers_all")
    assert answer["in_words"] == "No team is needed: one supplier seems to answer all of it alone. See the matches."


async def test_a_need_that_was_withdrawn_has_no_teams() -> None:
    world = World()
    await world.publish("need-1")
    await world.record.withdraw_need("need-1")
    response = await world.ask("GET", "/v1/needs/need-1/teams", who="buyer-1")
    assert response.status_code == 410
    assert not world.matchmaker.asked


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/teams"), ("GET", "/v1/needs/need-1/teams")])
async def test_no_supplier_sees_teams_for_they_quote_its_competitors(method: str, path: str) -> None:
    world = World()
    await world.publish("need-1")
    response = await world.ask(method, path, who="supplier-1", json=TEXT)
    assert response.status_code == 403
    assert not world.matchmaker.asked


@pytest.mark.parametrize("path", ["/v1/match", "/v1/suggest-cpv", "/v1/teams"])
async def test_a_text_without_a_language_is_answered_in_the_one_that_it_shows(path: str) -> None:
    world = World()
    response = await world.ask("POST", path, who="buyer-2", json={"text": "Hitta läckor i rören"})
    assert (response.status_code, response.json()["language"]) == (200, "sv")


@pytest.mark.parametrize("path", ["/v1/match", "/v1/suggest-cpv"])
async def test_where_the_language_is_not_plain_it_is_asked_for(path: str) -> None:
    world = World()
    response = await world.ask("POST", path, who="buyer-2", json={"text": "ISO 9001"})
    assert response.status_code == 422
    assert response.json()["detail"] == "The language of the text is not plain. State it, for example as language da."
    assert not world.matchmaker.asked


async def test_a_language_that_is_stated_is_believed() -> None:
    response = await World().ask("POST", "/v1/match", who="buyer-2", json={"text": "Hitta läckor", "language": "da"})
    assert response.json()["language"] == "da"


async def test_a_supplier_is_not_shown_what_its_competitors_say_they_can() -> None:
    world = World()
    response = await world.ask("POST", "/v1/match", who="supplier-2", json=TEXT)
    assert response.status_code == 403
    assert not world.matchmaker.asked


async def test_an_operator_whose_name_is_no_id_is_answered_all_the_same() -> None:
    world = World()
    world.record.principals["from-before"] = Principal(organisation="Ops Team", role=Role.OPERATOR, token_id="1")
    assert (await world.ask("POST", "/v1/match", token="from-before", json=TEXT)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [{"language": "en"}, {**TEXT, "limit": 51}, {**TEXT, "limit": "3"}, {**TEXT, "languages": "en"}, {**TEXT, "text": "  "}],
)
async def test_a_text_that_cannot_be_matched_is_refused(body: dict[str, object]) -> None:
    world = World()
    assert (await world.ask("POST", "/v1/match", who="operator", json=body)).status_code == 422
    assert not world.matchmaker.asked


async def test_a_buyer_finds_who_shares_a_need_before_publishing_it() -> None:
    world = World()
    response = await world.ask("POST", "/v1/similar?limit=5", who="buyer-1", json=statement_json())
    assert [found["other_buyer_id"] for found in response.json()["items"]] == ["buyer-2"]
    assert world.matchmaker.asked == [(NeedStatement(**statement_json()), 5)]
    assert not world.record.stored_needs


async def test_a_model_that_is_away_is_told_as_such_with_when_to_come_again() -> None:
    world = World()
    world.matchmaker.fail = ModelUnavailable("cannot open /secret/place")
    response = await world.ask("POST", "/v1/match", who="buyer-1", json=TEXT)
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert response.json()["detail"] == "The model does not answer right now. Send the same again in a moment."
    assert "/secret" not in response.text


class SlowMatchmaker:
    """Answers when it is let."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.asked = asyncio.Semaphore(0)

    async def suppliers_for(self, statement: NeedStatement, *, limit: int = 10) -> Sequence[Match]:
        self.asked.release()
        await self.may_answer.wait()
        return []


async def test_more_than_may_ask_at_once_are_sent_away_and_may_come_again() -> None:
    slow = SlowMatchmaker()
    world = World(limits=WebLimits(ad_hoc_in_flight=2), matchmaker=slow)  # type: ignore[arg-type]
    await world.token("buyer-1")
    held = [asyncio.create_task(world.ask("POST", "/v1/match", who="buyer-1", json=TEXT)) for _ in range(2)]
    await slow.asked.acquire()
    await slow.asked.acquire()
    assert (await world.ask("POST", "/v1/match", who="buyer-1", json=TEXT)).status_code == 503
    slow.may_answer.set()
    assert [response.status_code for response in await asyncio.gather(*held)] == [200, 200]
    assert (await world.ask("POST", "/v1/match", who="buyer-1", json=TEXT)).status_code == 200


async def test_a_matching_that_takes_too_long_is_given_up() -> None:
    world = World(limits=WebLimits(ad_hoc_seconds=0), matchmaker=SlowMatchmaker())  # type: ignore[arg-type]
    response = await world.ask("POST", "/v1/match", who="buyer-1", json=TEXT)
    assert response.status_code == 503
    assert (await world.ask("POST", "/v1/match", who="buyer-1", json=TEXT)).status_code == 503


@pytest.mark.parametrize("who", ["buyer-1", "supplier-1", "operator"])
async def test_whoever_writes_is_told_codes_with_their_labels(who: str) -> None:
    world = World()
    response = await world.ask("POST", "/v1/suggest-cpv", who=who, json=TEXT | {"limit": 3})
    assert response.json() == {
        "language": TEXT["language"],
        "items": [{"code": "90490000", "path": ["Sewage", "Leaks"], "closeness": 0.71}],
    }
    assert world.suggester.asked == [(TEXT["text"], "en", 3)]


async def test_codes_are_not_suggested_to_nobody() -> None:
    world = World()
    assert (await world.ask("POST", "/v1/suggest-cpv", json=TEXT)).status_code == 401
    assert not world.suggester.asked
