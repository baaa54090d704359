"""Turns needs and matches into dialogues and invitations, and heeds what suppliers say of their matches and answer to dialogues.

Delivery is at least once and in any order. A batch is one transaction: facts, invitations, inbox and outbox stand or fall
together. Needs and matches write what they heard, then look at what was heard of the other, so no invitation is missed however
they interleave; the transactions of the service exclude each other.
"""

from collections.abc import Sequence
from functools import partial

from samspil.clock import Clock
from samspil.dialogue.registering import heed
from samspil.dialogue.working import Working
from samspil.domain.dialogue import need_buried, need_published, need_withdrawn
from samspil.domain.preferences import checked, checked_lift, lift_of, newest_lifts, newest_words, opinion_of
from samspil.ports import FEEDBACK_LOCK, DialogueTransaction, Received, Record
from samspil_schemas import (
    FeedbackGiven,
    MatchFound,
    MatchWithdrawn,
    NeedPublished,
    NeedWithdrawn,
    PreferencesLifted,
    ResponseGiven,
)

GROUP = "dialogue"


class Dialogues:
    """The handlers of the dialogue service. All raise `RecordUnavailable` if the database does not answer."""

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

    async def responses(self, batch: Sequence[Received]) -> None:
        """Keep what suppliers say of their matches and answer to dialogues, and tell them what became of it.

        Feedback may come before its match, or after the match has ended; it is kept all the same. An answer to a dialogue that
        a rule is against is answered with the reason.

        Raises:
            Refused: feedback is on a match that is not the supplier's, or was given in the future; or an answer is to a dialogue
                that does not exist.
        """
        now = self._clock.now()
        events = [received.event for received in batch]
        opinions = [checked(opinion_of(event), now=now) for event in events if isinstance(event, FeedbackGiven)]
        lifts = [checked_lift(lift_of(event), now=now) for event in events if isinstance(event, PreferencesLifted)]
        suppliers = {opinion.supplier_id for opinion in opinions} | {lift.supplier_id for lift in lifts}
        async with self._record.begin() as transaction:
            await transaction.alone(GROUP)
            await transaction.alone(FEEDBACK_LOCK)
            await transaction.first_time(GROUP, [received.event_id for received in batch])
            known = await transaction.opinions_on({opinion.match_id for opinion in opinions})
            await transaction.put_opinions(list(newest_words([*known.values(), *opinions]).values()))
            lifted = await transaction.lifts_of({lift.supplier_id for lift in lifts})
            await transaction.put_lifts(newest_lifts([*lifted, *lifts]))
            answers = [event for event in events if isinstance(event, ResponseGiven)]
            registered = await heed(transaction, answers, at=now)
            working = await Working.load(transaction, untold=suppliers)
            await working.advance(at=now, also=registered)
