"""Invitations as they are read, by anyone and by the buyer who reviews them."""

from sqlalchemy import RowMapping, select

from samspil.adapters.sql.tables import dialogues, invitees
from samspil.ports import HeardMatch, InvitationStatus, StoredInvitation

INVITATIONS = (
    select(invitees, dialogues.c.title)
    .join(dialogues, dialogues.c.dialogue_id == invitees.c.dialogue_id)
    .where(invitees.c.status.is_not(None))
)


def stored_invitation(row: RowMapping) -> StoredInvitation:
    """The invitation in a row of `INVITATIONS`."""
    newest = max((HeardMatch.model_validate(match) for match in row["matches"]), key=lambda match: match.versions, default=None)
    return StoredInvitation(
        invitation_id=row["invitation_id"],
        revision=row["revision"],
        dialogue_id=row["dialogue_id"],
        need_id=row["need_id"],
        supplier_id=row["supplier_id"],
        supplier_name=row["supplier_name"],
        title=row["title"],
        status=InvitationStatus(row["status"]),
        score=row["score"],
        issued_at=row["issued_at"],
        told=row["told"],
        evidence=newest.evidence if newest is not None else (),
    )
