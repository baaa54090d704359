"""CPV and NUTS codes as files write them, made into codes that exist."""

import re
from collections.abc import Iterable

from samspil.intake.outcomes import Note, Notes
from samspil.reference import countries, cpv, nuts
from samspil_schemas.base import CODES_MAX

_CPV = re.compile(r"(?<![0-9])([0-9]{8})(?:-[0-9])?(?![0-9])")
_NUTS = re.compile(r"[A-Z]{2}[A-Z0-9]{0,3}")
_COUNTRY_LETTERS = 2
_NUTS_LETTERS_MAX = 5


def cpv_codes(texts: Iterable[str], *, notes: Notes) -> tuple[str, ...]:
    """The CPV codes in the texts that exist, each once, in their order."""
    found = list(dict.fromkeys(code for text in texts for code in _CPV.findall(text)))
    known = [code for code in found if cpv.exists(code)]
    notes[Note.UNKNOWN_CPV] += len(found) - len(known)
    notes[Note.LIST_CUT] += len(known) > CODES_MAX
    return tuple(known[:CODES_MAX])


def regions(texts: Iterable[str], *, notes: Notes) -> tuple[str, ...]:
    """The NUTS codes in the texts, each once, in their order; one that NUTS 2024 has not is widened to the region that held it.

    More than the contract takes are widened level by level until they fit: a need is better found too often than not at all.
    """
    found: list[str] = []
    for code in dict.fromkeys(text.strip().upper() for text in texts):
        known = _region(code)
        if known is None:
            notes[Note.UNKNOWN_REGION] += 1
        else:
            notes[Note.OLD_REGION] += known != code and len(code) > _COUNTRY_LETTERS
            found.append(known)
    for length in range(_NUTS_LETTERS_MAX, _COUNTRY_LETTERS - 1, -1):
        fitting = tuple(dict.fromkeys(code[:length] for code in found))
        if len(fitting) <= CODES_MAX:
            return fitting
    return fitting[:CODES_MAX]


def _region(code: str) -> str | None:
    if not _NUTS.fullmatch(code):
        return None
    if len(code) == _COUNTRY_LETTERS:
        # A country outside NUTS is a region all the same: suppliers may say that they serve it.
        country = countries.alpha2(code)
        return countries.nuts_country(country) if country else None
    return nuts.nearest(code)
