"""Needs and profiles as the record holds them: the standing of each over all its versions."""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from sqlalchemy import RowMapping, Table, select

from samspil.adapters.sql.statements import Statements, chunks
from samspil.adapters.sql.tables import needs, profiles
from samspil.ports import SourceOrder, Standing
from samspil_schemas import Model, NeedStatement, SupplierProfile

ModelT = TypeVar("ModelT", bound=Model)


class StandingStatements(Statements):
    """Reads and writes the standings of needs and profiles."""

    async def needs_known(self, need_ids: Collection[str]) -> dict[str, Standing[NeedStatement]]:
        """The standing of every one of these needs, unknown ones at version 0, held until the end of the transaction."""
        return await self._known(needs, need_ids, NeedStatement)

    async def needs_standing(self, need_ids: Collection[str]) -> dict[str, Standing[NeedStatement]]:
        """The standing of those of these needs that are known, as it is now; it is not held."""
        found: dict[str, Standing[NeedStatement]] = {}
        for chunk in chunks(need_ids):
            rows = (await self._connection.execute(select(needs).where(needs.c.id.in_(chunk)))).mappings()
            found |= {row["id"]: standing_of(row, NeedStatement, id_=row["id"]) for row in rows}
        return found

    async def put_needs(self, known: Sequence[Standing[NeedStatement]]) -> None:
        """Store these standings."""
        rows = [self._row(one) | {"buyer_id": one.content.buyer.id if one.content else None} for one in known]
        await self._upsert(needs, rows)

    async def profiles_known(self, supplier_ids: Collection[str]) -> dict[str, Standing[SupplierProfile]]:
        """The standing of every one of these profiles, unknown ones at version 0, held until the end of the transaction."""
        return await self._known(profiles, supplier_ids, SupplierProfile)

    async def put_profiles(self, known: Sequence[Standing[SupplierProfile]]) -> None:
        """Store these standings."""
        await self._upsert(profiles, [self._row(one) for one in known])

    async def _known(self, table: Table, ids: Collection[str], model: type[ModelT]) -> dict[str, Standing[ModelT]]:
        found: dict[str, Standing[ModelT]] = {}
        for chunk in chunks(ids):
            # A row that was not there cannot be locked; an empty one can, and makes a second writer of the same id wait.
            await self._insert_new(table, [empty_standing(id_) for id_ in chunk])
            query = select(table).where(table.c.id.in_(chunk)).order_by(table.c.id).with_for_update()
            rows = (await self._connection.execute(query)).mappings()
            found |= {row["id"]: standing_of(row, model, id_=row["id"]) for row in rows}
        return found

    def _row(self, known: Standing[Any]) -> dict[str, Any]:
        return standing_row(known) | {
            "source_published_at": known.order.published_at if known.order else None,
            "source_number": known.order.number if known.order else None,
            "changed_at": self._clock.now(),
        }


def empty_standing(id_: str) -> dict[str, Any]:
    """The row of a thing that nothing is known of."""
    return {"id": id_, "version": 0, "withdrawn": False, "withdrawn_version": 0, "content_version": 0}


def standing_row(known: Standing[Any]) -> dict[str, Any]:
    """The columns of a standing."""
    return {
        "id": known.id,
        "version": known.version,
        "withdrawn": known.withdrawn,
        "withdrawn_version": known.withdrawn_version,
        "reason": known.reason,
        "content_version": known.content_version,
        "content": known.content.model_dump(mode="json") if known.content is not None else None,
    }


def standing_of(row: RowMapping, model: type[ModelT], *, id_: str) -> Standing[ModelT]:
    """The standing in a row; its order too, where the table has one."""
    order = None
    if row.get("source_published_at") is not None:
        order = SourceOrder(published_at=row["source_published_at"], number=row["source_number"])
    return Standing(
        id=id_,
        version=row["version"],
        withdrawn=row["withdrawn"],
        withdrawn_version=row["withdrawn_version"],
        reason=row["reason"],
        content_version=row["content_version"],
        content=model.model_validate(row["content"]) if row["content"] is not None else None,
        order=order,
    )
