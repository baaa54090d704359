"""Runs the migrations that are packaged beside this file."""

import asyncio

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from samspil.adapters.sql.database import Database
from samspil.adapters.sql.engine import use_write_ahead_log
from samspil.adapters.sql.errors import database_errors
from samspil.errors import Misconfigured


async def upgrade(database: Database) -> None:
    """Bring the tables to the newest migration, in one transaction that no other process can interleave with.

    On SQLite the write lock of the file sees to that, on PostgreSQL a lock of our own.

    Raises:
        Misconfigured: the database has a migration that this version of the code does not know.
    """
    if database.engines.file is not None:
        with database_errors():
            await asyncio.to_thread(use_write_ahead_log, database.engines.file)
    async with database.begin() as transaction:
        await transaction.alone("migrations")
        await transaction.run(_upgrade)


def configuration(connection: Connection) -> Config:
    """What alembic needs to know: where the migrations are, and the connection to use."""
    config = Config()
    config.set_main_option("script_location", "samspil.adapters.sql:migrations")
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
