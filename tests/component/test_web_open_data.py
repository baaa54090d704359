"""Needs and joint needs as open data, through the API."""

from typing import Any

from samspil.ports import DialogueState, InvitationStatus
from tests.component.web_fakes import NOW, World, a_dialogue, an_invitation


def invited(package: dict[str, Any]) -> list[str]:
    (release,) = package["releases"]
    return [party["id"] for party in release["parties"] if "notifiedPotentialSupplier" in party["roles"]]


async def a_world() -> World:
    world = World()
    await world.publish("need-1")
    world.record.stored_dialogues = [
        a_dialogue("dialogue-1", state=DialogueState.CANCELLED),
        a_dialogue("dialogue-2", state=DialogueState.HELD, held_at=NOW),
    ]
    world.record.stored_invitations = [
        an_invitation("i-1", supplier_id="supplier-1"),
        an_invitation("i-2", supplier_id="supplier-2", told=False, status=InvitationStatus.CANCELLED),
        an_invitation("i-3", supplier_id="supplier-3", issued_at=None, status=InvitationStatus.AWAITING_REVIEW, revision=0),
    ]
    return world


async def test_anyone_reads_a_need_and_all_its_dialogues_as_a_release_package() -> None:
    world = await a_world()
    answer = await world.ask("GET", "/v1/needs/need-1/ocds")
    assert answer.headers["Content-Type"] == "application/json"
    package = answer.json()
    (release,) = package["releases"]
    assert (package["version"], release["ocid"], release["tag"]) == ("1.1", "ocds-test01-need-1", ["planning"])
    assert [one["status"] for one in release["planning"]["milestones"]] == ["notMet", "met"]
    # Each dialogue has a note here.
    assert [one["title"] for one in release["planning"]["documents"] if one["id"].startswith("published/")] == ["Note", "Note"]
    assert (await world.ask("GET", "/v1/needs/need-1/ocds")).content == answer.content


async def test_who_was_invited_is_for_the_buyer_and_operators_alone() -> None:
    world = await a_world()
    for who, seen in ((None, []), ("buyer-2", []), ("supplier-1", []), ("buyer-1", ["supplier-1", "supplier-2"])):
        assert invited((await world.ask("GET", "/v1/needs/need-1/ocds", who=who)).json()) == seen, who
    # That a supplier's own preferences kept the invitation from it shows to nobody; what awaits review went to nobody.
    assert invited((await world.ask("GET", "/v1/needs/need-1/ocds", who="operator")).json()) == ["supplier-1", "supplier-2"]


async def test_who_was_invited_by_a_joint_need_is_for_those_who_lead_it() -> None:
    world = await a_world()
    joint = await world.joint_need()
    world.record.stored_invitations = [an_invitation("i-1", need_id=joint)]
    address = f"/v1/joint-needs/{joint}/ocds"
    assert invited((await world.ask("GET", address, who="buyer-1")).json()) == ["supplier-1"]
    # A member that leads nothing.
    assert invited((await world.ask("GET", address, who="buyer-2")).json()) == []
    (release,) = (await world.ask("GET", address)).json()["releases"]
    assert [party["id"] for party in release["parties"]] == ["buyer-1", "buyer-2"]


async def test_a_withdrawn_need_is_published_to_its_buyer_alone() -> None:
    world = await a_world()
    await world.ask("DELETE", "/v1/needs/need-1", who="buyer-1")
    assert (await world.ask("GET", "/v1/needs/need-1/ocds")).status_code == 410
    (release,) = (await world.ask("GET", "/v1/needs/need-1/ocds", who="buyer-1")).json()["releases"]
    assert release["tender"]["status"] == "withdrawn"


async def test_what_is_not_there_is_not_found_and_a_joint_need_is_named_by_its_own_address() -> None:
    world = await a_world()
    joint = await world.joint_need()
    assert (await world.ask("GET", "/v1/needs/need-9/ocds")).status_code == 404
    assert (await world.ask("GET", "/v1/joint-needs/joint:nine/ocds")).status_code == 404
    refused = await world.ask("GET", f"/v1/needs/{joint}/ocds")
    assert refused.status_code == 404
    assert "/v1/joint-needs/" in refused.text
