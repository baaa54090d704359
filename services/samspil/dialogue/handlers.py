"""Turns needs and matches into dialogues and invitations.

Delivery is at least once and in any order. A batch is one transaction: facts, invitations, inbox and outbox stand or fall
together. Both topics write what they heard, then look at what was heard of the other, so no invitation is missed however they
interleave; the transactions of the service exclude each other.
"""

from collections.abc import Sequence
from functools import partial

from samspil.clock import Clock
from samspil.dialogue.working import Working
from samspil.domain.dialogue import need_buried, need_published, need_withdrawn
from samspil.ports import DialogueTransaction, Received, Record
from samspil_schemas import MatchFound, MatchWithdrawn, NeedPublished, NeedWithdrawn

GROUP = "dialogue"


class Dialogues:
    """The handlers of the dialogue service. Both raise `RecordUnavailable` if the database does not answer."""

    def __init__(self, record: Record[DialogueTransaction], *, clock: Clock) -> None:
        self._record = record
        self._clock = clock

    async def needs(self, batch: Sequence[Received]) -> None:
        """Announce, change and cancel the dialogues of needs, and their invitations."""
        async with self._record.begin() as transaction:
            await transaction.alone(GROUP)
            fresh = await transaction.first_time(GROUP, [received.event_id for received in batch])
            working = await Working.load(transaction, need_ids={received.key for received in batch})
            for received in batch:
                match received.event:
                    case NeedPublished(version=version, statement=statement):
                        working.hear(received.key, partial(need_published, version=version, statement=statement))
                    case NeedWithdrawn(version=version, reason=reason):
                        working.hear(received.key, partial(need_withdrawn, version=version, reason=reason))
                    case None if received.event_id in fresh:
                        # A tombstone has no version, so it counts only the first time.
                        fresh.discard(received.event_id)
                        working.hear(received.key, need_buried)
            await working.advance(at=self._clock.now())

    async def matches(self, batch: Sequence[Received]) -> None:
        """Invite the matched suppliers of needs that announce a dialogue."""
        events = [received.event for received in batch if isinstance(received.event, MatchFound | MatchWithdrawn)]
        async with self._record.begin() as transaction:
            await transaction.alone(GROUP)
            await transaction.first_time(GROUP, [received.event_id for received in batch])
            working = await Working.load(transaction, pairs={(event.need_id, event.supplier_id) for event in events})
            for event in events:
                working.hear_match(event)
            await working.advance(at=self._clock.now())
