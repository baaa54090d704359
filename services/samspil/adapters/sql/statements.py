"""What all parts of a transaction share, and the few statements that the two databases write differently."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from samspil.clock import Clock

# asyncpg allows 32,767 values in a statement; SQLite's default is one less.
_CHUNK = 5_000

ResultT = TypeVar("ResultT")


class Statements:
    """One open transaction."""

    def __init__(self, connection: AsyncConnection, *, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self.enqueued = False

    @property
    def _is_sqlite(self) -> bool:
        return self._connection.dialect.name == "sqlite"

    async def alone(self, name: str) -> None:
        """Wait until no other transaction of this name is open. On SQLite a write transaction is alone already."""
        if not self._is_sqlite:
            await self._connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": lock_number(name)})

    async def run(self, work: Callable[[Connection], ResultT]) -> ResultT:
        """Run what knows only plain connections, within this transaction."""
        return await self._connection.run_sync(work)

    async def _upsert(self, table: Table, rows: Sequence[Mapping[str, Any]], *, keep: Collection[str] = ()) -> None:
        """Insert rows, or replace all columns but the key and those in `keep`. All rows have the same columns."""
        if not rows:
            return
        insert = (sqlite.insert if self._is_sqlite else postgresql.insert)(table)
        key = [column.name for column in table.primary_key]
        changed = {name: insert.excluded[name] for name in rows[0] if name not in key and name not in keep}
        await self._connection.execute(insert.on_conflict_do_update(index_elements=key, set_=changed), list(rows))

    async def _insert_new(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert the rows whose key or unique columns are not there."""
        if rows:
            insert = (sqlite.insert if self._is_sqlite else postgresql.insert)(table)
            await self._connection.execute(insert.on_conflict_do_nothing(), list(rows))


def lock_number(name: str) -> int:
    """A lock's name as the 64-bit number that PostgreSQL wants."""
    return int.from_bytes(hashlib.sha256(f"samspil.{name}".encode()).digest()[:8], "big", signed=True)


def chunks(values: Collection[str]) -> Iterator[list[str]]:
    """The values in order, in parts that fit into one statement. The order keeps two transactions from locking crosswise."""
    ordered = sorted(set(values))
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]


def storable(value: object) -> object:
    """What a text column takes: PostgreSQL refuses NUL, and nothing takes half of a surrogate pair."""
    if not isinstance(value, str):
        return value
    return value.encode(errors="replace").decode().replace("\x00", "\N{REPLACEMENT CHARACTER}")
