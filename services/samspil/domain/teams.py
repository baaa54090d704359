"""Suppliers that together cover a need which none of them covers alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

TEAM_MAX = 3
CONSIDERED_MAX = 12
TEAMS_MAX = 5


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How well a supplier answers each thing that the need asks.

    Attributes:
        supplier_id: whose.
        strengths: by the number of the ask, how likely it answers that, 0 to 1.
    """

    supplier_id: str
    strengths: tuple[float, ...]

    def answered(self, *, at: float) -> frozenset[int]:
        """The asks that it answers: those whose strength reaches `at`."""
        return frozenset(number for number, strength in enumerate(self.strengths) if strength >= at)


@dataclass(frozen=True, kw_only=True)
class Team:
    """Two or three suppliers, and what each is there for.

    Attributes:
        parts: by supplier, in the order of their ids, the asks that it answers best of the team. No part is empty.
        open: the asks that none of them answers.
    """

    parts: tuple[tuple[str, tuple[int, ...]], ...]
    open: tuple[int, ...]


def suggested_teams(suppliers: Sequence[Coverage], *, at: float, limit: int = TEAMS_MAX) -> list[Team]:
    """The teams that answer more than any supplier alone, and from which nobody can be left out; the best first.

    A team of three must answer more than the best of two. Better is: more asks answered, fewer members, stronger answers; ties
    break on ids.

    Args:
        suppliers: how well each answers the same asks. Only the twelve that answer most are put together.
        at: the strength from which an ask is answered.
        limit: how many teams at most.
    """
    known = sorted(suppliers, key=lambda one: (-len(one.answered(at=at)), -sum(one.strengths), one.supplier_id))[:CONSIDERED_MAX]
    best = max((len(one.answered(at=at)) for one in known), default=0)
    found: list[tuple[tuple[float, ...], Team]] = []
    for size in range(2, TEAM_MAX + 1):
        fitting = [members for members in combinations(known, size) if _all_needed(members, at=at, beyond=best)]
        found += [_ranked(members, at=at) for members in fitting]
        best = max([best, *(len(_together(members, at=at)) for members in fitting)])
    return [team for _, team in sorted(found, key=lambda one: (one[0], one[1].parts))[:limit]]


def _together(members: Sequence[Coverage], *, at: float) -> frozenset[int]:
    return frozenset[int]().union(*(one.answered(at=at) for one in members))


def _all_needed(members: Sequence[Coverage], *, at: float, beyond: int) -> bool:
    covered = _together(members, at=at)
    if len(covered) <= beyond:
        return False
    return all(_together([other for other in members if other is not one], at=at) < covered for one in members)


def _ranked(members: Sequence[Coverage], *, at: float) -> tuple[tuple[float, ...], Team]:
    covered = sorted(_together(members, at=at))
    ordered = sorted(members, key=lambda one: one.supplier_id)
    # An ask that two of them answer is the stronger one's; whoever is needed is the only one for some ask, so none stays idle.
    best = {ask: max(ordered, key=lambda one: one.strengths[ask]) for ask in covered}
    parts = tuple((one.supplier_id, tuple(ask for ask in covered if best[ask] is one)) for one in ordered)
    strength = sum(best[ask].strengths[ask] for ask in covered) / len(covered)
    still_open = tuple(ask for ask in range(len(members[0].strengths)) if ask not in best)
    return (-len(covered), len(members), -round(strength, 4)), Team(parts=parts, open=still_open)
