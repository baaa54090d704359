"""Health, metrics, and the documents that describe the API."""

import asyncio
import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator

from samspil.web import Check, WebLimits, create_health_app
from samspil.web.policy import POLICY, Token
from tests.component.test_web_policy import BODIES, address
from tests.component.web_fakes import SCHEMA, FakeHealth, World, a_dialogue, a_pair, a_twin, an_invitation, statement_json
from tests.factories import a_profile


async def test_health_is_ok_while_every_check_is() -> None:
    world = World()
    ready = await world.ask("GET", "/health/ready")
    assert (ready.status_code, ready.json()) == (
        200,
        {"status": "ok", "checks": {"record": {"ok": True, "reason": None}, "log": {"ok": True, "reason": None}}},
    )
    assert (await world.ask("GET", "/health/live")).status_code == 200


async def test_what_is_not_well_is_told_with_its_reason_and_does_not_end_the_process() -> None:
    world = World()
    world.health.report["log"] = Check(ok=False, reason="the broker does not answer")
    ready = await world.ask("GET", "/health/ready")
    assert ready.status_code == 503
    assert ready.headers["Content-Type"] == "application/problem+json"
    assert ready.json()["detail"].startswith("Not well: log.")
    assert ready.json()["checks"]["log"] == {"ok": False, "reason": "the broker does not answer"}
    assert ready.json()["checks"]["record"]["ok"] is True
    assert (await world.ask("GET", "/health/live")).status_code == 200


async def test_a_check_that_fails_itself_is_bad_health_and_tells_nothing_of_the_inside() -> None:
    world = World()
    world.health.fail = RuntimeError("secret")
    ready = await world.ask("GET", "/health/ready")
    assert ready.status_code == 503
    assert "secret" not in ready.text


class StuckHealth:
    async def ready(self) -> Mapping[str, Check]:
        await asyncio.Event().wait()
        raise AssertionError

    live = ready


async def test_a_check_that_never_answers_is_bad_health() -> None:
    world = World(limits=WebLimits(health_seconds=0), health=StuckHealth())  # type: ignore[arg-type]
    for path in ("/health/live", "/health/ready"):
        assert (await world.ask("GET", path)).status_code == 503


async def test_a_process_without_the_api_answers_for_its_health_and_metrics() -> None:
    health = FakeHealth()
    transport = httpx.ASGITransport(app=create_health_app(health))
    async with httpx.AsyncClient(transport=transport, base_url="http://samspil.test") as http:
        assert (await http.get("/health/live")).json()["status"] == "ok"
        assert (await http.get("/health/ready")).status_code == 200
        assert "samspil_http_seconds" in (await http.get("/metrics")).text
        health.report["log"] = Check(ok=False, reason="the broker does not answer")
        ready = await http.get("/health/ready")
        assert (ready.status_code, ready.json()["checks"]["log"]["ok"]) == (503, False)
        for path in ("/docs", "/v1/needs", "/openapi.json", "/"):
            assert (await http.get(path)).headers["Content-Type"] == "application/problem+json"


async def test_metrics_are_prometheus_text_or_openmetrics_as_asked() -> None:
    world = World()
    plain = await world.ask("GET", "/metrics", who="operator")
    assert plain.headers["Content-Type"].startswith("text/plain")
    assert "# TYPE samspil_http_seconds histogram" in plain.text
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    assert (await world.ask("GET", "/metrics", who="operator", headers=accept)).text.endswith("# EOF\n")


async def test_the_contract_of_the_topics_is_shown() -> None:
    world = World()
    asyncapi = await world.ask("GET", "/asyncapi")
    assert asyncapi.headers["Content-Type"] == "application/yaml"
    assert yaml.safe_load(asyncapi.text) == {"asyncapi": "3.0.0"}
    listed = (await world.ask("GET", "/schemas")).json()
    assert listed == {"need-published.v1": "/schemas/need-published.v1.json"}
    schema = await world.ask("GET", listed["need-published.v1"])
    assert (schema.headers["Content-Type"], schema.json()) == ("application/schema+json", SCHEMA)


async def test_the_front_page_says_what_this_is_and_every_link_leads_somewhere() -> None:
    world = World()
    front = (await world.ask("GET", "/")).json()
    assert front["version"] == "0.0.0-test"
    for link in front["links"].values():
        assert (await world.ask("GET", link)).status_code == 200


async def test_the_page_for_people_loads_nothing_and_its_style_is_the_one_that_is_allowed() -> None:
    page = await World().ask("GET", "/docs")
    assert page.headers["Content-Type"].startswith("text/html")
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|https?://", page.text)
    style = re.search(r"<style>(.*?)</style>", page.text)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page.headers["Content-Security-Policy"]
    for method, path in POLICY:
        assert f"<code>{method} {path}</code>" in page.text


async def the_document() -> dict[str, Any]:
    return (await World().ask("GET", "/openapi.json")).json()


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


async def test_openapi_describes_every_route_with_who_may_and_what_may_go_wrong() -> None:
    document = await the_document()
    assert document["openapi"] == "3.1.0"
    described = {(method.upper(), path) for path, operations in document["paths"].items() for method in operations}
    assert described == POLICY.keys()
    for (method, path), rule in POLICY.items():
        operation = document["paths"][path][method.lower()]
        assert rule.in_words() in operation["description"]
        assert (operation["security"] == []) == (rule.token is Token.IGNORED)
        assert ("401" in operation["responses"]) == (rule.token is not Token.IGNORED)
        for status, response in operation["responses"].items():
            if status.startswith(("4", "5")):
                assert list(response["content"]) == ["application/problem+json"]
    ids = [operation["operationId"] for operations in document["paths"].values() for operation in operations.values()]
    assert len(set(ids)) == len(ids)


async def test_openapi_says_of_all_that_changes_the_record_that_it_may_be_refused_by_what_stands() -> None:
    document = await the_document()
    accepted = {
        f"{method.upper()} {path}": operation["responses"].keys()
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if "202" in operation["responses"]
    }
    assert "POST /v1/dialogues/{dialogue_id}/questions" in accepted
    assert [name for name, responses in accepted.items() if "409" not in responses] == []
    assert "409" not in document["paths"]["/v1/suggest-cpv"]["post"]["responses"]


async def test_openapi_has_no_reference_into_nothing_and_no_schema_that_nothing_uses() -> None:
    document = await the_document()
    used = set(references(document))
    assert used == {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    for name, schema in document["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert re.fullmatch(r"[A-Za-z0-9._-]+", name)


@pytest.mark.parametrize("path", ["/v1/needs", "/v1/needs/{need_id}", "/v1/suppliers/{supplier_id}/profile", "/v1/match"])
async def test_openapi_lets_a_sender_leave_out_what_has_a_default(path: str) -> None:
    document = await the_document()
    operations = document["paths"][path]
    body = next(operations[method]["requestBody"] for method in ("put", "post") if method in operations)
    reference = body["content"]["application/json"]["schema"]["$ref"]
    schema = document["components"]["schemas"][reference.removeprefix("#/components/schemas/")]
    assert "cpv" in schema["properties"]
    assert "cpv" not in schema["required"]


async def test_openapi_describes_what_may_be_sent_apart_from_what_is_shown() -> None:
    document = await the_document()
    sent = statement_json() | {"cpv": ["90490000-8"]}
    fits = {
        name: Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": document["components"]}).is_valid(sent)
        for name in ("NeedStatement-Input", "NeedStatement")
    }
    # A check digit is taken, and never shown.
    assert fits == {"NeedStatement-Input": True, "NeedStatement": False}


async def test_every_answer_is_as_openapi_says() -> None:
    world = World()
    await world.publish("need-1", volume={"amount": 3, "unit": "meters"}, dialogue={"kind": "webinar"}, horizon="2027-01-01")
    await world.record.submit_profile("supplier-1", a_profile())
    world.record.all_matches = [a_pair()]
    world.record.similar = [a_twin()]
    world.record.stored_dialogues = [a_dialogue()]
    world.record.stored_invitations = [an_invitation()]
    document = (await world.ask("GET", "/openapi.json")).json()
    asked = 0
    for (method, template), rule in POLICY.items():
        path = address(template, joint_need_id=await world.joint_need() if "joint_need_id" in template else "")
        who = (
            None
            if rule.token is not Token.NEEDED
            else {"buyer": "buyer-1", "supplier": "supplier-1"}.get(min(rule.roles), "operator")
        )
        body = {
            "/v1/match": {"text": "x", "language": "en"},
            "/v1/suppliers/{supplier_id}/profile": a_profile().model_dump(mode="json"),
            "/v1/suppliers/{supplier_id}/matches/{match_id}/feedback": {"relevant": False, "reason": "wrong_size"},
        }
        known = BODIES.get((method, template), statement_json())
        request = {} if method in ("GET", "DELETE") else {"json": body.get(template, known)}
        response = await world.ask(method, path, who=who, **request)
        described = document["paths"][template][method.lower()]["responses"][str(response.status_code)]
        if schema := described.get("content", {}).get("application/json", {}).get("schema"):
            Draft202012Validator({**schema, "components": document["components"]}).validate(response.json())
            asked += 1
    problem = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
    Draft202012Validator(problem).validate((await world.ask("PUT", "/v1/needs/x", who="buyer-1", json={})).json())
    assert asked >= 35
