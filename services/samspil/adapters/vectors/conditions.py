"""Conditions on stored points, said once and translated by each engine."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class AnyOf:
    """The field holds, or its list contains, one of these words. A point without the field does not meet it."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Between:
    """The number in the field lies within these bounds, both included.

    The engines compare as 64-bit floats, which are exact up to 2**53, the largest version of the contract.
    """

    field: str
    at_least: int | None = None
    at_most: int | None = None


@dataclass(frozen=True, kw_only=True)
class Ids:
    """The point is one of these."""

    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Every:
    """All of `must` hold, none of `must_not` holds, and if `one_of` is not empty, at least one of it holds."""

    must: "tuple[Condition, ...]" = ()
    one_of: "tuple[Condition, ...]" = ()
    must_not: "tuple[Condition, ...]" = ()


Condition = AnyOf | Between | Ids | Every
