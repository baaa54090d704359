"""Brings the outbox to the log.

A row is published, and kept until its effect is *recorded*: a broker that acknowledged an event may still lose it. What is not
recorded in time is published again; all effects are keyed, so a repeat changes nothing.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import groupby
from operator import attrgetter

import structlog

from samspil.clock import Clock
from samspil.errors import Permanent, Transient
from samspil.ports import Again, Outbox, Publisher, Waiting

# Longer than any publish takes; a relay that dies holds its rows up for so long.
_LEASE = timedelta(seconds=30)
# A need waits in the log behind those before it: 2,400 of them are two minutes of two cores. Only what is lost should come again.
_FIRST_AGAIN = timedelta(minutes=3)
_LAST_AGAIN = timedelta(hours=1)
# How long to let a broker be that does not answer: at first, and at most.
_PAUSE_SECONDS = (0.1, 5.0)
# Confirmed rows are invisible already; removing them asks every row that waits.
_FORGET_EVERY = timedelta(seconds=5)
_PRUNE_EVERY = timedelta(hours=6)
# What other clients published has no row in the outbox. If the log lost it, or it waits for so long, it gets one.
_LOST_AFTER = timedelta(minutes=30)
_LOOK_AGAIN_EVERY = timedelta(minutes=5)
# The inbox would grow for ever. A repeat that comes later changes nothing either, for versions decide; only a tombstone, which
# has none, would withdraw a second time.
_INBOX_KEPT = timedelta(days=90)

_log = structlog.get_logger(__name__)


class Relay:
    """Publishes what waits in the outbox, in the order of each key. Any number of relays may run on one outbox."""

    def __init__(
        self,
        outbox: Outbox,
        *,
        again: Again,
        publisher: Publisher,
        clock: Clock,
        poll_seconds: float = 0.5,
        batch: int = 200,
    ) -> None:
        """Make a relay.

        Args:
            outbox: what waits.
            again: what stands, and should wait if the log has lost it.
            publisher: the log.
            clock: tells when to publish again.
            poll_seconds: how often to look for what other processes enqueued; those of this process wake the relay.
            batch: how many events are published at once.
        """
        self._outbox = outbox
        self._again = again
        self._publisher = publisher
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._batch = batch
        self._forget_at = self._prune_at = clock.now()
        self._look_again_at = clock.now() + _LOOK_AGAIN_EVERY

    async def run(self) -> None:
        """Publish until cancelled; a broker or a database that does not answer is asked again, ever more slowly."""
        pause = _PAUSE_SECONDS[0]
        while True:
            try:
                published = await self.publish_due()
                await self._tidy()
            except Transient as error:
                _log.warning("relay_waits", error=error.message, seconds=pause)
                await self._clock.sleep(pause)
                pause = min(pause * 2, _PAUSE_SECONDS[1])
            else:
                pause = _PAUSE_SECONDS[0]
                if not published:
                    await self._rest()

    async def publish_due(self) -> int:
        """Publish one batch of what is due; returns how many events.

        Raises:
            Transient: the broker or the database does not answer; what was not published is due again at once.
        """
        waiting = await self._outbox.claim(limit=self._batch, lease=_LEASE)
        if waiting:
            await self._publish(waiting)
            await self._mark(waiting)
        return len(waiting)

    async def broker_restarted(self) -> None:
        """The broker has lost what it held: everything that is not recorded is to be published again, at once."""
        await self._again.unanswered(older_than=timedelta(0))
        count = await self._outbox.all_due()
        _log.info("outbox_published_again", rows=count)

    async def _publish(self, waiting: Sequence[Waiting]) -> None:
        ids = [row.event_id for row in waiting]
        try:
            await self._publisher.publish([row.event for row in waiting])
        except (Transient, asyncio.CancelledError):
            await self._give_back(ids)
            raise
        except Permanent:
            # One event that the broker will never take must not hold up the others.
            await self._publish_singly(waiting)

    async def _publish_singly(self, waiting: Sequence[Waiting]) -> None:
        for place, row in enumerate(waiting):
            try:
                await self._publisher.publish([row.event])
            except Transient:
                await self._mark(waiting[:place])
                await self._give_back([late.event_id for late in waiting[place:]])
                raise
            except Permanent:
                _log.exception("event_refused_by_broker", event_id=row.event_id, attempts=row.attempts)

    async def _give_back(self, event_ids: Sequence[str]) -> None:
        # If the database fails too, the lease ends by itself.
        with suppress(Transient):
            await self._outbox.give_back(event_ids)

    async def _mark(self, waiting: Sequence[Waiting]) -> None:
        for attempts, rows in groupby(sorted(waiting, key=attrgetter("attempts")), key=attrgetter("attempts")):
            again_after = min(_FIRST_AGAIN * 2 ** min(attempts, 10), _LAST_AGAIN)
            await self._outbox.published([row.event_id for row in rows], again_after=again_after)

    async def _tidy(self) -> None:
        now = self._clock.now()
        if now >= self._forget_at:
            self._forget_at = now + _FORGET_EVERY
            await self._outbox.forget_confirmed()
        if now >= self._look_again_at:
            self._look_again_at = now + _LOOK_AGAIN_EVERY
            if count := await self._again.unanswered(older_than=_LOST_AFTER):
                _log.warning("unanswered_published_again", rows=count)
        if now >= self._prune_at:
            self._prune_at = now + _PRUNE_EVERY
            if count := await self._outbox.prune_inbox(older_than=_INBOX_KEPT):
                _log.info("inbox_pruned", rows=count)

    async def _rest(self) -> None:
        """Wait for a commit of this process that enqueued, or for the next poll."""
        await _first_of(self._outbox.enqueued(), self._clock.sleep(self._poll_seconds))


async def _first_of(*waits: Awaitable[None]) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
