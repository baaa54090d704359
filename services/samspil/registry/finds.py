"""Tells buyers who else has their need: each need once, however often it was published.

What a buyer was told is on record (`Listing.told`, `Listing.heard`), so that a copy of a find that it holds is not told, a find
that it holds is told anew in newer versions and is withdrawn when it ends, and a copy takes the place of one that has ended.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from samspil import ids
from samspil.domain.sameness import folded
from samspil.domain.similar import mirrored, with_copies
from samspil.domain.verdicts import Ended
from samspil.ports import Listing, PairKey, RegistryTransaction, Standing
from samspil.registry.pairs import Change, Pairs
from samspil.registry.reports import about, with_contents
from samspil_schemas import (
    Event,
    NeedStatement,
    SimilarNeed,
    SimilarNeedFound,
    SimilarNeedWithdrawn,
    SimilarWithdrawalReason,
    WithdrawalReason,
)

Statements = Mapping[str, Standing[NeedStatement]]
_Find = tuple[PairKey, Listing]


def ended_similar(changes: Sequence[Change], *, at: datetime) -> list[Event]:
    """The events that tell the buyers who were told of a pair that their needs are the same no longer."""
    ended = [(change.key, change.what) for change in changes if isinstance(change.what, Ended)]
    return [
        SimilarNeedWithdrawn(
            similar_id=ids.similar_id(need_id=need_id, other_need_id=other_id),
            need_id=need_id,
            need_version=version,
            other_need_id=other_id,
            other_need_version=other_version,
            reason=reason,
            withdrawn_at=at,
        )
        for key, what in ended
        for need_id, version, other_id, other_version, reason in (
            (key.left_id, what.left_version, key.right_id, what.right_version, _reason(what, left=True)),
            (key.right_id, what.right_version, key.left_id, what.left_version, _reason(what, left=False)),
        )
        if need_id in what.was.heard
    ]


def _reason(ended: Ended, *, left: bool) -> SimilarWithdrawalReason:
    by_left = ended.reason in {WithdrawalReason.NEED_CHANGED, WithdrawalReason.NEED_WITHDRAWN}
    closed = ended.reason in {WithdrawalReason.NEED_WITHDRAWN, WithdrawalReason.PROFILE_WITHDRAWN}
    return _ENDINGS[by_left is left, closed]


# By whether the need of who is told ended it, and whether that need was withdrawn.
_ENDINGS = {
    (True, False): SimilarWithdrawalReason.NEED_CHANGED,
    (True, True): SimilarWithdrawalReason.NEED_WITHDRAWN,
    (False, False): SimilarWithdrawalReason.OTHER_CHANGED,
    (False, True): SimilarWithdrawalReason.OTHER_WITHDRAWN,
}


async def told_similar(pairs: Pairs, *, viewers: Collection[str], transaction: RegistryTransaction) -> list[Event]:
    """The events that tell the buyers of these needs what they do not hold yet; the pairs note it.

    Who lists a pair sees the other need, but does not say its own title: the other side is told once the record knows the
    statement that the pair was seen by.
    """
    await pairs.widen(viewers, transaction=transaction)
    groups = [(viewer, group) for viewer in sorted(viewers) for group in _groups(pairs, viewer=viewer)]
    wanted = {one.seen_by for viewer, group in groups for _, one in group if viewer not in one.told | {one.seen_by}}
    statements = await transaction.needs_standing(wanted)
    due = [(viewer, find, group) for viewer, group in groups for find in _due(group, viewer=viewer, statements=statements)]
    listings = await with_contents([find for _, find, _ in due], transaction=transaction)
    events: list[Event] = []
    for viewer, (key, listing), group in due:
        view = _view(listings[key], viewer=viewer, statements=statements)
        copies = [_other(one, viewer) for one, _ in group if one != key]
        events.append(SimilarNeedFound(**dict(with_copies(view, copies)), **about(listing)))
        pairs.tell(key, [viewer])
    return events


def _groups(pairs: Pairs, *, viewer: str) -> list[list[_Find]]:
    """What the need's buyer could be told, the best first; finds of one need together."""
    finds = sorted(pairs.matching_of(viewer), key=lambda find: (-find[1].score, find[0]))
    return [[find, *copies] for find, copies in folded(finds, keys=lambda find: _keys(*find, viewer=viewer))]


def _keys(key: PairKey, listing: Listing, *, viewer: str) -> tuple[str, ...]:
    return listing.right_keys if viewer == key.left_id else listing.left_keys


def _due(group: Sequence[_Find], *, viewer: str, statements: Statements) -> list[_Find]:
    """What of these publications of one need is to be told: those that are held, in their newer versions; or else the best."""
    new = [(key, one) for key, one in group if viewer not in one.told and _can_be_seen(key, one, viewer, statements)]
    if any(viewer in listing.heard for _, listing in group):
        return [(key, one) for key, one in new if viewer in one.heard]
    return new[:1]


def _can_be_seen(key: PairKey, listing: Listing, viewer: str, statements: Statements) -> bool:
    if viewer == listing.seen_by:
        return True
    version = listing.left_version if listing.seen_by == key.left_id else listing.right_version
    seen_by = statements.get(listing.seen_by)
    return seen_by is not None and seen_by.content is not None and seen_by.content_version >= version


def _view(listing: Listing, *, viewer: str, statements: Statements) -> SimilarNeed:
    if not isinstance(listing.content, SimilarNeed):
        raise TypeError(f"a pair of needs holds {type(listing.content).__name__}")
    statement = None if viewer == listing.seen_by else statements[listing.seen_by].content
    return listing.content if statement is None else mirrored(listing.content, statement)


def _other(key: PairKey, viewer: str) -> str:
    return key.right_id if viewer == key.left_id else key.left_id
