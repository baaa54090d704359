"""Health and metrics, for the API and for processes that serve nothing else."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import structlog
from fastapi import FastAPI, Header, Response
from prometheus_client.exposition import choose_encoder

from samspil.observability import METRICS
from samspil.web import problems
from samspil.web.frame import Frame
from samspil.web.problems import RETRY_AFTER_SECONDS, UNAVAILABLE, ProblemError
from samspil.web.services import Check, Health, HealthReport, WebLimits
from samspil.web.views import CheckView, HealthView

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


async def health_view(ask: Callable[[], Awaitable[HealthReport]], *, seconds: float) -> HealthView:
    """The state.

    Raises:
        ProblemError: 503 with every check, where one is not well, fails itself, or does not answer in time.
    """
    try:
        async with asyncio.timeout(seconds):
            report = await ask()
    except TimeoutError:
        report = {"health": Check(ok=False, reason=f"no answer within {seconds:g} s")}
    except Exception as error:  # noqa: BLE001 - a check that fails is bad health, whatever it was
        _log.warning("health.failed", error=type(error).__name__)
        report = {"health": Check(ok=False, reason="the check itself failed; the log says how")}
    checks = {name: CheckView(ok=check.ok, reason=check.reason) for name, check in report.items()}
    if bad := [name for name, check in checks.items() if not check.ok]:
        raise ProblemError(
            UNAVAILABLE,
            f"Not well: {', '.join(sorted(bad))}.",
            "See 'checks' for the reasons, and the log for more.",
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
            members={"checks": {name: check.model_dump() for name, check in checks.items()}},
        )
    return HealthView(status="ok", checks=checks)


def metrics_response(accept: str) -> Response:
    """The metrics of this process in the Prometheus text format, or OpenMetrics where asked for."""
    encode, content_type = choose_encoder(accept)
    return Response(encode(METRICS), media_type=content_type)


def create_health_app(health: Health, *, limits: WebLimits | None = None) -> FastAPI:
    """An application with `/health/live`, `/health/ready` and `/metrics` alone, for a process without the API.

    It knows no tokens: whoever reaches its port may ask, so it belongs on loopback or the network of the monitoring.
    """
    seconds = (limits or WebLimits()).health_seconds
    app = FastAPI(
        title="Samspil health",
        redirect_slashes=False,
        openapi_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )

    @app.get("/health/live")
    async def live() -> HealthView:
        return await health_view(health.live, seconds=seconds)

    @app.get("/health/ready")
    async def ready() -> HealthView:
        return await health_view(health.ready, seconds=seconds)

    @app.get("/metrics", response_class=Response)
    async def metrics(accept: Annotated[str, Header()] = "") -> Response:
        return metrics_response(accept)

    problems.install(app)
    app.add_middleware(Frame)
    return app
