"""Registrations to dialogues within a transaction."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, select, update

from samspil.adapters.sql.statements import Statements, chunks
from samspil.adapters.sql.tables import profiles, registrations
from samspil.ports import Registration
from samspil_schemas import RegistrationStatus, Slot


class RegistrationStatements(Statements):
    """Reads and writes registrations. Who writes those of a dialogue holds the dialogue (`dialogue`)."""

    async def registrations(self, dialogue_id: str) -> list[Registration]:
        """All of the dialogue, in order of their numbers."""
        rows = (await self._connection.execute(registrations_of(dialogue_id))).mappings()
        return [registration(row) for row in rows]

    async def put_registrations(self, changed: Sequence[Registration]) -> None:
        """Store these."""
        # No two of a dialogue have one slot, not even between two statements: all of these let go of theirs first.
        for dialogue_id in sorted({one.dialogue_id for one in changed}):
            mine = registrations.c.dialogue_id == dialogue_id
            for chunk in chunks([one.supplier_id for one in changed if one.dialogue_id == dialogue_id]):
                held = (mine, registrations.c.supplier_id.in_(chunk), registrations.c.slot_starts_at.is_not(None))
                await self._connection.execute(update(registrations).where(*held).values(slot_starts_at=None))
        await self._upsert(registrations, [_row(one) for one in changed])

    async def organisations(self, supplier_ids: Collection[str]) -> dict[str, tuple[str, str]]:
        """Name and country of those of these suppliers whose profiles stand."""
        found: dict[str, tuple[str, str]] = {}
        name, country = profiles.c.content["name"].as_string(), profiles.c.content["country"].as_string()
        for chunk in chunks(supplier_ids):
            stands = (profiles.c.id.in_(chunk), profiles.c.content.is_not(None), ~profiles.c.withdrawn)
            rows = await self._connection.execute(select(profiles.c.id, name, country).where(*stands))
            found |= {id_: (named, where) for id_, named, where in rows}
        return found


def registrations_of(dialogue_id: str) -> Select[Any]:
    """Those of one dialogue, in order of their numbers."""
    query = select(registrations).where(registrations.c.dialogue_id == dialogue_id)
    return query.order_by(registrations.c.number, registrations.c.supplier_id)


def registration(row: RowMapping) -> Registration:
    """The registration in a row."""
    return Registration(
        dialogue_id=row["dialogue_id"],
        supplier_id=row["supplier_id"],
        number=row["number"],
        revision=row["revision"],
        status=RegistrationStatus(row["status"]),
        slot=_slot(row["slot_starts_at"], row["slot_ends_at"]),
        last_slot=_slot(row["last_slot_starts_at"], row["last_slot_ends_at"]),
        name=row["name"],
        country=row["country"],
        slots=tuple(datetime.fromisoformat(start) for start in row["slots"]),
        reason=row["reason"],
        answered=row["answered"],
        changed_at=row["changed_at"],
    )


def _slot(starts_at: datetime | None, ends_at: datetime | None) -> Slot | None:
    return Slot(starts_at=starts_at, ends_at=ends_at) if starts_at is not None and ends_at is not None else None


def _row(entry: Registration) -> dict[str, Any]:
    return {
        "dialogue_id": entry.dialogue_id,
        "supplier_id": entry.supplier_id,
        "number": entry.number,
        "revision": entry.revision,
        "status": entry.status.value,
        "slot_starts_at": entry.slot.starts_at if entry.slot else None,
        "slot_ends_at": entry.slot.ends_at if entry.slot else None,
        "last_slot_starts_at": entry.last_slot.starts_at if entry.last_slot else None,
        "last_slot_ends_at": entry.last_slot.ends_at if entry.last_slot else None,
        "name": entry.name,
        "country": entry.country,
        "slots": [start.isoformat() for start in entry.slots],
        "reason": entry.reason,
        "answered": entry.answered,
        "changed_at": entry.changed_at,
    }
