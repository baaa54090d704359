"""How ids travel in paths: one segment each, with a slash inside an id written as %2F.

Routes are matched against one canonical, percent-encoded spelling of the path, and only an id of the contract fits the places
for ids. Ids hold no per cent sign, so nothing is decoded twice.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

from fastapi import FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.convertors import Convertor, register_url_convertor
from starlette.routing import compile_path

_KEPT_IN_IDS = ":@+"  # allowed in a path segment as they are (RFC 3986, pchar)


class IdConvertor(Convertor[str]):
    """Fits one id of the contract (`samspil_schemas.base.Id`) as a path segment."""

    regex = r"[A-Za-z0-9](?:[A-Za-z0-9._:@+\-]|%2F){0,199}"

    def convert(self, value: str) -> str:
        """The id that the segment names."""
        return value.replace("%2F", "/")

    def to_string(self, value: str) -> str:
        """The segment that names the id."""
        return segment(value)


register_url_convertor("id", IdConvertor())


def segment(id_: str) -> str:
    """The id as one path segment."""
    return quote(id_, safe=_KEPT_IN_IDS)


def file_stem(id_: str) -> str:
    """The id as the name of a file on any system, without an ending."""
    return "".join(letter if letter.isalnum() else "-" for letter in id_)


def canonical_path(scope: Mapping[str, Any]) -> str:
    """The request's path in one spelling: segment by segment, only what must be percent-encoded is.

    The raw path is read, because in the decoded one a slash within an id looks like a step of the path.
    """
    raw: bytes | None = scope.get("raw_path")
    path = str(scope["path"]) if raw is None else raw.split(b"?", 1)[0].decode("latin-1")
    return "/".join(quote(unquote(step), safe=_KEPT_IN_IDS, errors="replace") for step in path.split("/"))


def contexts_of(app: FastAPI) -> Iterator[RouteContext]:
    """Every route of the application, those of included routers too."""
    return iter_route_contexts(app.routes)


def template_of(context: RouteContext) -> str:
    """The route's path with its parameters' names, or what it is where it is no API route."""
    if isinstance(context.original_route, APIRoute):
        return str(context.path_format)
    return f"{type(context.original_route).__name__} {getattr(context.original_route, 'path', '')}"


def allowed_methods(app: FastAPI, path: str) -> list[str]:
    """The methods that some route takes at this path, HEAD and OPTIONS among them."""
    methods = {"OPTIONS"}
    for context in contexts_of(app):
        if context.path is not None and compile_path(context.path)[0].match(path):
            methods |= context.methods or set()
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))
