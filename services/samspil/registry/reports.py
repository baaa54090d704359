"""Reads reports as verdicts on pairs, and says what became of the pairs."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from samspil import ids
from samspil.domain.verdicts import Found
from samspil.errors import Malformed
from samspil.ports import EndedMatch, Entity, Head, Listing, PairKey, PairKind, PairListing, RegistryTransaction
from samspil.registry.pairs import Change, Report
from samspil_schemas import (
    Event,
    Match,
    MatchFound,
    MatchWithdrawn,
    NeedMatched,
    SimilarNeed,
    SupplierMatched,
    event_id,
)


def match_report(verdict: NeedMatched | SupplierMatched) -> Report:
    """What a verdict says of pairs of a need and a supplier.

    Raises:
        Malformed: it lists a pair that is not its own.
    """
    match verdict:
        case NeedMatched(need_id=owner_id, need_version=version):
            owner = (Entity.NEEDS, owner_id)
            foreign = [match for match in verdict.matches if match.need_id != owner_id]
        case SupplierMatched(supplier_id=owner_id, profile_version=version):
            owner = (Entity.SUPPLIERS, owner_id)
            foreign = [match for match in verdict.matches if match.supplier_id != owner_id]
    if foreign:
        raise Malformed(f"The verdict on {owner_id} lists a pair of {foreign[0].need_id} and {foreign[0].supplier_id}.")
    listed = {
        PairKey(PairKind.MATCH, match.need_id, match.supplier_id): _listing(
            verdict, match, versions=(match.need_version, match.profile_version), seen_by=owner_id
        )
        for match in verdict.matches
    }
    return Report(kind=PairKind.MATCH, owner=owner, head=Head(version, verdict.withdrawn), listed=listed)


def similar_report(verdict: NeedMatched) -> Report:
    """What a verdict says of pairs of needs.

    Raises:
        Malformed: it lists a pair that is not its own.
    """
    listed = {}
    for similar in verdict.similar:
        if similar.need_id != verdict.need_id or similar.other_need_id == verdict.need_id:
            raise Malformed(f"The verdict on {verdict.need_id} lists {similar.need_id} and {similar.other_need_id} as similar.")
        sides = sorted(
            ((similar.need_id, similar.need_version), (similar.other_need_id, similar.other_need_version)),
        )
        (left_id, left_version), (right_id, right_version) = sides
        one = _listing(verdict, similar, versions=(left_version, right_version), seen_by=verdict.need_id)
        keys = {similar.need_id: similar.need_fold_keys, similar.other_need_id: similar.fold_keys}
        listed[PairKey(PairKind.SIMILAR, left_id, right_id)] = replace(one, left_keys=keys[left_id], right_keys=keys[right_id])
    head = Head(verdict.need_version, verdict.withdrawn)
    return Report(kind=PairKind.SIMILAR, owner=(Entity.NEEDS, verdict.need_id), head=head, listed=listed)


def follow_up_report(verdict: NeedMatched) -> Report:
    """What a verdict says of pairs of a joint need and a member's need.

    Raises:
        Malformed: it lists a pair that is not its own.
    """
    listed = {}
    for pair in verdict.follow_ups:
        if verdict.need_id not in (pair.need_id, pair.other_need_id) or pair.need_id == pair.other_need_id:
            raise Malformed(f"The verdict on {verdict.need_id} lists {pair.other_need_id} as a follow-up of {pair.need_id}.")
        versions = (pair.need_version, pair.other_need_version)
        listed[PairKey(PairKind.FOLLOW_UP, pair.need_id, pair.other_need_id)] = _listing(
            verdict, pair, versions=versions, seen_by=verdict.need_id
        )
    head = Head(verdict.need_version, verdict.withdrawn)
    return Report(kind=PairKind.FOLLOW_UP, owner=(Entity.NEEDS, verdict.need_id), head=head, listed=listed)


def _listing(
    verdict: NeedMatched | SupplierMatched, content: Match | SimilarNeed, *, versions: tuple[int, int], seen_by: str
) -> Listing:
    return Listing(
        left_version=versions[0],
        right_version=versions[1],
        evaluated_at=verdict.evaluated_at,
        report_id=event_id(verdict),
        space=verdict.space,
        scorer=verdict.scorer,
        seen_by=seen_by,
        content=content,
        score=content.score,
    )


async def told_matches(changes: Sequence[Change], *, at: datetime, transaction: RegistryTransaction) -> list[Event]:
    """The events that say what became of pairs of a need and a supplier."""
    found = [(change.key, change.what.listing) for change in changes if isinstance(change.what, Found)]
    listings = await with_contents(found, transaction=transaction)
    events: list[Event] = []
    for change in changes:
        if isinstance(change.what, Found):
            listing = listings[change.key]
            events.append(MatchFound(**dict(_match(listing)), **about(listing)))
        else:
            need_id, supplier_id = change.key.left_id, change.key.right_id
            events.append(
                MatchWithdrawn(
                    match_id=ids.match_id(need_id=need_id, supplier_id=supplier_id),
                    need_id=need_id,
                    need_version=change.what.left_version,
                    supplier_id=supplier_id,
                    profile_version=change.what.right_version,
                    reason=change.what.reason,
                    withdrawn_at=at,
                )
            )
    return events


def ended_matches(changes: Sequence[Change]) -> list[EndedMatch]:
    """The pairs of a need and a supplier that match no longer."""
    return [
        EndedMatch(
            match_id=ids.match_id(need_id=change.key.left_id, supplier_id=change.key.right_id),
            supplier_id=change.key.right_id,
            need_id=change.key.left_id,
            need_version=change.what.was.left_version,
        )
        for change in changes
        if not isinstance(change.what, Found)
    ]


async def with_contents(
    listings: Iterable[tuple[PairKey, Listing]], *, transaction: RegistryTransaction
) -> dict[PairKey, Listing]:
    """These pairs' listings, with their contents."""
    found = dict(listings)
    stored = [PairListing(key=key, listing=one, stands=True) for key, one in found.items() if one.content is None]
    return found | {one.key: one.listing for one in await transaction.with_contents(stored)}


def about(listing: Listing) -> dict[str, Any]:
    """What an event says of how the pair was found."""
    return {"space": listing.space, "scorer": listing.scorer, "found_at": listing.evaluated_at}


def _match(listing: Listing) -> Match:
    if not isinstance(listing.content, Match):
        raise TypeError(f"a pair of a need and a supplier holds {type(listing.content).__name__}")
    return listing.content
