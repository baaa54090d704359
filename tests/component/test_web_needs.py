"""Needs through the API: published, changed, withdrawn, read."""

import pytest

from samspil.errors import Conflict
from samspil_schemas import NeedStatement
from tests.component.web_fakes import World, a_pair, a_twin, an_invitation, statement_json


async def test_a_published_need_is_accepted_with_its_version_and_where_to_follow_it() -> None:
    world = World()
    response = await world.ask("PUT", "/v1/needs/leaks-1", who="buyer-1", json=statement_json())
    assert response.status_code == 202
    assert response.headers["Location"] == "/v1/needs/leaks-1"
    assert response.json() == {
        "id": "leaks-1",
        "version": 1,
        "changed": True,
        "location": "/v1/needs/leaks-1",
        "follow": "/v1/ledger?need_id=leaks-1",
    }
    assert world.record.stored_needs["leaks-1"].statement == NeedStatement(**statement_json())


async def test_publishing_the_same_again_changes_nothing_and_a_change_is_the_next_version() -> None:
    world = World()
    seen = []
    for body in (statement_json(), statement_json(), statement_json(title="Find leaks sooner")):
        answer = (await world.ask("PUT", "/v1/needs/leaks-1", who="buyer-1", json=body)).json()
        seen.append((answer["version"], answer["changed"]))
    assert seen == [(1, True), (1, False), (2, True)]


async def test_where_to_follow_leads_to_the_versions_of_the_need() -> None:
    world = World()
    follow = (await world.ask("PUT", "/v1/needs/city%2Fleaks+1", who="buyer-1", json=statement_json())).json()["follow"]
    rows = (await world.ask("GET", follow, who="buyer-1")).json()["items"]
    assert [(row["need_id"], row["status"]) for row in rows] == [("city/leaks+1", "pending")]


async def test_a_need_without_an_id_gets_a_new_one_each_time() -> None:
    world = World()
    answers = [await world.ask("POST", "/v1/needs", who="buyer-1", json=statement_json()) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert len(world.record.stored_needs) == 2
    assert (await world.ask("GET", answers[0].headers["Location"])).status_code == 200


async def test_an_idempotency_key_makes_a_repeat_find_what_the_first_made() -> None:
    world = World()
    key = {"Idempotency-Key": "form-17"}
    first, repeat = [
        (await world.ask("POST", "/v1/needs", who="buyer-1", headers=key, json=statement_json())).json() for _ in range(2)
    ]
    assert first["id"] == repeat["id"]
    assert (first["changed"], repeat["changed"]) == (True, False)


async def test_a_late_repeat_does_not_open_a_withdrawn_need_again() -> None:
    world = World()
    key = {"Idempotency-Key": "form-17"}
    made = await world.ask("POST", "/v1/needs", who="buyer-1", headers=key, json=statement_json())
    await world.ask("DELETE", made.headers["Location"], who="buyer-1")
    repeat = await world.ask("POST", "/v1/needs", who="buyer-1", headers=key, json=statement_json())
    assert repeat.json()["changed"] is False
    assert world.record.stored_needs[made.json()["id"]].withdrawn


async def test_an_idempotency_key_is_not_taken_for_another_need() -> None:
    world = World()
    key = {"Idempotency-Key": "form-17"}
    await world.ask("POST", "/v1/needs", who="buyer-1", headers=key, json=statement_json())
    other = await world.ask("POST", "/v1/needs", who="buyer-1", headers=key, json=statement_json(title="Another"))
    assert other.status_code == 409
    assert "Idempotency-Key" in other.json()["detail"]


async def test_two_organisations_may_use_the_same_idempotency_key() -> None:
    world = World()
    for who in ("buyer-1", "buyer-2"):
        body = statement_json(buyer={"id": who, "name": who, "country": "DK"})
        response = await world.ask("POST", "/v1/needs", who=who, headers={"Idempotency-Key": "1"}, json=body)
        assert response.json()["changed"] is True


async def test_a_withdrawn_need_is_gone_for_all_but_its_buyer_and_operators() -> None:
    world = World()
    await world.publish("need-1")
    response = await world.ask("DELETE", "/v1/needs/need-1", who="buyer-1", params={"reason": "bought elsewhere"})
    assert (response.status_code, response.json()["changed"]) == (202, True)
    assert world.record.reasons == ["bought elsewhere"]
    for who in (None, "buyer-2", "supplier-1"):
        gone = await world.ask("GET", "/v1/needs/need-1", who=who)
        assert gone.status_code == 410
        assert "Find leaks" not in gone.text
    for who in ("buyer-1", "operator"):
        assert (await world.ask("GET", "/v1/needs/need-1", who=who)).json()["withdrawn"] is True
    assert (await world.ask("GET", "/v1/needs")).json()["items"] == []


async def test_withdrawing_again_changes_nothing() -> None:
    world = World()
    await world.publish("need-1")
    answers = [(await world.ask("DELETE", "/v1/needs/need-1", who="buyer-1")).json()["changed"] for _ in range(2)]
    assert answers == [True, False]


async def test_a_need_that_does_not_exist_is_not_found() -> None:
    world = World()
    for method, path, who in (
        ("GET", "/v1/needs/nix", None),
        ("DELETE", "/v1/needs/nix", "buyer-1"),
        ("GET", "/v1/needs/nix/matches", "operator"),
        ("GET", "/v1/needs/nix/similar", "buyer-1"),
        ("GET", "/v1/needs/nix/invitations", "buyer-1"),
    ):
        assert (await world.ask(method, path, who=who)).status_code == 404


async def test_only_the_buyer_and_operators_see_whom_a_need_excludes() -> None:
    world = World()
    await world.publish("need-1", excluded_suppliers=("supplier-9",))
    for path in ("/v1/needs/need-1", "/v1/needs"):
        for who in (None, "buyer-2", "supplier-1"):
            assert "supplier-9" not in (await world.ask("GET", path, who=who)).text
        for who in ("buyer-1", "operator"):
            assert "supplier-9" in (await world.ask("GET", path, who=who)).text


async def test_what_a_buyer_reads_can_be_sent_back_without_losing_anything() -> None:
    world = World()
    await world.publish("need-1", excluded_suppliers=("supplier-9",), volume={"amount": 1e12, "unit": "DKK"})
    read = (await world.ask("GET", "/v1/needs/need-1", who="buyer-1")).json()
    answer = await world.ask("PUT", "/v1/needs/need-1", who="buyer-1", json=read["statement"])
    assert answer.json()["changed"] is False


async def test_a_reader_who_has_the_version_is_sent_nothing_anew() -> None:
    world = World()
    await world.publish("need-1")
    tag = (await world.ask("GET", "/v1/needs/need-1")).headers["ETag"]
    assert tag == 'W/"1"'
    known = {"If-None-Match": f'"x", {tag}'}
    unchanged = await world.ask("GET", "/v1/needs/need-1", headers=known)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    await world.ask("PUT", "/v1/needs/need-1", who="buyer-1", json=statement_json(title="Changed"))
    assert (await world.ask("GET", "/v1/needs/need-1", headers=known)).json()["version"] == 2


@pytest.mark.parametrize("condition", [{"If-Match": '"1"'}, {"If-None-Match": "*"}])
async def test_a_write_that_depends_on_a_condition_is_refused_rather_than_done_without_it(condition: dict[str, str]) -> None:
    world = World()
    response = await world.ask("PUT", "/v1/needs/need-1", who="buyer-1", headers=condition, json=statement_json())
    assert response.status_code == 400
    assert response.json()["type"] == "urn:samspil:problem:condition-unsupported"
    assert not world.record.stored_needs


async def test_a_need_taken_by_another_buyer_in_the_same_moment_is_a_conflict() -> None:
    world = World()
    world.record.submit_need = _refuse
    response = await world.ask("PUT", "/v1/needs/need-1", who="buyer-1", json=statement_json())
    assert response.status_code == 409
    assert response.json()["detail"] == "The need belongs to another buyer. Take another id."


async def _refuse(need_id: str, statement: NeedStatement) -> None:
    raise Conflict("The need belongs to another buyer.", hint="Take another id.")


async def test_pages_lead_from_one_to_the_next_and_the_last_has_none() -> None:
    world = World()
    for number in range(5):
        await world.publish(f"need-{number}")
    seen, pages, address = [], 0, "/v1/needs?limit=2&buyer_id=buyer-1"
    while address:
        response = await world.ask("GET", address)
        page = response.json()
        seen += [need["id"] for need in page["items"]]
        assert response.headers.get("Link") == (f'<{page["next"]}>; rel="next"' if page["next"] else None)
        address, pages = page["next"], pages + 1
    assert seen == ["need-4", "need-3", "need-2", "need-1", "need-0"]
    assert pages == 3


async def test_a_full_last_page_says_that_it_is_the_last() -> None:
    world = World()
    await world.publish("need-1")
    assert (await world.ask("GET", "/v1/needs?limit=1")).json()["next"] is None


async def test_a_page_is_never_larger_than_the_installation_allows() -> None:
    world = World()
    for number in range(101):
        await world.publish(f"need-{number}")
    page = (await world.ask("GET", "/v1/needs?limit=100000")).json()
    assert (len(page["items"]), page["limit"]) == (100, 100)
    assert len((await world.ask("GET", page["next"])).json()["items"]) == 1


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=x", "offset=-1", "offset=10000001", "buyer_id=%00", "limit=1e3"])
async def test_a_page_that_cannot_be_is_refused_by_the_name_of_its_parameter(query: str) -> None:
    response = await World().ask("GET", f"/v1/needs?{query}")
    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == [f"/{query.split('=', maxsplit=1)[0]}"]


async def test_the_matches_of_a_need_come_with_their_evidence_best_first() -> None:
    world = World()
    await world.publish("need-1")
    world.record.all_matches = [
        a_pair(supplier_id="supplier-1"),
        a_pair(supplier_id="supplier-2", score=0.5),
        a_pair(need_id="need-2"),
    ]
    page = (await world.ask("GET", "/v1/needs/need-1/matches", who="buyer-1")).json()
    assert [match["supplier_id"] for match in page["items"]] == ["supplier-1", "supplier-2"]
    assert page["items"][0]["evidence"][0]["answer"] == "We hear leaks through hydrants."


async def test_similar_needs_come_in_pages_too() -> None:
    world = World()
    await world.publish("need-1")
    world.record.similar = [a_twin(other_need_id=f"need-{number}") for number in (2, 3, 4)]
    first = (await world.ask("GET", "/v1/needs/need-1/similar?limit=2", who="buyer-1")).json()
    second = (await world.ask("GET", first["next"], who="buyer-1")).json()
    assert [[found["other_need_id"] for found in page["items"]] for page in (first, second)] == [["need-2", "need-3"], ["need-4"]]
    assert second["next"] is None


async def test_a_buyer_sees_invitations_that_await_its_review() -> None:
    world = World()
    await world.publish("need-1")
    world.record.stored_invitations = [an_invitation(status="awaiting_review", issued_at=None)]
    page = (await world.ask("GET", "/v1/needs/need-1/invitations", who="buyer-1")).json()
    assert [invitation["status"] for invitation in page["items"]] == ["awaiting_review"]
