"""Engines: one for writes and one for reads, on the same pool.

On SQLite every write transaction begins with BEGIN IMMEDIATE: one that began as a read and then wrote would fail at once, without
waiting, whenever another had written meanwhile. https://sqlite.org/lang_transaction.html
"""

import sqlite3
import time
from contextlib import AbstractAsyncContextManager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from samspil.errors import Misconfigured

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}
# How long a write waits for another process. An import commits once for each need, in milliseconds.
_BUSY_SECONDS = 15
_BUSY_PAUSE_SECONDS = 0.02
_POOL = 8
_WRITES = "samspil_writes"
_HINT = "Use sqlite+aiosqlite:///path/to/record.db or postgresql+asyncpg://user@host/database."


@dataclass(frozen=True, kw_only=True)
class Engines:
    """The engines of one database.

    file: where SQLite keeps it; None for a database in memory or on a server.
    anchor: keeps a database in memory alive while no connection is open.
    """

    writes: AsyncEngine
    reads: AsyncEngine
    file: str | None = None
    anchor: sqlite3.Connection | None = field(default=None, repr=False)

    @property
    def is_sqlite(self) -> bool:
        """True if writers exclude each other."""
        return self.writes.dialect.name == "sqlite"

    def connect(self, *, writes: bool) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection in which the first statement begins a transaction."""
        return (self.writes if writes else self.reads).connect()

    async def close(self) -> None:
        """Close all connections."""
        await self.writes.dispose()
        if self.anchor is not None:
            self.anchor.close()


def open_engines(text: str) -> Engines:
    """Engines for a URL; nothing is connected yet.

    Raises:
        Misconfigured: the URL is not one of SQLite or PostgreSQL.
    """
    url = _url(text)
    if not url.drivername.startswith("sqlite"):
        engine = create_async_engine(url, pool_size=_POOL, pool_pre_ping=True, hide_parameters=True)
        return Engines(writes=engine, reads=engine)
    if url.database in (None, "", ":memory:"):
        return _in_memory(url)
    file = str(url.database)
    try:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(f"The folder of the record cannot be made: {error.strerror}.", hint=_HINT) from error
    engine = _sqlite_engine(url, pool=_POOL)
    return Engines(writes=engine.execution_options(**{_WRITES: True}), reads=engine, file=file)


def _in_memory(url: URL) -> Engines:
    """A database of its own, shared by name, so that a connection that is lost (a cancelled task) does not lose the data."""
    name = f"file:samspil-{uuid4().hex}"
    anchor = sqlite3.connect(f"{name}?mode=memory&cache=shared", uri=True, check_same_thread=False)
    url = url.set(database=name, query={"mode": "memory", "cache": "shared", "uri": "true"})
    # One connection: those that share a cache lock each other's tables without waiting.
    engine = _sqlite_engine(url, pool=1)
    return Engines(writes=engine.execution_options(**{_WRITES: True}), reads=engine, anchor=anchor)


def _url(text: str) -> URL:
    try:
        url = make_url(text)
        return url.set(drivername=_DRIVERS[url.drivername])
    except (ArgumentError, NoSuchModuleError, KeyError, ValueError) as error:
        raise Misconfigured("The URL of the record is not one of SQLite or PostgreSQL.", hint=_HINT) from error


class _Ending(sqlite3.Connection):
    """A connection that ends its transaction when it is closed.

    SQLite keeps a closed connection, and its lock of the file, as long as a statement of it lives; that of a task which was
    cancelled lives on in the traceback. https://sqlite.org/c3ref/close.html
    """

    def close(self) -> None:
        """Roll back what was not committed, and close."""
        if self.in_transaction:
            self.rollback()
        super().close()


def _sqlite_engine(url: URL, *, pool: int) -> AsyncEngine:
    engine = create_async_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=pool,
        max_overflow=0,
        connect_args={"timeout": _BUSY_SECONDS, "factory": _Ending},
        hide_parameters=True,
    )
    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def use_write_ahead_log(database: str) -> None:
    """Let readers and the writer of a file not wait for each other; the mode stays with the file.

    Changing it needs the file for itself, and SQLite does not wait for that by itself.

    Raises:
        sqlite3.OperationalError: the file is locked for too long, or may not be written.
    """
    deadline = time.monotonic() + _BUSY_SECONDS
    with closing(sqlite3.connect(database, timeout=_BUSY_SECONDS)) as connection:
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(_BUSY_PAUSE_SECONDS)
            else:
                return


def _prepare(connection: Any, _record: object) -> None:
    # The driver must not begin transactions by itself: it would begin them as reads.
    connection.isolation_level = None
    cursor = connection.cursor()
    # An accepted need survives a power cut, not only a kill.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(_WRITES) else "BEGIN")
