"""Transactions on one database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from samspil.adapters.sql.engine import Engines
from samspil.adapters.sql.errors import connection_errors, database_errors
from samspil.adapters.sql.transaction import SqlTransaction
from samspil.clock import Clock


class Database:
    """Opens transactions. On SQLite the writers of this process queue up in order, instead of polling for the file's lock.

    `enqueued` is set when a transaction that put something into the outbox has committed.
    """

    def __init__(self, engines: Engines, *, clock: Clock) -> None:
        self.engines = engines
        self.clock = clock
        self.enqueued = asyncio.Event()
        self._writer = asyncio.Lock()

    @asynccontextmanager
    async def connection(self, *, writes: bool) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction, which commits at the end of the block.

        Raises:
            RecordUnavailable: the database does not answer, or two transactions met.
            Misconfigured: there is no such database, or it may not be used.
        """
        async with AsyncExitStack() as stack:
            if writes and self.engines.is_sqlite:
                await stack.enter_async_context(self._writer)
            with database_errors():
                with connection_errors():
                    connection = await stack.enter_async_context(self.engines.connect(writes=writes))
                    await connection.begin()
                yield connection
                await connection.commit()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[SqlTransaction]:
        """A transaction of a service; rings the bell of the relay if it enqueued."""
        async with self.connection(writes=True) as connection:
            transaction = SqlTransaction(connection, clock=self.clock)
            yield transaction
        if transaction.enqueued:
            self.enqueued.set()
