"""Dialogues and their invitees."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import RowMapping, and_, select

from samspil.adapters.sql.standings import standing_of, standing_row
from samspil.adapters.sql.statements import Statements, chunks
from samspil.adapters.sql.tables import dialogues, invitees, listings, profiles
from samspil.domain.dialogue import why_closed
from samspil.ports import Dialogue, DialogueState, Head, HeardMatch, InvitationStatus, Invitee, Offer, StoredDialogue
from samspil.ports.registry import PairKind
from samspil_schemas import DialogueAnnouncement, InvitationPolicy, Match, MatchFound


class DialogueStatements(Statements):
    """Reads and writes dialogues and their invitees. Who writes is alone (`alone`)."""

    async def dialogues_about(self, need_ids: Collection[str]) -> list[Dialogue]:
        """The dialogues about these needs that anything is known of."""
        found: list[Dialogue] = []
        for chunk in chunks(need_ids):
            query = select(dialogues).where(dialogues.c.need_id.in_(chunk))
            found += [_dialogue(row) for row in (await self._connection.execute(query)).mappings()]
        return found

    async def dialogue(self, dialogue_id: str) -> Dialogue | None:
        """The dialogue, held until the end of the transaction; None where nothing is known of it."""
        held = select(dialogues).where(dialogues.c.dialogue_id == dialogue_id).with_for_update()
        row = (await self._connection.execute(held)).mappings().first()
        return _dialogue(row) if row is not None else None

    async def standing_matches(self, need_id: str) -> list[MatchFound]:
        """The pairs of the need that match now."""
        pair = and_(listings.c.kind == PairKind.MATCH.value, listings.c.stands, listings.c.left_id == need_id)
        rows = (await self._connection.execute(select(listings).where(pair).order_by(listings.c.right_id))).mappings()
        return [
            MatchFound(
                **dict(Match.model_validate(row["content"])),
                space=row["space"],
                scorer=row["scorer"],
                found_at=row["evaluated_at"],
            )
            for row in rows
        ]

    async def put_dialogues(self, changed: Sequence[Dialogue]) -> None:
        """Store these."""
        await self._upsert(dialogues, [_dialogue_row(dialogue) for dialogue in changed])

    async def invitees(self, *, dialogue_ids: Collection[str] = (), invitation_ids: Collection[str] = ()) -> list[Invitee]:
        """All invitees of these dialogues, and those with these invitation ids."""
        found: dict[str, Invitee] = {}
        for column, ids in ((invitees.c.dialogue_id, dialogue_ids), (invitees.c.invitation_id, invitation_ids)):
            for chunk in chunks(ids):
                rows = (await self._connection.execute(select(invitees).where(column.in_(chunk)))).mappings()
                found |= {row["invitation_id"]: _invitee(row) for row in rows}
        return list(found.values())

    async def untold(self, supplier_ids: Collection[str]) -> list[Invitee]:
        """The invitees of these suppliers that an invitation was issued to, and who were not told of it."""
        found: list[Invitee] = []
        for chunk in chunks(supplier_ids):
            mine = and_(invitees.c.supplier_id.in_(chunk), invitees.c.status == InvitationStatus.ISSUED.value, ~invitees.c.told)
            found += [_invitee(row) for row in (await self._connection.execute(select(invitees).where(mine))).mappings()]
        return found

    async def put_invitees(self, changed: Sequence[Invitee]) -> None:
        """Store these."""
        now = self._clock.now()
        await self._upsert(invitees, [_invitee_row(invitee) | {"changed_at": now} for invitee in changed])

    async def reading_languages(self, supplier_ids: Collection[str]) -> dict[str, str]:
        """The first language that each supplier reads; absent where its profile is unknown or does not say."""
        languages: dict[str, str] = {}
        for chunk in chunks(supplier_ids):
            query = select(profiles.c.id, profiles.c.content["languages"][0].as_string()).where(profiles.c.id.in_(chunk))
            rows = await self._connection.execute(query)
            languages |= {supplier_id: language for supplier_id, language in rows if language}
        return languages


def stored_dialogue(row: RowMapping) -> StoredDialogue:
    """The dialogue in a row, as it is read; it was announced."""
    known = _dialogue(row)
    offer = known.standing.content
    if known.state is None or known.title is None or known.announcement is None or offer is None or known.said_at is None:
        raise ValueError(f"the dialogue {known.dialogue_id} was never announced")
    return StoredDialogue(
        dialogue_id=known.dialogue_id,
        revision=known.revision,
        need_id=known.need_id,
        title=known.title,
        buyer_id=offer.buyer_id,
        buyer_name=offer.buyer_name,
        language=offer.language,
        announcement=known.announcement,
        state=known.state,
        number=known.number,
        held_at=known.held_at,
        concluded_at=known.concluded_at,
        outcome=known.outcome,
        because=why_closed(known) if known.state is DialogueState.CANCELLED else None,
        said_at=known.said_at,
    )


def _dialogue(row: RowMapping) -> Dialogue:
    said, own = row["announcement"], row["own"]
    return Dialogue(
        dialogue_id=row["dialogue_id"],
        need_id=row["need_id"],
        standing=standing_of(row, Offer, id_=row["need_id"]),
        number=row["number"],
        own=DialogueAnnouncement.model_validate(own) if own is not None else None,
        called_off=row["called_off"],
        because=row["because"],
        policies={int(version): policy and InvitationPolicy(policy) for version, policy in row["policies"].items()},
        revision=row["revision"],
        title=row["title"],
        announcement=DialogueAnnouncement.model_validate(said) if said is not None else None,
        cancelled=row["cancelled"],
        held_at=row["held_at"],
        concluded_at=row["concluded_at"],
        outcome=row["outcome"],
        said_at=row["said_at"],
    )


def _dialogue_row(dialogue: Dialogue) -> dict[str, Any]:
    offer, said = dialogue.standing.content, dialogue.announcement
    row = standing_row(dialogue.standing)
    del row["id"]
    return row | {
        "dialogue_id": dialogue.dialogue_id,
        "need_id": dialogue.need_id,
        "number": dialogue.number,
        "own": dialogue.own.model_dump(mode="json") if dialogue.own else None,
        "called_off": dialogue.called_off,
        "because": dialogue.because,
        "held_at": dialogue.held_at,
        "concluded_at": dialogue.concluded_at,
        "outcome": dialogue.outcome,
        "said_at": dialogue.said_at,
        "policies": {str(version): policy and policy.value for version, policy in sorted(dialogue.policies.items())},
        "revision": dialogue.revision,
        "title": dialogue.title,
        "announcement": said.model_dump(mode="json") if said else None,
        "cancelled": dialogue.cancelled,
        "buyer_id": offer.buyer_id if offer else None,
        "starts_at": said.starts_at if said else None,
    }


def _invitee(row: RowMapping) -> Invitee:
    return Invitee(
        invitation_id=row["invitation_id"],
        dialogue_id=row["dialogue_id"],
        need_id=row["need_id"],
        supplier_id=row["supplier_id"],
        matches=tuple(HeardMatch.model_validate(match) for match in row["matches"]),
        need_head=Head(row["need_version"], row["need_withdrawn"]),
        profile_head=Head(row["profile_version"], row["profile_withdrawn"]),
        approved=row["approved"],
        status=InvitationStatus(row["status"]) if row["status"] else None,
        supplier_name=row["supplier_name"],
        score=row["score"],
        revision=row["revision"],
        issued_at=row["issued_at"],
        told=row["told"],
    )


def _invitee_row(invitee: Invitee) -> dict[str, Any]:
    return {
        "invitation_id": invitee.invitation_id,
        "dialogue_id": invitee.dialogue_id,
        "need_id": invitee.need_id,
        "supplier_id": invitee.supplier_id,
        "matches": [match.model_dump(mode="json") for match in invitee.matches],
        "need_version": invitee.need_head.version,
        "need_withdrawn": invitee.need_head.withdrawn,
        "profile_version": invitee.profile_head.version,
        "profile_withdrawn": invitee.profile_head.withdrawn,
        "approved": invitee.approved,
        "status": invitee.status.value if invitee.status else None,
        "supplier_name": invitee.supplier_name,
        "score": invitee.score,
        "revision": invitee.revision,
        "issued_at": invitee.issued_at,
        "told": invitee.told,
    }
