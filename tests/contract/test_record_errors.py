"""Errors of the database: those that may pass are transient, a wrong installation is said clearly, and ours are not hidden."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from samspil.adapters.sql import SqlRecord, open_record
from samspil.adapters.sql.engine import use_write_ahead_log
from samspil.errors import Misconfigured, RecordUnavailable
from tests.factories import a_statement

INBOX = "INSERT INTO inbox (grp, event_id, taken_at) VALUES ('g', 'e', '2026-03-02 08:00:00')"


async def run(record: SqlRecord, statement: str) -> None:
    async with record.begin() as transaction:
        await transaction.run(lambda connection: connection.execute(text(statement)))


@pytest.mark.parametrize(
    "url", ["mysql://host/db", "not a url", "", "redis://host", "postgresql+psycopg2://host/db", "sqlite+pysqlite:///x"]
)
def test_a_url_of_another_database_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(Misconfigured, match=r"sqlite\+aiosqlite:///"):
        open_record(url)


async def test_a_url_without_a_driver_is_understood(tmp_path: Path) -> None:
    record = open_record(f"sqlite:///{tmp_path}/new/folder/record.db")
    await record.migrate()
    await record.ping()
    await record.close()


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="folder"):
        open_record(f"sqlite+aiosqlite:///{tmp_path}/file/record.db")


async def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "record.db").write_text("this is a letter, not a database\n" * 100)
    record = open_record(f"sqlite+aiosqlite:///{tmp_path}/record.db")
    with pytest.raises(Misconfigured, match="cannot be used"):
        await record.migrate()
    await record.close()


async def test_a_server_that_is_not_there_may_come(tmp_path: Path) -> None:
    record = open_record(f"postgresql+asyncpg://user@/db?host={tmp_path}")
    with pytest.raises(RecordUnavailable):
        await record.ping()
    with pytest.raises(RecordUnavailable):
        await record.submissions.submit_need("n", a_statement())
    await record.close()


async def test_a_database_that_is_not_there_is_a_wrong_installation(postgres_url: str) -> None:
    record = open_record(postgres_url.replace("/postgres?", "/nowhere?"))
    with pytest.raises(Misconfigured, match="SAMSPIL_RECORD_URL"):
        await record.ping()
    await record.close()


async def test_a_connection_that_was_cut_is_transient_and_the_next_one_works(postgres_url: str) -> None:
    record = open_record(postgres_url)
    with pytest.raises(RecordUnavailable):
        await run(record, "SELECT pg_terminate_backend(pg_backend_pid())")
    await record.ping()
    await run(record, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    await record.ping()
    await record.close()


async def test_transactions_that_meet_are_transient(postgres_url: str) -> None:
    one, other = open_record(postgres_url), open_record(postgres_url)
    await one.migrate()
    first_has, second_has = asyncio.Event(), asyncio.Event()

    async def lock(record: SqlRecord, names: tuple[str, str], *, has: asyncio.Event, waits: asyncio.Event) -> None:
        async with record.begin() as transaction:
            await transaction.alone(names[0])
            has.set()
            await waits.wait()
            await transaction.alone(names[1])

    results = await asyncio.gather(
        lock(one, ("a", "b"), has=first_has, waits=second_has),
        lock(other, ("b", "a"), has=second_has, waits=first_has),
        return_exceptions=True,
    )
    assert [type(result) for result in results if result is not None] == [RecordUnavailable]
    await one.close()
    await other.close()


async def test_a_file_that_another_process_holds_is_transient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samspil.adapters.sql.engine._BUSY_SECONDS", 0)
    record = open_record(f"sqlite+aiosqlite:///{tmp_path}/record.db")
    await record.migrate()
    holder = sqlite3.connect(tmp_path / "record.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(RecordUnavailable, match="locked"):
        await record.submissions.submit_need("n", a_statement())
    assert await record.readings.needs() == []
    holder.execute("COMMIT")
    holder.close()
    await record.submissions.submit_need("n", a_statement())
    await record.close()


def test_a_file_that_is_held_when_it_is_set_up_is_waited_for_and_then_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("samspil.adapters.sql.engine._BUSY_SECONDS", 0)
    holder = sqlite3.connect(tmp_path / "record.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError):
        use_write_ahead_log(str(tmp_path / "record.db"))
    holder.close()
    use_write_ahead_log(str(tmp_path / "record.db"))


async def test_what_is_wrong_in_a_statement_of_ours_is_not_hidden(record: SqlRecord) -> None:
    with pytest.raises(DBAPIError):
        await run(record, "SELECT * FROM no_such_table")
    await run(record, INBOX)
    with pytest.raises(IntegrityError):
        await run(record, INBOX)
    await record.ping()


async def test_no_value_of_a_statement_stands_in_an_error(record: SqlRecord) -> None:
    with pytest.raises(DBAPIError) as caught:
        async with record.begin() as transaction:
            await transaction.run(lambda connection: connection.execute(text("SELECT :a FROM nowhere"), {"a": "a secret text"}))
    assert "a secret text" not in str(caught.value)


async def test_a_task_that_is_cancelled_in_its_transaction_leaves_nothing_and_holds_nothing(memory_record: SqlRecord) -> None:
    await memory_record.submissions.submit_need("before", a_statement())
    inside = asyncio.Event()

    async def hang() -> None:
        async with memory_record.begin() as transaction:
            await transaction.first_time("g", ["e"])
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.ensure_future(hang())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with memory_record.begin() as transaction:
        assert await transaction.first_time("g", ["e"]) == {"e"}
    assert await memory_record.readings.need("before") is not None


async def test_a_task_that_is_cancelled_in_a_statement_does_not_lose_the_database_in_memory(memory_record: SqlRecord) -> None:
    await memory_record.submissions.submit_need("before", a_statement())
    for turns in range(12):
        task = asyncio.ensure_future(memory_record.submissions.submit_need(f"n{turns}", a_statement()))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert await memory_record.readings.need("before") is not None
    await memory_record.submissions.submit_need("after", a_statement())
