"""What one supplier says of its matches, and what it is sent of them."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, Select, func, select, tuple_

from samspil.adapters.sql.database import Database
from samspil.adapters.sql.opinions import MATCHES, OPINIONS, PROSPECTS, prospect_of
from samspil.adapters.sql.tables import listings
from samspil.adapters.sql.transaction import SqlTransaction
from samspil.domain.preferences import learned, lift_of, listed, opinion_of, withheld
from samspil.errors import Conflict, NotFound
from samspil.ports import (
    FEEDBACK_LOCK,
    FeedbackCount,
    Preferences,
    SupplierMatch,
    readers_of,
)
from samspil_schemas import FeedbackGiven, FeedbackReason, Match, PreferenceKind, PreferencesLifted, topics
from samspil_schemas.base import VERSION_MAX

_READERS = readers_of(topics.RESPONSES)
_INSTANT = timedelta(microseconds=1)


class SqlFeedback:
    """Implements `SupplierFeedback`. What was said and what is to be published change in one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def give(self, supplier_id: str, match_id: str, *, relevant: bool, reason: FeedbackReason | None = None) -> Preferences:
        """Record the supplier's word on its match, and return what is learned now. It has its effect at once.

        Raises:
            NotFound: the supplier never had such a match.
            Conflict: its word on this match has come to the highest revision.
        """
        async with self._database.begin() as transaction:
            await transaction.alone(FEEDBACK_LOCK)
            judged = await transaction.judged(supplier_id, match_id)
            if judged is None:
                raise NotFound("There is no such match of this supplier.", hint="Look at its matches for their ids.")
            known = (await transaction.opinions_on([match_id])).get(match_id)
            if known is not None and known.revision >= VERSION_MAX:
                raise Conflict(
                    "The feedback on this match has come to the highest revision.", hint="Lift what was learned of it."
                )
            newest = (await _preferences(transaction, supplier_id)).newest
            event = FeedbackGiven(
                match_id=match_id,
                revision=known.revision + 1 if known else 1,
                need_id=judged[0],
                need_version=judged[1],
                supplier_id=supplier_id,
                relevant=relevant,
                reason=None if relevant else reason,
                given_at=self._now(newest, after=_INSTANT),
            )
            await transaction.put_opinions([opinion_of(event)])
            await transaction.enqueue([event], awaiting=_READERS)
            return await _preferences(transaction, supplier_id)

    async def lift(self, supplier_id: str, kind: PreferenceKind, *, value: str | None = None) -> Preferences:
        """Lift what was learned so far, and return what is left. It has its effect at once.

        Raises:
            NotFound: there is nothing of this kind and value.
        """
        async with self._database.begin() as transaction:
            await transaction.alone(FEEDBACK_LOCK)
            preferences = await _preferences(transaction, supplier_id)
            if value is not None and not any(one.kind is kind and one.value == value for one in listed(preferences)):
                raise NotFound(f"Nothing was learned of the {kind} {value}.", hint="Look at what was.")
            at = self._now(preferences.newest)
            event = PreferencesLifted(supplier_id=supplier_id, kind=kind, value=value, lifted_at=at)
            await transaction.put_lifts([lift_of(event)])
            await transaction.enqueue([event], awaiting=_READERS)
            return await _preferences(transaction, supplier_id)

    async def preferences(self, supplier_id: str) -> Preferences:
        """What was learned of the supplier."""
        async with self._database.connection(writes=False) as connection:
            return await _preferences(SqlTransaction(connection, clock=self._database.clock), supplier_id)

    async def matches(
        self, supplier_id: str, *, with_withheld: bool = False, limit: int = 100, offset: int = 0
    ) -> list[SupplierMatch]:
        """The supplier's matches that hold, best first: those that it is sent, or all."""
        preferences = await self.preferences(supplier_id)
        query = _prospects(supplier_id)
        all_of_them = with_withheld or not listed(preferences)
        if all_of_them:
            query = query.limit(limit).offset(offset)
        async with self._database.connection(writes=False) as connection:
            rows = (await connection.execute(query)).mappings()
            judged = [(row, withheld(preferences, prospect_of(row))) for row in rows]
            page = judged if all_of_them else [one for one in judged if one[1] is None][offset : offset + limit]
            found = (await connection.execute(_contents(supplier_id, [row for row, _ in page]))).mappings()
            contents = {row["left_id"]: Match.model_validate(row["content"]) for row in found}
        # What ended between the two queries is shown no more.
        return [
            SupplierMatch(match=match, withheld=why, level=preferences.level)
            for row, why in page
            if (match := contents.get(row["left_id"])) is not None
        ]

    async def by_language(self) -> list[FeedbackCount]:
        """All feedback by the language of the need, most first; needs that are not in the record are left out."""
        said = OPINIONS.subquery()
        query = select(said.c.language, said.c.relevant, said.c.reason, func.count().label("count"))
        query = query.where(said.c.language.is_not(None)).group_by(said.c.language, said.c.relevant, said.c.reason)
        relevant, reasons = Counter[str](), dict[str, Counter[FeedbackReason]]()
        async with self._database.connection(writes=False) as connection:
            for language, is_relevant, reason, count in await connection.execute(query):
                relevant[language] += count if is_relevant else 0
                counted = reasons.setdefault(language, Counter())
                if not is_relevant:
                    counted[FeedbackReason(reason or FeedbackReason.OTHER)] += count
        found = [FeedbackCount(language=one, relevant=relevant[one], reasons=reasons[one]) for one in reasons]
        return sorted(found, key=lambda count: (-count.total, count.language))

    def _now(self, newest: datetime | None, *, after: timedelta = timedelta(0)) -> datetime:
        """Now, or the newest that the supplier said, whose clock may be ahead: what it says last is to win."""
        now = self._database.clock.now()
        return max(now, newest + after) if newest else now


async def _preferences(transaction: SqlTransaction, supplier_id: str) -> Preferences:
    return learned(await transaction.opinions_of([supplier_id]), await transaction.lifts_of([supplier_id]))


def _prospects(supplier_id: str) -> Select[Any]:
    """The supplier's matches that hold, best first, without their contents."""
    return PROSPECTS.where(listings.c.right_id == supplier_id).order_by(listings.c.score.desc(), listings.c.left_id)


def _contents(supplier_id: str, rows: Sequence[RowMapping]) -> Select[Any]:
    key = tuple_(listings.c.left_id, listings.c.left_version, listings.c.right_version)
    places = [(row["left_id"], row["left_version"], row["right_version"]) for row in rows]
    return select(listings.c.left_id, listings.c.content).where(MATCHES, listings.c.right_id == supplier_id, key.in_(places))
