"""Joins the verdicts of both sides into the state of each pair, in whatever order they come.

A report lists all pairs that hold for one side in one version. A listing of a pair holds as long as neither side was evaluated in
a newer state than the listing is of; a withdrawal is newer than the same version published. Both sides write, then search, so at
least one of two reports has seen the newest of both, and what it lists, or does not list, is the truth.

The state of a pair is a join semilattice: the newest state evaluated of each side, and the listings that hold and that no other
listing covers. So any order, and any repeats, of the same reports come to the same state.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from samspil.ports import Head, Listing
from samspil_schemas import WithdrawalReason

# Below every version: never evaluated.
NEVER = Head(0)


class Side(StrEnum):
    """The two sides of a pair: a need and a supplier, or two needs in the order of their ids."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What one report says of one pair: its side was evaluated in this state, and the pair was listed or not."""

    side: Side
    head: Head
    listing: Listing | None = None


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The state of a pair.

    left, right: the newest state of each side that was evaluated.
    listings: those that hold; none is of versions that another covers.
    """

    left: Head = NEVER
    right: Head = NEVER
    listings: tuple[Listing, ...] = ()

    @property
    def standing(self) -> Listing | None:
        """The listing that is the pair's match; None where the pair does not match."""
        return max(self.listings, key=lambda listing: listing.versions, default=None)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A pair matches, for the first time or in newer versions."""

    listing: Listing


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A pair matches no longer, as of these versions of its two sides."""

    was: Listing
    left_version: int
    right_version: int
    reason: WithdrawalReason


def join(pair: Pair, verdict: Verdict) -> Pair:
    """The state of the pair after one more verdict."""
    left, right = pair.left, pair.right
    if verdict.side is Side.LEFT:
        left = max(left, verdict.head)
    else:
        right = max(right, verdict.head)
    listed = (*pair.listings, verdict.listing) if verdict.listing else pair.listings
    holding = [listing for listing in listed if _holds(listing, left=left, right=right)]
    return replace(pair, left=left, right=right, listings=_uncovered(holding))


def changed(before: Pair, after: Pair) -> Found | Ended | None:
    """What is to be told of the step from one state to the next; None where it is the same match, or none still."""
    was, now = before.standing, after.standing
    if now is not None:
        return Found(listing=now) if was is None or _told_as(was) != _told_as(now) else None
    if was is None:
        return None
    return Ended(
        was=was,
        left_version=max(after.left.version, was.left_version),
        right_version=max(after.right.version, was.right_version),
        reason=_reason(was, after),
    )


def _holds(listing: Listing, *, left: Head, right: Head) -> bool:
    return Head(listing.left_version) >= left and Head(listing.right_version) >= right


def _uncovered(listings: Sequence[Listing]) -> tuple[Listing, ...]:
    """The listings that no other covers, one for each pair of versions; of two, the one that was evaluated last."""
    newest: dict[tuple[int, int], Listing] = {}
    for listing in listings:
        known = newest.get(listing.versions)
        newest[listing.versions] = listing if known is None else _later(known, listing)
    return tuple(
        listing
        for versions, listing in sorted(newest.items())
        if not any(_covers(other, versions) for other in newest if other != versions)
    )


def _later(known: Listing, other: Listing) -> Listing:
    """The one that was evaluated last, and who was told of either; a repeat leaves what is known."""
    later = replace(other if _rank(other) > _rank(known) else known, heard=known.heard | other.heard)
    return replace(later, told=known.told | other.told) if _told_as(known) == _told_as(other) else later


def _rank(listing: Listing) -> tuple[datetime, str]:
    return listing.evaluated_at, listing.report_id


def _covers(newer: tuple[int, int], older: tuple[int, int]) -> bool:
    return newer[0] >= older[0] and newer[1] >= older[1]


def _told_as(listing: Listing) -> tuple[int, int, str, str]:
    """What makes a match another one to those who are told: the identity of `MatchFound` within a pair."""
    return listing.left_version, listing.right_version, listing.space, listing.scorer


def _reason(was: Listing, after: Pair) -> WithdrawalReason:
    """Which side's newer state ended the match. If both did, the need's is told: without it there is nothing to offer."""
    if Head(was.left_version) < after.left:
        return WithdrawalReason.NEED_WITHDRAWN if after.left.withdrawn else WithdrawalReason.NEED_CHANGED
    return WithdrawalReason.PROFILE_WITHDRAWN if after.right.withdrawn else WithdrawalReason.PROFILE_CHANGED
