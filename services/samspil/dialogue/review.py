"""A buyer's review of the invitations that its dialogue does not send off by itself."""

from samspil.clock import Clock
from samspil.dialogue.handlers import GROUP
from samspil.dialogue.working import Working
from samspil.domain import invitations
from samspil.errors import NotFound
from samspil.ports import DialogueTransaction, InvitationStatus, Record, ReviewReadings, StoredInvitation


class Review:
    """Implements `DialogueReview`."""

    def __init__(self, record: Record[DialogueTransaction], *, readings: ReviewReadings, clock: Clock) -> None:
        self._record = record
        self._readings = readings
        self._clock = clock

    async def awaiting(
        self, *, need_id: str | None = None, buyer_id: str | None = None, limit: int = 100, offset: int = 0
    ) -> list[StoredInvitation]:
        """Invitations that await review, the best match first."""
        return await self._readings.awaiting_review(need_id=need_id, buyer_id=buyer_id, limit=limit, offset=offset)

    async def approve(self, invitation_id: str, *, buyer_id: str | None = None) -> bool:
        """Send the invitation off. False if it was sent before.

        Raises:
            NotFound: there is no such invitation, or its dialogue is not this buyer's.
            Conflict: its dialogue was cancelled, or the supplier no longer matches.
        """
        async with self._record.begin() as transaction:
            await transaction.alone(GROUP)
            found = await transaction.invitees(invitation_ids=[invitation_id])
            if not found:
                raise NotFound(f"There is no invitation {invitation_id}.", hint="Check the id.")
            (invitee,) = found
            working = await Working.load(transaction, pairs={(invitee.need_id, invitee.supplier_id)})
            dialogue = working.dialogue(invitee.dialogue_id)
            offer = dialogue.standing.content if dialogue else None
            if buyer_id is not None and (offer is None or offer.buyer_id != buyer_id):
                raise NotFound(f"There is no invitation {invitation_id}.", hint="Check the id.")
            if invitee.status is InvitationStatus.ISSUED:
                return False
            working.put(invitations.approved(invitee))
            await working.advance(at=self._clock.now())
        return True
