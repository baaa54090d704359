"""Announces dialogues about needs and joint needs, and leads them to their end, as those who may decide it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from samspil import ids
from samspil.clock import Clock
from samspil.dialogue.handlers import GROUP
from samspil.dialogue.working import Working
from samspil.domain import dialogue_moves as moves
from samspil.domain.dialogue import need_published
from samspil.domain.openness import require_none_open
from samspil.errors import Forbidden, NotFound
from samspil.ports import Dialogue, DialogueState, DialogueTransaction, Readings, Record, RecordedDialogue
from samspil.ports.joint_service import JointNeedTransaction
from samspil.ports.openness import OpenQuestions
from samspil_schemas import DialogueAnnouncement, Event

Decided = tuple[Dialogue, Event | None]


class KeepingTransaction(DialogueTransaction, JointNeedTransaction, OpenQuestions, Protocol):
    """One transaction of dialogues that knows who leads a joint need, and what is still asked."""


class KeptDialogues:
    """Implements `DialogueKeeping` over the record."""

    def __init__(self, record: Record[KeepingTransaction], *, readings: Readings, clock: Clock) -> None:
        self._record = record
        self._readings = readings
        self._clock = clock

    async def announce(self, need_id: str, announcement: DialogueAnnouncement, *, by: str) -> RecordedDialogue:
        """Announce a dialogue about a need of one's own, or about a joint need that one leads. The same again changes nothing.

        Raises:
            NotFound: there is no such open need.
            Forbidden: it is another body's, or one leads no such joint need.
            Conflict: it is one-to-one, and no open part was announced.
            Refused: it is one-to-one and has no slots, or it lies in the past.
        """
        need = await self._readings.need(need_id)
        if need is None or need.withdrawn:
            raise NotFound(f"There is no open need {need_id}.", hint="Check the id; a new need takes a moment to be recorded.")
        async with self._record.begin() as transaction:
            await transaction.alone(GROUP)
            await require_leader(transaction, need_id, buyer_id=need.statement.buyer.id, by=by)
            working = await Working.load(transaction, need_ids=[need_id])
            # The service may not have heard of the need on its topic yet.
            working.hear(need_id, lambda known: need_published(known, need.version, need.statement))
            about = working.about(need_id)
            for one in about:
                if one.number and one.own == announcement and one.state is DialogueState.ANNOUNCED:
                    return _recorded(one, changed=False)
            now = self._clock.now()
            new = moves.announced(need_id, about[0].standing, announcement, about, at=now)
            working.keep(new)
            for match in await transaction.standing_matches(need_id):
                working.hear_match(match)
            await working.advance(at=now)
            return _recorded(working.dialogue(new.dialogue_id) or new, changed=True)

    async def change(self, dialogue_id: str, announcement: DialogueAnnouncement, *, by: str) -> RecordedDialogue:
        """Change or move it: who was invited is told what changed, and who registered that it did."""
        return await self._decide(dialogue_id, lambda one, _, at: (moves.changed(one, announcement, at=at), None), by=by)

    async def cancel(self, dialogue_id: str, *, by: str, reason: str | None = None) -> RecordedDialogue:
        """Call it off: who was invited is told why, and who registered that it was."""
        return await self._decide(dialogue_id, lambda one, beside, _: (moves.cancelled(one, beside, reason=reason), None), by=by)

    async def hold(self, dialogue_id: str, *, by: str) -> RecordedDialogue:
        """Say that it took place; its announcement stands as it is from then on."""
        return await self._decide(dialogue_id, lambda one, _, at: moves.held(one, at=at), by=by)

    async def conclude(self, dialogue_id: str, *, by: str, outcome: str | None = None) -> RecordedDialogue:
        """Say that it is over, and what comes of it. Whoever asked has an answer or a reason by then."""
        return await self._decide(dialogue_id, lambda one, _, at: moves.concluded(one, outcome=outcome, at=at), by=by)

    async def _decide(
        self, dialogue_id: str, decide: Callable[[Dialogue, Sequence[Dialogue], datetime], Decided], *, by: str
    ) -> RecordedDialogue:
        """Decide of a dialogue, by itself, those about the same need, and the moment."""
        now = self._clock.now()
        async with self._record.begin() as transaction:
            await transaction.alone(GROUP)
            before = await transaction.dialogue(dialogue_id)
            if before is None or before.state is None:
                raise NotFound(f"There is no dialogue {dialogue_id}.", hint="Look for it at /v1/dialogues.")
            offer = before.standing.content
            await require_leader(transaction, before.need_id, buyer_id=offer.buyer_id if offer else None, by=by)
            working = await Working.load(transaction, need_ids=[before.need_id])
            decided, said = decide(before, working.about(before.need_id), now)
            if decided == before:
                return _recorded(before, changed=False)
            if decided.state is DialogueState.CONCLUDED:
                require_none_open(await transaction.open_questions(dialogue_id))
            working.keep(decided)
            await working.advance(at=now, also=[said] if said is not None else [])
            return _recorded(working.dialogue(dialogue_id) or decided, changed=True)


async def require_leader(transaction: JointNeedTransaction, need_id: str, *, buyer_id: str | None, by: str) -> None:
    """Refuse who does not lead it: of a joint need its owner and facilitators do, of any other need its buyer.

    Raises:
        Forbidden: another asks.
    """
    leaders = {buyer_id}
    if need_id.startswith(ids.JOINT_PREFIX):
        leaders = {
            lead for joint in await transaction.stored_joint_needs([need_id]) for lead in (joint.owner_id, *joint.facilitators)
        }
    if by not in leaders:
        raise Forbidden("Only the buyer of the need, or who leads the joint need, decides its dialogues.", hint="Ask that body.")


def _recorded(dialogue: Dialogue, *, changed: bool) -> RecordedDialogue:
    return RecordedDialogue(dialogue_id=dialogue.dialogue_id, revision=dialogue.revision, changed=changed)
