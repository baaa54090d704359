"""Suppliers through the API: their own profile, matches and invitations."""

from tests.component.web_fakes import NOW, World, a_pair, an_invitation
from tests.factories import a_profile


async def test_a_profile_is_published_changed_and_withdrawn_in_versions() -> None:
    world = World()
    seen = []
    for name in ("Listen", "Listen", "Listen again"):
        body = a_profile(name=name).model_dump(mode="json")
        response = await world.ask("PUT", "/v1/suppliers/supplier-1/profile", who="supplier-1", json=body)
        assert response.status_code == 202
        assert response.headers["Location"] == "/v1/suppliers/supplier-1/profile"
        seen.append((response.json()["version"], response.json()["changed"]))
    assert seen == [(1, True), (1, False), (2, True)]
    assert (await world.ask("GET", "/v1/suppliers/supplier-1/profile", who="supplier-1")).json()["profile"][
        "name"
    ] == "Listen again"
    withdrawn = await world.ask("DELETE", "/v1/suppliers/supplier-1/profile", who="supplier-1")
    assert (withdrawn.status_code, withdrawn.json()["changed"]) == (202, True)
    read = await world.ask("GET", "/v1/suppliers/supplier-1/profile", who="operator")
    assert (read.json()["withdrawn"], read.headers["ETag"]) == (True, 'W/"2-withdrawn"')


async def test_a_supplier_without_a_profile_is_told_what_to_do() -> None:
    world = World()
    for method in ("GET", "DELETE"):
        response = await world.ask(method, "/v1/suppliers/supplier-1/profile", who="supplier-1")
        assert response.status_code == 404
    assert (await world.ask("GET", "/v1/suppliers/supplier-1/matches", who="supplier-1")).json()["items"] == []


async def test_two_capabilities_with_one_id_are_refused() -> None:
    body = a_profile().model_dump(mode="json")
    body["capabilities"] *= 2
    response = await World().ask("PUT", "/v1/suppliers/supplier-1/profile", who="supplier-1", json=body)
    assert response.status_code == 422
    assert "two capability statements have the same id" in response.json()["errors"][0]["detail"]


async def test_a_supplier_sees_its_own_matches_only() -> None:
    world = World()
    world.record.all_matches = [a_pair(), a_pair(supplier_id="supplier-2")]
    page = (await world.ask("GET", "/v1/suppliers/supplier-1/matches", who="supplier-1")).json()
    assert [match["supplier_id"] for match in page["items"]] == ["supplier-1"]


async def test_a_supplier_never_learns_of_an_invitation_that_the_buyer_has_not_sent() -> None:
    world = World()
    world.record.stored_invitations = [
        an_invitation("held", status="awaiting_review", issued_at=None),
        an_invitation("sent"),
        an_invitation("dropped", status="cancelled", issued_at=None),
        an_invitation("recalled", status="cancelled", issued_at=NOW),
    ]
    path = "/v1/suppliers/supplier-1/invitations?limit=1"
    seen = []
    address: str | None = path
    while address:
        page = (await world.ask("GET", address, who="supplier-1")).json()
        assert len(page["items"]) == 1  # a short page would tell that something is hidden
        seen += [invitation["id"] for invitation in page["items"]]
        address = page["next"]
    assert seen == ["sent", "recalled"]
    everything = (await world.ask("GET", "/v1/suppliers/supplier-1/invitations", who="operator")).json()
    assert len(everything["items"]) == 4
