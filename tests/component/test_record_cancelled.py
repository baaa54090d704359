"""What is broken off in the middle of a write leaves no lock behind."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from samspil.adapters.sql import open_record
from samspil.adapters.sql.engine import _Ending
from tests.factories import a_statement


@pytest.mark.parametrize(("factory", "locked"), [(_Ending, False), (sqlite3.Connection, True)])
def test_a_closed_connection_gives_the_lock_back_though_a_statement_of_it_lives(
    tmp_path: Path,
    factory: type[sqlite3.Connection],
    locked: bool,  # noqa: FBT001 - what is expected of the connection beside it
) -> None:
    file = tmp_path / "record.db"
    connection = sqlite3.connect(file, factory=factory, isolation_level=None)
    connection.execute("CREATE TABLE t (x)")
    connection.execute("BEGIN IMMEDIATE")
    half_read = connection.execute("SELECT 1 UNION SELECT 2")
    assert half_read.fetchone() == (1,)
    connection.close()
    other = sqlite3.connect(file, timeout=0, isolation_level=None)
    if locked:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    else:
        other.execute("BEGIN IMMEDIATE")
    other.close()


async def test_a_write_that_is_cancelled_anywhere_lets_the_next_one_write(tmp_path: Path) -> None:
    record = open_record(f"sqlite+aiosqlite:///{tmp_path}/record.db")
    await record.migrate()

    async def write_on(name: str) -> None:
        for number in range(1000):
            await record.submissions.submit_need(f"{name}-{number}", a_statement())

    for turns in range(0, 400, 3):
        writing = asyncio.create_task(write_on(f"broken-{turns}"))
        for _ in range(turns):
            await asyncio.sleep(0)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert (await record.submissions.submit_need(f"whole-{turns}", a_statement())).changed
    await record.close()
