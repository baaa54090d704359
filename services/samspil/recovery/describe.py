"""Errors in one line for people, without the payload that they may carry."""

import traceback
from pathlib import Path

from pydantic import ValidationError

from samspil.errors import SamspilError

REASON_MAX = 500
_SHOWN_ERRORS = 3
_SHOWN_FIELD = 40


def describe(error: BaseException) -> str:
    """An error in one line that a person understands, without the payload that it may carry.

    Only the first line of a foreign error is kept: drivers put statements and their parameters into the lines after it.
    """
    if isinstance(error, ValidationError):
        return describe_validation(error)
    if isinstance(error, SamspilError):
        return str(error)[:REASON_MAX]
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}"[:REASON_MAX]


def describe_validation(error: ValidationError) -> str:
    """The fields that are wrong and what is wrong with each, never what stands in them."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    shown = "; ".join(f"{_field(detail['loc'])}: {_what(detail['msg'])}" for detail in details[:_SHOWN_ERRORS])
    more = f"; and {len(details) - _SHOWN_ERRORS} more" if len(details) > _SHOWN_ERRORS else ""
    return f"{shown}{more}"[:REASON_MAX]


def _what(message: str) -> str:
    message = message.removeprefix("Value error, ")
    # The pattern of a link names blanks of every kind, which would break the line.
    return message if message.isprintable() else message.partition(" '")[0]


def _field(loc: tuple[int | str, ...]) -> str:
    # A name in the path can come from the payload (the keys of a dict), so only what looks like a field is shown.
    names = (str(part) for part in loc)
    shown = (name if name.replace("_", "").isalnum() and len(name) <= _SHOWN_FIELD else "…" for name in names)
    return ".".join(shown) or "the event"


def facts(error: BaseException) -> dict[str, str]:
    """What may be logged of an error: its class, its first line, and where it was raised. Foreign texts stay out."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return {"error": type(error).__name__, "reason": describe(error), "where": where}
