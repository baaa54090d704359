"""The outbox as the relays see it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog
from pydantic import ValidationError
from sqlalchemy import Connection, CursorResult, RowMapping, Select, and_, delete, select, update

from samspil.adapters.sql.database import Database
from samspil.adapters.sql.messages import CONFIRMED
from samspil.adapters.sql.statements import chunks
from samspil.adapters.sql.tables import inbox, outbox
from samspil.ports.outbox import Waiting
from samspil_schemas import spec_of_type

_log = structlog.get_logger(__name__)

ResultT = TypeVar("ResultT")


class SqlOutbox:
    """Implements `Outbox`. A claim is a later due time, so that a relay that dies costs its rows no more than that."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, *, limit: int, lease: timedelta) -> list[Waiting]:
        """Take the rows that are due, oldest first; nobody else gets them before the lease ends."""
        self._database.enqueued.clear()
        now = self._database.clock.now()
        due = _due(now).limit(limit)
        # One look into an index, however many rows wait to be confirmed.
        if not await self._any(select(outbox.c.id).where(outbox.c.due_at <= now)):
            return []

        def take(connection: Connection) -> list[RowMapping]:
            rows = list(connection.execute(due.with_for_update(skip_locked=True, of=outbox)).mappings())
            mine = outbox.c.id.in_([row["id"] for row in rows])
            connection.execute(update(outbox).where(mine).values(due_at=now + lease, attempts=outbox.c.attempts + 1))
            return rows

        rows = await self._alone(take)
        return [waiting for row in rows if (waiting := _waiting(row)) is not None]

    async def published(self, event_ids: Sequence[str], *, again_after: timedelta) -> None:
        """The log acknowledged these: forget what awaits nobody; publish the others again if they are not taken in time."""
        now = self._database.clock.now()

        def mark(connection: Connection) -> None:
            for chunk in chunks(event_ids):
                # A row that a consumer is just confirming, or a submission superseding, needs no mark.
                rows = select(outbox.c.id).where(outbox.c.event_id.in_(chunk)).with_for_update(skip_locked=True)
                mine = outbox.c.id.in_(list(connection.scalars(rows)))
                connection.execute(update(outbox).where(mine).values(published_at=now, due_at=now + again_after))
                connection.execute(delete(outbox).where(mine, CONFIRMED))

        await self._alone(mark)

    async def give_back(self, event_ids: Sequence[str]) -> None:
        """These were not published: they are due at once."""
        now = self._database.clock.now()

        def free(connection: Connection) -> None:
            for chunk in chunks(event_ids):
                connection.execute(update(outbox).where(outbox.c.event_id.in_(chunk)).values(due_at=now))

        await self._alone(free)

    async def forget_confirmed(self) -> int:
        """Forget the rows that every awaited group has taken; returns how many."""
        if not await self._any(select(outbox.c.id).where(CONFIRMED)):
            return 0
        return await self._alone(lambda connection: _count(connection.execute(delete(outbox).where(CONFIRMED))))

    async def all_due(self) -> int:
        """Everything that is not confirmed is to be published again, in order; returns how many rows wait."""
        now = self._database.clock.now()
        again = update(outbox).where(~CONFIRMED).values(published_at=None, due_at=now)
        count = await self._alone(lambda connection: _count(connection.execute(again)))
        self._database.enqueued.set()
        return count

    async def prune_inbox(self, *, older_than: timedelta) -> int:
        """Forget which events were taken, where that was long ago; returns how many."""
        old = inbox.c.taken_at < self._database.clock.now() - older_than
        if not await self._any(select(inbox.c.event_id).where(old)):
            return 0
        return await self._alone(lambda connection: _count(connection.execute(delete(inbox).where(old))))

    async def enqueued(self) -> None:
        """Return when a transaction of this process has enqueued something since the last `claim` began."""
        await self._database.enqueued.wait()

    async def _any(self, query: Select[Any]) -> bool:
        """Looks before it locks: an idle relay never takes the write lock."""
        async with self._database.connection(writes=False) as connection:
            return (await connection.execute(query.limit(1))).first() is not None

    async def _alone(self, work: Callable[[Connection], ResultT]) -> ResultT:
        """Run in a transaction of its own; two relays at work at once would not see each other's rows of one key."""
        async with self._database.begin() as transaction:
            await transaction.alone("outbox")
            return await transaction.run(work)


def _due(now: datetime) -> Select[Any]:
    """Rows to publish, oldest first, except those with an earlier row of the same key that is still on its way."""
    earlier = outbox.alias("earlier")
    same = and_(earlier.c.topic == outbox.c.topic, earlier.c.key == outbox.c.key, earlier.c.id < outbox.c.id)
    on_its_way = and_(earlier.c.published_at.is_(None), earlier.c.due_at > now)
    blocked = select(earlier.c.id).where(same, on_its_way).exists()
    return select(outbox).where(outbox.c.due_at <= now, ~CONFIRMED, ~blocked).order_by(outbox.c.id)


def _waiting(row: RowMapping) -> Waiting | None:
    """The event in a row; None, with a word in the log, where this version of the contract cannot read it."""
    spec = spec_of_type(row["ce_type"])
    try:
        event = spec.model.model_validate(row["payload"]) if spec else None
    except ValidationError:
        event = None
    if event is None:
        _log.error("outbox_row_unreadable", event_id=row["event_id"], ce_type=row["ce_type"])
        return None
    return Waiting(event_id=row["event_id"], event=event, attempts=row["attempts"])


def _count(result: CursorResult[Any]) -> int:
    return result.rowcount
