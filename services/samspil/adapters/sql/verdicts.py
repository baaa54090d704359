"""What verdicts came to: the newest states evaluated, the listings that hold, and the dead letters."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, and_, bindparam, delete, select, tuple_, update

from samspil.adapters.sql.statements import Statements, chunks, storable
from samspil.adapters.sql.tables import dead_letters, ended_matches, evaluated, listings
from samspil.ports import DeadLetterRow, EndedMatch, Entity, Head, Listing, PairKey, PairKind, PairListing
from samspil_schemas import Match, SimilarNeed

_KEY = (listings.c.kind, listings.c.left_id, listings.c.right_id, listings.c.left_version, listings.c.right_version)
_WITHOUT_CONTENT = tuple(column for column in listings.c if column is not listings.c.content)
_BOUND = and_(*(column == bindparam(f"key_{column.name}") for column in _KEY))
# Keys of five values that are named in one statement.
_KEYS = 1_000
_CONTENT: dict[PairKind, type[Match] | type[SimilarNeed]] = {
    PairKind.MATCH: Match,
    PairKind.SIMILAR: SimilarNeed,
    PairKind.FOLLOW_UP: SimilarNeed,
}


class VerdictStatements(Statements):
    """Reads and writes what verdicts came to. Who writes is alone (`alone`)."""

    async def evaluated(self, entity: Entity, owner_ids: Collection[str]) -> dict[str, Head]:
        """The newest state of each owner that a verdict was given on; owners without a verdict are absent."""
        heads: dict[str, Head] = {}
        for chunk in chunks(owner_ids):
            query = select(evaluated).where(evaluated.c.entity == entity.value, evaluated.c.owner_id.in_(chunk))
            for row in (await self._connection.execute(query)).mappings():
                heads[row["owner_id"]] = Head(row["version"], row["withdrawn"])
        return heads

    async def put_evaluated(self, entity: Entity, heads: Mapping[str, Head]) -> None:
        """Store these heads."""
        await self._upsert(
            evaluated,
            [
                {"entity": entity.value, "owner_id": owner, "version": head.version, "withdrawn": head.withdrawn}
                for owner, head in sorted(heads.items())
            ],
        )

    async def listings(
        self, kind: PairKind, *, left_ids: Collection[str] = (), right_ids: Collection[str] = ()
    ) -> list[PairListing]:
        """The listings of all pairs that have one of these on its side, without their contents."""
        found: dict[tuple[Any, ...], PairListing] = {}
        for column, ids in ((listings.c.left_id, left_ids), (listings.c.right_id, right_ids)):
            for chunk in chunks(ids):
                query = select(*_WITHOUT_CONTENT).where(listings.c.kind == kind.value, column.in_(chunk)).order_by(*_KEY)
                for row in (await self._connection.execute(query)).mappings():
                    found[tuple(row[key.name] for key in _KEY)] = _pair_listing(row)
        return list(found.values())

    async def with_contents(self, listed: Sequence[PairListing]) -> list[PairListing]:
        """The same listings with their contents."""
        found: dict[tuple[Any, ...], PairListing] = {}
        for start in range(0, len(listed), _KEYS):
            query = select(listings).where(tuple_(*_KEY).in_([_key(one) for one in listed[start : start + _KEYS]]))
            for row in (await self._connection.execute(query)).mappings():
                found[tuple(row[key.name] for key in _KEY)] = _pair_listing(row)
        return [found[_key(one)] for one in listed]

    async def put_listings(self, listed: Sequence[PairListing]) -> None:
        """Store these listings; where the content is None, the stored content stays."""
        await self._upsert(listings, [_row(one) for one in listed if one.listing.content is not None])
        marks = [_bound(one) | _marks(one) for one in listed if one.listing.content is None]
        if marks:
            await self._connection.execute(update(listings).where(_BOUND), marks)

    async def drop_listings(self, listed: Sequence[PairListing]) -> None:
        """Remove these listings."""
        if listed:
            await self._connection.execute(delete(listings).where(_BOUND), [_bound(one) for one in listed])

    async def put_ended_matches(self, ended: Sequence[EndedMatch]) -> None:
        """Keep that these matches once were; each in the version that it ended in last."""
        await self._upsert(ended_matches, [asdict(one) for one in ended])

    async def put_dead_letters(self, letters: Sequence[DeadLetterRow]) -> None:
        """Store these dead letters; the same one again changes nothing."""
        now = self._clock.now()
        await self._insert_new(dead_letters, [_letter_row(letter) | {"stored_at": now} for letter in letters])


def _key(one: PairListing) -> tuple[Any, ...]:
    return (one.key.kind.value, one.key.left_id, one.key.right_id, *one.listing.versions)


def _bound(one: PairListing) -> dict[str, Any]:
    return {f"key_{column.name}": value for column, value in zip(_KEY, _key(one), strict=True)}


def _marks(one: PairListing) -> dict[str, Any]:
    return {"stands": one.stands, "told": sorted(one.listing.told), "heard": sorted(one.listing.heard)}


def _row(one: PairListing) -> dict[str, Any]:
    listing, content = one.listing, one.listing.content
    return {
        **{column.name: value for column, value in zip(_KEY, _key(one), strict=True)},
        **_marks(one),
        "score": listing.score,
        "left_keys": list(listing.left_keys),
        "right_keys": list(listing.right_keys),
        "seen_by": listing.seen_by,
        "evaluated_at": listing.evaluated_at,
        "report_id": listing.report_id,
        "space": listing.space,
        "scorer": listing.scorer,
        "content": content.model_dump(mode="json") if content else None,
    }


def _pair_listing(row: RowMapping) -> PairListing:
    kind = PairKind(row["kind"])
    content = _CONTENT[kind].model_validate(row["content"]) if "content" in row else None
    return PairListing(
        key=PairKey(kind, row["left_id"], row["right_id"]),
        listing=Listing(
            left_version=row["left_version"],
            right_version=row["right_version"],
            evaluated_at=row["evaluated_at"],
            report_id=row["report_id"],
            space=row["space"],
            scorer=row["scorer"],
            seen_by=row["seen_by"],
            content=content,
            score=row["score"],
            left_keys=tuple(row["left_keys"]),
            right_keys=tuple(row["right_keys"]),
            told=frozenset(row["told"]),
            heard=frozenset(row["heard"]),
        ),
        stands=row["stands"],
    )


def _letter_row(letter: DeadLetterRow) -> dict[str, Any]:
    # A broker in memory counts its offsets from 0 again, so the place alone does not tell two letters apart.
    identity = (letter.source_topic, letter.group, letter.partition, letter.offset, letter.event_id, letter.failed_at)
    row = {name: storable(value) for name, value in asdict(letter).items()}
    id_ = hashlib.sha256(repr(identity).encode(errors="surrogatepass")).hexdigest()[:32]
    return row | {"id": id_, "grp": row.pop("group")}
