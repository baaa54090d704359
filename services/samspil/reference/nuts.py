"""NUTS 2024, the regions of the EU on levels 0 (country) to 3, with the statistical regions of EFTA and candidate countries.

The United Kingdom left NUTS and is there with the codes of NUTS 2018. Names are in the region's own language, as in the
classification.
"""

from functools import cache

from samspil.domain.codes import nuts_path
from samspil.reference.archive import lines


@cache
def _names() -> dict[str, str]:
    return dict(line.split("\t", maxsplit=1) for line in lines("nuts_2024.zip", "regions"))


def codes() -> tuple[str, ...]:
    """All codes, in their order."""
    return tuple(_names())


def exists(code: str) -> bool:
    """True if NUTS 2024 has this code, on any level."""
    return code in _names()


def name(code: str) -> str | None:
    """The region's name in its own language; None if there is no such code."""
    return _names().get(code)


def nearest(code: str) -> str | None:
    """The code itself if it exists, else the smallest region that holds it by its letters; None if not even its country exists.

    Codes of older versions of NUTS stand in many notices: NO082 of NUTS 2021 gives NO08.
    """
    return next((step for step in reversed(nuts_path(code)) if exists(step)), None)
