"""The ledger: what became of each version of each need."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import RowMapping, select

from samspil.adapters.sql.statements import Statements, chunks, storable
from samspil.adapters.sql.tables import ledger
from samspil.ports import NeedStatus
from samspil.ports.registry import LedgerEntry


class LedgerStatements(Statements):
    """Reads and writes entries of the ledger. Who writes holds the standing of the need (`needs_known`)."""

    async def ledger_entries(self, need_ids: Collection[str]) -> list[LedgerEntry]:
        """All known versions of these needs."""
        entries: list[LedgerEntry] = []
        for chunk in chunks(need_ids):
            query = select(ledger).where(ledger.c.need_id.in_(chunk)).order_by(ledger.c.need_id, ledger.c.version)
            entries += [_entry(row) for row in (await self._connection.execute(query)).mappings()]
        return entries

    async def put_ledger_entries(self, entries: Sequence[LedgerEntry]) -> None:
        """Store these entries; when a version was first heard of stays."""
        now = self._clock.now()
        rows = [_row(entry) | {"known_at": now} for entry in entries]
        await self._upsert(ledger, rows, keep=("known_at",))


def _row(entry: LedgerEntry) -> dict[str, Any]:
    # Why a record was refused may quote it, whatever it held.
    return {name: storable(value) for name, value in asdict(entry).items()} | {"status": entry.status.value}


def _entry(row: RowMapping) -> LedgerEntry:
    values: dict[str, Any] = {field.name: row[field.name] for field in fields(LedgerEntry)}
    return LedgerEntry(**(values | {"status": NeedStatus(row["status"]), "regions": tuple(row["regions"] or ())}))
