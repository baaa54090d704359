"""Reads reports as verdicts on pairs, and says what became of the pairs."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from samspil import ids
from samspil.domain.similar import mirrored
from samspil.domain.verdicts import Found
from samspil.errors import Malformed
from samspil.ports import EndedMatch, Entity, Head, Listing, PairKey, PairKind, PairListing, RegistryTransaction, Standing
from samspil.registry.pairs import Change, Pairs, Report
from samspil_schemas import (
    Event,
    Match,
    MatchFound,
    MatchWithdrawn,
    NeedMatched,
    NeedStatement,
    SimilarNeed,
    SimilarNeedFound,
    SimilarNeedWithdrawn,
    SimilarWithdrawalReason,
    SupplierMatched,
    WithdrawalReason,
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
        listed[PairKey(PairKind.SIMILAR, left_id, right_id)] = _listing(
            verdict, similar, versions=(left_version, right_version), seen_by=verdict.need_id
        )
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
    )


async def told_matches(changes: Sequence[Change], *, at: datetime, transaction: RegistryTransaction) -> list[Event]:
    """The events that say what became of pairs of a need and a supplier."""
    found = [(change.key, change.what.listing) for change in changes if isinstance(change.what, Found)]
    listings = await _with_contents(found, transaction=transaction)
    events: list[Event] = []
    for change in changes:
        if isinstance(change.what, Found):
            listing = listings[change.key]
            events.append(MatchFound(**dict(_match(listing)), **_about(listing)))
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


def ended_similar(changes: Sequence[Change], *, at: datetime) -> list[Event]:
    """The events that tell both buyers that their needs are the same no longer.

    Both, for who was told of an earlier version of the pair is not remembered with the last one.
    """
    events: list[Event] = []
    for key, ended in ((change.key, change.what) for change in changes):
        if isinstance(ended, Found):
            continue
        sides = (key.left_id, ended.left_version), (key.right_id, ended.right_version)
        by_left = ended.reason in {WithdrawalReason.NEED_CHANGED, WithdrawalReason.NEED_WITHDRAWN}
        closed = ended.reason in {WithdrawalReason.NEED_WITHDRAWN, WithdrawalReason.PROFILE_WITHDRAWN}
        for (need_id, version), (other_id, other_version), own in ((*sides, by_left), (*sides[::-1], not by_left)):
            events.append(
                SimilarNeedWithdrawn(
                    similar_id=ids.similar_id(need_id=need_id, other_need_id=other_id),
                    need_id=need_id,
                    need_version=version,
                    other_need_id=other_id,
                    other_need_version=other_version,
                    reason=_ENDINGS[own, closed],
                    withdrawn_at=at,
                )
            )
    return events


# By whether the need of who is told ended it, and whether that need was withdrawn.
_ENDINGS = {
    (True, False): SimilarWithdrawalReason.NEED_CHANGED,
    (True, True): SimilarWithdrawalReason.NEED_WITHDRAWN,
    (False, False): SimilarWithdrawalReason.OTHER_CHANGED,
    (False, True): SimilarWithdrawalReason.OTHER_WITHDRAWN,
}


async def told_similar(
    pairs: Pairs, *, standings: Mapping[str, Standing[NeedStatement]], transaction: RegistryTransaction
) -> list[Event]:
    """The events that tell both buyers of a pair of needs, as far as they were not told yet; the pairs note it.

    Who lists a pair sees the other need, but does not say its own title: the other side is told once the record knows the
    statement that the pair was seen by.
    """
    due = [
        (key, listing, viewer)
        for key, listing in pairs.matching()
        for viewer in (key.left_id, key.right_id)
        if viewer not in listing.told and (viewer == listing.seen_by or _statement(key, listing, standings) is not None)
    ]
    listings = await _with_contents([(key, listing) for key, listing, _ in due], transaction=transaction)
    events: list[Event] = []
    for key, _, viewer in due:
        listing = listings[key]
        view, statement = _similar(listing), _statement(key, listing, standings)
        if viewer != listing.seen_by and statement is not None:
            view = mirrored(view, statement)
        events.append(SimilarNeedFound(**dict(view), **_about(listing)))
        pairs.tell(key, [viewer])
    return events


def _statement(key: PairKey, listing: Listing, standings: Mapping[str, Standing[NeedStatement]]) -> NeedStatement | None:
    """The statement that the pair was seen by; None as long as the record does not know that version or a later one."""
    version = listing.left_version if listing.seen_by == key.left_id else listing.right_version
    standing = standings.get(listing.seen_by)
    return standing.content if standing is not None and standing.content_version >= version else None


async def _with_contents(
    listings: Iterable[tuple[PairKey, Listing]], *, transaction: RegistryTransaction
) -> dict[PairKey, Listing]:
    found = dict(listings)
    stored = [PairListing(key=key, listing=one, stands=True) for key, one in found.items() if one.content is None]
    return found | {one.key: one.listing for one in await transaction.with_contents(stored)}


def _about(listing: Listing) -> dict[str, Any]:
    return {"space": listing.space, "scorer": listing.scorer, "found_at": listing.evaluated_at}


def _match(listing: Listing) -> Match:
    if not isinstance(listing.content, Match):
        raise TypeError(f"a pair of a need and a supplier holds {type(listing.content).__name__}")
    return listing.content


def _similar(listing: Listing) -> SimilarNeed:
    if not isinstance(listing.content, SimilarNeed):
        raise TypeError(f"a pair of needs holds {type(listing.content).__name__}")
    return listing.content
