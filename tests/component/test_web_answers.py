"""What every answer has: a request id, safe headers, problems in one form, a log line without secrets, a measurement."""

import re

import pytest
from structlog.testing import capture_logs

from samspil import errors
from samspil.observability import METRICS
from tests.component.web_fakes import World, statement_json

MEMBERS = {"type", "title", "status", "detail", "instance", "request_id"}


async def test_every_problem_has_the_members_of_rfc_9457_and_two_sentences() -> None:
    world = World()
    asked = [
        ("GET", "/nowhere", {}, 404),
        ("PATCH", "/v1/needs", {}, 405),
        ("GET", "/v1/me", {}, 401),
        ("GET", "/v1/topics", {"who": "buyer-1"}, 403),
        ("GET", "/v1/needs/nix", {}, 404),
        ("GET", "/v1/needs?limit=0", {}, 422),
        ("PUT", "/v1/needs/x", {"who": "buyer-1", "content": b"x"}, 415),
        ("PUT", "/v1/needs/x", {"who": "buyer-1", "json": []}, 422),
    ]
    for method, path, request, status in asked:
        response = await world.ask(method, path, **request)
        problem = response.json()
        assert response.status_code == problem["status"] == status
        assert response.headers["Content-Type"] == "application/problem+json"
        assert problem.keys() >= MEMBERS
        assert problem["type"].startswith("urn:samspil:problem:")
        assert problem["instance"] == path.split("?")[0]
        assert problem["request_id"] == response.headers["X-Request-ID"]
        assert re.match(r"[A-Z0-9].+\. [A-Z].+\.$", problem["detail"]), problem["detail"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.RecordUnavailable("postgresql://samspil:secret@db"), 503),
        (errors.BrokerUnavailable("secret"), 503),
        (errors.IndexUnavailable("secret"), 503),
        (errors.Transient("secret"), 503),
        (errors.NotFound("No such thing."), 404),
        (errors.Forbidden("Not yours."), 403),
        (errors.Conflict("Newer stands."), 409),
        (errors.Malformed("Unreadable."), 400),
        (errors.Refused("Against a rule."), 422),
        (errors.Misconfigured("secret"), 500),
        (errors.Permanent("secret"), 500),
        (ValueError("secret"), 500),
        (RuntimeError("secret"), 500),
    ],
)
async def test_every_error_of_a_port_is_answered_and_none_tells_what_is_inside(error: Exception, status: int) -> None:
    world = World()
    world.record.fail = error
    with capture_logs() as logs:
        response = await world.ask("GET", "/v1/needs")
    assert response.status_code == status
    assert "secret" not in response.text + str(dict(response.headers)) + str(logs)
    assert ("Retry-After" in response.headers) == (status == 503)
    if isinstance(error, errors.Refused):
        assert response.json()["detail"].startswith(error.message)


async def test_a_failure_is_logged_with_where_it_was_and_the_id_that_the_asker_has() -> None:
    world = World()
    world.record.fail = ValueError("INSERT … VALUES ('secret')")
    with capture_logs() as logs:
        response = await world.ask("GET", "/v1/needs")
    failure = next(line for line in logs if line["event"] == "http.failed")
    assert failure["causes"][0].startswith("ValueError at _failing:")
    assert response.json()["request_id"] == response.headers["X-Request-ID"]


async def test_a_client_may_name_its_request_but_not_write_into_the_log() -> None:
    world = World()
    assert (await world.ask("GET", "/", headers={"X-Request-ID": "form-17.a"})).headers["X-Request-ID"] == "form-17.a"
    for bad in ("", "a b", "x" * 65, 'a","event":"b'):
        assert re.fullmatch(r"[0-9a-f]{32}", (await world.ask("GET", "/", headers={"X-Request-ID": bad})).headers["X-Request-ID"])


async def test_no_answer_may_be_sniffed_framed_or_scripted() -> None:
    world = World()
    for path in ("/", "/docs", "/nowhere", "/v1/needs", "/v1/me", "/asyncapi"):
        headers = (await world.ask("GET", path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "script-src" not in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "no-referrer"


async def test_private_answers_are_never_kept_and_public_ones_are_asked_about_again() -> None:
    world = World()
    await world.publish("need-1")
    assert (await world.ask("GET", "/v1/needs/need-1")).headers["Cache-Control"] == "no-cache"
    for who, path in (("buyer-1", "/v1/needs/need-1"), ("buyer-1", "/v1/ledger"), ("operator", "/metrics"), (None, "/v1/me")):
        response = await world.ask("GET", path, who=who)
        assert response.headers["Cache-Control"] == "no-store"
        assert "Authorization" in response.headers["Vary"]


async def test_no_page_of_another_origin_is_let_read() -> None:
    world = World()
    headers = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "PUT"}
    for method in ("GET", "OPTIONS"):
        response = await world.ask(method, "/v1/needs", headers=headers)
        assert not [name for name in response.headers if name.lower().startswith("access-control")]


async def test_the_log_line_names_the_route_and_the_token_but_holds_no_query_token_text_or_address() -> None:
    world = World()
    token = await world.token("buyer-1")
    with capture_logs() as logs:
        await world.ask(
            "PUT", "/v1/needs/need-1?note=my-query", who="buyer-1", json=statement_json(title="My title"), client="192.0.2.77"
        )
        await world.ask("GET", "/my-path/anything")
        await world.ask("GET", "/schemas/my-name.json")
    assert [(line["method"], line["route"], line["status"]) for line in logs if line["event"] == "http.answered"] == [
        ("PUT", "/v1/needs/{need_id}", 202),
        ("GET", "unmatched", 404),
        ("GET", "/schemas/{name}.json", 404),
    ]
    assert logs[0]["token_id"] == world.record.principals[token].token_id
    assert logs[0]["need_id"] == "need-1"
    for secret in (token, "my-query", "My title", "my-path", "my-name", "192.0.2.77"):
        assert secret not in str(logs)


async def test_a_bad_token_is_in_no_log() -> None:
    with capture_logs() as logs:
        response = await World().ask("GET", "/v1/me", token="guessed-token")
    assert "guessed-token" not in str(logs) + response.text


def measured(**labels: str) -> float:
    return METRICS.get_sample_value("samspil_http_seconds_count", labels) or 0


async def test_every_answer_is_measured_by_the_template_of_its_route() -> None:
    world = World()
    await world.publish("need-1")
    asked = (
        ("GET", "/v1/needs/need-1", {"method": "GET", "route": "/v1/needs/{need_id}", "status": "200"}),
        ("HEAD", "/v1/needs/need-1", {"method": "HEAD", "route": "/v1/needs/{need_id}", "status": "200"}),
        ("GET", "/nowhere/17", {"method": "GET", "route": "unmatched", "status": "404"}),
        ("BREW", "/nowhere", {"method": "OTHER", "route": "unmatched", "status": "404"}),
    )
    for method, path, labels in asked:
        before = measured(**labels)
        await world.ask(method, path)
        assert measured(**labels) == before + 1


async def test_head_answers_as_get_does_without_the_body() -> None:
    world = World()
    await world.publish("need-1")
    for path in ("/v1/needs", "/v1/needs/need-1", "/", "/v1/me", "/nowhere"):
        get, head = await world.ask("GET", path), await world.ask("HEAD", path)
        assert head.content == b""
        assert head.status_code == get.status_code
        assert head.headers["Content-Type"] == get.headers["Content-Type"]
        assert abs(int(head.headers["Content-Length"]) - int(get.headers["Content-Length"])) == 0


async def test_options_and_405_name_every_method_of_the_address() -> None:
    world = World()
    allowed = {
        "/v1/needs": "GET, HEAD, OPTIONS, POST",
        "/v1/needs/need-1": "DELETE, GET, HEAD, OPTIONS, PUT",
        "/v1/match": "OPTIONS, POST",
        "/v1/suppliers/a%2Fb/profile": "DELETE, GET, HEAD, OPTIONS, PUT",
    }
    for path, methods in allowed.items():
        options, refused = await world.ask("OPTIONS", path), await world.ask("PATCH", path)
        assert (options.status_code, options.headers["Allow"], options.content) == (204, methods, b"")
        assert (refused.status_code, refused.headers["Allow"]) == (405, methods)
    assert (await world.ask("OPTIONS", "/nowhere")).status_code == 404
