"""What stands, put into the outbox once more: for a log, or an index, that has lost it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, Table, and_, or_, select

from samspil.adapters.sql.database import Database
from samspil.adapters.sql.standings import standing_of
from samspil.adapters.sql.tables import evaluated, ledger, needs, outbox, profiles
from samspil.ports import Entity, NeedStatus, Standing, readers_of
from samspil_schemas import (
    Event,
    NeedPublished,
    NeedStatement,
    NeedWithdrawn,
    ProfilePublished,
    ProfileWithdrawn,
    SupplierProfile,
    Topic,
    topics,
)

# The index is filled by this group alone; what the others have taken is in the record.
_INDEXER = ("matching",)
_PAGE = 500


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """One of the two tables of what stands, and the topic of its events."""

    table: Table
    model: type[NeedStatement] | type[SupplierProfile]
    entity: Entity
    topic: Topic


# Profiles first: a need that is searched for before they are indexed finds them only when they come.
_KEPT = (
    _Kept(table=profiles, model=SupplierProfile, entity=Entity.SUPPLIERS, topic=topics.SUPPLIERS),
    _Kept(table=needs, model=NeedStatement, entity=Entity.NEEDS, topic=topics.NEEDS),
)


class SqlAgain:
    """Implements `Again`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def unanswered(self, *, older_than: timedelta) -> int:
        """Enqueue what has stood for so long, waits nowhere and was given no verdict; each state once, ever.

        Such is what another client published and the log then lost. Returns how many events.
        """
        before = self._database.clock.now() - older_than
        count = 0
        for kept in _KEPT:
            async for events in self._pages(kept, _unanswered(kept, before=before)):
                async with self._database.begin() as transaction:
                    await transaction.enqueue(events, awaiting=readers_of(kept.topic))
                count += len(events)
        return count

    async def everything(self) -> int:
        """Enqueue all that stands open, although it was taken before: a new index is filled so. Returns how many events."""
        count = 0
        for kept in _KEPT:
            stands = select(kept.table).where(kept.table.c.version > 0, ~kept.table.c.withdrawn)
            async for events in self._pages(kept, stands):
                async with self._database.begin() as transaction:
                    await transaction.enqueue(events, awaiting=_INDEXER, anew=True)
                count += len(events)
        return count

    async def _pages(self, kept: _Kept, query: Select[Any]) -> AsyncIterator[list[Event]]:
        """The events of the rows, in pages: a transaction stays small, and others get their turn."""
        last = ""
        while True:
            page = query.where(kept.table.c.id > last).order_by(kept.table.c.id).limit(_PAGE)
            async with self._database.connection(writes=False) as connection:
                rows = (await connection.execute(page)).mappings().all()
            if not rows:
                return
            last = rows[-1]["id"]
            standings = [standing_of(row, kept.model, id_=row["id"]) for row in rows]
            yield [event for standing in standings if (event := _event(standing)) is not None]


def _unanswered(kept: _Kept, *, before: datetime) -> Select[Any]:
    table = kept.table
    answer = and_(evaluated.c.entity == kept.entity.value, evaluated.c.owner_id == table.c.id)
    newer = and_(evaluated.c.version == table.c.version, or_(evaluated.c.withdrawn, ~table.c.withdrawn))
    answered = select(evaluated.c.owner_id).where(answer, or_(evaluated.c.version > table.c.version, newer)).exists()
    waits = select(outbox.c.id).where(outbox.c.topic == kept.topic.name, outbox.c.key == table.c.id).exists()
    given_up = and_(
        ledger.c.need_id == table.c.id,
        ledger.c.version == table.c.version,
        ledger.c.status == NeedStatus.DEAD_LETTERED.value,
    )
    wanted = [table.c.version > 0, table.c.changed_at < before, ~answered, ~waits]
    if kept.entity is Entity.NEEDS:
        wanted.append(~select(ledger.c.need_id).where(given_up).exists())
    return select(table).where(*wanted)


def _event(standing: Standing[Any]) -> Event | None:
    """The event that says what stands; None where only its version is known, and not its content."""
    id_, version = standing.id, standing.version
    if isinstance(standing.content, NeedStatement):
        if standing.withdrawn:
            return NeedWithdrawn(need_id=id_, version=version, reason=standing.reason)
        return NeedPublished(need_id=id_, version=version, statement=standing.content) if _whole(standing) else None
    if isinstance(standing.content, SupplierProfile):
        if standing.withdrawn:
            return ProfileWithdrawn(supplier_id=id_, version=version, reason=standing.reason)
        return ProfilePublished(supplier_id=id_, version=version, profile=standing.content) if _whole(standing) else None
    return None


def _whole(standing: Standing[Any]) -> bool:
    return standing.content_version == standing.version
