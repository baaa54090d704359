"""The documents of the API, drawn from the routes and the policy: OpenAPI for machines, one plain page for people."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from html import escape
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Response
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import RouteContext
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from samspil.web.addresses import contexts_of, template_of
from samspil.web.body import FileBody, JsonBody
from samspil.web.file_types import MEDIA_TYPES
from samspil.web.policy import Rule, Subject, Token
from samspil.web.problems import KINDS, MEDIA_TYPE, Problem

_REF = "#/components/schemas/"
_ABOUT = """Brings public needs, the suppliers who could meet them, and the other bodies that share them together.

Writes are accepted (202), given a version, and followed in the ledger: matching goes on in the background. Bodies are I-JSON
(RFC 7493) in UTF-8. Ids stand in paths as one segment: a slash within an id is written %2F. Errors are problem+json (RFC 9457).
Lists come in pages, with the next page's address in `next` and in the header `Link`. GET answers HEAD too, and OPTIONS lists the
methods of an address."""
_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code{background:#eee;padding:0 .25rem}dt{margin-top:1rem}pre{white-space:pre-wrap}"
)


def _dependants(dependant: Dependant) -> Iterator[Dependant]:
    for child in dependant.dependencies:
        yield child
        yield from _dependants(child)


def _body_of(context: RouteContext) -> type[BaseModel] | None:
    """The model of the route's body, if it takes one."""
    calls = (child.call for child in _dependants(context.dependant))
    return next((call.model for call in calls if isinstance(call, JsonBody)), None)


def _takes_file(context: RouteContext) -> bool:
    return any(isinstance(child.call, FileBody) for child in _dependants(context.dependant))


def _input_schemas(bodies: list[type[BaseModel]]) -> dict[str, Any]:
    """Schemas of what may be sent: more than what is shown, such as CPV codes with their check digit."""
    _, schema = models_json_schema([(body, "validation") for body in bodies], ref_template=f"{_REF}{{model}}-Input")
    return {f"{name}-Input": definition for name, definition in schema["$defs"].items()}


def _statuses(*, rule: Rule, method: str, body: bool, parameters: bool, of_need: bool, records: bool) -> Iterator[int]:
    yield from (401, 403, 429) if rule.token is Token.NEEDED else (401, 429) if rule.token is Token.WELCOME else ()
    yield from (400, 408, 413, 415) if body else ()
    yield from (404, 422) if parameters or rule.subject is Subject.OWN_NEED else (422,) if body else ()
    yield from (409,) if records or (method != "GET" and rule.subject is not Subject.NONE) else ()
    yield from (410,) if method == "GET" and of_need else ()
    yield from (500, 503)


def _problem_responses(statuses: Iterator[int]) -> dict[str, Any]:
    titles: dict[int, str] = {}
    for kind in KINDS:
        titles[kind.status] = f"{titles[kind.status]}, or: {kind.title}" if kind.status in titles else kind.title
    content = {MEDIA_TYPE: {"schema": {"$ref": f"{_REF}Problem"}}}
    return {str(status): {"description": titles[status], "content": content} for status in sorted(statuses)}


def openapi_of(app: FastAPI, *, rules: Mapping[tuple[str, str], Rule]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the application, with who may do what."""
    document = get_openapi(title=app.title, version=app.version, openapi_version="3.1.0", description=_ABOUT, routes=app.routes)
    schemas = document["components"]["schemas"]
    contexts = [(context, template_of(context)) for context in contexts_of(app)]
    for context, template in contexts:
        for method in context.methods or set():
            operation = document["paths"][template][method.lower()]
            rule = rules[method, template]
            body = _body_of(context)
            if body is not None:
                content = {"application/json": {"schema": {"$ref": f"{_REF}{body.__name__}-Input"}}}
                operation["requestBody"] = {"required": True, "content": content}
            file = _takes_file(context)
            if file:
                operation["requestBody"] = {"required": True, "content": {media_type: {} for media_type in MEDIA_TYPES}}
            statuses = _statuses(
                rule=rule,
                method=method,
                body=body is not None or file,
                parameters="parameters" in operation,
                of_need=template.startswith("/v1/needs/{need_id}"),
                records=context.status_code == HTTPStatus.ACCEPTED,
            )
            operation["responses"] = {
                status: response for status, response in operation["responses"].items() if not status.startswith(("4", "5"))
            } | _problem_responses(statuses)
            token: list[dict[str, list[str]]] = [{"token": []}]
            operation["security"] = {Token.IGNORED: [], Token.WELCOME: [{}, *token], Token.NEEDED: token}[rule.token]
            operation["description"] = f"{operation['description']}\n\n{rule.in_words()}"
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    bodies = {body.__name__: body for context, _ in contexts if (body := _body_of(context))}
    schemas |= _input_schemas(list(bodies.values()))
    problem = Problem.model_json_schema(ref_template=f"{_REF}{{model}}", mode="serialization")
    schemas |= {**problem.pop("$defs"), "Problem": problem}
    document["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "An API token, bound to one organisation and role."}
    }
    return document


def _entries(document: Mapping[str, Any]) -> Iterator[str]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            named = ", ".join(
                f"<code>{escape(parameter['name'])}</code>"
                for parameter in operation.get("parameters", [])
                if parameter["in"] == "query"
            )
            yield f"<dt><code>{method.upper()} {escape(path)}</code> {escape(operation['summary'])}</dt>"
            yield f"<dd>{escape(operation['description'])}{f' Parameters: {named}.' if named else ''}</dd>"


def docs_page(document: Mapping[str, Any]) -> Response:
    """The page for people. Only its own style may apply; nothing is loaded from anywhere."""
    html = (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{escape(document['info']['title'])}</title>"
        f"<style>{_STYLE}</style><h1>{escape(document['info']['title'])}</h1>"
        f"<pre>{escape(document['info']['description'])}</pre>"
        "<p>For machines: <a href='/openapi.json'>OpenAPI</a>, <a href='/asyncapi'>AsyncAPI of the topics</a>, "
        "<a href='/schemas'>JSON Schemas of the events</a>.</p>"
        f"<dl>{''.join(_entries(document))}</dl></html>"
    )
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    security = f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    return Response(html, media_type="text/html", headers={"Content-Security-Policy": security})
