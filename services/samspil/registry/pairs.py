"""The pairs that a batch of reports touches: loaded once, joined in memory, stored once."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from samspil.domain.verdicts import NEVER, Ended, Found, Pair, Side, Verdict, changed, join
from samspil.ports import Entity, Head, Listing, PairKey, PairKind, PairListing, RegistryTransaction

# What stands on each side of a pair.
_SIDES = {
    PairKind.MATCH: {Side.LEFT: Entity.NEEDS, Side.RIGHT: Entity.SUPPLIERS},
    PairKind.SIMILAR: {Side.LEFT: Entity.NEEDS, Side.RIGHT: Entity.NEEDS},
    PairKind.FOLLOW_UP: {Side.LEFT: Entity.NEEDS, Side.RIGHT: Entity.NEEDS},
}
Owner = tuple[Entity, str]


@dataclass(frozen=True, kw_only=True)
class Report:
    """What one report says of the pairs of one kind: its owner was evaluated in this state, and these pairs hold."""

    kind: PairKind
    owner: Owner
    head: Head
    listed: Mapping[PairKey, Listing] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Change:
    """What became of one pair."""

    key: PairKey
    what: Found | Ended


class Pairs:
    """All pairs of one kind that some reports touch: load, `join` each report, read the `changes`, and `save`."""

    def __init__(self, *, heads: Mapping[Owner, Head], stored: Sequence[PairListing]) -> None:
        self._stored = {_place(one): one for one in stored}
        self._stored_heads = dict(heads)
        self._heads = dict(heads)
        self._listings: dict[PairKey, tuple[Listing, ...]] = {}
        self._of_owner: dict[Owner, dict[PairKey, Side]] = {}
        for one in stored:
            self._add(one.key)
            self._listings[one.key] += (one.listing,)
        self._before = {key: self._pair(key) for key in self._listings}

    @classmethod
    async def load(cls, kind: PairKind, reports: Sequence[Report], *, transaction: RegistryTransaction) -> "Pairs":
        """The stored state of all pairs of this kind that these reports touch."""
        owners = {report.owner for report in reports}
        stored = await transaction.listings(
            kind,
            left_ids=[id_ for entity, id_ in owners if entity is _SIDES[kind][Side.LEFT]],
            right_ids=[id_ for entity, id_ in owners if entity is _SIDES[kind][Side.RIGHT]],
        )
        keys = {one.key for one in stored}.union(*(report.listed for report in reports))
        owners |= {_owner(key, side) for key in keys for side in Side}
        heads: dict[Owner, Head] = {}
        for entity in Entity:
            found = await transaction.evaluated(entity, [id_ for kind_, id_ in owners if kind_ is entity])
            heads |= {(entity, id_): head for id_, head in found.items()}
        return cls(heads=heads, stored=stored)

    def join(self, report: Report) -> None:
        """Join what the report says into every pair of its owner."""
        for key in report.listed:
            self._add(key)
        for key, side in self._of_owner.get(report.owner, {}).items():
            verdict = Verdict(side=side, head=report.head, listing=report.listed.get(key))
            self._listings[key] = self._hearing(key, join(self._pair(key), verdict))
        self._heads[report.owner] = max(self._heads.get(report.owner, NEVER), report.head)

    def changes(self) -> list[Change]:
        """What became of the pairs, by pair; what came and went within these reports is not told."""
        steps = [(key, changed(self._before.get(key, Pair()), self._pair(key))) for key in sorted(self._listings)]
        return [Change(key=key, what=what) for key, what in steps if what is not None]

    async def widen(self, owner_ids: Collection[str], *, transaction: RegistryTransaction) -> None:
        """Load the other pairs of these needs too, to read them and to note who was told; no report is joined into them."""
        stored = await transaction.listings(PairKind.SIMILAR, left_ids=owner_ids, right_ids=owner_ids)
        other = [one for one in stored if one.key not in self._before]
        for one in other:
            self._stored[_place(one)] = one
            self._add(one.key)
            self._listings[one.key] += (one.listing,)
        self._before |= {one.key: self._pair(one.key) for one in other}

    def unsettled(self) -> frozenset[str]:
        """The ids on both sides of the pairs that have another match than before, or none any more."""
        keys = (key for key in self._listings if self._before.get(key, Pair()).standing != self._pair(key).standing)
        return frozenset(id_ for key in keys for id_ in (key.left_id, key.right_id))

    def matching(self) -> Iterator[tuple[PairKey, Listing]]:
        """Every pair that matches now, with its match."""
        for key in sorted(self._listings):
            if standing := self._pair(key).standing:
                yield key, standing

    def matching_of(self, need_id: str) -> list[tuple[PairKey, Listing]]:
        """Every pair of the need that matches now, with its match."""
        keys = self._of_owner.get((Entity.NEEDS, need_id), ())
        return [(key, standing) for key in sorted(keys) if (standing := self._pair(key).standing)]

    def tell(self, key: PairKey, told: Collection[str]) -> None:
        """Note who was told of the pair's match."""
        standing = self._pair(key).standing
        self._listings[key] = tuple(
            replace(listing, told=listing.told.union(told), heard=listing.heard.union(told)) if listing is standing else listing
            for listing in self._listings[key]
        )

    async def save(self, transaction: RegistryTransaction) -> None:
        """Store what is different from what was loaded."""
        now = {_place(one): one for key in self._listings for one in self._rows(key)}
        await transaction.drop_listings([one for place, one in self._stored.items() if place not in now])
        await transaction.put_listings([one for place, one in now.items() if one != self._stored.get(place)])
        newer = {owner: head for owner, head in self._heads.items() if head != self._stored_heads.get(owner)}
        for entity in Entity:
            await transaction.put_evaluated(entity, {id_: head for (kind, id_), head in newer.items() if kind is entity})

    def _add(self, key: PairKey) -> None:
        if key not in self._listings:
            self._listings[key] = ()
            for side in Side:
                self._of_owner.setdefault(_owner(key, side), {})[key] = side

    def _hearing(self, key: PairKey, pair: Pair) -> tuple[Listing, ...]:
        """The pair's listings: its match is held for open by all who held the match before for open."""
        before, standing = self._before.get(key, Pair()).standing, pair.standing
        heard = before.heard if before else frozenset()
        return tuple(
            replace(listing, heard=listing.heard | heard) if listing is standing else listing for listing in pair.listings
        )

    def _pair(self, key: PairKey) -> Pair:
        left, right = (self._heads.get(_owner(key, side), NEVER) for side in Side)
        return Pair(left=left, right=right, listings=self._listings[key])

    def _rows(self, key: PairKey) -> list[PairListing]:
        standing = self._pair(key).standing
        return [PairListing(key=key, listing=one, stands=one is standing) for one in self._listings[key]]


def _owner(key: PairKey, side: Side) -> Owner:
    return _SIDES[key.kind][side], key.left_id if side is Side.LEFT else key.right_id


def _place(one: PairListing) -> tuple[PairKey, tuple[int, int]]:
    return one.key, one.listing.versions
