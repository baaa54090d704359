"""Reads request bodies: bounded while they arrive, and strictly I-JSON (RFC 7493), before the contract's models see them."""

import asyncio
import json
import math
import re
from dataclasses import dataclass
from typing import Any, Generic, NoReturn, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from samspil.web.file_types import MEDIA_TYPES, is_what_it_says
from samspil.web.gate import Allowed
from samspil.web.problems import MALFORMED, MEDIA, TOO_LARGE, TOO_SLOW, ProblemError, invalid
from samspil.web.services import Services, WebLimits
from samspil_schemas.base import VERSION_MAX

ModelT = TypeVar("ModelT", bound=BaseModel)
_CLOSE = {"Connection": "close"}  # the rest of the body is not read
_DIGITS_MAX = len(str(VERSION_MAX))
# Possessive, so that an unterminated string is passed over once, not once from each of its quotes.
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def _malformed(what: str) -> ProblemError:
    return ProblemError(MALFORMED, what, "Correct it and send it again.")


def _require_json(request: Request) -> None:
    """Refuse what does not call itself plain JSON in UTF-8."""
    media, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().replace('"', "").removeprefix("charset=")
    if media.strip().lower() != "application/json" or charset not in ("", "utf-8"):
        headers = {"Accept": "application/json"}
        raise ProblemError(MEDIA, "The body does not call itself JSON.", "Send Content-Type: application/json.", headers=headers)
    _refuse_compressed(request)


async def _read(request: Request, *, limits: WebLimits) -> bytes:
    """The body, refused as soon as it is known to be too large."""
    too_large = ProblemError(
        TOO_LARGE,
        "The body is too large.",
        f"Keep it below {limits.body_bytes} bytes; put long texts into documents and name their addresses.",
        headers=_CLOSE,
    )
    declared = request.headers.get("content-length", "")
    # As text first: int() refuses thousands of digits with an error of its own.
    if declared.isdecimal() and (len(declared) > _DIGITS_MAX or int(declared) > limits.body_bytes):
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(limits.body_seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limits.body_bytes:
                    raise too_large
    except TimeoutError:
        do = f"Send it within {limits.body_seconds:g} s."
        raise ProblemError(TOO_SLOW, "The body did not arrive in time.", do, headers=_CLOSE) from None
    except ClientDisconnect:
        raise _malformed("The body broke off.") from None
    return bytes(body)


def _refuse_compressed(request: Request) -> None:
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        headers = {"Accept-Encoding": "identity"}
        raise ProblemError(MEDIA, "The body is compressed.", "Send it without Content-Encoding.", headers=headers)


def _refuse_constant(name: str) -> NoReturn:
    raise _malformed(f"The body holds {name}, which is no JSON number.")


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS_MAX + 1 or abs(int(digits)) > VERSION_MAX:
        raise _malformed("The body holds an integer beyond 2^53 - 1, which not every JSON reader keeps.")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise _malformed("The body holds a number beyond what a double can hold.")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _malformed("An object in the body has the same name twice.")
    return members


def require_strict_json(raw: bytes, *, depth: int) -> None:
    """Refuse a text that is no I-JSON, or nests deeper than `depth`.

    Raises:
        ProblemError: 400, saying what is wrong and, for a syntax error, where.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed(f"The body is not UTF-8 at byte {error.start}.") from None
    level = 0
    for found in _STRUCTURE.finditer(text):
        level += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
        if level > depth:
            raise _malformed(f"The body nests deeper than {depth} levels.")
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse_constant, parse_int=_integer, parse_float=_float
        )
    except json.JSONDecodeError as error:
        raise _malformed(f"The body is no JSON at line {error.lineno}, column {error.colno}.") from None
    if _SURROGATE.search(text):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise _malformed("The body holds half of a surrogate pair, which is no character.") from None


class JsonBody(Generic[ModelT]):
    """A dependency that reads the body as a model, after the gate has let the request in."""

    def __init__(self, model: type[ModelT]) -> None:
        self.model = model

    async def __call__(self, request: Request, services: Services, _access: Allowed) -> ModelT:
        """The body.

        Raises:
            ProblemError: 400, 408, 413, 415 or 422.
        """
        _require_json(request)
        raw = await _read(request, limits=services.limits)
        require_strict_json(raw, depth=services.limits.body_depth)
        try:
            return self.model.model_validate_json(raw)
        except ValidationError as error:
            raise invalid(error.errors(include_url=False, include_input=False), where="body") from None


@dataclass(frozen=True)
class SentFile:
    """The bytes of a file that was sent, and the media type that they are: it was compared with them."""

    media_type: str
    content: bytes


class FileBody:
    """A dependency that reads the body as a file, after the gate has let the request in."""

    async def __call__(self, request: Request, services: Services, _access: Allowed) -> SentFile:
        """The file.

        Raises:
            ProblemError: 400, 408, 413 or 415.
        """
        stated = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if stated not in MEDIA_TYPES:
            known = ", ".join(MEDIA_TYPES)
            raise ProblemError(
                MEDIA, "A file of this type is not published.", f"Send one of: {known}.", headers={"Accept": known}
            )
        _refuse_compressed(request)
        content = await _read(request, limits=services.limits)
        if not content:
            raise _malformed("The body is empty.")
        if not is_what_it_says(content, media_type=stated):
            raise ProblemError(MEDIA, f"The body is not {stated}, or holds macros.", "Send it as what it is, without macros.")
        return SentFile(media_type=stated, content=content)
