"""Runs the migrations that are packaged beside this file, and writes new ones.

After a change of `tables.py`, `python -m samspil.adapters.sql.migrate "what changes"` writes the next migration. Read it: it
cannot know how the data is to change.
"""

import asyncio
import sys
from typing import Any, Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import JSON, BigInteger, Connection
from sqlalchemy.dialects import sqlite

from samspil.adapters.sql.database import Database
from samspil.adapters.sql.engine import open_engines, use_write_ahead_log
from samspil.adapters.sql.errors import database_errors
from samspil.adapters.sql.types import Moment
from samspil.clock import SystemClock
from samspil.errors import Misconfigured

SCRIPTS = "samspil.adapters.sql:migrations"


async def upgrade(database: Database) -> None:
    """Bring the tables to the newest migration, in one transaction that no other process can interleave with.

    On SQLite the write lock of the file sees to that, on PostgreSQL a lock of our own.

    Raises:
        Misconfigured: the database has a migration that this version of the code does not know.
    """
    if database.engines.file is not None:
        with database_errors():
            await asyncio.to_thread(use_write_ahead_log, database.engines.file)
    # A command that only looks must not wait for the write lock of a busy instance.
    async with database.connection(writes=False) as connection:
        if await connection.run_sync(_is_newest):
            return
    async with database.begin() as transaction:
        await transaction.alone("migrations")
        await transaction.run(_upgrade)


async def stands(database: Database) -> bool:
    """True if the tables are those of this version of the code, False if there are none; nothing is changed.

    Raises:
        Misconfigured: they are those of another version.
        RecordUnavailable: the database does not answer.
    """
    async with database.connection(writes=False) as connection:
        return await connection.run_sync(_stands)


def _stands(connection: Connection) -> bool:
    found = MigrationContext.configure(connection).get_current_revision()
    known = ScriptDirectory.from_config(configuration(connection))
    if found is None or found == known.get_current_head():
        return found is not None
    if found in {script.revision for script in known.walk_revisions()}:
        raise Misconfigured("The record has the tables of an older version of Samspil.", hint="Run `samspil migrate`.")
    raise Misconfigured("A newer version of Samspil has written the record.", hint="Use that version, or restore a backup.")


def _is_newest(connection: Connection) -> bool:
    found = MigrationContext.configure(connection).get_current_revision()
    return found is not None and found == ScriptDirectory.from_config(configuration(connection)).get_current_head()


def configuration(connection: Connection, *, scripts: str = SCRIPTS) -> Config:
    """What alembic needs to know: where the migrations are, and the connection to use."""
    config = Config()
    config.set_main_option("script_location", scripts)
    config.set_main_option("file_template", "v%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    try:
        command.upgrade(configuration(connection), "head")
    except CommandError as error:
        raise Misconfigured(
            f"The tables of the record cannot be brought to this version: {error}.",
            hint="Start the version of Samspil that last wrote them, or restore a backup.",
        ) from error


def rendered(type_: str, item: Any, _context: Any) -> str | Literal[False]:
    """How a column type of ours is written in a migration; False leaves it to alembic."""
    if type_ != "type":
        return False
    if isinstance(item, Moment):
        return "Moment()"
    if isinstance(item, JSON):
        return "json_column()"
    counts = isinstance(item, BigInteger) and not isinstance(item.dialect_impl(sqlite.dialect()), BigInteger)
    return "counting_id()" if counts else False


async def write_next(message: str, *, scripts: str = SCRIPTS) -> None:
    """Write the migration from the newest one to what `tables.py` says now."""
    database = Database(open_engines("sqlite+aiosqlite:///:memory:"), clock=SystemClock())
    await upgrade(database)

    def write(connection: Connection) -> None:
        config = configuration(connection, scripts=scripts)
        newest = ScriptDirectory.from_config(config).get_current_head() or "0"
        command.revision(config, message, autogenerate=True, rev_id=f"{int(newest) + 1:04}")

    async with database.begin() as transaction:
        await transaction.run(write)
    await database.engines.close()


if __name__ == "__main__":
    asyncio.run(write_next(" ".join(sys.argv[1:]) or "change"))
