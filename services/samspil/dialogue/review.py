"""A buyer's review of the invitations that its dialogue does not send off by itself."""

from samspil.clock import Clock
from samspil.dialogue.handlers import GROUP
from samspil.dialogue.working import Working
from samspil.domain import invitations
from samspil.domain.dialogue_moves import Move, require
from samspil.errors import NotFound
from samspil.ports import DialogueTransaction, InvitationStatus, Record, ReviewReadings, StoredInvitation


class Review:
    """Implements `DialogueReview`."""

    def __init__(self, record: Record[DialogueTransaction], *, readings: ReviewReadings, clock: Clock) -> None:
        self._record = record
        self._readings = readings
        self._clock = clock

    async def awaiting(self, *, dialogue_id: str | None = None, limit: int = 100, offset: int = 0) -> list[StoredInvitation]:
        """Invitations that await review, the best match first."""
        return await self._readings.awaiting_review(dialogue_id=dialogue_id, limit=limit, offset=offset)

    async def approve(self, invitation_id: str, *, dialogue_id: str) -> bool:
        """Send the invitation off. False if it was sent before.

        Raises:
            NotFound: there is no such invitation to this dialogue.
            Conflict: its dialogue was cancelled, or the supplier no longer matches.
        """
        async with self._record.begin() as transaction:
            await transaction.alone(GROUP)
            found = await transaction.invitees(invitation_ids=[invitation_id])
            invitee = next((one for one in found if one.dialogue_id == dialogue_id), None)
            if invitee is None:
                raise NotFound(f"There is no invitation {invitation_id}.", hint="Look at the invitations that await review.")
            working = await Working.load(transaction, pairs={(invitee.need_id, invitee.supplier_id)})
            if invitee.status is InvitationStatus.ISSUED:
                return False
            if (dialogue := working.dialogue(dialogue_id)) is not None:
                require(dialogue, Move.INVITE)
            working.put(invitations.approved(invitee))
            await working.advance(at=self._clock.now())
        return True
