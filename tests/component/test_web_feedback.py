"""What suppliers say of their matches, through the API."""

import pytest

from samspil_schemas import FeedbackReason
from tests.component.web_fakes import World, a_pair, an_invitation

FEEDBACK = "/v1/suppliers/supplier-1/matches/match:need-1:supplier-1/feedback"
PREFERENCES = "/v1/suppliers/supplier-1/preferences"
MATCHES = "/v1/suppliers/supplier-1/matches"


@pytest.fixture
def world() -> World:
    world = World()
    world.record.all_matches = [a_pair(), a_pair("need-2"), a_pair("need-3", threshold=0.89), a_pair(supplier_id="supplier-2")]
    return world


async def give(world: World, **body: object) -> dict[str, object]:
    response = await world.ask("PUT", FEEDBACK, who="supplier-1", json={"relevant": False} | body)
    assert response.status_code == 200, response.text
    shown: dict[str, object] = response.json()
    return shown


async def test_what_was_learned_is_shown_in_words_with_how_to_lift_it(world: World) -> None:
    shown = await give(world, reason="wrong_field")
    assert shown == (await world.ask("GET", PREFERENCES, who="supplier-1")).json()
    field, need = shown["items"]
    assert (field["kind"], field["value"], field["label"]) == (
        "field",
        "90490000",
        "Sewer survey and sewage treatment consultancy services",
    )
    assert field["effect"].startswith("Needs whose main CPV code is of 90490000 (Sewer survey")
    assert field["because"] == "On 2026-03-02 you said that “Find leaks in drinking water pipes” is of the wrong field."
    assert (need["kind"], need["value"], need["label"]) == ("need", "need-1", "Find leaks in drinking water pipes")
    lifted = await world.ask("DELETE", field["lift"], who="supplier-1")
    assert [item["kind"] for item in lifted.json()["items"]] == ["need"]


@pytest.mark.parametrize("reason", [*FeedbackReason, None])
async def test_every_reason_has_its_words(world: World, reason: FeedbackReason | None) -> None:
    shown = await give(world, reason=reason)
    assert all(item["because"].endswith(".") and item["effect"].endswith(".") for item in shown["items"])
    assert {item["kind"] for item in shown["items"]} >= {"need"}


async def test_a_region_is_named_and_strictness_says_how_strict(world: World) -> None:
    region = (await give(world, reason="wrong_region"))["items"][1]
    assert (region["value"], region["label"]) == ("DK031", "Fyn")
    shown = await give(world, reason="wrong_size")
    assert (shown["strictness"], shown["strictest"]) == (1, 4)
    strict = shown["items"][-1]
    assert (strict["kind"], strict["value"], strict["lift"]) == ("strictness", None, f"{PREFERENCES}/strictness")
    assert "1.19 times the odds" in strict["effect"]
    assert (await world.ask("DELETE", strict["lift"], who="supplier-1")).json()["strictness"] == 0


async def test_what_is_withheld_is_shown_on_request_and_says_why(world: World) -> None:
    await give(world, reason="wrong_size")
    sent = (await world.ask("GET", MATCHES, who="supplier-1")).json()["items"]
    assert [(match["need_id"], match["withheld"]) for match in sent] == [("need-2", None)]
    everything = (await world.ask("GET", f"{MATCHES}?with_withheld=true", who="supplier-1")).json()["items"]
    why = {match["need_id"]: match["withheld"] and match["withheld"]["kind"] for match in everything}
    assert why == {"need-1": "need", "need-2": None, "need-3": "strictness"}
    others = (await world.ask("GET", "/v1/suppliers/supplier-2/matches", who="supplier-2")).json()["items"]
    assert [match["need_id"] for match in others] == ["need-1"]


async def test_invitations_that_were_not_told_are_shown_to_the_supplier_on_request_and_look_to_the_buyer_like_any(
    world: World,
) -> None:
    await world.publish("need-1")
    world.record.stored_invitations = [an_invitation("told"), an_invitation("withheld", told=False)]
    path = "/v1/suppliers/supplier-1/invitations"
    assert [one["id"] for one in (await world.ask("GET", path, who="supplier-1")).json()["items"]] == ["told"]
    everything = (await world.ask("GET", f"{path}?with_withheld=true", who="supplier-1")).json()["items"]
    assert [(one["id"], one["withheld"]) for one in everything] == [("told", False), ("withheld", True)]
    to_the_buyer = (await world.ask("GET", "/v1/needs/need-1/invitations", who="buyer-1")).json()["items"]
    told, withheld = ({key: value for key, value in one.items() if key != "id"} for one in to_the_buyer)
    assert told == withheld


async def test_everything_is_lifted_at_once_and_one_kind_too(world: World) -> None:
    await give(world, reason="wrong_field")
    assert [one["kind"] for one in (await world.ask("DELETE", f"{PREFERENCES}/need", who="supplier-1")).json()["items"]] == [
        "field"
    ]
    assert (await world.ask("DELETE", PREFERENCES, who="supplier-1")).json()["items"] == []


@pytest.mark.parametrize(
    ("path", "status"),
    [(f"{PREFERENCES}/field/45000000", 404), (f"{PREFERENCES}/colour", 422), (f"{PREFERENCES}/strictness/4", 404)],
)
async def test_what_is_not_there_cannot_be_lifted(world: World, path: str, status: int) -> None:
    await give(world, reason="wrong_size")
    assert (await world.ask("DELETE", path, who="supplier-1")).status_code == status


async def test_a_match_of_another_supplier_cannot_be_judged(world: World) -> None:
    path = "/v1/suppliers/supplier-1/matches/match:need-1:supplier-2/feedback"
    assert (await world.ask("PUT", path, who="supplier-1", json={"relevant": True})).status_code == 404
    assert (await world.ask("PUT", path, who="supplier-2", json={"relevant": True})).status_code == 403
    assert world.record.opinions == []


@pytest.mark.parametrize("body", [{}, {"relevant": "no"}, {"relevant": False, "reason": "ugly"}, {"relevant": True, "more": 1}])
async def test_what_cannot_be_read_is_refused(world: World, body: dict[str, object]) -> None:
    assert (await world.ask("PUT", FEEDBACK, who="supplier-1", json=body)).status_code == 422


async def test_an_operator_sees_how_relevant_matches_are_by_language(world: World) -> None:
    (item,) = (await world.ask("GET", "/v1/feedback", who="operator")).json()["items"]
    assert (item["language"], item["total"], item["precision"], item["reasons"]["wrong_field"]) == ("da", 4, 0.75, 1)
    assert item["reasons"]["wrong_region"] == 0
