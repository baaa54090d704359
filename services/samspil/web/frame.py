"""Goes around every request: its id, its path in one spelling, safe headers, a log line, a measurement, no leaked error."""

import re
import time
import traceback
from collections.abc import MutableMapping
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from samspil.observability import HTTP_SECONDS
from samspil.web.addresses import canonical_path
from samspil.web.problems import failed, problem_response

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})
_PROBED = frozenset({"/health/live", "/health/ready", "/metrics"})
_SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class _Answer:
    """Passes the response on with the headers that every response has, and remembers its status."""

    def __init__(self, send: Send, *, scope: Scope, bodiless: bool) -> None:
        self._send = send
        self._scope = scope
        self._bodiless = bodiless
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            state = self._scope["state"]
            headers["X-Request-ID"] = state["request_id"]
            for name, value in _SAFE_HEADERS.items():
                headers.setdefault(name, value)
            # Public answers may be kept, if asked about again each time; all else is between us and the asker.
            headers.setdefault("Cache-Control", "no-cache" if state.get("cacheable") else "no-store")
            headers.add_vary_header("Authorization")
        elif self._bodiless and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)


class Frame:
    """The outermost ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; other kinds of connection pass through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid4().hex
        head = scope["method"] == "HEAD"
        inner = {
            **scope,
            "path": canonical_path(scope),
            "method": "GET" if head else scope["method"],
            "state": {**scope.get("state", {}), "request_id": request_id},
        }
        answer = _Answer(send, scope=inner, bodiless=head)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(inner, receive, answer)
            except Exception as error:  # noqa: BLE001 - the last place that can answer
                _log_failure(error)
                if answer.status is not None:
                    # The error's own words may hold what was sent, and the server would log them.
                    raise RuntimeError("The response broke off; the log says why.") from None
                await problem_response(failed(), inner)(inner, receive, answer)
            finally:
                _account(inner, method=scope["method"], status=answer.status, seconds=time.perf_counter() - started)


def _log_failure(error: Exception) -> None:
    """Log where it failed, without the error's words: databases put the values of a statement into theirs."""
    chain: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(chain) < 5:  # noqa: PLR2004 - deep chains repeat themselves
        frames = traceback.extract_tb(cause.__traceback__)[-5:]
        chain.append(f"{type(cause).__name__} at {' < '.join(f'{f.name}:{f.lineno}' for f in reversed(frames))}")
        cause = cause.__cause__ or cause.__context__
    _log.error("http.failed", causes=chain)


def _account(scope: MutableMapping[str, Any], *, method: str, status: int | None, seconds: float) -> None:
    """Measure and log by the route's template: paths and queries hold whatever someone typed."""
    route = getattr(scope.get("route"), "path_format", None) or "unmatched"
    method = method if method in _METHODS else "OTHER"
    status = int(status or HTTPStatus.INTERNAL_SERVER_ERROR)
    HTTP_SECONDS.labels(method, route, str(status)).observe(seconds)
    # Probes and scrapes come every few seconds.
    log = _log.debug if route in _PROBED else _log.info
    log(
        "http.answered",
        method=method,
        route=route,
        status=status,
        seconds=round(seconds, 4),
        token_id=scope["state"].get("token_id"),
        **{name: value for name, value in scope.get("path_params", {}).items() if name.endswith("_id")},
    )
