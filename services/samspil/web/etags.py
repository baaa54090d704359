"""Lets a reader ask whether something changed: the version is the entity tag."""

from http import HTTPStatus
from typing import Any

from fastapi import Request, Response

from samspil.web.views import NeedView, ProfileView

NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "The reader has this version (If-None-Match)."}}


def shown(view: NeedView | ProfileView, request: Request) -> Response:
    """The view with its entity tag, or 304 where the reader has it.

    The tag is weak: a version is the same thing to all, although its buyer is shown more of it.
    """
    tag = f'W/"{view.version}{"-withdrawn" if view.withdrawn else ""}"'
    known = {known.strip().removeprefix("W/") for known in request.headers.get("if-none-match", "").split(",")}
    if known & {tag.removeprefix("W/"), "*"}:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": tag})
    return Response(view.model_dump_json(), media_type="application/json", headers={"ETag": tag})
