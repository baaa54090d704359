"""Check an installation part by part, each check with what to do where it fails."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from samspil.adapters.kafka.admin import KafkaAdmin
from samspil.adapters.kafka.embedded import EmbeddedBroker
from samspil.bootstrap.groups import all_subscriptions
from samspil.bootstrap.instance import running_on
from samspil.bootstrap.parts import kafka_settings, opened_index, opened_model, seen_record
from samspil.errors import Misconfigured, SamspilError, Transient
from samspil.ports import Entity
from samspil.reference import cpv
from samspil.settings import EMBEDDED, Settings


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One part: whether it is well, and what was found."""

    part: str
    ok: bool
    found: str


async def check_installation(settings: Settings) -> AsyncIterator[Finding]:
    """Check every part that the settings name; parts that a running instance holds are asked through it."""
    running = running_on(settings.data_dir) if settings.uses_data_dir else None
    checks: list[tuple[str, Callable[[], Awaitable[str]]]] = [
        ("python", _python),
        ("reference data", _reference),
        ("record", lambda: _record(settings)),
        ("broker", lambda: _broker(settings, running=running is not None)),
    ]
    if running is not None and running.web is not None:
        web = running.web
        checks.append(("running instance", lambda: _instance(web)))
    else:
        checks.append(("model and index", lambda: _model_and_index(settings)))
    for part, check in checks:
        try:
            yield Finding(part=part, ok=True, found=await check())
        except SamspilError as error:
            yield Finding(part=part, ok=False, found=str(error))


async def _python() -> str:
    return f"{sys.version.split()[0]} on {sys.platform}"


async def _reference() -> str:
    if not cpv.exists("45000000"):
        raise Misconfigured("The CPV codes are missing from the package.", hint="Install it again.")
    return f"CPV 2008 with labels, for example {cpv.label('90400000', 'en')}"


async def _record(settings: Settings) -> str:
    async with seen_record(settings) as record:
        if record is None:
            return "none yet; the first start makes it"
        summary = await record.readings.ledger_summary()
    return f"{summary.accounted} of {summary.total} needs accounted for"


async def _broker(settings: Settings, *, running: bool) -> str:
    if settings.kafka_url == EMBEDDED and not running:
        # Its log tells why it did not start; to look must not make the data directory, though.
        with TemporaryDirectory(prefix="samspil-doctor-") as place:
            folder = settings.data_dir if settings.data_dir.is_dir() else Path(place)
            async with EmbeddedBroker(log_file=folder / "broker.log"):
                return "the embedded broker starts"
    ends = await KafkaAdmin(kafka_settings(settings), subscriptions=all_subscriptions()).end_offsets()
    return f"answers, with {sum(ends.values())} records in {len(ends)} topics"


async def _model_and_index(settings: Settings) -> str:
    async with AsyncExitStack() as stack:
        embedder = await stack.enter_async_context(opened_model(settings))
        if settings.index_directory is not None and not settings.index_directory.exists():
            return f"vector space {embedder.space}, no index yet; the first start makes it"
        index = await stack.enter_async_context(opened_index(settings, embedder=embedder))
        suppliers, needs = await index.count(Entity.SUPPLIERS), await index.count(Entity.NEEDS)
    return f"vector space {embedder.space}, {suppliers} suppliers and {needs} open needs"


async def _instance(web: str) -> str:
    try:
        async with httpx.AsyncClient(base_url=web, trust_env=False) as client:
            response = await client.get("/health/ready")
    except httpx.HTTPError as error:
        raise Transient(f"The instance at {web} does not answer.", hint="Stop it and start it again.") from error
    if response.is_error:
        raise Transient(f"The instance at {web} is not ready: {response.json().get('detail')}", hint="Look at its log.")
    return f"ready at {web}"
