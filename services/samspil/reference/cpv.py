"""CPV 2008, the Common Procurement Vocabulary (Regulation (EC) 213/2008): 9,454 codes with labels in 23 languages.

A code is eight digits, without the check digit. A language is read from the package data when it is first asked for.
"""

from functools import cache

from samspil.domain.codes import cpv_path
from samspil.reference.archive import lines

LANGUAGES: frozenset[str] = frozenset(
    "bg cs da de el en es et fi fr hr hu it lt lv mt nl pl pt ro sk sl sv".split(),  # noqa: SIM905 (one line, not five)
)
_ARCHIVE = "cpv_2008.zip"
# CPV has no official Norwegian labels; Danish is what a Norwegian reads without effort.
_READ_IN = {"nb": "da", "nn": "da", "no": "da"}
_DEFAULT = "en"


@cache
def _positions() -> dict[str, int]:
    return {code: position for position, code in enumerate(lines(_ARCHIVE, "codes"))}


@cache
def _labels(language: str) -> list[str]:
    return lines(_ARCHIVE, language)


def codes() -> tuple[str, ...]:
    """All codes, in their order."""
    return tuple(_positions())


def exists(code: str) -> bool:
    """True if CPV 2008 has this code of eight digits."""
    return code in _positions()


def label(code: str, language: str) -> str | None:
    """The label in that language; None if there is no such code.

    Norwegian (nb, nn, no) is answered in Danish, and a language without labels in English.
    """
    position = _positions().get(code)
    if position is None:
        return None
    wanted = _READ_IN.get(language, language)
    found = _labels(wanted)[position] if wanted in LANGUAGES else ""
    return found or _labels(_DEFAULT)[position]


def path_labels(code: str, language: str) -> tuple[str, ...]:
    """The labels from the division down to the code itself.

    Steps that CPV 2008 leaves out (45 codes have an ancestor that does not exist) are skipped, and so is an unknown code.
    """
    found = (label(step, language) for step in cpv_path(code))
    return tuple(text for text in found if text is not None)
