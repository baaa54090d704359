"""The HTTP API: publish needs and profiles, read matches and the ledger, over the ports alone.

`create_app` makes the application of its ports, `create_health_app` one of health and metrics alone; `serve` runs either inside a
running event loop.
"""

from samspil.web.app import create_app
from samspil.web.health import create_health_app
from samspil.web.routes.matching import ANSWERS_MAX
from samspil.web.server import serve
from samspil.web.services import Check, Contract, Health, HealthReport, WebLimits, WebServices

__all__ = [
    "ANSWERS_MAX",
    "Check",
    "Contract",
    "Health",
    "HealthReport",
    "WebLimits",
    "WebServices",
    "create_app",
    "create_health_app",
    "serve",
]
