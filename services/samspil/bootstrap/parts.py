"""Open the parts that the settings name: the record, the broker, the model, the index."""

import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from samspil.adapters.embedding import EmbeddingSettings, open_embedder
from samspil.adapters.embedding.stored import stored_vectors
from samspil.adapters.kafka.connection import KafkaSettings
from samspil.adapters.kafka.embedded import EmbeddedBroker
from samspil.adapters.sql import SqlRecord, open_record
from samspil.adapters.vectors import open_index
from samspil.bootstrap.instance import make_data_dir, running_on
from samspil.clock import Clock, SystemClock
from samspil.dialogue.joint_needs import KeptJointNeeds
from samspil.dialogue.keeping import KeptDialogues
from samspil.dialogue.openness import KeptOpenness
from samspil.dialogue.registering import KeptRegistrations
from samspil.dialogue.review import Review
from samspil.domain.ocds import OcdsPublisher
from samspil.errors import Misconfigured
from samspil.matching.rules import Rules, rules_for
from samspil.matching.suggesting import LabelSuggester, label_texts
from samspil.observability import configure_logging, log_nowhere
from samspil.ports import Embedder, VectorIndex, Vectors
from samspil.settings import EMBEDDED, Settings

Progress = Callable[[str, float | None], None]


def start_logging(settings: Settings, *, quiet: bool) -> Path | None:
    """Begin to log: to standard error, or, where a person watches the terminal (`quiet`), to a file, which is returned."""
    text = settings.log_format == "text" or (settings.log_format == "auto" and sys.stderr.isatty() and not quiet)
    to = make_data_dir(settings.data_dir) / "samspil.log" if quiet else None
    configure_logging(level=settings.log_level, json=not text, to=to)
    return to


def log_where_there_is_a_place() -> None:
    """Log to the file in the data directory, if there is one that may be written, and otherwise nowhere.

    For commands that watch nothing: they make no directory, and what they print is theirs alone.
    """
    log_nowhere()
    with suppress(Misconfigured):  # the command itself will say so
        settings = Settings()
        if os.access(settings.data_dir, os.W_OK | os.X_OK):
            start_logging(settings, quiet=True)


def no_progress(_part: str, _share: float | None = None) -> None:
    """Show nothing."""


@asynccontextmanager
async def opened_record(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[SqlRecord]:
    """The record, migrated, until the block ends.

    Raises:
        Misconfigured: the URL or the data directory is wrong.
        RecordUnavailable: the database does not answer.
    """
    if settings.uses_data_dir:
        make_data_dir(settings.data_dir)
    record = open_record(settings.record_url, clock=clock)
    try:
        await record.migrate()
        yield record
    finally:
        await record.close()


@asynccontextmanager
async def seen_record(settings: Settings) -> AsyncIterator[SqlRecord | None]:
    """The record as it stands, to look at until the block ends; None if there is none yet. Nothing is made, and nothing migrated.

    Raises:
        Misconfigured: the URL is wrong, or the tables are those of another version.
        RecordUnavailable: the database does not answer.
    """
    if settings.record_file is not None and not settings.record_file.exists():
        yield None
        return
    record = open_record(settings.record_url)
    try:
        yield record if await record.stands() else None
    finally:
        await record.close()


@asynccontextmanager
async def opened_model(settings: Settings, *, progress: Progress = no_progress) -> AsyncIterator[Embedder]:
    """The embedding model, checked against its canaries, until the block ends.

    Raises:
        Misconfigured: there is no such model, or its vectors are not those of its vector space.
    """
    chosen = EmbeddingSettings(
        model=settings.model, revision=settings.model_revision, precision=settings.model_precision, threads=settings.model_threads
    )
    embedder = await open_embedder(chosen, cache_dir=settings.cache_dir, progress=progress)
    try:
        yield embedder
    finally:
        await embedder.close()


@asynccontextmanager
async def opened_index(settings: Settings, *, embedder: Embedder) -> AsyncIterator[VectorIndex]:
    """The index of the model's vector space, until the block ends.

    Raises:
        IndexUnavailable: the engine does not answer, or another process has the directory.
        Misconfigured: it holds another vector space.
    """
    key = settings.index_api_key.get_secret_value() if settings.index_api_key else None
    index = await open_index(settings.index_url, space=embedder.space, dimension=embedder.dimension, api_key=key)
    try:
        yield index
    finally:
        await index.close()


@asynccontextmanager
async def opened_broker(settings: Settings) -> AsyncIterator[tuple[KafkaSettings, EmbeddedBroker | None]]:
    """How to reach the broker; the embedded one runs until the block ends.

    Raises:
        BrokerUnavailable: the embedded broker does not start.
    """
    if settings.kafka_url != EMBEDDED:
        yield kafka_settings(settings), None
        return
    async with EmbeddedBroker(log_file=settings.data_dir / "broker.log") as broker:
        yield KafkaSettings.embedded(broker.bootstrap_servers, partitions=settings.kafka_partitions), broker


def kafka_settings(settings: Settings) -> KafkaSettings:
    """How to reach the broker that is there: the one that the settings name, or that of the running instance.

    Raises:
        Misconfigured: the broker is the embedded one, and nothing runs.
    """
    if settings.kafka_url == EMBEDDED:
        runtime = running_on(settings.data_dir)
        if runtime is None:
            raise Misconfigured(
                f"No Samspil runs on {settings.data_dir}, so there is no embedded broker.", hint="Start it with `samspil up`."
            )
        return KafkaSettings.embedded(runtime.broker, partitions=settings.kafka_partitions)
    password = settings.kafka_sasl_password
    return KafkaSettings(
        bootstrap_servers=settings.kafka_servers,
        security_protocol=settings.kafka_security_protocol,
        sasl_mechanism=settings.kafka_sasl_mechanism,
        sasl_username=settings.kafka_sasl_username,
        sasl_password=password.get_secret_value() if password else None,
        tls_ca_file=settings.kafka_tls_ca_file,
        tls_cert_file=settings.kafka_tls_cert_file,
        tls_key_file=settings.kafka_tls_key_file,
        enable_idempotence=settings.kafka_idempotence,
        session_timeout_ms=settings.kafka_session_timeout_ms,
        partitions=settings.kafka_partitions,
        replication_factor=settings.kafka_replication_factor,
    )


def rules_of(settings: Settings, *, space: str) -> Rules:
    """What counts as a match under these settings, for vectors of this space."""
    return rules_for(
        space, threshold=settings.match_threshold, similar_threshold=settings.similar_threshold, limit=settings.match_limit
    )


def ocds_publisher_of(settings: Settings) -> OcdsPublisher:
    """Who publishes open data under these settings."""
    return OcdsPublisher(ocid_prefix=settings.ocid_prefix, name=settings.ocds_publisher, url=settings.public_url)


def joint_needs_of(record: SqlRecord, settings: Settings, *, clock: Clock | None = None) -> KeptJointNeeds:
    """Keeps the joint needs of the record, with the stages of the settings."""
    return KeptJointNeeds(
        record,
        readings=record.readings,
        joint_readings=record.joint_needs,
        clock=clock or SystemClock(),
        stages=settings.joint_need_stages,
    )


def dialogues_of(record: SqlRecord, *, clock: Clock | None = None) -> KeptDialogues:
    """Keeps the dialogues of the record."""
    return KeptDialogues(record, readings=record.readings, clock=clock or SystemClock())


def review_of(record: SqlRecord, *, clock: Clock | None = None) -> Review:
    """Lets buyers review the invitations to their dialogues."""
    return Review(record, readings=record.readings, clock=clock or SystemClock())


def registrations_of(record: SqlRecord, *, clock: Clock | None = None) -> KeptRegistrations:
    """Keeps the registrations to the dialogues of the record."""
    return KeptRegistrations(record, readings=record.readings, registrations=record.registrations, clock=clock or SystemClock())


def openness_of(record: SqlRecord, *, clock: Clock | None = None) -> KeptOpenness:
    """Takes questions, and makes public, in the record."""
    return KeptOpenness(record, clock=clock or SystemClock())


@asynccontextmanager
async def opened_suggester(
    settings: Settings, *, embedder: Embedder, progress: Progress = no_progress
) -> AsyncIterator[LabelSuggester]:
    """Suggests CPV codes, until the block ends; the labels are read when it is first asked."""

    async def load() -> Vectors:
        return await stored_vectors(
            label_texts(), name="cpv-labels", embedder=embedder, cache_dir=settings.cache_dir, progress=progress
        )

    suggester = LabelSuggester(embedder=embedder, load=load)
    try:
        yield suggester
    finally:
        await suggester.close()
