"""Every refusal and failure as RFC 9457 `application/problem+json`: what happened, and what to do about it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from samspil import errors
from samspil.web.addresses import allowed_methods

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5
_ERRORS_MAX = 50
_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Kind:
    """A kind of problem; its type URI never changes."""

    slug: str
    status: int
    title: str

    @property
    def type(self) -> str:
        """The problem type URI."""
        return f"urn:samspil:problem:{self.slug}"


MALFORMED = Kind("malformed", 400, "The request could not be read")
CONDITION = Kind("condition-unsupported", 400, "Conditional writes are not offered")
UNAUTHENTICATED = Kind("unauthenticated", 401, "A valid token is needed")
FORBIDDEN = Kind("forbidden", 403, "Not allowed")
NOT_FOUND = Kind("not-found", 404, "Not found")
METHOD = Kind("method-not-allowed", 405, "Not possible here")
TOO_SLOW = Kind("request-timeout", 408, "The request came too slowly")
CONFLICT = Kind("conflict", 409, "It contradicts what stands")
GONE = Kind("gone", 410, "Withdrawn")
TOO_LARGE = Kind("too-large", 413, "The request is too large")
MEDIA = Kind("unsupported-media-type", 415, "Not in a form that is read here")
INVALID = Kind("invalid", 422, "The request is not valid")
TOO_MANY = Kind("too-many-tries", 429, "Too many failed tries")
FAILED = Kind("internal-error", 500, "Something failed inside")
UNAVAILABLE = Kind("unavailable", 503, "Not available right now")
KINDS = (
    MALFORMED,
    CONDITION,
    UNAUTHENTICATED,
    FORBIDDEN,
    NOT_FOUND,
    METHOD,
    TOO_SLOW,
    CONFLICT,
    GONE,
    TOO_LARGE,
    MEDIA,
    INVALID,
    TOO_MANY,
    FAILED,
    UNAVAILABLE,
)


class FieldError(BaseModel):
    """What is wrong with one part of the request."""

    where: str = Field(serialization_alias="in", description="body, query, path or header.")
    pointer: str = Field(description="JSON Pointer (RFC 6901) to the field.", examples=["/statement/title"])
    detail: str


class Problem(BaseModel):
    """An error, in the form of RFC 9457."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=[NOT_FOUND.type])
    title: str
    status: int
    detail: str = Field(description="One sentence of what happened, one of what to do.")
    instance: str = Field(description="The path that was asked for.")
    request_id: str | None = Field(default=None, description="Stands in the log too.")
    errors: list[FieldError] | None = None


class ProblemError(Exception):
    """A request that ends in a problem of this kind: `what` happened, and what to `do`."""

    def __init__(
        self,
        kind: Kind,
        what: str,
        do: str,
        *,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{what} {do}")
        self.kind = kind
        self.detail = f"{what} {do}"
        self.headers = dict(headers or {})
        self.members = dict(members or {})


def problem_response(error: ProblemError, scope: Mapping[str, Any]) -> Response:
    """The response that tells of the problem."""
    body = {
        "type": error.kind.type,
        "title": error.kind.title,
        "status": error.kind.status,
        "detail": error.detail,
        "instance": str(scope["path"]),
        "request_id": scope.get("state", {}).get("request_id"),
        **error.members,
    }
    content = json.dumps({key: value for key, value in body.items() if value is not None}, ensure_ascii=False)
    return Response(content, status_code=error.kind.status, media_type=MEDIA_TYPE, headers=error.headers)


def invalid(found: Iterable[Mapping[str, Any]], *, where: str | None = None) -> ProblemError:
    """The problem for pydantic's errors; `where` is the part of the request, if their locations do not begin with it.

    What the client sent is not repeated: it may be long, private or unprintable.
    """
    items = list(found)
    listed: list[dict[str, str]] = []
    for error in items[:_ERRORS_MAX]:
        loc: Sequence[Any] = error["loc"]
        part, path = (where, loc) if where else (str(loc[0]) if loc else "body", loc[1:])
        pointer = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
        listed.append({"in": part, "pointer": pointer, "detail": str(error["msg"])})
    fields = "field is" if len(items) == 1 else "fields are"
    return ProblemError(
        INVALID, f"{len(items)} {fields} not valid.", "Correct what 'errors' lists and send it again.", members={"errors": listed}
    )


def _of_samspil(error: errors.SamspilError) -> ProblemError:
    """The problem for an error of the ports. What is wrong inside is not told; what people refuse is."""
    again = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    parts = {
        errors.BrokerUnavailable: "The log",
        errors.IndexUnavailable: "The index",
        errors.RecordUnavailable: "The record",
        errors.ModelUnavailable: "The model",
    }
    if isinstance(error, errors.Transient):
        what = next((name for kind, name in parts.items() if isinstance(error, kind)), "A part of the service")
        return ProblemError(UNAVAILABLE, f"{what} does not answer right now.", "Send the same again in a moment.", headers=again)
    refusals: tuple[tuple[type[errors.SamspilError], Kind, str], ...] = (
        (errors.NotFound, NOT_FOUND, "Check the id."),
        (errors.Forbidden, FORBIDDEN, "Ask the operator if you should be."),
        (errors.Conflict, CONFLICT, "Read what stands, then decide again."),
        (errors.Malformed, MALFORMED, "Correct it and send it again."),
        (errors.Refused, INVALID, "Correct it and send it again."),
    )
    for cls, kind, do in refusals:
        if isinstance(error, cls):
            return ProblemError(kind, error.message, error.hint or do)
    return failed()


def failed() -> ProblemError:
    """The problem for what nobody foresaw, without a word of what it was."""
    return ProblemError(FAILED, "Something failed inside the service.", "Give the operator the request_id; it is in the log.")


def _of_routing(request: Request, error: HTTPException) -> ProblemError:
    """The problem for what the router and FastAPI refuse."""
    if error.status_code == HTTPStatus.NOT_FOUND:
        return ProblemError(
            NOT_FOUND,
            "Nothing is at this address.",
            "See /docs for the addresses; an id holds letters, digits and . _ : / @ + -, with the slash written %2F.",
        )
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = ", ".join(allowed_methods(request.app, request.scope["path"]))
        do = f"This address takes {allowed}."
        return ProblemError(METHOD, "The method is not possible here.", do, headers={"Allow": allowed})
    return failed()


async def _answer_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 - registered for this class
    return problem_response(error, request.scope)


async def _answer_samspil(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.SamspilError)  # noqa: S101 - registered for this class
    if not isinstance(error, errors.Refused):
        _log.warning("http.not_served", error=type(error).__name__)
    return problem_response(_of_samspil(error), request.scope)


async def _answer_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    return problem_response(invalid(error.errors()), request.scope)


async def _answer_routing(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    problem = _of_routing(request, error)
    if problem.kind is METHOD and request.method == "OPTIONS":
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=problem.headers)
    return problem_response(problem, request.scope)


def install(app: FastAPI) -> None:
    """Have every error of the application answered as a problem."""
    app.add_exception_handler(ProblemError, _answer_problem)
    app.add_exception_handler(errors.SamspilError, _answer_samspil)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_routing)
