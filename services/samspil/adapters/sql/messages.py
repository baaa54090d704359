"""Outbox and inbox as a consumer's transaction sees them."""

import hashlib
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import and_, delete, or_, select, update

from samspil.adapters.sql.statements import Statements, chunks
from samspil.adapters.sql.tables import inbox, outbox, outbox_awaits
from samspil_schemas import Event, Topic, event_id, spec_of
from samspil_schemas.base import LABEL_MAX


class MessageStatements(Statements):
    """Takes events and decides on events, within the transaction of their effects."""

    async def first_time(self, group: str, event_ids: Sequence[str]) -> set[str]:
        """Record these events as taken by the group, and return those that were not before."""
        taken = {event_id: inbox_id(event_id) for event_id in event_ids}
        known: set[str] = set()
        for chunk in chunks(taken.values()):
            mine = and_(inbox.c.grp == group, inbox.c.event_id.in_(chunk))
            known |= set(await self._connection.scalars(select(inbox.c.event_id).where(mine)))
            awaits = and_(outbox_awaits.c.grp == group, outbox_awaits.c.event_id.in_(chunk))
            await self._connection.execute(delete(outbox_awaits).where(awaits))
        now = self._clock.now()
        rows = [{"grp": group, "event_id": id_, "taken_at": now} for id_ in sorted(set(taken.values()) - known)]
        await self._insert_new(inbox, rows)
        return {event_id for event_id, id_ in taken.items() if id_ not in known}

    async def enqueue(self, events: Sequence[Event], *, awaiting: Sequence[str] = (), anew: bool = False) -> None:
        """Put events into the outbox; one that waits there already, or was taken by all that it awaits, changes nothing.

        anew: also what was taken, for every group has to take it once more; what was published before is due again at once.
        """
        by_id = {event_id(event): event for event in events}
        if not by_id:
            return
        taken = {} if anew else await self._taken(by_id, awaiting)
        new = {id_: event for id_, event in by_id.items() if not awaiting or len(taken.get(id_, ())) < len(set(awaiting))}
        now = self._clock.now()
        await self._insert_new(
            outbox,
            [
                {
                    "event_id": id_,
                    "topic": spec_of(event).topic.name,
                    "key": event.key,
                    "ce_type": spec_of(event).ce_type,
                    "payload": event.model_dump(mode="json"),
                    "awaited": bool(awaiting),
                    "attempts": 0,
                    "enqueued_at": now,
                    "due_at": now,
                }
                for id_, event in new.items()
            ],
        )
        if anew:
            await self._due_again(new)
        waits = [{"event_id": id_, "grp": group} for id_ in new for group in awaiting if group not in taken.get(id_, ())]
        await self._insert_new(outbox_awaits, waits)
        self.enqueued = self.enqueued or bool(new)

    async def taken(self, group: str, event_ids: Collection[str]) -> set[str]:
        """Those of these events that the group has taken."""
        ids = {inbox_id(event_id): event_id for event_id in event_ids}
        return {ids[id_] for id_ in await self._taken(ids, [group])}

    async def supersede(self, topic: Topic, keys: Collection[str], *, keep: Collection[str] = ()) -> None:
        """Drop what waits for these keys, except events with these ids: something newer was said of the same things."""
        for chunk in chunks(keys):
            old = and_(outbox.c.topic == topic.name, outbox.c.key.in_(chunk), outbox.c.event_id.not_in(list(keep)))
            await self._connection.execute(delete(outbox).where(old))

    async def _due_again(self, event_ids: Collection[str]) -> None:
        now = self._clock.now()
        for chunk in chunks(event_ids):
            old = and_(outbox.c.event_id.in_(chunk), outbox.c.published_at.is_not(None))
            await self._connection.execute(update(outbox).where(old).values(due_at=now, published_at=None))

    async def _taken(self, event_ids: Collection[str], groups: Sequence[str]) -> Mapping[str, set[str]]:
        taken: dict[str, set[str]] = {}
        if not groups:
            return taken
        for chunk in chunks(event_ids):
            query = select(inbox.c.event_id, inbox.c.grp).where(inbox.c.event_id.in_(chunk), inbox.c.grp.in_(groups))
            for id_, group in await self._connection.execute(query):
                taken.setdefault(id_, set()).add(group)
        return taken


def inbox_id(id_: str) -> str:
    """The id as the inbox keeps it: ids of foreign clients may be of any length, and hold what no text column takes."""
    if len(id_) <= LABEL_MAX and id_.isprintable():
        return id_
    return hashlib.sha256(id_.encode(errors="surrogatepass")).hexdigest()


# Rows that nobody waits for any more: awaited and taken by all, or awaited by nobody and published.
CONFIRMED = and_(
    or_(outbox.c.awaited, outbox.c.published_at.is_not(None)),
    ~select(outbox_awaits.c.event_id).where(outbox_awaits.c.event_id == outbox.c.event_id).exists(),
)
