"""The API over the real record: what holds over the fakes holds over SQL."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from samspil.adapters.sql import open_record
from samspil.clock import ManualClock
from samspil.dialogue.keeping import KeptDialogues
from samspil.dialogue.openness import KeptOpenness
from samspil.dialogue.review import Review
from samspil.ports import Reply, Role
from samspil.web import WebLimits
from samspil_schemas import Answer, DialogueAnnouncement
from tests.component.test_web_policy import ASKERS, BAD, BUYER_2, LET_IN, NOBODY, PLACES, REVOKED, address, request_of
from tests.component.web_fakes import World, statement_json
from tests.factories import a_profile, a_statement

WRITTEN = DialogueAnnouncement(kind="written", registration_deadline="2027-03-02T12:00:00Z")


class Joined:
    """The ports of the record as one object, as the fakes have them."""

    def __init__(self, *ports: object) -> None:
        self._ports = ports

    def __getattr__(self, name: str) -> Any:
        return next(getattr(port, name) for port in self._ports if hasattr(port, name))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    record = open_record(f"sqlite+aiosqlite:///{tmp_path / 'record.db'}")
    await record.migrate()
    try:
        yield World(
            record=Joined(record.submissions, record.readings, record.feedback, record.tokens),
            joint_record=record,
            joint_readings=record.joint_needs,
            dialogues=KeptDialogues(record, readings=record.readings, clock=ManualClock()),
            review=Review(record, readings=record.readings, clock=ManualClock()),
            registration_record=record,
            registration_readings=record.registrations,
            openness=KeptOpenness(record, clock=ManualClock()),
            disclosures=record.disclosures,
            limits=WebLimits(failed_tries=10**6),
        )
    finally:
        await record.close()


async def test_every_route_lets_in_the_same_askers_as_over_the_fakes(world: World) -> None:
    revoked = await world.record.issue(organisation="buyer-1", role=Role.BUYER)
    principal = await world.record.check(revoked)
    assert await world.record.revoke(principal.token_id)
    for (method, template), let_in in LET_IN.items():
        request = request_of(method, template)
        for asker in ASKERS:
            await world.record.submit_need("need-1", a_statement())
            await world.record.submit_need("need-3", a_statement(buyer=BUYER_2))
            path = address(template, joint_need_id=await world.joint_need() if "joint_need_id" in template else "")
            if "dialogue_id" in template:
                announced = await world.services.dialogues.announce("need-1", WRITTEN, by="buyer-1")
                path = path.replace(PLACES["dialogue_id"], announced.dialogue_id)
                tentative = Reply(answer=Answer.TENTATIVE, name="Listen Sample Acoustics", country="DK")
                await world.services.registrations.answer(announced.dialogue_id, "supplier-1", tentative)
            await world.record.submit_profile("supplier-1", a_profile())
            token = {NOBODY: None, BAD: "never-issued", REVOKED: revoked}.get(asker) or None
            who = None if asker in (NOBODY, BAD, REVOKED) else asker
            status = (await world.ask(method, path, who=who, token=token, **request)).status_code
            # There is no match, no mute, no invitation and no question in this record, and the dialogue was not held.
            absent = any(name in template for name in ("match_id", "value", "invitation_id", "question_id", "document_id"))
            expected = {200, 202} | ({404} if absent else set()) | ({409} if "dialogue_id" in template else set())
            assert (status in expected) == (asker in let_in), (method, template, asker, status)
            assert status < 500


async def test_a_need_goes_through_its_life_and_the_ledger_follows(world: World) -> None:
    put = await world.ask("PUT", "/v1/needs/2026%2Fs-1", who="buyer-1", json=statement_json())
    assert (put.json()["version"], put.json()["changed"]) == (1, True)
    again = await world.ask("PUT", "/v1/needs/2026%2Fs-1", who="buyer-1", json=statement_json())
    assert again.json()["changed"] is False
    changed = await world.ask("PUT", "/v1/needs/2026%2Fs-1", who="buyer-1", json=statement_json(title="Sooner"))
    assert changed.json()["version"] == 2
    rows = (await world.ask("GET", changed.json()["follow"], who="buyer-1")).json()["items"]
    assert [(row["version"], row["status"]) for row in rows] == [(2, "pending"), (1, "superseded")]
    withdrawn = await world.ask("DELETE", "/v1/needs/2026%2Fs-1?reason=bought", who="buyer-1")
    assert withdrawn.status_code == 202
    assert (await world.ask("GET", "/v1/needs/2026%2Fs-1")).status_code == 410
    summary = (await world.ask("GET", "/v1/ledger/summary", who="buyer-1")).json()
    assert (summary["total"], summary["accounted"], summary["counts"]["pending"]) == (2, 2, 0)
    assert (await world.ask("GET", "/v1/ledger/summary", who="buyer-2")).json()["total"] == 0
    reopened = await world.ask("PUT", "/v1/needs/2026%2Fs-1", who="buyer-1", json=statement_json(title="Sooner"))
    assert (reopened.json()["version"], reopened.json()["changed"]) == (3, True)


async def test_a_profile_goes_through_its_life(world: World) -> None:
    path = "/v1/suppliers/supplier-1/profile"
    for name, version in (("A", 1), ("A", 1), ("B", 2)):
        answer = await world.ask("PUT", path, who="supplier-1", json=a_profile(name=name).model_dump(mode="json"))
        assert answer.json()["version"] == version
    assert (await world.ask("DELETE", path, who="supplier-1")).json()["changed"] is True
    assert (await world.ask("GET", path, who="supplier-1")).json()["withdrawn"] is True
    assert (await world.ask("DELETE", "/v1/suppliers/supplier-2/profile", who="supplier-2")).status_code == 404


async def test_pages_walk_through_all_needs_once(world: World) -> None:
    for number in range(7):
        await world.publish(f"need-{number}")
    seen: list[str] = []
    address: str | None = "/v1/needs?limit=3"
    while address:
        page = (await world.ask("GET", address)).json()
        seen += [need["id"] for need in page["items"]]
        address = page["next"]
    assert sorted(seen) == [f"need-{number}" for number in range(7)]


async def test_an_idempotency_key_works_over_the_record(world: World) -> None:
    key = {"Idempotency-Key": "form-17"}
    answers = [(await world.ask("POST", "/v1/needs", who="buyer-1", headers=key, json=statement_json())).json() for _ in range(2)]
    assert answers[0]["id"] == answers[1]["id"]
    assert [answer["changed"] for answer in answers] == [True, False]


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80).filter(str.strip)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=TEXTS, description=TEXTS, amount=st.floats(min_value=1e-300, max_value=1e300), offset=st.integers(0, 10_000_000))
async def test_what_is_taken_is_read_back_as_it_was(
    world: World, *, title: str, description: str, amount: float, offset: int
) -> None:
    body = statement_json(title=title, description=description, volume={"amount": amount, "unit": "DKK"})
    put = await world.ask("PUT", "/v1/needs/need-1", who="buyer-1", json=body)
    assert put.status_code == 202
    assert (await world.ask("GET", "/v1/needs/need-1", who="buyer-1")).json()["statement"] == body
    assert (await world.ask("GET", f"/v1/needs?offset={offset}")).status_code == 200
