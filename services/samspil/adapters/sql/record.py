"""Opens the record, and holds the objects that answer its ports."""

from contextlib import AbstractAsyncContextManager

from sqlalchemy import text

from samspil.adapters.sql.again import SqlAgain
from samspil.adapters.sql.database import Database
from samspil.adapters.sql.engine import open_engines
from samspil.adapters.sql.feedback import SqlFeedback
from samspil.adapters.sql.joint_needs import SqlJointNeedReadings
from samspil.adapters.sql.migrate import stands, upgrade
from samspil.adapters.sql.openness import SqlDisclosureReadings
from samspil.adapters.sql.outbox import SqlOutbox
from samspil.adapters.sql.readings import SqlReadings
from samspil.adapters.sql.registrations import SqlRegistrations
from samspil.adapters.sql.submissions import SqlSubmissions
from samspil.adapters.sql.tokens import SqlTokens
from samspil.adapters.sql.transaction import SqlTransaction
from samspil.clock import Clock, SystemClock


class SqlRecord:
    """The record in one database.

    submissions, readings, registrations, joint_needs, feedback, disclosures, tokens, outbox, again: what answers the ports of
    these names. The record itself is the `Record` of the services' transactions.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.submissions = SqlSubmissions(database)
        self.readings = SqlReadings(database)
        self.registrations = SqlRegistrations(database)
        self.feedback = SqlFeedback(database)
        self.joint_needs = SqlJointNeedReadings(database)
        self.disclosures = SqlDisclosureReadings(database)
        self.tokens = SqlTokens(database)
        self.outbox = SqlOutbox(database)
        self.again = SqlAgain(database)

    def begin(self) -> AbstractAsyncContextManager[SqlTransaction]:
        """A transaction that commits at the end of the block, or rolls back on an error.

        Raises:
            RecordUnavailable: the database does not answer, or two transactions met; the same again may succeed.
        """
        return self._database.begin()

    async def migrate(self) -> None:
        """Bring the tables to this version of the code; safe to repeat, and for two processes at once.

        Raises:
            Misconfigured: a newer version of Samspil has written this database, or it may not be used.
            RecordUnavailable: the database does not answer.
        """
        await upgrade(self._database)

    async def stands(self) -> bool:
        """True if the tables are those of this version of the code, False if there are none; nothing is changed.

        Raises:
            Misconfigured: they are those of another version.
            RecordUnavailable: the database does not answer.
        """
        return await stands(self._database)

    async def ping(self) -> None:
        """Return if the database answers.

        Raises:
            RecordUnavailable: it does not.
        """
        async with self._database.connection(writes=False) as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close all connections."""
        await self._database.engines.close()


def open_record(url: str, *, clock: Clock | None = None) -> SqlRecord:
    """The record at a URL: `sqlite+aiosqlite:///path`, `sqlite+aiosqlite:///:memory:` or `postgresql+asyncpg://…`.

    Nothing is connected yet; call `migrate` before anything else.

    Raises:
        Misconfigured: the URL is not one of SQLite or PostgreSQL.
    """
    return SqlRecord(Database(open_engines(url), clock=clock or SystemClock()))
