"""Take needs and profiles from the log, and publish the verdict on each.

Both sides write, then search: a need is indexed before suppliers are searched, a profile before needs are. However the two
interleave, at least one of them sees the other. Delivery is at least once; a repeat puts the same points and publishes the same
ids.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from samspil.clock import Clock
from samspil.matching.fitting import fitted
from samspil.matching.judge import NO_MATCHES, EmbeddedSupplier, Judge
from samspil.matching.likeness import EmbeddedNeed
from samspil.matching.rules import Rules
from samspil.matching.sides import capability_sides, need_entry, need_side, supplier_entry
from samspil.ports import (
    Embedder,
    EmbedText,
    Entity,
    Entry,
    Head,
    Publisher,
    Received,
    TextKind,
    VectorIndex,
)
from samspil_schemas import NeedMatched, NeedPublished, NeedWithdrawn, ProfilePublished, ProfileWithdrawn, SupplierMatched


@dataclass(frozen=True, kw_only=True)
class _Change:
    """The newest that a batch says of one owner. `overtaken_by`: the index holds this newer state, so nothing changes."""

    head: Head
    received: Received
    overtaken_by: Head | None = None

    @property
    def event(self) -> object:
        return self.received.event if self.overtaken_by is None else None

    @property
    def fate(self) -> dict[str, Any]:
        """The fields of a verdict that say what became of the version."""
        newer = self.overtaken_by
        return {
            "withdrawn": (newer or self.head).withdrawn,
            "superseded_by": newer.version if newer else None,
            "caused_by": self.received.event_id,
        }


class Matching:
    """The handlers of the matching service."""

    def __init__(
        self, *, embedder: Embedder, index: VectorIndex, publisher: Publisher, clock: Clock, rules: Rules | None = None
    ) -> None:
        self._embedder = embedder
        self._index = index
        self._publisher = publisher
        self._clock = clock
        self._rules = rules or Rules()
        self._judge = Judge(embedder=embedder, index=index, rules=self._rules)

    async def needs(self, batch: Sequence[Received]) -> None:
        """Index, search and judge the needs of a batch; publish one NeedMatched for each.

        Raises:
            Transient: the model, the index or the broker does not answer; nothing of the batch is lost by a repeat.
        """
        changes = await self._newest(Entity.NEEDS, batch)
        opened = [event for change in changes.values() if isinstance(event := change.event, NeedPublished)]
        needs = await self._embed_needs(opened)
        await self._put(Entity.NEEDS, [need_entry(need.side, need.vector) for need in needs], changes=changes)
        verdicts = await self._judge.suppliers_for(needs)
        similar = await self._judge.similar_to(needs)
        following = await self._judge.follow_ups_of(needs)
        found = {
            need.side.need_id: (verdict, likes, follow_ups)
            for need, verdict, likes, follow_ups in zip(needs, verdicts, similar, following, strict=True)
        }
        await self._publisher.publish(
            [
                fitted(
                    NeedMatched(
                        need_id=need_id,
                        need_version=change.head.version,
                        **change.fate,
                        matches=verdict.matches,
                        similar=likes,
                        follow_ups=follow_ups,
                        truncated=verdict.truncated,
                        space=self._embedder.space,
                        scorer=self._rules.scorer_name,
                        evaluated_at=self._clock.now(),
                    )
                )
                for need_id, change in changes.items()
                for verdict, likes, follow_ups in [found.get(need_id, (NO_MATCHES, (), ()))]
            ]
        )

    async def profiles(self, batch: Sequence[Received]) -> None:
        """Index, search and judge the profiles of a batch; publish one SupplierMatched for each.

        Raises:
            Transient: the model, the index or the broker does not answer; nothing of the batch is lost by a repeat.
        """
        changes = await self._newest(Entity.SUPPLIERS, batch)
        opened = [event for change in changes.values() if isinstance(event := change.event, ProfilePublished)]
        suppliers = await self._embed_suppliers(opened)
        entries = [supplier_entry(list(supplier.capabilities), supplier.vectors) for supplier in suppliers]
        await self._put(Entity.SUPPLIERS, entries, changes=changes)
        verdicts = await self._judge.needs_for(suppliers)
        found = {profile.supplier_id: verdict for profile, verdict in zip(opened, verdicts, strict=True)}
        await self._publisher.publish(
            [
                fitted(
                    SupplierMatched(
                        supplier_id=supplier_id,
                        profile_version=change.head.version,
                        **change.fate,
                        matches=verdict.matches,
                        truncated=verdict.truncated,
                        space=self._embedder.space,
                        scorer=self._rules.scorer_name,
                        evaluated_at=self._clock.now(),
                    )
                )
                for supplier_id, change in changes.items()
                for verdict in [found.get(supplier_id, NO_MATCHES)]
            ]
        )

    async def _embed_needs(self, needs: Sequence[NeedPublished]) -> list[EmbeddedNeed]:
        sides = [need_side(need) for need in needs]
        texts = [EmbedText(text=side.text, language=side.language, kind=TextKind.QUERY) for side in sides]
        vectors = await self._embedder.embed(texts)
        return [EmbeddedNeed(side=side, vector=vector) for side, vector in zip(sides, vectors, strict=True)]

    async def _embed_suppliers(self, profiles: Sequence[ProfilePublished]) -> list[EmbeddedSupplier]:
        sides = [capability_sides(profile) for profile in profiles]
        texts = [EmbedText(text=side.text, language=side.language, kind=TextKind.PASSAGE) for found in sides for side in found]
        vectors = await self._embedder.embed(texts)
        suppliers, start = [], 0
        for found in sides:
            end = start + len(found)
            suppliers.append(EmbeddedSupplier(capabilities=tuple(found), vectors=vectors[start:end]))
            start = end
        return suppliers

    async def _newest(self, entity: Entity, batch: Sequence[Received]) -> dict[str, _Change]:
        """The newest of each owner in the batch; an equal repeat of what the index holds is evaluated again.

        A version that the index has overtaken is told so: its record may have been restored from before the index.
        """
        heads = await self._index.heads(entity, sorted({received.key for received in batch}))
        newest: dict[str, _Change] = {}
        for received in batch:
            held, found = heads.get(received.key), _head_of(newest, received.key)
            head = _head(received, known=max((one for one in (held, found) if one), default=None))
            if head is not None and (found is None or head >= found):
                overtaken_by = held if held is not None and held > head else None
                newest[received.key] = _Change(head=head, received=received, overtaken_by=overtaken_by)
        return newest

    async def _put(self, entity: Entity, entries: Sequence[Entry], *, changes: Mapping[str, _Change]) -> None:
        withdrawn = [
            Entry(owner_id=owner, version=change.head.version, withdrawn=True)
            for owner, change in changes.items()
            if change.head.withdrawn and change.overtaken_by is None
        ]
        await self._index.put(entity, [*entries, *withdrawn])
        # What the log will forget must survive a kill first.
        await self._index.flush()


def _head_of(changes: dict[str, _Change], owner: str) -> Head | None:
    return changes[owner].head if owner in changes else None


def _head(received: Received, *, known: Head | None) -> Head | None:
    """The state that a record says; a tombstone has no version and withdraws what is known, so of the unknown it says nothing."""
    match received.event:
        case NeedPublished(version=version) | ProfilePublished(version=version):
            return Head(version)
        case NeedWithdrawn(version=version) | ProfileWithdrawn(version=version):
            return Head(version, withdrawn=True)
        case _:
            return Head(known.version, withdrawn=True) if known else None
