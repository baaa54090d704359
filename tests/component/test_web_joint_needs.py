"""Joint needs over HTTP: joined by each body with its own token, read by all, exported for the files."""

import hashlib
import json
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from samspil.errors import RecordUnavailable
from samspil.ports.follow_ups import Candidate, PublishedNeed
from samspil.web.joint_export import JointNeedExport
from samspil.web.joint_page import html_of
from samspil_schemas import Buyer
from tests.component.web_fakes import World, a_twin
from tests.protocol import a_similar

INTENT = {"rung": "intent_signer", "undertaking": "We ask the same.", "volume": {"amount": 900, "unit": "meters"}}


@pytest.fixture
async def world() -> World:
    made = World()
    await made.publish("need-1")
    return made


async def propose(world: World, **body: Any) -> str:
    response = await world.ask("POST", "/v1/joint-needs", who="buyer-1", json={"need_id": "need-1", **body})
    assert response.status_code == 202, response.text
    return response.headers["Location"]


async def join(world: World, joint: str, number: int, **body: Any) -> dict[str, Any]:
    who = f"buyer-{number}"
    named = {"name": f"Sample body {number}", "country": "SE"}
    response = await world.ask("PUT", f"{joint}/members/{who}", who=who, json=INTENT | named | body)
    assert response.status_code == 202, response.text
    return response.json()


async def test_a_joint_need_grows_from_a_find_to_a_purchase(world: World) -> None:
    world.record.similar = [a_twin()]
    joint = await propose(world, other_need_id="need-2")
    seen = (await world.ask("GET", "/v1/joint-needs?buyer_id=buyer-2", who="buyer-2")).json()["items"]
    assert [one["location"] for one in seen] == [joint]
    for number in (2, 3):
        await join(world, joint, number)
    mine = INTENT | {"rung": "first_buyer", "need_id": "need-1", "horizon": "2028-05-01", "undertaking": "We buy in 2028."}
    await world.ask("PUT", f"{joint}/members/buyer-1", who="buyer-1", json=mine)
    stage = await world.ask("PUT", f"{joint}/stage", who="buyer-1", json={"stage": "first purchase", "note": "As agreed"})
    assert stage.json()["changed"]
    view = (await world.ask("GET", joint)).json()
    assert view["summary"] == "1 body committed, 2 intend: 2,700 meters (900 of them by 2028)"
    assert view["joint_need"]["stage"] == view["stages"][-1] == "first purchase"
    assert [member["rung"] for member in view["joint_need"]["members"]] == ["first_buyer", "intent_signer", "intent_signer"]
    assert (await world.ask("DELETE", f"{joint}?reason=bought", who="buyer-1")).json()["changed"]
    assert (await world.ask("GET", "/v1/joint-needs")).json()["items"] == []
    assert len((await world.ask("GET", "/v1/joint-needs?closed=true")).json()["items"]) == 1


async def test_the_list_is_in_short_and_says_nothing_that_a_member_undertakes(world: World) -> None:
    world.record.similar = [a_twin()]
    joint = await propose(world, other_need_id="need-2")
    await join(world, joint, 3)
    for who in (None, "buyer-1", "operator"):
        (one,) = (await world.ask("GET", "/v1/joint-needs", who=who)).json()["items"]
        assert (one["member_count"], one["need_owner"]["id"], one["location"]) == (2, "buyer-1", joint)
        assert [(total["rung"], total["bodies"]) for total in one["totals"]] == [("partner", 1), ("intent_signer", 1)]
        assert one["totals"][1]["volumes"] == [{"amount": 900, "unit": "meters"}]
        assert one["summary"] == (await world.ask("GET", one["location"])).json()["summary"]
        said = json.dumps(one)
        for word in ("We ask the same.", "description", "undertaking", "proposal", "score", "need-2", "buyer-2", "buyer-3"):
            assert word not in said


@pytest.mark.parametrize("who", [None, "buyer-9", "supplier-1"])
async def test_the_find_behind_a_proposal_is_no_strangers(world: World, who: str | None) -> None:
    world.record.similar = [a_twin()]
    joint = await propose(world, other_need_id="need-2")
    proposal = (await world.ask("GET", joint, who=who)).json()["proposal"]
    assert proposal == {"need_id": "need-1", "other_need_id": None, "other_buyer_id": None, "similar_id": None, "score": None}
    for asked in ("buyer_id=buyer-2", "need_id=need-2"):
        assert (await world.ask("GET", f"/v1/joint-needs?{asked}", who=who)).json()["items"] == []
    assert (await world.ask("GET", "/v1/joint-needs?buyer_id=buyer-1", who=who)).json()["items"]


@pytest.mark.parametrize("who", ["buyer-1", "buyer-2", "buyer-3", "operator"])
async def test_who_takes_part_sees_the_find_behind_a_proposal(world: World, who: str) -> None:
    world.record.similar = [a_twin()]
    joint = await propose(world, other_need_id="need-2")
    await join(world, joint, 3)
    proposal = (await world.ask("GET", joint, who=who)).json()["proposal"]
    assert (proposal["other_need_id"], proposal["other_buyer_id"]) == ("need-2", "buyer-2")
    assert None not in proposal.values()
    for asked in ("buyer_id=buyer-2", "need_id=need-2"):
        found = (await world.ask("GET", f"/v1/joint-needs?{asked}", who=who)).json()["items"]
        assert bool(found) == (who in ("buyer-2", "operator"))


async def test_the_same_request_again_changes_nothing(world: World) -> None:
    joint = await propose(world)
    again = await world.ask("POST", "/v1/joint-needs", who="buyer-1", json={"need_id": "need-1"})
    assert (again.headers["Location"], again.json()["changed"]) == (joint, False)
    assert [(await join(world, joint, 2))["changed"] for _ in range(2)] == [True, False]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"rung": "intent_signer", "undertaking": None}, 422),
        ({"rung": "need_owner"}, 422),
        ({"undertakning": "a slip of the pen"}, 422),
        ({"volume": {"amount": 1e13, "unit": "DKK"}}, 422),
        ({"name": None}, 422),
        ({"follows_version": 3}, 409),
        ({"need_id": "need-1"}, 403),
        ({"need_id": "need-9"}, 404),
    ],
)
async def test_a_declaration_that_cannot_be_taken_is_refused_with_what_to_do(world: World, body: dict, status: int) -> None:
    joint = await propose(world)
    named = {"name": "Sample body 2", "country": "SE"}
    response = await world.ask("PUT", f"{joint}/members/buyer-2", who="buyer-2", json=INTENT | named | body)
    assert response.status_code == status
    assert response.json()["detail"].count(". ") >= 1
    assert len((await world.ask("GET", joint)).json()["joint_need"]["members"]) == 1


async def test_the_ownership_changes_hands_by_an_offer_that_is_accepted(world: World) -> None:
    joint = await propose(world)
    await join(world, joint, 2)
    assert (await world.ask("DELETE", f"{joint}/members/buyer-1", who="buyer-1")).status_code == 409
    role = f"{joint}/members/buyer-2/roles/need_owner"
    assert (await world.ask("PUT", role, who="buyer-2")).status_code == 409
    assert (await world.ask("PUT", f"{joint}/offers/need_owner/buyer-2", who="buyer-2")).status_code == 403
    await world.ask("PUT", f"{joint}/offers/need_owner/buyer-2", who="buyer-1")
    assert (await world.ask("GET", joint)).json()["offers"] == [{"role": "need_owner", "buyer_id": "buyer-2"}]
    assert (await world.ask("PUT", role, who="buyer-2")).json()["changed"]
    assert (await world.ask("DELETE", f"{joint}/members/buyer-1", who="buyer-1")).status_code == 202
    assert (await world.ask("DELETE", joint, who="buyer-1")).status_code == 403
    (member,) = (await world.ask("GET", joint)).json()["joint_need"]["members"]
    assert (member["buyer_id"], member["roles"]) == ("buyer-2", ["need_owner"])


async def test_an_offer_that_is_taken_back_cannot_be_accepted(world: World) -> None:
    joint = await propose(world)
    await join(world, joint, 2)
    await world.ask("PUT", f"{joint}/offers/facilitator/buyer-2", who="buyer-1")
    assert (await world.ask("DELETE", f"{joint}/offers/facilitator/buyer-2", who="buyer-1")).json()["changed"]
    assert (await world.ask("PUT", f"{joint}/members/buyer-2/roles/facilitator", who="buyer-2")).status_code == 409


async def test_the_history_is_read_in_pages_and_keeps_what_was_withdrawn(world: World) -> None:
    joint = await propose(world)
    await join(world, joint, 2)
    await world.ask("DELETE", f"{joint}/members/buyer-2?reason=No%20money", who="buyer-2")
    entries, address = [], f"{joint}/history?limit=3"
    while address:
        page = (await world.ask("GET", address, who="buyer-9")).json()
        entries += page["items"]
        address = page["next"]
    assert entries[0]["sentence"] == "buyer-1 proposed the joint need from its need need-1."
    assert [(entry["by"], entry["subject"], entry["version"]) for entry in entries[-2:]] == [
        ("buyer-2", "member/buyer-2", 1),
        ("buyer-2", "member/buyer-2", 2),
    ]
    assert entries[-2]["content"]["commitment"]["undertaking"] == "We ask the same."
    assert entries[-1]["sentence"] == "buyer-2 withdrew its commitment: No money."


async def exported(world: World, joint: str) -> dict[str, Any]:
    return (await world.ask("GET", f"{joint}/export", who="operator")).json()


async def test_the_export_proves_itself_without_us(world: World) -> None:
    joint = await propose(world, volume={"amount": 1200, "unit": "meters"})
    await join(world, joint, 2, volume={"amount": 0.25, "unit": "meters"})
    early = await exported(world, joint)
    await world.ask("DELETE", f"{joint}/members/buyer-2", who="buyer-2")
    late = await exported(world, joint)

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(entry) for name, entry in value.items()}
        if isinstance(value, list):
            return [plain(entry) for entry in value]
        return int(value) if isinstance(value, float) and value == int(value) else value

    digest = ""
    for entry in late["history"]:
        text = json.dumps(plain(entry["said"]), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert entry["id"] == hashlib.sha256(text.encode()).hexdigest()
        digest = hashlib.sha256((digest + entry["id"]).encode()).hexdigest()
        assert entry["digest"] == digest
    assert late["digest"] == digest
    assert early["digest"] == late["history"][len(early["history"]) - 1]["digest"]
    withdrawn = late["parties"][1]
    assert (withdrawn["rung"], len(withdrawn["declarations"])) == (None, 2)
    assert withdrawn["declarations"][0]["commitment"]["undertaking"] == "We ask the same."
    assert late["configured_stages"][0] == late["stages"][0]["stage"] == "innovation need"


class Outline(HTMLParser):
    """What the page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text.append(data)


async def test_the_page_says_word_by_word_what_was_undertaken_and_runs_nothing(world: World) -> None:
    hostile = '<script>alert(1)</script> & "quoted" <img src=x onerror=alert(1)>'
    joint = await propose(world, text={"title": hostile, "description": hostile, "language": "en"})
    await join(world, joint, 2, undertaking=hostile, name=hostile, volume={"amount": 900, "unit": hostile})
    await world.ask("PUT", f"{joint}/stage", who="buyer-1", json={"stage": "market dialogue", "note": hostile})
    await world.ask("DELETE", f"{joint}?reason=%3Cscript%3Ex%3C/script%3E", who="buyer-1")
    response = await world.ask("GET", f"{joint}/export.html", who="buyer-1")
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "script-src" not in response.headers["Content-Security-Policy"]
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    outline = Outline(response.text)
    assert response.headers["Samspil-History-Digest"] == (await exported(world, joint))["digest"]
    assert not {"script", "img", "link", "iframe", "object", "a"} & set(outline.tags)
    assert not [name for name, _ in outline.attributes if name.startswith("on") or name in ("src", "href")]
    said = "".join(outline.text)
    assert said.count(hostile) >= 5
    assert (await exported(world, joint))["digest"] in said


async def test_the_page_can_be_read_aloud(world: World) -> None:
    joint = await propose(world)
    await join(world, joint, 2, horizon="2028-01-01", signed_on="2026-03-01")
    page = (await world.ask("GET", f"{joint}/export.html", who="buyer-1")).text
    assert page == html_of(JointNeedExport.model_validate(await exported(world, joint)))
    outline = Outline(page)
    assert (outline.tags.count("h1"), outline.tags.count("main")) == (1, 1)
    assert outline.tags.count("table") == outline.tags.count("caption") == 5
    assert outline.tags.count("th") == sum(name == "scope" for name, _ in outline.attributes)
    assert ("lang", "en") in outline.attributes
    levels = [int(tag[1]) for tag in outline.tags if tag in ("h1", "h2", "h3")]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for words in ("signed on 2026-03-01", "horizon 2028-01-01", "intent signer, 900 meters", "revision 2"):
        assert words in "".join(outline.text)


async def test_a_record_that_does_not_answer_is_said_so_at_the_gate(world: World) -> None:
    joint = await propose(world)
    world.joint_record.fail = RecordUnavailable("down")
    assert (await world.ask("PUT", f"{joint}/text", who="buyer-1", json={})).status_code == 503


async def test_who_is_not_there_cannot_be_acted_for(world: World) -> None:
    for method, path, who in (
        ("GET", "/v1/joint-needs/joint:none", None),
        ("GET", "/v1/joint-needs/joint:none/history", "buyer-1"),
        ("GET", "/v1/joint-needs/joint:none/export", "buyer-1"),
        ("DELETE", "/v1/joint-needs/joint:none", "buyer-1"),
        ("DELETE", "/v1/joint-needs/joint:none/members/buyer-1", "buyer-1"),
    ):
        assert (await world.ask(method, path, who=who)).status_code == 404


async def publish_tender(world: World, joint: str, number: int = 2, *, alike: bool = True) -> str:
    """Have buyer-N publish a tender that reads like the joint text."""
    need_id, buyer_id = f"tender-{number}", f"buyer-{number}"
    await world.publish(need_id, buyer=Buyer(id=buyer_id, name=f"Sample body {number}", country="SE"))
    need = PublishedNeed(need_id=need_id, version=1, buyer_id=buyer_id, title="Leaks", heard_at=world.clock.now())
    find = a_similar(joint.rpartition("/")[2], need_id)
    world.joint_record.alike += [Candidate(need=need, find=find)] if alike else []
    return need_id


async def test_a_suggested_follow_up_is_seen_and_confirmed_by_its_own_buyer_alone(world: World) -> None:
    joint = await propose(world)
    for number in (2, 3):
        await join(world, joint, number)
    await publish_tender(world, joint)
    for who in (None, "buyer-1", "buyer-3", "supplier-1", "operator"):
        seen = (await world.ask("GET", f"{joint}/follow-ups", who=who)).json()
        assert (seen["suggestions"], seen["sentence"]) == ([], "0 of 2 that signed intent have followed up")
    (suggested,) = (await world.ask("GET", f"{joint}/follow-ups", who="buyer-2")).json()["suggestions"]
    assert (suggested["need_id"], suggested["score"]) == ("tender-2", 0.7)
    theirs = f"{joint}/members/buyer-2/follow-ups/tender-2"
    assert (await world.ask("PUT", theirs, who="buyer-3")).status_code == 403
    assert (await world.ask("PUT", f"{joint}/members/buyer-3/follow-ups/tender-2", who="buyer-3")).status_code == 403
    assert (await world.ask("PUT", theirs, who="buyer-2")).json()["changed"]
    report = (await world.ask("GET", f"{joint}/follow-ups", who="buyer-2")).json()
    assert (report["suggestions"], report["sentence"]) == ([], "1 of 2 that signed intent has followed up")
    assert [(one["need_id"], one["basis"]) for one in report["bodies"][0]["follow_ups"]] == [("tender-2", "text")]
    assert (report["totals"][0]["followed_up"], report["totals"][0]["followed_up_volumes"][0]["amount"]) == (1, 900)
    assert (await world.ask("GET", joint)).json()["follow_up_summary"] == report["sentence"]


async def test_a_rejection_is_remembered_and_needs_no_reason(world: World) -> None:
    joint = await propose(world)
    await join(world, joint, 2)
    await publish_tender(world, joint)
    theirs = f"{joint}/members/buyer-2/follow-ups/tender-2"
    before = (await world.ask("GET", joint)).json()["revision"]
    assert (await world.ask("DELETE", theirs, who="buyer-3")).status_code == 403
    assert [(await world.ask("DELETE", theirs, who="buyer-2")).json()["changed"] for _ in range(2)] == [True, False]
    assert (await world.ask("GET", f"{joint}/follow-ups", who="buyer-2")).json()["suggestions"] == []
    assert (await world.ask("GET", joint)).json()["revision"] == before  # nobody else learns of it
    assert (await world.ask("PUT", theirs, who="buyer-2")).json()["changed"]  # it may still think better of it
    assert (await world.ask("DELETE", theirs, who="buyer-2")).json()["changed"]
    report = (await world.ask("GET", f"{joint}/follow-ups")).json()
    assert report["sentence"] == "0 of 1 that signed intent have followed up"
    for address, status in (("tender-9", 404), ("need-1", 403)):
        response = await world.ask("DELETE", f"{joint}/members/buyer-2/follow-ups/{address}", who="buyer-2")
        assert response.status_code == status


async def test_the_export_says_who_followed_up(world: World) -> None:
    joint = await propose(world)
    for number in (2, 3):
        await join(world, joint, number, horizon="2028-01-01")
    await publish_tender(world, joint, alike=False)
    await world.ask("PUT", f"{joint}/members/buyer-2/follow-ups/tender-2", who="buyer-2")
    found = await exported(world, joint)
    assert found["follow_ups"]["sentence"] == found["joint_need"]["follow_up_summary"]
    assert [len(body["follow_ups"]) for body in found["follow_ups"]["bodies"]] == [1, 0]
    page = (await world.ask("GET", f"{joint}/export.html", who="buyer-1")).text
    for words in ("1 of 2 that signed intent has followed up", "0 days after it declared, in time; named by the body", "not yet"):
        assert words in page
    assert (await world.ask("GET", "/v1/joint-needs/joint:none/follow-ups")).status_code == 404
