"""Logs and metrics: every metric is named, typed and explained here, and nowhere else.

Log lines are JSON with an event name and ids; texts, names, tokens and addresses never go into them.
"""

import atexit
import io
import logging
import sys
from collections.abc import MutableMapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, TextIO

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from samspil.output import Unblocked

METRICS = CollectorRegistry()

# From 1 ms (a cached search) to 30 s (a batch of long texts on a small processor).
_SECONDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

RECORDS = Counter(
    "samspil_records",
    "Records of the log that a group is done with, by outcome: taken or dead_lettered.",
    ["group", "topic", "outcome"],
    registry=METRICS,
)
RETRIES = Counter("samspil_retries", "Batches tried again after a transient error.", ["group"], registry=METRICS)
REWINDS = Counter("samspil_rewinds", "Batches given back to the log after all retries.", ["group"], registry=METRICS)
BATCH_SECONDS = Histogram("samspil_batch_seconds", "Time in a handler, per batch.", ["group"], buckets=_SECONDS, registry=METRICS)
BREAKER_OPEN = Gauge(
    "samspil_breaker_open", "1 while a group holds its consumption because nearly everything failed.", ["group"], registry=METRICS
)
LAG = Gauge("samspil_consumer_lag", "Records that a group has not taken yet.", ["group", "topic"], registry=METRICS)
PUBLISHED = Counter("samspil_published", "Events acknowledged by the broker.", ["topic"], registry=METRICS)
BROKER_RESTARTS = Counter("samspil_broker_restarts", "Times that the embedded broker was started again.", registry=METRICS)
EMBEDDED_TEXTS = Counter(
    "samspil_embedded_texts", "Texts embedded, by whether the cache knew them.", ["cached"], registry=METRICS
)
EMBEDDING_SECONDS = Histogram("samspil_embedding_seconds", "Time in the model, per call.", buckets=_SECONDS, registry=METRICS)
INDEX_SECONDS = Histogram(
    "samspil_index_seconds", "Time in the vector index, per call.", ["operation"], buckets=_SECONDS, registry=METRICS
)
OUTBOX_WAITING = Gauge("samspil_outbox_waiting", "Outbox rows not yet confirmed.", registry=METRICS)
NEEDS_PENDING = Gauge("samspil_needs_pending", "Versions of needs not yet accounted for.", registry=METRICS)
OLDEST_PENDING_SECONDS = Gauge(
    "samspil_oldest_pending_seconds", "Age of the oldest version of a need that is not accounted for.", registry=METRICS
)
FEEDBACK = Gauge(
    "samspil_feedback",
    "Matches that suppliers have judged, by the language of the need and what they say: relevant, or why not.",
    ["language", "verdict"],
    registry=METRICS,
)
FEEDBACK_PRECISION = Gauge(
    "samspil_feedback_precision",
    "Share of the judged matches that are relevant, by the language of the need; samspil_feedback says of how many.",
    ["language"],
    registry=METRICS,
)
HTTP_SECONDS = Histogram(
    "samspil_http_seconds", "Time to answer, per route.", ["method", "route", "status"], buckets=_SECONDS, registry=METRICS
)

_NOISY = (
    "aiokafka",
    "faststream",
    "httpx",
    "httpcore",
    "sentence_transformers",
    "transformers",
    "alembic",
    "uvicorn.access",
)
_LOG_FILE_BYTES = 10 * 1024 * 1024
_SECRET_KEYS = frozenset({"token", "password", "authorization", "secret", "sasl_password", "url_with_password"})


def _without_secrets(_logger: object, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: "***" if key.lower() in _SECRET_KEYS else value for key, value in entry.items()}


class _PrivateFile(RotatingFileHandler):
    """A log file that its owner alone can read; made when the first line comes."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=_LOG_FILE_BYTES, backupCount=1, encoding="utf-8", errors="backslashreplace", delay=True)

    def _open(self) -> io.TextIOWrapper:
        stream = super()._open()
        Path(self.baseFilename).chmod(0o600)
        return stream


def _standard_error() -> TextIO:
    """Standard error that waits for nobody: a log that nobody reads must not stop a service."""
    try:
        quick = Unblocked(sys.stderr)
    except io.UnsupportedOperation:
        return sys.stderr
    atexit.register(quick.written, within=1.0)
    return quick


def configure_logging(*, level: str = "INFO", json: bool = True, to: Path | None = None) -> None:
    """Send all logs, those of libraries too, to standard error or a file: JSON lines, or lines for people."""
    # Tracebacks are plain: a pretty one shows the values of local variables, and those may be anything.
    people = structlog.dev.ConsoleRenderer(colors=to is None, exception_formatter=structlog.dev.plain_traceback)
    handler = logging.StreamHandler(_standard_error()) if to is None else _PrivateFile(to)
    _log_through(handler, level=level, renderer=structlog.processors.JSONRenderer() if json else people)


def log_nowhere() -> None:
    """Send no log anywhere, not even to standard output, where structlog writes by itself."""
    _log_through(logging.NullHandler(), level="CRITICAL", renderer=structlog.processors.JSONRenderer())


def log_file() -> Path | None:
    """The file that logs go to; None if they go elsewhere, or nowhere."""
    return next((Path(to.baseFilename) for to in logging.getLogger().handlers if isinstance(to, _PrivateFile)), None)


def _log_through(handler: logging.Handler, *, level: str, renderer: structlog.types.Processor) -> None:
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)
