"""The ladder of a joint need in figures and in words. Different units are never added."""

import math
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from samspil.ports.joint_changes import Commitment
from samspil_schemas import Rung, RungTotal, Volume
from samspil_schemas.base import LABEL_MAX

_UNITS_SHOWN = 3
_VOLUME = re.compile(r"(?P<amount>(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,15})?)\s+(?P<unit>\S.*)")
_COUNTS = {Rung.PARTNER: ("partner", "partners"), Rung.OBSERVER: ("observer", "observers")}


@dataclass(frozen=True)
class _Sum:
    """What was stated in one unit. `dated`: how much of it says when; `year`: of the last of that."""

    unit: str
    amount: float
    dated: float
    year: int | None


def totals(commitments: Collection[Commitment]) -> tuple[RungTotal, ...]:
    """How many stand on each rung that somebody stands on, the lowest first, and the sum of each unit."""
    found = []
    for rung in Rung:
        standing = [commitment for commitment in commitments if commitment.rung is rung]
        if standing:
            horizon = max((one.horizon for one in standing if one.horizon), default=None)
            stated = volumes(one.volume for one in standing)
            found.append(RungTotal(rung=rung, bodies=len(standing), volumes=stated, horizon=horizon))
    return tuple(found)


def volumes(stated: Iterable[Volume | None]) -> tuple[Volume, ...]:
    """The sum of each unit, by unit."""
    return tuple(Volume(amount=one.amount, unit=one.unit) for one in _sums((volume, None) for volume in stated))


def summary(commitments: Collection[Commitment]) -> str:
    """The ladder in one line, for suppliers: "1 body committed, 13 intend: 4,200 water meters by 2028".

    Committed are the first buyers, and those who intend have signed a declaration; the volumes are those of the two together.
    Who only takes part or looks on is counted where nobody has gone further.
    """
    bound = [one for one in commitments if one.rung in (Rung.INTENT_SIGNER, Rung.FIRST_BUYER)]
    if not bound:
        return _unbound(commitments)
    committed = sum(one.rung is Rung.FIRST_BUYER for one in bound)
    intend = len(bound) - committed
    said = []
    if committed:
        said.append(f"{_bodies(committed)} committed")
    if intend:
        who = str(intend) if committed else _bodies(intend)
        said.append(f"{who} {'intends' if intend == 1 else 'intend'}")
    needed = _volumes(_sums((one.volume, one.horizon) for one in bound))
    return ", ".join(said) + (f": {needed}" if needed else "")


def _unbound(commitments: Collection[Commitment]) -> str:
    counts = [(sum(one.rung is rung for one in commitments), names) for rung, names in _COUNTS.items()]
    said = [f"{count} {names[count > 1]}" for count, names in counts if count]
    return f"Nobody is committed yet: {' and '.join(said)}" if said else "Nobody is committed yet"


def _bodies(count: int) -> str:
    return "1 body" if count == 1 else f"{count} bodies"


def _volumes(sums: list[_Sum]) -> str:
    said = [_volume(one) for one in sums[:_UNITS_SHOWN]]
    if len(sums) > _UNITS_SHOWN:
        said.append(f"{len(sums) - _UNITS_SHOWN} more units")
    return " and ".join([", ".join(said[:-1]), said[-1]]) if len(said) > 1 else "".join(said)


def _volume(one: _Sum) -> str:
    said = f"{figure(one.amount)} {one.unit}"
    if one.year is None:
        return said
    return f"{said} by {one.year}" if one.dated == one.amount else f"{said} ({figure(one.dated)} of them by {one.year})"


def volume_of(text: str) -> Volume | None:
    """The volume that is written as an amount and a unit, "4,200 water meters" or "0.5 km of pipe"; None where it is none.

    Commas part thousands and nothing else: "1,5 km" says too little to know what it means.
    """
    found = _VOLUME.fullmatch(text.strip())
    if found is None or len(found["unit"]) > LABEL_MAX:
        return None
    amount = float(found["amount"].replace(",", ""))
    return Volume(amount=amount, unit=found["unit"]) if amount > 0 else None


def figure(amount: float) -> str:
    """The amount with thousands parted by commas, and no more digits than it has."""
    return f"{amount:,.15g}"


def _sums(said: Iterable[tuple[Volume | None, date | None]]) -> list[_Sum]:
    """One sum for each unit, by unit; spelling apart from case and spaces makes another unit."""
    stated: dict[str, list[tuple[Volume, date | None]]] = {}
    for volume, horizon in said:
        if volume is not None:
            stated.setdefault(" ".join(volume.unit.casefold().split()), []).append((volume, horizon))
    sums = []
    for _, found in sorted(stated.items()):
        # math.fsum is exact, so that the order of the commitments cannot show in the last digit.
        years = [horizon.year for _, horizon in found if horizon]
        sums.append(
            _Sum(
                unit=min(volume.unit for volume, _ in found),
                amount=math.fsum(volume.amount for volume, _ in found),
                dated=math.fsum(volume.amount for volume, horizon in found if horizon),
                year=max(years, default=None),
            )
        )
    return sums
