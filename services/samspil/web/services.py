"""What the web needs to answer: ports, the state of health, the contract's documents, and its limits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request

from samspil.clock import Clock
from samspil.domain.ocds import OcdsPublisher
from samspil.ports import (
    CodeSuggester,
    DialogueKeeping,
    DialogueReview,
    LogAdmin,
    Matchmaker,
    Readings,
    RegistrationKeeping,
    Submissions,
    SupplierFeedback,
    Tokens,
)
from samspil.ports.calendar import CalendarFiles
from samspil.ports.joint_service import JointNeeds
from samspil.ports.openness import DisclosureReadings, Openness


@dataclass(frozen=True, kw_only=True)
class Check:
    """Whether one thing is well. `reason` is shown to anyone who asks: no secrets, no addresses with passwords."""

    ok: bool
    reason: str | None = None


HealthReport = Mapping[str, Check]


class Health(Protocol):
    """Says how the process and what it depends on are."""

    async def live(self) -> HealthReport:
        """By progress: False only where a restart of this process would help."""
        ...

    async def ready(self) -> HealthReport:
        """By dependencies: False while requests or messages cannot be served now."""
        ...


@dataclass(frozen=True, kw_only=True)
class Contract:
    """The documents of the event contract: the AsyncAPI text in YAML, and the JSON Schemas by name."""

    asyncapi: Callable[[], str]
    schemas: Callable[[], Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class WebLimits:
    """Bounds on what one request, and one client, may ask."""

    body_bytes: int = 1024 * 1024  # as large as Kafka's default record
    body_depth: int = 32  # the contract nests five deep
    body_seconds: float = 30
    page_default: int = 50
    page_max: int = 100  # a need holds up to half a megabyte of text
    failed_tries: int = 20
    failed_tries_window: timedelta = timedelta(minutes=1)
    failed_tries_addresses: int = 4096
    ad_hoc_in_flight: int = 8  # each occupies the model for some 50 ms of a processor
    ad_hoc_seconds: float = 30
    health_seconds: float = 5


@dataclass(frozen=True, kw_only=True)
class WebServices:
    """The ports and facts that the application is made of.

    detect_language: says the language of a text; None where it is not plain.
    open_metrics: let anyone read `/metrics`; otherwise it takes an operator's token. A client's address decides nothing,
        because behind a proxy every client has the proxy's.
    """

    submissions: Submissions
    readings: Readings
    joint_needs: JointNeeds
    dialogues: DialogueKeeping
    review: DialogueReview
    registrations: RegistrationKeeping
    openness: Openness
    disclosures: DisclosureReadings
    feedback: SupplierFeedback
    tokens: Tokens
    log: LogAdmin
    matchmaker: Matchmaker
    suggester: CodeSuggester
    calendar: CalendarFiles
    detect_language: Callable[[str], str | None]
    health: Health
    contract: Contract
    ocds_publisher: OcdsPublisher
    clock: Clock
    version: str
    limits: WebLimits = field(default_factory=WebLimits)
    open_metrics: bool = False


async def services_of(request: Request) -> WebServices:
    """The ports of the application that got the request."""
    services = request.app.state.services
    assert isinstance(services, WebServices)  # noqa: S101 - set by create_app, for the type checker
    return services


Services = Annotated[WebServices, Depends(services_of)]
