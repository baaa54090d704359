"""What suppliers say of their matches, as a transaction reads and writes it."""

from collections.abc import Collection, Sequence

from sqlalchemy import RowMapping, Select, and_, null, or_, select

from samspil import ids
from samspil.adapters.sql.statements import Statements, chunks
from samspil.adapters.sql.tables import ended_matches, feedback, invitees, ledger, lifts, listings, needs
from samspil.ports import Lift, Opinion, PairKind, Prospect
from samspil_schemas import FeedbackReason, PreferenceKind

# Pairs of a need and a supplier that match.
MATCHES = and_(listings.c.kind == PairKind.MATCH.value, listings.c.stands)
# The version of the need that is judged: the one that is named, or the newest that is in the record.
_said = ledger.alias("said")
_judged = (
    select(_said.c.version)
    .where(
        _said.c.need_id == feedback.c.need_id,
        _said.c.language.is_not(None),
        or_(feedback.c.need_version.is_(None), _said.c.version <= feedback.c.need_version),
    )
    .order_by(_said.c.version.desc())
    .limit(1)
    .scalar_subquery()
)
OPINIONS: Select[tuple[object, ...]] = select(
    feedback, ledger.c.title, ledger.c.language, ledger.c.cpv, ledger.c.regions
).select_from(feedback.outerjoin(ledger, and_(ledger.c.need_id == feedback.c.need_id, ledger.c.version == _judged)))
# Matches that hold, as far as a preference can concern them, without their contents.
PROSPECTS: Select[tuple[object, ...]] = (
    select(
        *(listings.c[name] for name in ("left_id", "right_id", "left_version", "right_version", "score")),
        listings.c.content["threshold"].as_float().label("threshold"),
        needs.c.content["cpv"].label("cpv"),
        needs.c.content["regions"].label("regions"),
    )
    .select_from(listings.outerjoin(needs, needs.c.id == listings.c.left_id))
    .where(MATCHES)
)


class OpinionStatements(Statements):
    """Reads and writes opinions and lifts. Who writes is alone (`alone`)."""

    async def opinions_on(self, match_ids: Collection[str]) -> dict[str, Opinion]:
        """The words on these matches, by match id; absent where there is none."""
        found = await self._opinions(match_ids, by=feedback.c.match_id.name)
        return {opinion.match_id: opinion for opinion in found}

    async def opinions_of(self, supplier_ids: Collection[str]) -> list[Opinion]:
        """All words of these suppliers."""
        return await self._opinions(supplier_ids, by=feedback.c.supplier_id.name)

    async def put_opinions(self, opinions: Sequence[Opinion]) -> None:
        """Store these; what the need said is not stored again."""
        await self._upsert(feedback, [_row(opinion) for opinion in opinions])

    async def lifts_of(self, supplier_ids: Collection[str]) -> list[Lift]:
        """All lifts of these suppliers: of each kind and value the newest."""
        found: list[Lift] = []
        for chunk in chunks(supplier_ids):
            rows = await self._connection.execute(select(lifts).where(lifts.c.supplier_id.in_(chunk)))
            found += [_lift(row) for row in rows.mappings()]
        return found

    async def put_lifts(self, lifted: Sequence[Lift]) -> None:
        """Store these."""
        await self._upsert(
            lifts,
            [
                {"supplier_id": lift.supplier_id, "kind": lift.kind.value, "value": lift.value or "", "lifted_at": lift.lifted_at}
                for lift in lifted
            ],
        )

    async def judged(self, supplier_id: str, match_id: str) -> tuple[str, int | None] | None:
        """The need of the supplier's match and its version in it; None if the supplier never had such a match.

        It is found as it stands, as it ended, as it was judged before, or, where its version is None, by an invitation.
        """
        ended = and_(ended_matches.c.match_id == match_id, ended_matches.c.supplier_id == supplier_id)
        for query in (
            select(listings.c.left_id, listings.c.left_version).where(MATCHES, listings.c.right_id == supplier_id),
            select(ended_matches.c.need_id, ended_matches.c.need_version).where(ended),
            select(feedback.c.need_id, feedback.c.need_version).where(feedback.c.supplier_id == supplier_id),
            select(invitees.c.need_id, null()).where(invitees.c.supplier_id == supplier_id),
        ):
            for need_id, version in await self._connection.execute(query):
                if ids.match_id(need_id=need_id, supplier_id=supplier_id) == match_id:
                    return need_id, version
        return None

    async def _opinions(self, ids: Collection[str], *, by: str) -> list[Opinion]:
        found: list[Opinion] = []
        for chunk in chunks(ids):
            rows = await self._connection.execute(OPINIONS.where(feedback.c[by].in_(chunk)))
            found += [stored_opinion(row) for row in rows.mappings()]
        return found


def prospect_of(row: RowMapping) -> Prospect:
    """The match in a row of `PROSPECTS`."""
    codes = row["cpv"] or []
    return Prospect(
        need_id=row["left_id"],
        cpv=codes[0] if codes else None,
        regions=tuple(row["regions"] or ()),
        score=row["score"],
        threshold=row["threshold"],
    )


def stored_opinion(row: RowMapping) -> Opinion:
    """The opinion in a row of `OPINIONS`."""
    return Opinion(
        supplier_id=row["supplier_id"],
        match_id=row["match_id"],
        need_id=row["need_id"],
        need_version=row["need_version"],
        revision=row["revision"],
        relevant=row["relevant"],
        reason=FeedbackReason(row["reason"]) if row["reason"] else None,
        given_at=row["given_at"],
        title=row["title"],
        language=row["language"],
        cpv=row["cpv"],
        regions=tuple(row["regions"] or ()),
    )


def _row(opinion: Opinion) -> dict[str, object]:
    return {
        "match_id": opinion.match_id,
        "supplier_id": opinion.supplier_id,
        "need_id": opinion.need_id,
        "need_version": opinion.need_version,
        "revision": opinion.revision,
        "relevant": opinion.relevant,
        "reason": opinion.reason.value if opinion.reason else None,
        "given_at": opinion.given_at,
    }


def _lift(row: RowMapping) -> Lift:
    return Lift(
        supplier_id=row["supplier_id"],
        kind=PreferenceKind(row["kind"]),
        value=row["value"] or None,
        lifted_at=row["lifted_at"],
    )
