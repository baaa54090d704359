"""Which errors of a database may pass, which mean a wrong installation, and which are ours."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from samspil.errors import Misconfigured, RecordUnavailable, SamspilError

# The primary result codes of SQLite that say nothing against the statement. https://sqlite.org/rescode.html
_SQLITE_PASSING = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_INTERRUPT,
    }
)
_SQLITE_WRONG = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM})
_PRIMARY = 0xFF
# Classes of SQLSTATE: connection, transaction rollback (serialization, deadlock), resources, operator intervention, system.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRES_PASSING = ("08", "40", "53", "57", "58", "55P03")
_POSTGRES_WRONG = ("28", "3D", "42501", "25006")


def translated(error: Exception) -> SamspilError | None:
    """What an error of the database means to the services; None where it is an error of ours."""
    if isinstance(error, PoolTimeout) or (isinstance(error, DBAPIError) and error.connection_invalidated):
        return _unavailable(error)
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        return _of_code(error, passing=code & _PRIMARY in _SQLITE_PASSING, wrong=code & _PRIMARY in _SQLITE_WRONG)
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        return _of_code(error, passing=state.startswith(_POSTGRES_PASSING), wrong=state.startswith(_POSTGRES_WRONG))
    # Without a code there was no answer: the driver itself speaks of a closed connection.
    return _unavailable(error) if "clos" in str(cause).lower() else None


def _of_code(error: Exception, *, passing: bool, wrong: bool) -> SamspilError | None:
    if passing:
        return _unavailable(error)
    if wrong:
        return Misconfigured(
            f"The database of the record cannot be used: {_brief(error)}.",
            hint="Check SAMSPIL_RECORD_URL, and that its file or database exists and may be written.",
        )
    return None


def _unavailable(error: Exception) -> RecordUnavailable:
    return RecordUnavailable(
        f"The database of the record does not answer: {_brief(error)}.", hint="Try again; check that the database runs."
    )


def _brief(error: Exception) -> str:
    """The first line, without the statement and its values: those may hold what people wrote."""
    cause = getattr(error, "orig", None) or error
    return (str(cause).splitlines() or [type(cause).__name__])[0].rstrip(".")


@contextmanager
def database_errors() -> Iterator[None]:
    """Raise what a database error means; errors that are ours pass as they are."""
    try:
        yield
    except (DBAPIError, PoolTimeout, sqlite3.Error) as error:
        meant = translated(error)
        if meant is None:
            raise
        raise meant from error


@contextmanager
def connection_errors() -> Iterator[None]:
    """The same while a connection is opened, where the driver lets the errors of the network through."""
    try:
        with database_errors():
            yield
    except OSError as error:
        raise _unavailable(error) from error
