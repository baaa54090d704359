"""Takes what people and files submit. What stands and what is to be published change in one transaction."""

from dataclasses import replace
from typing import Any, TypeVar

from pydantic import ValidationError

from samspil.adapters.sql.database import Database
from samspil.adapters.sql.transaction import SqlTransaction
from samspil.domain import ledger
from samspil.domain.standing import published, withdrawn
from samspil.errors import Conflict, Malformed, NotFound, Outdated
from samspil.ports import SourceOrder, Standing, Submitted, readers_of
from samspil.ports.registry import LedgerEntry
from samspil_schemas import (
    Event,
    NeedPublished,
    NeedStatement,
    NeedWithdrawn,
    ProfilePublished,
    ProfileWithdrawn,
    SupplierProfile,
    topics,
)
from samspil_schemas.base import VERSION_MAX

NEED_READERS = readers_of(topics.NEEDS)
PROFILE_READERS = readers_of(topics.SUPPLIERS)

EventT = TypeVar("EventT", bound=Event)


class SqlSubmissions:
    """Implements `Submissions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def submit_need(self, need_id: str, statement: NeedStatement, *, order: SourceOrder | None = None) -> Submitted:
        """Store the need as its next version, or nothing if its content is what stands.

        Raises:
            Outdated: the record holds a newer version of the same source.
            Conflict: the need belongs to another buyer.
        """
        async with self._database.begin() as transaction:
            known = (await transaction.needs_known([need_id]))[need_id]
            _refuse_foreign_hands(known, statement)
            _refuse_older(known, order)
            if _says_nothing_new(known, statement, order):
                if order not in (None, known.order):
                    await transaction.put_needs([replace(known, order=order)])
                return Submitted(id=need_id, version=known.version, changed=False)
            version = _next_version(known)
            event = _event(NeedPublished, need_id=need_id, version=version, statement=statement)
            standing = replace(published(known, version, statement), order=order or known.order)
            await transaction.put_needs([standing])
            await self._settle(transaction, standing, accepted=statement)
            await transaction.supersede(topics.NEEDS, [need_id])
            await transaction.enqueue([event], awaiting=NEED_READERS)
        return Submitted(id=need_id, version=version, changed=True)

    async def withdraw_need(self, need_id: str, *, reason: str | None = None) -> Submitted:
        """Withdraw the need in its current version; NotFound if there is none."""
        async with self._database.begin() as transaction:
            known = (await transaction.needs_known([need_id]))[need_id]
            if not known.version:
                raise NotFound(f"There is no need {need_id}.", hint="Check the id.")
            if known.withdrawn:
                return Submitted(id=need_id, version=known.version, changed=False)
            event = _event(NeedWithdrawn, need_id=need_id, version=known.version, reason=reason)
            standing = withdrawn(known, known.version, reason=event.reason)
            await transaction.put_needs([standing])
            await self._settle(transaction, standing)
            await transaction.supersede(topics.NEEDS, [need_id])
            await transaction.enqueue([event], awaiting=NEED_READERS)
        return Submitted(id=need_id, version=known.version, changed=True)

    async def submit_profile(self, supplier_id: str, profile: SupplierProfile) -> Submitted:
        """Store the profile as its next version, or nothing if its content is what stands."""
        async with self._database.begin() as transaction:
            known = (await transaction.profiles_known([supplier_id]))[supplier_id]
            if known.is_open and _stands(known, profile):
                return Submitted(id=supplier_id, version=known.version, changed=False)
            version = _next_version(known)
            event = _event(ProfilePublished, supplier_id=supplier_id, version=version, profile=profile)
            await transaction.put_profiles([published(known, version, profile)])
            await transaction.supersede(topics.SUPPLIERS, [supplier_id])
            await transaction.enqueue([event], awaiting=PROFILE_READERS)
        return Submitted(id=supplier_id, version=version, changed=True)

    async def withdraw_profile(self, supplier_id: str, *, reason: str | None = None) -> Submitted:
        """Withdraw the profile in its current version; NotFound if there is none."""
        async with self._database.begin() as transaction:
            known = (await transaction.profiles_known([supplier_id]))[supplier_id]
            if not known.version:
                raise NotFound(f"There is no profile of {supplier_id}.", hint="Check the id.")
            if known.withdrawn:
                return Submitted(id=supplier_id, version=known.version, changed=False)
            event = _event(ProfileWithdrawn, supplier_id=supplier_id, version=known.version, reason=reason)
            await transaction.put_profiles([withdrawn(known, known.version, reason=event.reason)])
            await transaction.supersede(topics.SUPPLIERS, [supplier_id])
            await transaction.enqueue([event], awaiting=PROFILE_READERS)
        return Submitted(id=supplier_id, version=known.version, changed=True)

    async def _settle(
        self, transaction: SqlTransaction, standing: Standing[NeedStatement], *, accepted: NeedStatement | None = None
    ) -> None:
        now = self._database.clock.now()
        entries = {entry.version: entry for entry in await transaction.ledger_entries([standing.id])}
        if accepted is not None:
            entry = entries.get(standing.version) or LedgerEntry(need_id=standing.id, version=standing.version)
            entries[standing.version] = ledger.accepted(entry, accepted, at=now)
        await transaction.put_ledger_entries([ledger.settled(entry, standing, at=now) for entry in entries.values()])


def _refuse_foreign_hands(known: Standing[NeedStatement], statement: NeedStatement) -> None:
    if known.content is not None and known.content.buyer.id != statement.buyer.id:
        raise Conflict(f"The need {known.id} belongs to another buyer.", hint="Publish it under an id of your own.")


def _refuse_older(known: Standing[NeedStatement], order: SourceOrder | None) -> None:
    if order is not None and known.order is not None and _rank(order) < _rank(known.order):
        raise Outdated(
            f"The record holds a newer version of the need {known.id}, published {known.order.published_at.isoformat()}.",
            hint="Import the newest version of the source, or nothing.",
        )


def _rank(order: SourceOrder) -> tuple[object, int]:
    return order.published_at, order.number


def _says_nothing_new(known: Standing[NeedStatement], statement: NeedStatement, order: SourceOrder | None) -> bool:
    if not _stands(known, statement):
        return False
    # The same version of the same source again does not open a need that its owner has withdrawn since.
    same_source_again = order is not None and known.order is not None and _rank(order) == _rank(known.order)
    return known.is_open or same_source_again


def _stands(known: Standing[Any], content: object) -> bool:
    # The content of an older version is not what stands where a newer version is known to be.
    return known.content == content and known.content_version == known.version


def _next_version(known: Standing[Any]) -> int:
    if known.version >= VERSION_MAX:
        raise Conflict(f"{known.id} has come to the highest version.", hint="Publish it under a new id.")
    return known.version + 1


def _event(model: type[EventT], **values: object) -> EventT:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Malformed(f"This cannot be published: {where}: {first['msg']}.", hint="Change it and send it again.") from error
