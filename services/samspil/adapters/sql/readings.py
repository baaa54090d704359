"""What can be read of the record."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Literal

from sqlalchemy import RowMapping, Select, and_, func, or_, select, tuple_

from samspil.adapters.sql.database import Database
from samspil.adapters.sql.dialogues import stored_dialogue
from samspil.adapters.sql.invitations import INVITATIONS, stored_invitation
from samspil.adapters.sql.messages import CONFIRMED
from samspil.adapters.sql.opinions import MATCHES
from samspil.adapters.sql.tables import dialogues, invitees, joint_needs, ledger, listings, needs, outbox, profiles
from samspil.domain.sameness import folded
from samspil.domain.similar import mirrored, with_copies
from samspil.ports import (
    InvitationStatus,
    LedgerRow,
    LedgerSummary,
    NeedStatus,
    StoredDialogue,
    StoredInvitation,
    StoredNeed,
    StoredProfile,
)
from samspil.ports.registry import PairKind
from samspil_schemas import Match, NeedStatement, SimilarNeed, SupplierProfile

_NEED_OPEN = and_(needs.c.content.is_not(None), ~needs.c.withdrawn)
_PROFILE_OPEN = and_(profiles.c.content.is_not(None), ~profiles.c.withdrawn)
_DIALOGUE_SAID = dialogues.c.revision > 0
_DIALOGUE_OPEN = and_(_DIALOGUE_SAID, ~dialogues.c.cancelled, dialogues.c.held_at.is_(None))
# Publications that are folded for a page, the best ones. A verdict lists a hundred, and each of those may list the need too.
FOLDED_MAX = 10_000
_SEEN = listings.outerjoin(needs, needs.c.id == listings.c.seen_by)
_STATEMENT = needs.c.content.label("statement")
_FOLDING = (listings.c.left_id, listings.c.right_id, listings.c.left_keys, listings.c.right_keys)
_PAIR = tuple_(listings.c.left_id, listings.c.right_id)
_SIMILAR = and_(listings.c.kind == PairKind.SIMILAR.value, listings.c.stands)
Total = Literal["needs", "profiles", "matches", "similar", "dialogues", "invitations", "joint_needs", "outbox"]


class SqlReadings:
    """Implements `Readings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def need(self, need_id: str) -> StoredNeed | None:
        """The need, or None."""
        rows = await self._rows(select(needs).where(needs.c.id == need_id, needs.c.content.is_not(None)))
        return _need(rows[0]) if rows else None

    async def needs(
        self, *, open_only: bool = True, buyer_id: str | None = None, limit: int = 100, offset: int = 0
    ) -> list[StoredNeed]:
        """Needs, the newest first."""
        query = select(needs).where(_NEED_OPEN if open_only else needs.c.content.is_not(None))
        if buyer_id is not None:
            query = query.where(needs.c.buyer_id == buyer_id)
        query = query.order_by(needs.c.changed_at.desc(), needs.c.id.desc())
        return [_need(row) for row in await self._rows(query.limit(limit).offset(offset))]

    async def profile(self, supplier_id: str) -> StoredProfile | None:
        """The profile, or None."""
        rows = await self._rows(select(profiles).where(profiles.c.id == supplier_id, profiles.c.content.is_not(None)))
        return _profile(rows[0]) if rows else None

    async def profiles(self, *, limit: int = 100, offset: int = 0) -> list[StoredProfile]:
        """Open profiles, by id."""
        query = select(profiles).where(_PROFILE_OPEN).order_by(profiles.c.id)
        return [_profile(row) for row in await self._rows(query.limit(limit).offset(offset))]

    async def matches_of_need(self, need_id: str, *, limit: int = 100, offset: int = 0) -> list[Match]:
        """Matches that hold, best first."""
        query = select(listings.c.content).where(MATCHES, listings.c.left_id == need_id)
        query = query.order_by(listings.c.score.desc(), listings.c.right_id)
        return [Match.model_validate(row["content"]) for row in await self._rows(query.limit(limit).offset(offset))]

    async def similar_to(self, need_id: str, *, limit: int = 100, offset: int = 0) -> list[SimilarNeed]:
        """The same need at other buyers, best first, each once. A pair is listed by one side; the other sees it mirrored."""
        mine = and_(_SIMILAR, or_(listings.c.left_id == need_id, listings.c.right_id == need_id))
        # The record has not heard of every need that a pair was seen by.
        seen = or_(listings.c.seen_by == need_id, needs.c.content.is_not(None))
        best_first = (listings.c.score.desc(), listings.c.left_id, listings.c.right_id)
        async with self._database.connection(writes=False) as connection:
            # A page is one of needs and not of publications, so all are folded, by their keys alone.
            folding = select(*_FOLDING).select_from(_SEEN).where(mine, seen).order_by(*best_first).limit(FOLDED_MAX)
            rows = (await connection.execute(folding)).mappings()
            finds = folded(list(rows), keys=lambda row: _keys(need_id, row))[offset : offset + limit]
            whole = select(listings.c.left_id, listings.c.right_id, listings.c.content, listings.c.seen_by, _STATEMENT)
            whole = whole.select_from(_SEEN).where(mine, seen, _PAIR.in_([_pair(row) for row, _ in finds]))
            contents = {_pair(row): row for row in (await connection.execute(whole)).mappings()}
        # What ended between the two queries is shown no more.
        return [
            with_copies(_seen_from(need_id, contents[_pair(row)]), [_other(need_id, copy) for copy in copies])
            for row, copies in finds
            if _pair(row) in contents
        ]

    async def dialogues(
        self, *, need_id: str | None = None, past: bool = False, limit: int = 100, offset: int = 0
    ) -> list[StoredDialogue]:
        """Dialogues that anyone can register for, the next first; `past`: also those that were held or cancelled."""
        query = select(dialogues).where(_DIALOGUE_SAID if past else _DIALOGUE_OPEN)
        if need_id is not None:
            query = query.where(dialogues.c.need_id == need_id)
        query = query.order_by(dialogues.c.starts_at.asc().nulls_last(), dialogues.c.dialogue_id)
        return [stored_dialogue(row) for row in await self._rows(query.limit(limit).offset(offset))]

    async def dialogue(self, dialogue_id: str) -> StoredDialogue | None:
        """The dialogue, cancelled or not, or None."""
        query = select(dialogues).where(dialogues.c.dialogue_id == dialogue_id, _DIALOGUE_SAID)
        rows = await self._rows(query)
        return stored_dialogue(rows[0]) if rows else None

    async def invitation(self, invitation_id: str) -> StoredInvitation | None:
        """The invitation, or None."""
        rows = await self._rows(INVITATIONS.where(invitees.c.invitation_id == invitation_id))
        return stored_invitation(rows[0]) if rows else None

    async def invitations(
        self,
        *,
        supplier_id: str | None = None,
        need_id: str | None = None,
        dialogue_id: str | None = None,
        issued_only: bool = False,
        told_only: bool = False,
        limit: int = 100,
        offset: int = 0,
    ) -> list[StoredInvitation]:
        """Invitations, the newest first; with `issued_only` none that never left the buyer's review.

        With `told_only` none that the supplier was not told of, because its preferences withhold it.
        """
        query = INVITATIONS.order_by(invitees.c.changed_at.desc(), invitees.c.invitation_id)
        if supplier_id is not None:
            query = query.where(invitees.c.supplier_id == supplier_id)
        if need_id is not None:
            query = query.where(invitees.c.need_id == need_id)
        if dialogue_id is not None:
            query = query.where(invitees.c.dialogue_id == dialogue_id)
        if issued_only:
            query = query.where(invitees.c.revision > 0)
        if told_only:
            query = query.where(invitees.c.told)
        return [stored_invitation(row) for row in await self._rows(query.limit(limit).offset(offset))]

    async def awaiting_review(
        self, *, dialogue_id: str | None = None, limit: int = 100, offset: int = 0
    ) -> list[StoredInvitation]:
        """Invitations that await review, the best match first."""
        query = INVITATIONS.where(invitees.c.status == InvitationStatus.AWAITING_REVIEW.value)
        query = query.order_by(invitees.c.score.desc(), invitees.c.invitation_id)
        if dialogue_id is not None:
            query = query.where(invitees.c.dialogue_id == dialogue_id)
        return [stored_invitation(row) for row in await self._rows(query.limit(limit).offset(offset))]

    async def ledger(
        self,
        *,
        need_id: str | None = None,
        buyer_id: str | None = None,
        status: NeedStatus | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[LedgerRow]:
        """Versions of needs and what became of them, the newest first."""
        query = select(ledger).order_by(ledger.c.known_at.desc(), ledger.c.need_id.desc(), ledger.c.version.desc())
        if need_id is not None:
            query = query.where(ledger.c.need_id == need_id)
        if buyer_id is not None:
            query = query.where(ledger.c.buyer_id == buyer_id)
        if status is not None:
            query = query.where(ledger.c.status == status.value)
        return [_ledger_row(row) for row in await self._rows(query.limit(limit).offset(offset))]

    async def ledger_summary(self, *, buyer_id: str | None = None) -> LedgerSummary:
        """How many stand where: of one buyer, or of all."""
        query = select(ledger.c.status, func.count().label("count"), func.min(ledger.c.accepted_at).label("oldest"))
        query = query.group_by(ledger.c.status)
        if buyer_id is not None:
            query = query.where(ledger.c.buyer_id == buyer_id)
        rows = {NeedStatus(row["status"]): row for row in await self._rows(query)}
        pending = rows.get(NeedStatus.PENDING)
        return LedgerSummary(
            counts={status: row["count"] for status, row in rows.items()},
            oldest_pending=pending["oldest"] if pending else None,
        )

    async def totals(self) -> Mapping[Total, int]:
        """How many of each stand open, and how many outbox rows wait."""
        counted: dict[Total, Select[Any]] = {
            "needs": select(func.count()).select_from(needs).where(_NEED_OPEN),
            "profiles": select(func.count()).select_from(profiles).where(_PROFILE_OPEN),
            "matches": select(func.count()).select_from(listings).where(MATCHES),
            "similar": select(func.count()).select_from(listings).where(_SIMILAR),
            "dialogues": select(func.count()).select_from(dialogues).where(_DIALOGUE_OPEN),
            "invitations": select(func.count()).select_from(invitees).where(invitees.c.status == InvitationStatus.ISSUED.value),
            "joint_needs": select(func.count()).select_from(joint_needs).where(joint_needs.c.is_open),
            "outbox": select(func.count()).select_from(outbox).where(~CONFIRMED),
        }
        query = select(*(counting.scalar_subquery().label(name) for name, counting in counted.items()))
        row = (await self._rows(query))[0]
        return {name: row[name] for name in counted}

    async def _rows(self, query: Select[Any]) -> list[RowMapping]:
        async with self._database.connection(writes=False) as connection:
            return list((await connection.execute(query)).mappings())


def _need(row: RowMapping) -> StoredNeed:
    return StoredNeed(
        need_id=row["id"],
        version=row["version"],
        statement=NeedStatement.model_validate(row["content"]),
        withdrawn=row["withdrawn"],
        changed_at=row["changed_at"],
    )


def _profile(row: RowMapping) -> StoredProfile:
    return StoredProfile(
        supplier_id=row["id"],
        version=row["version"],
        profile=SupplierProfile.model_validate(row["content"]),
        withdrawn=row["withdrawn"],
    )


def _seen_from(need_id: str, row: RowMapping) -> SimilarNeed:
    seen = SimilarNeed.model_validate(row["content"])
    return seen if row["seen_by"] == need_id else mirrored(seen, NeedStatement.model_validate(row["statement"]))


def _pair(row: RowMapping) -> tuple[str, str]:
    return row["left_id"], row["right_id"]


def _other(need_id: str, row: RowMapping) -> str:
    return str(row["right_id"] if row["left_id"] == need_id else row["left_id"])


def _keys(need_id: str, row: RowMapping) -> Sequence[str]:
    keys: list[str] = row["right_keys"] if row["left_id"] == need_id else row["left_keys"]
    return keys


def _ledger_row(row: RowMapping) -> LedgerRow:
    values: dict[str, Any] = {field.name: row[field.name] for field in fields(LedgerRow)}
    return LedgerRow(**(values | {"status": NeedStatus(row["status"])}))
