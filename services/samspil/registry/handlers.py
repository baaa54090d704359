"""Joins what the topics say into the record.

Delivery is at least once and in any order: every join gives the same result for the same events. A batch is one transaction: the
inbox, the effects and the outbox stand or fall together. All of the registry's transactions exclude each other, because two joins
of one pair must not interleave; they are short, and the model is far slower than they are.
"""

from collections.abc import Collection, Sequence

from samspil.clock import Clock
from samspil.domain.standing import overtaken
from samspil.domain.verdicts import NEVER
from samspil.ports import (
    DeadLetter,
    Entity,
    PairKind,
    Received,
    Record,
    RegistryTransaction,
    Standing,
    readers_of,
)
from samspil.registry import letters
from samspil.registry.finds import ended_similar, told_similar
from samspil.registry.heads import Entries, joined
from samspil.registry.pairs import Pairs, Report
from samspil.registry.reports import (
    ended_matches,
    follow_up_report,
    match_report,
    similar_report,
    told_matches,
)
from samspil_schemas import NeedMatched, NeedPublished, NeedStatement, SupplierMatched, topics

GROUP = "registry"
MATCHING = "matching"


class Registry:
    """The handlers of the registry. All raise `RecordUnavailable` if the database does not answer."""

    def __init__(self, record: Record[RegistryTransaction], *, clock: Clock) -> None:
        self._record = record
        self._clock = clock

    async def needs(self, batch: Sequence[Received]) -> None:
        """Join published and withdrawn needs into the record, and settle the ledger."""
        now = self._clock.now()
        async with self._record.begin() as transaction:
            await transaction.alone(GROUP)
            known = await transaction.needs_known({received.key for received in batch})
            fresh = await transaction.first_time(GROUP, [received.event_id for received in batch])
            after = joined(known, batch, fresh=fresh)
            await transaction.put_needs([after.standings[need_id] for need_id in sorted(after.changed)])
            entries = await Entries.load(known, transaction=transaction)
            for received in batch:
                if isinstance(received.event, NeedPublished):
                    entries.accept(received.event, at=now)
            await entries.settle(after.standings, at=now, transaction=transaction)
            # What another client published is newer than what of ours still waits for the same need.
            await transaction.supersede(topics.NEEDS, after.advanced, keep=after.advanced.values())
            await self._tell_mirrored(after.changed, transaction=transaction)

    async def profiles(self, batch: Sequence[Received]) -> None:
        """Join published and withdrawn profiles into the record."""
        async with self._record.begin() as transaction:
            await transaction.alone(GROUP)
            known = await transaction.profiles_known({received.key for received in batch})
            fresh = await transaction.first_time(GROUP, [received.event_id for received in batch])
            after = joined(known, batch, fresh=fresh)
            await transaction.put_profiles([after.standings[supplier_id] for supplier_id in sorted(after.changed)])
            await transaction.supersede(topics.SUPPLIERS, after.advanced, keep=after.advanced.values())

    async def reports(self, batch: Sequence[Received]) -> None:
        """Join verdicts into the record, settle the ledger, and publish what became of the pairs.

        Raises:
            Malformed: a verdict lists a pair that is not its own.
        """
        said = [received.event for received in batch if isinstance(received.event, NeedMatched | SupplierMatched)]
        verdicts = [verdict for verdict in said if verdict.superseded_by is None]
        on_needs = [verdict for verdict in verdicts if isinstance(verdict, NeedMatched)]
        async with self._record.begin() as transaction:
            await transaction.alone(GROUP)
            await transaction.first_time(GROUP, [received.event_id for received in batch])
            await transaction.first_time(MATCHING, [verdict.caused_by for verdict in said])
            await self._overtake([verdict for verdict in said if verdict.superseded_by is not None], transaction=transaction)
            known = await transaction.needs_known({verdict.need_id for verdict in on_needs})
            await self._join_matches([match_report(verdict) for verdict in verdicts], transaction=transaction)
            await self._join_follow_ups([follow_up_report(verdict) for verdict in on_needs], transaction=transaction)
            await self._join_similar([similar_report(verdict) for verdict in on_needs], transaction=transaction)
            await self._account(on_needs, known=known, transaction=transaction)

    async def dead_letters(self, batch: Sequence[DeadLetter]) -> None:
        """Keep what groups gave up, settle the ledger, and let the outbox go of it."""
        now = self._clock.now()
        refusals = letters.refusals(batch)
        async with self._record.begin() as transaction:
            await transaction.alone(GROUP)
            known = await transaction.needs_known({refusal.need_id for refusal in refusals if refusal.readable})
            for group, event_ids in sorted(letters.taken(batch).items()):
                await transaction.first_time(group, sorted(event_ids))
            await transaction.put_dead_letters([letters.row(letter) for letter in batch])
            entries = await Entries.load({refusal.need_id for refusal in refusals}, transaction=transaction)
            for refusal in refusals:
                entries.refuse(refusal.need_id, refusal.version, reason=refusal.reason, at=now)
            await entries.settle(known, at=now, transaction=transaction)

    async def _overtake(self, verdicts: Sequence[NeedMatched | SupplierMatched], *, transaction: RegistryTransaction) -> None:
        """The index holds newer versions than these verdicts are of; what is submitted next must be newer still."""
        needs = [verdict for verdict in verdicts if isinstance(verdict, NeedMatched)]
        suppliers = [verdict for verdict in verdicts if isinstance(verdict, SupplierMatched)]
        standings = await transaction.needs_known({verdict.need_id for verdict in needs})
        for need in needs:
            standings[need.need_id] = overtaken(standings[need.need_id], need.superseded_by or 0, closed=need.withdrawn)
        await transaction.put_needs(list(standings.values()))
        entries = await Entries.load(standings, transaction=transaction)
        await entries.settle(standings, at=self._clock.now(), transaction=transaction)
        profiles = await transaction.profiles_known({verdict.supplier_id for verdict in suppliers})
        for supplier in suppliers:
            before = profiles[supplier.supplier_id]
            profiles[supplier.supplier_id] = overtaken(before, supplier.superseded_by or 0, closed=supplier.withdrawn)
        await transaction.put_profiles(list(profiles.values()))

    async def _join_matches(self, reports: Sequence[Report], *, transaction: RegistryTransaction) -> None:
        pairs = await Pairs.load(PairKind.MATCH, reports, transaction=transaction)
        for report in reports:
            pairs.join(report)
        changes = pairs.changes()
        events = await told_matches(changes, at=self._clock.now(), transaction=transaction)
        await transaction.put_ended_matches(ended_matches(changes))
        await pairs.save(transaction)
        await transaction.enqueue(events, awaiting=readers_of(topics.MATCHES))

    async def _join_similar(self, reports: Sequence[Report], *, transaction: RegistryTransaction) -> None:
        pairs = await Pairs.load(PairKind.SIMILAR, reports, transaction=transaction)
        for report in reports:
            pairs.join(report)
        ended = ended_similar(pairs.changes(), at=self._clock.now())
        found = await told_similar(pairs, viewers=pairs.unsettled(), transaction=transaction)
        await pairs.save(transaction)
        await transaction.enqueue([*ended, *found])

    async def _join_follow_ups(self, reports: Sequence[Report], *, transaction: RegistryTransaction) -> None:
        """They are told to nobody: the buyer finds them when it looks, and says yes or no."""
        pairs = await Pairs.load(PairKind.FOLLOW_UP, reports, transaction=transaction)
        for report in reports:
            pairs.join(report)
        await pairs.save(transaction)

    async def _tell_mirrored(self, changed: Collection[str], *, transaction: RegistryTransaction) -> None:
        """A pair that was seen before the need that it was seen by was known can be told to the other side now."""
        owners = [Report(kind=PairKind.SIMILAR, owner=(Entity.NEEDS, need_id), head=NEVER) for need_id in sorted(changed)]
        pairs = await Pairs.load(PairKind.SIMILAR, owners, transaction=transaction)
        viewers = {id_ for key, one in pairs.matching() for id_ in (key.left_id, key.right_id) if id_ not in one.told}
        events = await told_similar(pairs, viewers=viewers, transaction=transaction)
        await pairs.save(transaction)
        await transaction.enqueue(events)

    async def _account(
        self, verdicts: Sequence[NeedMatched], *, known: dict[str, Standing[NeedStatement]], transaction: RegistryTransaction
    ) -> None:
        entries = await Entries.load(known, transaction=transaction)
        for verdict in verdicts:
            if not verdict.withdrawn:
                entries.evaluate(
                    verdict.need_id,
                    verdict.need_version,
                    matches=len(verdict.matches),
                    similar=len(verdict.similar),
                    at=verdict.evaluated_at,
                )
        await entries.settle(known, at=self._clock.now(), transaction=transaction)
