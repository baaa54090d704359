"""Makes the application of its ports."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from fastapi import Depends, FastAPI

from samspil.web import problems
from samspil.web.documents import openapi_of
from samspil.web.frame import Frame
from samspil.web.gate import Gate, authorise
from samspil.web.routes import (
    accounts,
    dialogues,
    feedback,
    joint_needs,
    letters,
    matching,
    needs,
    open_data,
    openness,
    registrations,
    service,
    suppliers,
)
from samspil.web.services import WebServices

_ROUTERS = (
    needs.router,
    matching.router,
    suppliers.router,
    feedback.router,
    joint_needs.router,
    letters.router,
    dialogues.router,
    registrations.router,
    openness.router,
    open_data.router,
    accounts.router,
    service.router,
)


def create_app(services: WebServices) -> FastAPI:
    """The application, every route behind the gate.

    Raises:
        Misconfigured: a route has no rule, or a rule no route.
    """
    gate = Gate(services)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Once more: a route may have been added since.
        gate.check_complete(app)
        yield

    app = FastAPI(
        title="Samspil",
        version=services.version,
        dependencies=[Depends(authorise)],
        lifespan=lifespan,
        redirect_slashes=False,
        # The documents are routes of our own: they have rules, and their pages load nothing from elsewhere.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        # Its spans hold queries and bodies.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.services = services
    app.state.gate = gate
    app.state.turns = matching.Turns(services.limits)
    for router in _ROUTERS:
        app.include_router(router)
    problems.install(app)
    app.add_middleware(Frame)
    gate.check_complete(app)

    @cache
    def openapi() -> dict[str, Any]:
        return openapi_of(app, rules=gate.rules)

    app.openapi = openapi  # type: ignore[method-assign]
    return app
