"""Publishes and withdraws needs within a transaction: the standing, the ledger and the outbox change together."""

from dataclasses import replace
from typing import TypeVar

from pydantic import ValidationError

from samspil.adapters.sql.ledger import LedgerStatements
from samspil.adapters.sql.messages import MessageStatements
from samspil.adapters.sql.standings import StandingStatements
from samspil.domain import ledger
from samspil.domain.standing import published, withdrawn
from samspil.errors import Conflict, Malformed
from samspil.ports import SourceOrder, Standing, readers_of
from samspil.ports.registry import LedgerEntry
from samspil_schemas import Event, NeedPublished, NeedStatement, NeedWithdrawn, topics
from samspil_schemas.base import VERSION_MAX

NEED_READERS = readers_of(topics.NEEDS)

ContentT = TypeVar("ContentT")
EventT = TypeVar("EventT", bound=Event)


class NeedPublishing(MessageStatements, StandingStatements, LedgerStatements):
    """Publishes and withdraws needs whose standing the transaction holds (`needs_known`)."""

    async def publish_need(
        self, known: Standing[NeedStatement], statement: NeedStatement, *, order: SourceOrder | None = None
    ) -> int:
        """Publish the statement as the next version of the need, which is returned.

        Raises:
            Conflict: there is no higher version.
            Malformed: the event would be against the contract.
        """
        version = next_version(known)
        event = event_of(NeedPublished, need_id=known.id, version=version, statement=statement)
        standing = replace(published(known, version, statement), order=order or known.order)
        await self.put_needs([standing])
        await self._settle(standing, accepted=statement)
        await self._say(known.id, event)
        return version

    async def retract_need(self, known: Standing[NeedStatement], *, reason: str | None) -> None:
        """Withdraw the need in its current version.

        Raises:
            Malformed: the event would be against the contract.
        """
        event = event_of(NeedWithdrawn, need_id=known.id, version=known.version, reason=reason)
        standing = withdrawn(known, known.version, reason=event.reason)
        await self.put_needs([standing])
        await self._settle(standing)
        await self._say(known.id, event)

    async def _say(self, need_id: str, event: Event) -> None:
        await self.supersede(topics.NEEDS, [need_id])
        await self.enqueue([event], awaiting=NEED_READERS)

    async def _settle(self, standing: Standing[NeedStatement], *, accepted: NeedStatement | None = None) -> None:
        now = self._clock.now()
        entries = {entry.version: entry for entry in await self.ledger_entries([standing.id])}
        if accepted is not None:
            entry = entries.get(standing.version) or LedgerEntry(need_id=standing.id, version=standing.version)
            entries[standing.version] = ledger.accepted(entry, accepted, at=now)
        await self.put_ledger_entries([ledger.settled(entry, standing, at=now) for entry in entries.values()])


def says_what_stands(known: Standing[ContentT], content: ContentT) -> bool:
    """True if the content is that of the newest version that is known."""
    # The content of an older version is not what stands where a newer version is known to be.
    return known.content == content and known.content_version == known.version


def next_version(known: Standing[ContentT]) -> int:
    """The version after the newest that is known.

    Raises:
        Conflict: there is none.
    """
    if known.version >= VERSION_MAX:
        raise Conflict(f"{known.id} has come to the highest version.", hint="Publish it under a new id.")
    return known.version + 1


def event_of(model: type[EventT], **values: object) -> EventT:
    """The event with these values.

    Raises:
        Malformed: it would be against the contract.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Malformed(f"This cannot be published: {where}: {first['msg']}.", hint="Change it and send it again.") from error
