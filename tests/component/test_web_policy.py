"""Who may do what, over every route and every kind of asker."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from samspil.errors import Misconfigured
from samspil.ports import Reply
from samspil.web.addresses import contexts_of, template_of
from samspil.web.policy import POLICY
from samspil_schemas import Answer, Buyer, FeedbackReason
from tests.component.web_fakes import World, a_dialogue, a_pair, an_invitation, statement_json
from tests.factories import a_profile

# Askers whose organisation the subject of a route is, or is not: need-1 and the joint need are buyer-1's, need-2, need-3 and the
# membership in the path are buyer-2's, the profile is supplier-1's.
NOBODY, BAD, REVOKED = "no token", "bad token", "revoked token"
OWN_BUYER, OTHER_BUYER, OWN_SUPPLIER, OTHER_SUPPLIER, OPERATOR = "buyer-1", "buyer-2", "supplier-1", "supplier-2", "operator"
ASKERS = (NOBODY, BAD, REVOKED, OWN_BUYER, OTHER_BUYER, OWN_SUPPLIER, OTHER_SUPPLIER, OPERATOR)

# Written down apart from POLICY, by hand: two accounts of who may do what, which must agree.
EVERYBODY = set(ASKERS)
TOKENS = {OWN_BUYER, OTHER_BUYER, OWN_SUPPLIER, OTHER_SUPPLIER, OPERATOR}
LET_IN: dict[tuple[str, str], set[str]] = {
    ("GET", "/v1/needs"): EVERYBODY - {BAD, REVOKED},
    ("POST", "/v1/needs"): {OWN_BUYER},
    ("GET", "/v1/needs/{need_id}"): EVERYBODY - {BAD, REVOKED},
    ("PUT", "/v1/needs/{need_id}"): {OWN_BUYER},
    ("DELETE", "/v1/needs/{need_id}"): {OWN_BUYER},
    ("GET", "/v1/needs/{need_id}/ocds"): EVERYBODY - {BAD, REVOKED},
    ("GET", "/v1/needs/{need_id}/matches"): {OWN_BUYER, OPERATOR},
    ("GET", "/v1/needs/{need_id}/similar"): {OWN_BUYER, OPERATOR},
    ("GET", "/v1/needs/{need_id}/invitations"): {OWN_BUYER, OPERATOR},
    ("GET", "/v1/needs/{need_id}/teams"): {OWN_BUYER, OPERATOR},
    ("POST", "/v1/match"): {OWN_BUYER, OTHER_BUYER, OPERATOR},
    ("POST", "/v1/teams"): {OWN_BUYER, OTHER_BUYER, OPERATOR},
    ("POST", "/v1/similar"): {OWN_BUYER, OPERATOR},
    ("POST", "/v1/suggest-cpv"): TOKENS,
    ("GET", "/v1/suppliers/{supplier_id}/profile"): {OWN_SUPPLIER, OPERATOR},
    ("PUT", "/v1/suppliers/{supplier_id}/profile"): {OWN_SUPPLIER},
    ("DELETE", "/v1/suppliers/{supplier_id}/profile"): {OWN_SUPPLIER},
    ("GET", "/v1/suppliers/{supplier_id}/matches"): {OWN_SUPPLIER, OPERATOR},
    ("GET", "/v1/suppliers/{supplier_id}/invitations"): {OWN_SUPPLIER, OPERATOR},
    ("GET", "/v1/suppliers/{supplier_id}/invitations/{invitation_id}/letter"): {OWN_SUPPLIER, OPERATOR},
    ("GET", "/v1/suppliers/{supplier_id}/invitations/{invitation_id}/calendar.ics"): {OWN_SUPPLIER, OPERATOR},
    ("PUT", "/v1/suppliers/{supplier_id}/matches/{match_id}/feedback"): {OWN_SUPPLIER},
    ("GET", "/v1/suppliers/{supplier_id}/preferences"): {OWN_SUPPLIER, OPERATOR},
    ("DELETE", "/v1/suppliers/{supplier_id}/preferences"): {OWN_SUPPLIER},
    ("DELETE", "/v1/suppliers/{supplier_id}/preferences/{kind}"): {OWN_SUPPLIER},
    ("DELETE", "/v1/suppliers/{supplier_id}/preferences/{kind}/{value}"): {OWN_SUPPLIER},
    ("GET", "/v1/joint-needs"): EVERYBODY - {BAD, REVOKED},
    ("POST", "/v1/joint-needs"): {OTHER_BUYER},
    ("GET", "/v1/joint-needs/{joint_need_id}"): EVERYBODY - {BAD, REVOKED},
    ("GET", "/v1/joint-needs/{joint_need_id}/ocds"): EVERYBODY - {BAD, REVOKED},
    ("DELETE", "/v1/joint-needs/{joint_need_id}"): {OWN_BUYER},
    ("PUT", "/v1/joint-needs/{joint_need_id}/text"): {OWN_BUYER},
    ("PUT", "/v1/joint-needs/{joint_need_id}/stage"): {OWN_BUYER},
    ("PUT", "/v1/joint-needs/{joint_need_id}/members/{buyer_id}"): {OTHER_BUYER},
    ("DELETE", "/v1/joint-needs/{joint_need_id}/members/{buyer_id}"): {OTHER_BUYER},
    ("GET", "/v1/joint-needs/{joint_need_id}/follow-ups"): EVERYBODY - {BAD, REVOKED},
    ("PUT", "/v1/joint-needs/{joint_need_id}/members/{buyer_id}/follow-ups/{need_id}"): {OTHER_BUYER},
    ("DELETE", "/v1/joint-needs/{joint_need_id}/members/{buyer_id}/follow-ups/{need_id}"): {OTHER_BUYER},
    ("PUT", "/v1/joint-needs/{joint_need_id}/members/{buyer_id}/roles/{role}"): {OTHER_BUYER},
    ("DELETE", "/v1/joint-needs/{joint_need_id}/members/{buyer_id}/roles/{role}"): {OWN_BUYER, OTHER_BUYER},
    ("PUT", "/v1/joint-needs/{joint_need_id}/offers/{role}/{buyer_id}"): {OWN_BUYER},
    ("DELETE", "/v1/joint-needs/{joint_need_id}/offers/{role}/{buyer_id}"): {OWN_BUYER},
    ("GET", "/v1/joint-needs/{joint_need_id}/history"): {OWN_BUYER, OTHER_BUYER, OPERATOR},
    ("GET", "/v1/joint-needs/{joint_need_id}/export"): {OWN_BUYER, OTHER_BUYER, OPERATOR},
    ("GET", "/v1/joint-needs/{joint_need_id}/export.html"): {OWN_BUYER, OTHER_BUYER, OPERATOR},
    ("GET", "/v1/dialogues"): EVERYBODY,
    ("POST", "/v1/dialogues"): {OWN_BUYER},
    ("GET", "/v1/dialogues/{dialogue_id}/calendar.ics"): EVERYBODY,
    ("GET", "/v1/dialogues/{dialogue_id}"): EVERYBODY,
    ("PUT", "/v1/dialogues/{dialogue_id}"): {OWN_BUYER},
    ("DELETE", "/v1/dialogues/{dialogue_id}"): {OWN_BUYER},
    ("GET", "/v1/dialogues/{dialogue_id}/invitations"): {OWN_BUYER, OPERATOR},
    ("PUT", "/v1/dialogues/{dialogue_id}/invitations/{invitation_id}/approval"): {OWN_BUYER},
    ("PUT", "/v1/dialogues/{dialogue_id}/held"): {OWN_BUYER},
    ("PUT", "/v1/dialogues/{dialogue_id}/conclusion"): {OWN_BUYER},
    ("GET", "/v1/dialogues/{dialogue_id}/places"): EVERYBODY,
    ("GET", "/v1/dialogues/{dialogue_id}/registrations"): {OWN_BUYER, OPERATOR},
    ("GET", "/v1/dialogues/{dialogue_id}/registrations/{supplier_id}"): {OWN_BUYER, OWN_SUPPLIER, OPERATOR},
    ("GET", "/v1/dialogues/{dialogue_id}/registrations/{supplier_id}/letter"): {OWN_SUPPLIER, OPERATOR},
    ("GET", "/v1/dialogues/{dialogue_id}/registrations/{supplier_id}/calendar.ics"): {OWN_SUPPLIER, OPERATOR},
    ("PUT", "/v1/dialogues/{dialogue_id}/registrations/{supplier_id}"): {OWN_SUPPLIER},
    ("DELETE", "/v1/dialogues/{dialogue_id}/registrations/{supplier_id}"): {OWN_SUPPLIER},
    ("GET", "/v1/dialogues/{dialogue_id}/questions"): TOKENS,
    ("POST", "/v1/dialogues/{dialogue_id}/questions"): TOKENS,
    ("PUT", "/v1/dialogues/{dialogue_id}/questions/{question_id}/answer"): {OWN_BUYER},
    ("PUT", "/v1/dialogues/{dialogue_id}/questions/{question_id}/refusal"): {OWN_BUYER},
    ("POST", "/v1/dialogues/{dialogue_id}/documents"): {OWN_BUYER},
    ("PUT", "/v1/dialogues/{dialogue_id}/documents/{document_id}/file"): {OWN_BUYER},
    ("GET", "/v1/dialogues/{dialogue_id}/documents/{document_id}/file"): EVERYBODY,
    ("GET", "/v1/dialogues/{dialogue_id}/disclosures"): EVERYBODY,
    ("GET", "/v1/dialogues/{dialogue_id}/audit"): EVERYBODY,
    ("GET", "/v1/dialogues/{dialogue_id}/case"): {OWN_BUYER, OPERATOR},
    ("GET", "/v1/dialogues/{dialogue_id}/case.html"): {OWN_BUYER, OPERATOR},
    ("GET", "/v1/ledger"): {OWN_BUYER, OTHER_BUYER, OPERATOR},
    ("GET", "/v1/ledger/summary"): {OWN_BUYER, OTHER_BUYER, OPERATOR},
    ("GET", "/v1/topics"): {OPERATOR},
    ("GET", "/v1/feedback"): {OPERATOR},
    ("GET", "/v1/me"): TOKENS,
    ("GET", "/metrics"): {OPERATOR},
    ("GET", "/health/live"): EVERYBODY,
    ("GET", "/health/ready"): EVERYBODY,
    ("GET", "/asyncapi"): EVERYBODY,
    ("GET", "/schemas"): EVERYBODY,
    ("GET", "/schemas/{name}.json"): EVERYBODY,
    ("GET", "/openapi.json"): EVERYBODY,
    ("GET", "/docs"): EVERYBODY,
    ("GET", "/"): EVERYBODY,
}
BODIES = {
    ("POST", "/v1/needs"): statement_json(title="Another"),
    ("PUT", "/v1/needs/{need_id}"): statement_json(title="Changed"),
    ("POST", "/v1/similar"): statement_json(),
    ("POST", "/v1/joint-needs"): {"need_id": "need-3"},
    ("PUT", "/v1/joint-needs/{joint_need_id}/text"): {"title": "Leaks", "description": "Without digging.", "language": "en"},
    ("PUT", "/v1/joint-needs/{joint_need_id}/stage"): {"stage": "market dialogue"},
    ("PUT", "/v1/joint-needs/{joint_need_id}/members/{buyer_id}"): {"rung": "observer"},
    ("POST", "/v1/dialogues"): {"need_id": "need-1", "announcement": {"kind": "webinar"}},
    ("PUT", "/v1/dialogues/{dialogue_id}"): {"kind": "webinar"},
    ("PUT", "/v1/dialogues/{dialogue_id}/conclusion"): {"outcome": "We specify functions."},
    ("POST", "/v1/dialogues/{dialogue_id}/questions"): {"text": "When?", "language": "en"},
    ("PUT", "/v1/dialogues/{dialogue_id}/questions/{question_id}/answer"): {"text": "In May."},
    ("PUT", "/v1/dialogues/{dialogue_id}/questions/{question_id}/refusal"): {"reason": "Not decided."},
    ("POST", "/v1/dialogues/{dialogue_id}/documents"): {"kind": "note", "title": "Note", "language": "en", "text": "Words."},
    ("POST", "/v1/match"): {"text": "Find leaks.", "language": "en"},
    ("POST", "/v1/teams"): {"text": "Find leaks.", "language": "en"},
    ("POST", "/v1/suggest-cpv"): {"text": "Find leaks.", "language": "en"},
    ("PUT", "/v1/suppliers/{supplier_id}/profile"): a_profile(name="Renamed").model_dump(mode="json"),
    ("PUT", "/v1/suppliers/{supplier_id}/matches/{match_id}/feedback"): {"relevant": False, "reason": "wrong_field"},
    ("PUT", "/v1/dialogues/{dialogue_id}/registrations/{supplier_id}"): {"answer": "accept"},
}

# Bodies that are no JSON, with the query that they take.
FILES: dict[tuple[str, str], dict[str, Any]] = {
    ("PUT", "/v1/dialogues/{dialogue_id}/documents/{document_id}/file"): {
        "params": {"name": "draft.txt", "title": "Draft", "kind": "document", "language": "en"},
        "content": b"Words.",
        "headers": {"Content-Type": "text/plain"},
    }
}


def request_of(method: str, template: str) -> dict[str, Any]:
    return {"json": BODIES[method, template]} if (method, template) in BODIES else dict(FILES.get((method, template), {}))


def cases() -> Iterator[tuple[str, str, str]]:
    return ((method, template, asker) for method, template in LET_IN for asker in ASKERS)


BUYER_2 = Buyer(id="buyer-2", name="Söderby exempelkommun", country="SE")
PLACES = {
    "supplier_id": "supplier-1",
    "dialogue_id": "dialogue-1",
    "invitation_id": "invitation-1",
    "question_id": "question-1",
    "document_id": "draft",
    "name": "need-published.v1",
    "buyer_id": "buyer-2",
    "role": "facilitator",
    "match_id": "match:need-1:supplier-1",
    "kind": "field",
    "value": "90490000",
}


def address(template: str, *, joint_need_id: str) -> str:
    need_id = "need-2" if "follow-ups" in template else "need-1"
    return template.format(need_id=need_id, joint_need_id=joint_need_id, **PLACES)


async def a_filled_world() -> World:
    world = World()
    await world.publish("need-3", buyer=BUYER_2)
    await world.publish("need-1")
    await world.record.submit_profile("supplier-1", a_profile())
    world.record.stored_dialogues.append(a_dialogue())
    world.record.stored_invitations.append(an_invitation())
    await world.services.registrations.answer("dialogue-1", "supplier-1", Reply(answer=Answer.TENTATIVE))
    world.record.all_matches.append(a_pair())
    await world.record.give("supplier-1", a_pair().match_id, relevant=False, reason=FeedbackReason.FIELD)
    return world


def test_the_table_of_this_test_covers_every_route() -> None:
    found = {(method, template_of(context)) for context in contexts_of(World().app) for method in context.methods or ()}
    assert found == LET_IN.keys() == POLICY.keys()


@pytest.mark.parametrize(("method", "template", "asker"), cases())
async def test_a_route_lets_in_whom_it_should_and_nobody_else(method: str, template: str, asker: str) -> None:
    world = await a_filled_world()
    path = address(template, joint_need_id=await world.joint_need())
    request = request_of(method, template)
    if asker == REVOKED:
        token = await world.record.issue(organisation="buyer-1", role="buyer")
        await world.record.revoke(world.record.principals[token].token_id)
        response = await world.ask(method, path, token=token, **request)
    elif asker in (NOBODY, BAD):
        response = await world.ask(method, path, token="never-issued" if asker == BAD else None, **request)
    else:
        response = await world.ask(method, path, who=asker, **request)

    if asker in LET_IN[method, template]:
        assert response.is_success, response.text
    elif asker in (NOBODY, BAD, REVOKED):
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"].startswith('Bearer realm="samspil"')
    else:
        assert response.status_code == 403


@pytest.mark.parametrize(("method", "template"), [("PUT", "/v1/needs/need-1"), ("DELETE", "/v1/needs/need-1")])
async def test_a_refused_write_changes_nothing(method: str, template: str) -> None:
    world = await a_filled_world()
    before = dict(world.record.stored_needs)
    for who in ("buyer-2", "supplier-1", "operator"):
        body = {"json": statement_json(title="Taken over")} if method == "PUT" else {}
        assert (await world.ask(method, template, who=who, **body)).status_code == 403
    assert world.record.stored_needs == before


async def test_a_buyer_cannot_state_a_need_for_another_body() -> None:
    world = World()
    stolen = statement_json(buyer={"id": "buyer-1", "name": "Northby", "country": "DK"})
    for method, path in (("PUT", "/v1/needs/new"), ("POST", "/v1/needs"), ("POST", "/v1/similar")):
        response = await world.ask(method, path, who="buyer-2", json=stolen)
        assert response.status_code == 403
    assert not world.record.stored_needs
    assert not world.matchmaker.asked


async def test_refusing_does_not_tell_whether_a_supplier_exists() -> None:
    world = await a_filled_world()
    answers = []
    for supplier in ("supplier-1", "supplier-9"):
        response = await world.ask("GET", f"/v1/suppliers/{supplier}/profile", who="supplier-2")
        problem = response.json()
        answers.append((response.status_code, problem["type"], problem["detail"]))
    assert answers[0] == answers[1]
    assert answers[0][0] == 403


async def test_nothing_of_a_body_is_read_before_the_gate() -> None:
    world = World()
    broken = {"content": b"{", "headers": {"Content-Type": "text/plain"}}
    assert (await world.ask("PUT", "/v1/needs/need-1", **broken)).status_code == 401
    assert (await world.ask("PUT", "/v1/needs/need-1", who="operator", **broken)).status_code == 403
    assert (await world.ask("PUT", "/v1/needs/need-1", who="buyer-1", **broken)).status_code == 415


async def test_a_route_without_a_rule_keeps_the_application_from_starting() -> None:
    app = World().app
    app.add_api_route("/v1/backdoor", lambda: "open")
    with pytest.raises(Misconfigured, match=r"A route has no rule: GET /v1/backdoor\."):
        async with app.router.lifespan_context(app):
            pass


async def test_a_route_without_a_rule_is_not_answered_even_if_the_check_was_missed() -> None:
    world = World()

    async def backdoor() -> str:
        return "open"

    world.app.add_api_route("/v1/backdoor", backdoor)
    response = await world.ask("GET", "/v1/backdoor", who="operator")
    assert response.status_code == 500
    assert "open" not in response.text


async def test_an_application_mounted_beside_the_gate_keeps_it_from_starting() -> None:
    app = World().app
    app.mount("/inner", FastAPI())
    with pytest.raises(Misconfigured, match="A route has no rule: ANY Mount /inner"):
        async with app.router.lifespan_context(app):
            pass


def test_a_route_that_goes_around_the_gate_is_found() -> None:
    world = World()
    context = next(found for found in contexts_of(world.app) if template_of(found) == "/v1/topics")
    context.dependant.dependencies.clear()
    with pytest.raises(Misconfigured, match="does not pass the gate: GET /v1/topics"):
        world.app.state.gate.check_complete(world.app)


def test_a_rule_without_a_route_is_found() -> None:
    world = World()
    gate = world.app.state.gate
    gate.rules = {**gate.rules, ("GET", "/v1/forgotten"): POLICY["GET", "/"]}
    with pytest.raises(Misconfigured, match="A rule has no route: GET /v1/forgotten"):
        gate.check_complete(world.app)


async def test_metrics_are_open_only_where_the_installation_says_so() -> None:
    assert (await World().ask("GET", "/metrics", client="127.0.0.1")).status_code == 401
    assert (await World(open_metrics=True).ask("GET", "/metrics")).status_code == 200
