"""Whatever is sent, the answer is one that was meant, and never a failure inside."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from samspil import ids
from samspil.web import WebLimits
from tests.component.web_fakes import World, a_dialogue, statement_json
from tests.factories import a_profile

# Mostly good bodies with a part exchanged: those come furthest in.
TEXTS = st.text() | st.sampled_from(
    ["", "\x00", "\u202e", "a" * 5000, "\ufeff", "2026-01-01", "2026-01-01T00:00:00Z", "0001-01-01", "DK"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
)
LIKELY = st.sampled_from(
    ["da", "DK", "SE2", "90480000", "A title", "https://samspil.test/", 1, 0.5, [], None, "2027-01-01", "written"]
)
NEED = statement_json(
    volume={"amount": 3, "unit": "meters"},
    dialogue={"kind": "webinar", "starts_at": "2026-03-02T09:00:00Z", "capacity": 5},
    source={"kind": "web", "reference": "1"},
    horizon="2027-01-01",
)
PROFILE = a_profile(certifications=[{"name": "ISO 9001", "valid_until": "2027-01-01"}]).model_dump(mode="json")
TEXT = {"text": "Find leaks.", "language": "en", "title": None, "effects": ["Less loss"], "cpv": [], "regions": [], "limit": 5}
JOINT = ids.joint_need_id(need_id="need-1", number=0)
JOINT_TEXT = {"title": "Leaks", "description": "Without digging.", "language": "en", "cpv": ["90490000"], "regions": ["DK"]}
DECLARATION = {
    "rung": "first_buyer",
    "name": "Northby Sample Municipality",
    "country": "DK",
    "undertaking": "We ask the same.",
    "volume": {"amount": 3, "unit": "meters"},
    "horizon": "2028-01-01",
    "signed_on": "2026-03-01",
    "follows_version": 1,
}
BODIES = {
    ("PUT", "/v1/needs/need-1", "buyer-1"): NEED,
    ("POST", "/v1/needs", "buyer-1"): NEED,
    ("POST", "/v1/similar", "buyer-1"): NEED,
    ("PUT", "/v1/suppliers/supplier-1/profile", "supplier-1"): PROFILE,
    ("PUT", "/v1/suppliers/supplier-1/matches/match-1/feedback", "supplier-1"): {"relevant": False, "reason": "wrong_size"},
    ("PUT", "/v1/dialogues/dialogue-1/registrations/supplier-1", "supplier-1"): {
        "answer": "accept",
        "name": "Listen Sample Acoustics",
        "country": "DK",
        "slots": ["2026-03-12T09:00:00+01:00"],
        "reason": "Two of us come",
    },
    ("POST", "/v1/match", "operator"): TEXT,
    ("POST", "/v1/teams", "buyer-1"): TEXT,
    ("POST", "/v1/joint-needs", "buyer-1"): {
        "need_id": "need-1",
        "other_need_id": "need-2",
        "text": JOINT_TEXT,
        "rung": "intent_signer",
        "undertaking": "We ask the same.",
        "volume": {"amount": 3, "unit": "meters"},
    },
    ("PUT", f"/v1/joint-needs/{JOINT}/members/buyer-1", "buyer-1"): DECLARATION,
    ("PUT", f"/v1/joint-needs/{JOINT}/text", "buyer-1"): JOINT_TEXT,
    ("PUT", f"/v1/joint-needs/{JOINT}/stage", "buyer-1"): {"stage": "market dialogue", "note": "As agreed"},
    ("POST", "/v1/suggest-cpv", "supplier-1"): {"text": "Find leaks.", "language": "en", "limit": 5},
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything within a value."""
    found = [path]
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        found += places(child, (*path, key))
    return found


def exchanged(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    """The value with what is at the path exchanged."""
    if not path:
        return other
    if isinstance(value, dict):
        return value | {path[0]: exchanged(value[path[0]], path[1:], other)}
    return [exchanged(child, path[1:], other) if index == path[0] else child for index, child in enumerate(value)]


@st.composite
def requests(draw: st.DrawFn) -> tuple[tuple[str, str, str], bytes]:
    target = draw(st.sampled_from(sorted(BODIES)))
    body = BODIES[target]
    for _ in range(draw(st.integers(0, 2))):
        path = draw(st.sampled_from(places(body)[1:] or [()]))
        body = exchanged(body, path, draw(LIKELY | VALUES))
    # Not every float is JSON, and not every text is UTF-8: send them as they are.
    return target, json.dumps(body, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


WORLD = World(limits=WebLimits(failed_tries=10**9))
WORLD.record.stored_dialogues.append(a_dialogue())
MEANT = {200, 202, 204, 304, 400, 401, 403, 404, 405, 409, 410, 413, 415, 422}


async def a_joint_need_stands() -> None:
    if JOINT not in WORLD.joint_record.stored:
        assert await WORLD.joint_need() == JOINT


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(requests())
async def test_no_json_body_makes_the_service_fail(request: tuple[tuple[str, str, str], bytes]) -> None:
    (method, path, who), body = request
    await a_joint_need_stands()
    response = await WORLD.ask(method, path, who=who, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in MEANT, response.text
    response.json()
    read = await WORLD.ask("GET", "/v1/needs", who="buyer-1")
    assert read.status_code == 200


@settings(max_examples=100, deadline=None)
@given(target=st.sampled_from(sorted(BODIES)), body=st.binary(max_size=200))
async def test_no_bytes_make_the_service_fail(target: tuple[str, str, str], body: bytes) -> None:
    method, path, who = target
    await a_joint_need_stands()
    response = await WORLD.ask(method, path, who=who, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422)


PATHS = st.sampled_from(
    [
        "/v1/needs",
        "/v1/needs/{}",
        "/v1/needs/{}/matches",
        "/v1/needs/{}/teams",
        "/v1/needs/{}/ocds",
        "/v1/joint-needs/{}/ocds",
        "/v1/suppliers/{}/profile",
        "/v1/suppliers/supplier-1/preferences/{}",
        "/v1/suppliers/supplier-1/preferences/need/{}",
        "/v1/ledger",
        "/schemas/{}.json",
        "/{}",
        "/v1/dialogues/{}",
        "/v1/dialogues/{}/places",
        "/v1/dialogues/dialogue-1/registrations/{}",
        "/v1/joint-needs/{}",
        "/v1/joint-needs/{}/export.html",
        "/v1/joint-needs/{}/members/buyer-1",
    ]
)
SEGMENTS = (
    st.sampled_from(["need-1", "supplier-1", "a%2Fb", "1", "pending"])
    | st.text(st.characters(codec="ascii", exclude_characters="?#\\ \x7f", min_codepoint=33), max_size=20)
    | st.binary(max_size=8).map(lambda raw: "".join(f"%{byte:02X}" for byte in raw))
)
QUERIES = st.lists(
    st.tuples(st.sampled_from(["limit", "offset", "buyer_id", "need_id", "status", "reason", "x"]), SEGMENTS), max_size=4
)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["Authorization", "If-None-Match", "If-Match", "X-Request-ID", "Idempotency-Key", "Accept", "Content-Length"]
    ),
    st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=20),
    max_size=3,
)


@settings(max_examples=300, deadline=None)
@given(
    method=st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE"]),
    path=PATHS,
    segment=SEGMENTS,
    query=QUERIES,
    headers=HEADERS,
    who=st.sampled_from([None, "buyer-1", "supplier-1", "operator"]),
)
async def test_no_address_or_header_makes_the_service_fail(
    *, method: str, path: str, segment: str, query: list[tuple[str, str]], headers: dict[str, str], who: str | None
) -> None:
    address = path.format(segment) + "?" + "&".join(f"{key}={value}" for key, value in query)
    sent = {key: value.encode("latin-1") for key, value in headers.items() if not (who and key == "Authorization")}
    response = await WORLD.ask(method, address, who=who, headers=sent)
    assert response.status_code in MEANT, response.text
    assert response.status_code != 413 or "Content-Length" in headers
