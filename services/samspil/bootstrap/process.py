"""Run services in one process: open the parts, wire the handlers, start, and let go in the opposite order."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog

import samspil.dialogue.app as dialogue
import samspil.matching.app as matching
import samspil.registry.app as registry
from samspil import __version__
from samspil.adapters.calendar import ICalendarFiles
from samspil.adapters.kafka.admin import KafkaAdmin
from samspil.adapters.kafka.broker import KafkaLog
from samspil.adapters.kafka.connection import KafkaSettings
from samspil.adapters.kafka.embedded import EmbeddedBroker
from samspil.adapters.kafka.topics import ensure_topics, topics_of
from samspil.adapters.sql import SqlRecord
from samspil.bootstrap.accounting import Standing, until_settled
from samspil.bootstrap.groups import all_subscriptions
from samspil.bootstrap.health import Ping, ProcessHealth, Pulse
from samspil.bootstrap.instance import Runtime, announced, held, is_held, make_data_dir
from samspil.bootstrap.parts import (
    Progress,
    dialogues_of,
    joint_needs_of,
    kafka_settings,
    no_progress,
    ocds_publisher_of,
    opened_broker,
    opened_index,
    opened_model,
    opened_record,
    opened_suggester,
    openness_of,
    registrations_of,
    review_of,
    rules_of,
)
from samspil.bootstrap.watch import Watch
from samspil.clock import Clock, SystemClock
from samspil.errors import BrokerUnavailable, RecordUnavailable
from samspil.intake import detect_language
from samspil.matching.adhoc import AdHocMatchmaker
from samspil.matching.handlers import Matching
from samspil.ports import (
    CodeSuggester,
    DeadLetterSubscription,
    Embedder,
    Entity,
    Handler,
    LogAdmin,
    Matchmaker,
    Publisher,
    Readings,
    Role,
    Submissions,
    Subscription,
    VectorIndex,
)
from samspil.ports.joint_service import JointNeeds
from samspil.registry.relay import Relay
from samspil.settings import EMBEDDED, Settings
from samspil.web import Contract, WebServices, create_app, create_health_app, serve
from samspil_schemas import Event, published, topics

ALL_SERVICES = frozenset({"matching", "registry", "dialogue", "web"})
NARRATOR = "narrator"
_TELLING_PATIENCE_S = 15  # a group that rejoins after a restart of the broker takes up to ten
_THIS_MACHINE = "this-machine"
_RUNTIME = "runtime"
_TOLD = tuple(
    topic.name for topic in (topics.MATCHES, topics.SIMILAR_NEEDS, topics.JOINT_NEEDS, topics.DIALOGUES, topics.INVITATIONS)
)

LOG = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Running:
    """A process that runs services: what can be asked of it."""

    submissions: Submissions
    readings: Readings
    joint_needs: JointNeeds
    admin: LogAdmin
    clock: Clock
    broker: str
    web_url: str

    async def told_all(self, *, patience_s: float = _TELLING_PATIENCE_S) -> None:
        """Return when everything that was published has been told, or when nothing was told for so many seconds."""
        last, since = -1, self.clock.now()
        while (left := sum(lag.lag for lag in await self.admin.lags() if lag.group == NARRATOR)) > 0:
            if left != last:
                last, since = left, self.clock.now()
            elif (self.clock.now() - since).total_seconds() > patience_s:
                LOG.warning("telling.stuck", left=left)
                return
            await self.clock.sleep(0.1)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What `prepare` made sure of."""

    topics: int


async def prepare(settings: Settings) -> Prepared:
    """Bring the record up to date, and make the topics; the embedded broker has them made at each start.

    Raises:
        Transient: the database or the broker does not answer.
    """
    async with opened_record(settings):
        wanted = topics_of(all_subscriptions())
        if settings.kafka_url != EMBEDDED:
            await ensure_topics(kafka_settings(settings), wanted)
    return Prepared(topics=len(wanted))


@asynccontextmanager
async def opened_admin(settings: Settings) -> AsyncIterator[LogAdmin]:
    """Looks at the log that is there, until the block ends.

    Raises:
        Misconfigured: the broker is the embedded one, and nothing runs.
    """
    yield KafkaAdmin(kafka_settings(settings), subscriptions=all_subscriptions())


async def settle(settings: Settings, *, progress: Progress, show: Callable[[Standing], None]) -> Standing:
    """Return when all that was submitted is accounted for, by the services that run, or by ones started just for it.

    Raises:
        Transient: nothing moves any more.
    """
    clock = SystemClock()
    if settings.kafka_url != EMBEDDED or is_held(settings.data_dir):
        async with opened_record(settings) as record:
            return await until_settled(record.readings, clock=clock, show=show)
    async with running(settings, services=ALL_SERVICES - {"web"}, progress=progress) as started:
        return await until_settled(started.readings, clock=clock, show=show)


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    services: frozenset[str] = ALL_SERVICES,
    progress: Progress = no_progress,
    tell: Handler | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[Running]:
    """Run these services until the block ends; `tell` is called with what is published on the topics that people follow.

    Raises:
        Misconfigured: a setting is wrong, or another process runs on the data directory.
        Transient: a part does not answer.
    """
    async with AsyncExitStack() as stack:
        process = _Process(settings, stack=stack, services=services, progress=progress, clock=clock or SystemClock())
        yield await process.start(tell)


class _Late:
    """A publisher that is named before the log exists: handlers need a publisher, and the log needs the handlers."""

    def __init__(self) -> None:
        self.publisher: Publisher | None = None

    async def publish(self, events: Sequence[Event]) -> None:
        if self.publisher is None:
            raise BrokerUnavailable("The log is not connected yet.")
        await self.publisher.publish(events)


@dataclass(frozen=True, kw_only=True)
class _OnDemand:
    """What answers at once, from the model and the index of this process."""

    matchmaker: Matchmaker
    suggester: CodeSuggester


class _Process:
    """Opens the parts one after the other onto the stack, so that they are closed in the opposite order."""

    def __init__(
        self, settings: Settings, *, stack: AsyncExitStack, services: frozenset[str], progress: Progress, clock: Clock
    ) -> None:
        self._settings = settings
        self._stack = stack
        self._services = services
        self._progress = progress
        self._clock = clock
        self._pings: dict[str, Ping] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, tell: Handler | None) -> Running:
        """Start everything; what fails half-way is closed by the stack."""
        settings, stack = self._settings, self._stack
        if settings.uses_data_dir:
            make_data_dir(settings.data_dir)
            stack.enter_context(held(settings.data_dir))
        self._progress("Opening the record", None)
        record = await stack.enter_async_context(opened_record(settings, clock=self._clock))
        self._pings["record"] = record.ping
        self._progress("Starting the broker", None)
        kafka, embedded = await stack.enter_async_context(opened_broker(settings))
        late, on_demand, subscriptions = _Late(), None, self._subscriptions(record, tell=tell)
        if self._services & {"matching", "web"}:
            embedder, index = await self._open_brain()
            on_demand = _OnDemand(
                matchmaker=AdHocMatchmaker(embedder=embedder, index=index, rules=rules_of(settings, space=embedder.space)),
                suggester=await stack.enter_async_context(opened_suggester(settings, embedder=embedder)),
            )
            if "matching" in self._services:
                handlers = Matching(
                    embedder=embedder,
                    index=index,
                    publisher=late,
                    clock=self._clock,
                    rules=rules_of(settings, space=embedder.space),
                )
                subscriptions += matching.subscriptions(handlers)
                if await _is_empty(index) and (count := await record.again.everything()):
                    LOG.warning("index_filled_anew", events=count)
        log = KafkaLog(kafka, subscriptions=subscriptions, clock=self._clock)
        late.publisher = log.publisher("matching")
        relay = Relay(record.outbox, again=record.again, publisher=log.publisher("registry"), clock=self._clock)
        self._progress("Joining the log", None)
        await self._connect(log, embedded=embedded, relay=relay)
        admin = KafkaAdmin(kafka, subscriptions=(*all_subscriptions(), *_narrator(tell)))
        health = self._watch_over(record, log=log, admin=admin, relay=relay)
        web_url = await self._serve(record, admin=admin, on_demand=on_demand, health=health)
        await self._announce(record, kafka=kafka, web_url=web_url)
        return Running(
            submissions=record.submissions,
            readings=record.readings,
            joint_needs=joint_needs_of(record, settings, clock=self._clock),
            admin=admin,
            clock=self._clock,
            broker=kafka.bootstrap_servers,
            web_url=web_url,
        )

    def _subscriptions(self, record: SqlRecord, *, tell: Handler | None) -> tuple[Subscription | DeadLetterSubscription, ...]:
        found: tuple[Subscription | DeadLetterSubscription, ...] = _narrator(tell)
        if "registry" in self._services:
            found += registry.subscriptions(record, clock=self._clock)
            found += registry.dead_letter_subscriptions(record, clock=self._clock)
        if "dialogue" in self._services:
            found += dialogue.subscriptions(record, clock=self._clock)
        return found

    async def _open_brain(self) -> tuple[Embedder, VectorIndex]:
        self._progress("Opening the model", None)
        embedder = await self._stack.enter_async_context(opened_model(self._settings, progress=self._progress))
        self._progress("Opening the index", None)
        index = await self._stack.enter_async_context(opened_index(self._settings, embedder=embedder))

        async def ping() -> None:
            await index.count(Entity.NEEDS)

        self._pings["index"] = ping
        return embedder, index

    async def _connect(self, log: KafkaLog, *, embedded: EmbeddedBroker | None, relay: Relay) -> None:
        await log.start()
        self._stack.push_async_callback(log.stop)
        self._pings["broker"] = log.ping
        if embedded is not None:

            async def recover() -> None:
                await log.start()
                await relay.broker_restarted()

            embedded.call_back(on_down=log.stop, on_restart=recover)
            # The broker is empty at every start; whatever was not confirmed goes out again.
            await relay.broker_restarted()

    def _watch_over(self, record: SqlRecord, *, log: KafkaLog, admin: LogAdmin, relay: Relay) -> ProcessHealth:
        pulse = Pulse(self._clock)
        self._in_background("pulse", pulse.beat())
        if "registry" in self._services:
            self._in_background("relay", relay.run())
            self._in_background(
                "watch",
                Watch(readings=record.readings, feedback=record.feedback, admin=admin, clock=self._clock).run(),
            )
        return ProcessHealth(clock=self._clock, pulse=pulse, groups=log.ready, pings=self._pings, ended=self._ended)

    def _ended(self) -> list[str]:
        return [task.get_name() for task in self._tasks if task.done()]

    def _in_background(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(_say_why)
        self._tasks.append(task)

        async def end() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        self._stack.push_async_callback(end)

    async def _serve(self, record: SqlRecord, *, admin: LogAdmin, on_demand: _OnDemand | None, health: ProcessHealth) -> str:
        settings = self._settings
        if "web" not in self._services or on_demand is None:
            app = create_health_app(health)
            return await self._stack.enter_async_context(serve(app, host=settings.health_host, port=settings.health_port))
        self._progress("Starting the web", None)
        app = create_app(
            WebServices(
                submissions=record.submissions,
                readings=record.readings,
                joint_needs=joint_needs_of(record, settings, clock=self._clock),
                dialogues=dialogues_of(record, clock=self._clock),
                review=review_of(record, clock=self._clock),
                registrations=registrations_of(record, clock=self._clock),
                openness=openness_of(record, clock=self._clock),
                disclosures=record.disclosures,
                feedback=record.feedback,
                tokens=record.tokens,
                log=admin,
                matchmaker=on_demand.matchmaker,
                suggester=on_demand.suggester,
                calendar=ICalendarFiles(),
                detect_language=detect_language,
                health=health,
                contract=Contract(asyncapi=published.asyncapi, schemas=published.schemas),
                ocds_publisher=ocds_publisher_of(settings),
                clock=self._clock,
                version=__version__,
                open_metrics=settings.metrics_open,
            )
        )
        served = serve(app, host=settings.web_host, port=settings.web_port, trusted_proxies=settings.trusted_proxies)
        return await self._stack.enter_async_context(served)

    async def _announce(self, record: SqlRecord, *, kafka: KafkaSettings, web_url: str) -> None:
        if not self._settings.uses_data_dir:
            return
        # Whoever was killed could not revoke its own; this process holds the directory, so nobody uses it any more.
        await record.tokens.revoke_labelled(_RUNTIME, organisation=_THIS_MACHINE)
        token = await record.tokens.issue(organisation=_THIS_MACHINE, role=Role.OPERATOR, label=_RUNTIME)
        principal = await record.tokens.check(token)
        if principal is not None:
            self._stack.push_async_callback(_revoke, record, principal.token_id)
        web = web_url if "web" in self._services else None
        runtime = Runtime(pid=os.getpid(), broker=kafka.bootstrap_servers, web=web, token=token)
        self._stack.enter_context(announced(self._settings.data_dir, runtime))


async def _revoke(record: SqlRecord, token_id: str) -> None:
    """End the token of this process. Where the record does not answer any more, the next start does it: stopping goes on."""
    try:
        await record.tokens.revoke(token_id)
    except RecordUnavailable as error:
        LOG.warning("token_not_revoked", reason=error.message)


async def _is_empty(index: VectorIndex) -> bool:
    """True of an index that was lost, or that belongs to a model that was not used before."""
    return not any([await index.count(entity) for entity in Entity])


def _narrator(tell: Handler | None) -> tuple[Subscription, ...]:
    return () if tell is None else (Subscription(group=NARRATOR, topics=_TOLD, handle=tell),)


def _say_why(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        LOG.error("background.failed", task=task.get_name(), error=type(error).__name__)
