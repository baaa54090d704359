"""The service itself: health, metrics, and the documents that describe it."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response
from fastapi.responses import JSONResponse

from samspil.web.documents import docs_page
from samspil.web.health import health_view, metrics_response
from samspil.web.problems import NOT_FOUND, ProblemError
from samspil.web.services import Services
from samspil.web.views import HealthView

router = APIRouter(tags=["service"])


@router.get("/health/live", summary="Is the process making progress?")
async def live(services: Services) -> HealthView:
    """Say whether the process is making progress; 503 where a restart would help."""
    return await health_view(services.health.live, seconds=services.limits.health_seconds)


@router.get("/health/ready", summary="Can it serve?")
async def ready(services: Services) -> HealthView:
    """Say whether all that the service depends on answers; 503 with the reasons where not."""
    return await health_view(services.health.ready, seconds=services.limits.health_seconds)


@router.get("/metrics", summary="Metrics for Prometheus", response_class=Response)
async def metrics(accept: Annotated[str, Header()] = "") -> Response:
    """Show the metrics of this process in the Prometheus text format, or OpenMetrics where asked for."""
    return metrics_response(accept)


@router.get("/asyncapi", summary="The topics and events (AsyncAPI)", response_class=Response)
async def asyncapi(services: Services) -> Response:
    """Show the AsyncAPI document: the event contract of the topics."""
    return Response(services.contract.asyncapi(), media_type="application/yaml")


@router.get("/schemas", summary="The names of the JSON Schemas")
async def schemas(services: Services) -> dict[str, str]:
    """List the address of every event's JSON Schema."""
    return {name: f"/schemas/{name}.json" for name in sorted(services.contract.schemas())}


@router.get("/schemas/{name}.json", summary="The JSON Schema of an event", response_class=Response)
async def schema(services: Services, *, name: Annotated[str, Path(examples=["need-published.v1"])]) -> Response:
    """Show the JSON Schema of one event."""
    found = services.contract.schemas().get(name)
    if found is None:
        raise ProblemError(NOT_FOUND, "There is no such schema.", "See /schemas for their names.")
    return JSONResponse(found, media_type="application/schema+json")


@router.get("/openapi.json", summary="This API (OpenAPI)", response_class=Response)
async def openapi(request: Request) -> Response:
    """Show the OpenAPI 3.1 document of this API."""
    return JSONResponse(request.app.openapi())


@router.get("/docs", summary="This API, for people", response_class=Response)
async def docs(request: Request) -> Response:
    """Show the addresses of this API as one plain page. It loads nothing and runs no script, so it works in a closed network."""
    return docs_page(request.app.openapi())


@router.get("/", summary="What this is")
async def index(services: Services) -> dict[str, Any]:
    """Say what this is and where things are."""
    return {
        "name": "Samspil",
        "about": "Brings public needs, the suppliers who could meet them, and the other bodies that share them together.",
        "version": services.version,
        "links": {
            "documentation": "/docs",
            "openapi": "/openapi.json",
            "asyncapi": "/asyncapi",
            "schemas": "/schemas",
            "needs": "/v1/needs",
            "dialogues": "/v1/dialogues",
            "health": "/health/ready",
        },
    }
