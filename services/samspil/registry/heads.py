"""Joins what is published and withdrawn into the record's needs and profiles, and settles the ledger."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from samspil.domain import ledger
from samspil.domain.standing import buried, published, withdrawn
from samspil.ports import Head, LedgerEntry, Received, RegistryTransaction, Standing
from samspil_schemas import NeedPublished, NeedStatement, NeedWithdrawn, ProfilePublished, ProfileWithdrawn

ContentT = TypeVar("ContentT")


@dataclass(frozen=True, kw_only=True)
class Joined(Generic[ContentT]):
    """What stands after a batch.

    standings: of every id in the batch.
    changed: the ids whose standing is another than before.
    advanced: the ids whose newest state is newer than before, with the ids of the events that made it so.
    """

    standings: Mapping[str, Standing[ContentT]]
    changed: Collection[str]
    advanced: Mapping[str, str]


def joined(known: Mapping[str, Standing[ContentT]], batch: Sequence[Received], *, fresh: Collection[str]) -> Joined[ContentT]:
    """Join a batch into what is known. A tombstone has no version, so it counts only the first time (`fresh`)."""
    standings, advanced, buried_by = dict(known), dict[str, str](), set[str]()
    for received in batch:
        before = standings[received.key]
        if received.event is not None:
            after = _joined(before, received.event)
        elif received.event_id in fresh and received.event_id not in buried_by:
            buried_by.add(received.event_id)
            after = buried(before)
        else:
            continue
        standings[received.key] = after
        if _head(after) > _head(before):
            advanced[received.key] = received.event_id
    changed = {id_ for id_, standing in standings.items() if standing != known[id_]}
    return Joined(standings=standings, changed=changed, advanced=advanced)


def _joined(standing: Standing[Any], event: object) -> Standing[Any]:
    match event:
        case NeedPublished(version=version, statement=content):
            return published(standing, version, content)
        case ProfilePublished(version=version, profile=content):
            return published(standing, version, content)
        case NeedWithdrawn(version=version, reason=reason) | ProfileWithdrawn(version=version, reason=reason):
            return withdrawn(standing, version, reason=reason)
        case _:
            return standing


def _head(standing: Standing[Any]) -> Head:
    return Head(standing.version, standing.withdrawn)


class Entries:
    """The ledger's entries of some needs: change them, then `settle`."""

    def __init__(self, entries: Iterable[LedgerEntry]) -> None:
        self._stored = {(entry.need_id, entry.version): entry for entry in entries}
        self._now = dict(self._stored)

    @classmethod
    async def load(cls, need_ids: Collection[str], *, transaction: RegistryTransaction) -> "Entries":
        """All known versions of these needs."""
        return cls(await transaction.ledger_entries(need_ids))

    def accept(self, event: NeedPublished, *, at: datetime) -> None:
        """A version was published."""
        self._put(ledger.accepted(self._entry(event.need_id, event.version), event.statement, at=at))

    def evaluate(self, need_id: str, version: int, *, matches: int, similar: int, at: datetime) -> None:
        """A version was given a verdict."""
        self._put(ledger.evaluated(self._entry(need_id, version), matches=matches, similar=similar, at=at))

    def refuse(self, need_id: str, version: int, *, reason: str, at: datetime) -> None:
        """A version was put to the dead letters."""
        self._put(ledger.refused(self._entry(need_id, version), reason=reason, at=at))

    async def settle(
        self, standings: Mapping[str, Standing[NeedStatement]], *, at: datetime, transaction: RegistryTransaction
    ) -> None:
        """Derive every status anew, and store what is different."""
        unknown: Standing[NeedStatement] = Standing(id="")
        settled = {key: ledger.settled(entry, standings.get(entry.need_id, unknown), at=at) for key, entry in self._now.items()}
        await transaction.put_ledger_entries([entry for key, entry in settled.items() if entry != self._stored.get(key)])

    def _entry(self, need_id: str, version: int) -> LedgerEntry:
        return self._now.get((need_id, version)) or LedgerEntry(need_id=need_id, version=version)

    def _put(self, entry: LedgerEntry) -> None:
        self._now[entry.need_id, entry.version] = entry
