"""Words that two languages share but for the spelling: fjärrvärme and fjernvarme, Tablett and tablet.

A pair is shown as a reason, so a false one is worse than none: stems must be equal, or all but equal if they are long, once
accents and the ways of spelling one sound are folded. Words that look alike and mean something else are listed.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise

from samspil.domain.text import language_family, terms

_LENGTH_MIN = 5  # below it, alike is mostly chance: sv "barn" (child), en "barn"
# On all true pairs of the sample, one letter of seven and two of ten gave 35 pairs of statements a word in common, none of them
# false; shorter stems with as many differences gave the first false ones.
_LENGTH_OF_ONE, _LENGTH_OF_TWO = 7, 10
_PAIRS_MAX = 5
_LETTERS = str.maketrans({"ø": "o", "æ": "a", "ß": "ss", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "œ": "o"})
_SOUNDS = {"ph": "f", "qu": "kv", "ck": "k", "th": "t", "gj": "g", "kj": "k", "c": "k", "x": "ks", "w": "v", "z": "s"}
# Folded stems that mean one thing here and another one there: sv tillbud is an incident, da tilbud an offer.
_FALSE_FRIENDS = frozenset(
    """
    afar afare aktuel akademi anledning ansvarlig anstalt artig bilion bilon biljon blanket brand direktion dyrk etiket eventuel
    fabrik fabrikat frokost frukost genial glas grine gymnasium kase kasa konkern konkurs konsekvent konsern kurios lokal mape
    marmelad miljard mobel novel opsats oversikt overtag paragraf praktikant prospekt rente rolig semester sensibel skilt spand
    spann stiling tilbud underhald underhold underlag
    """.split()  # noqa: SIM905 — a list of words, not one of quotation marks
)


def cognates(one: str, other: str, *, language: str, other_language: str, limit: int = _PAIRS_MAX) -> tuple[tuple[str, str], ...]:
    """Pairs of a word of `one` and the same word in the language of `other`, longest first; none within one language."""
    if language_family(language) == language_family(other_language):
        return ()
    found: list[tuple[str, str]] = []
    theirs = {fold(stem): word for stem, word in terms(other, other_language).items()}
    for stem, word in terms(one, language).items():
        folded = fold(stem)
        alike = next((known for known in _nearest(folded, theirs) if _same(folded, known)), None)
        if alike is not None:
            found.append((word, theirs.pop(alike)))
    return tuple(sorted(found, key=lambda pair: (-len(pair[0]), pair))[:limit])


def fold(word: str) -> str:
    """The word without accents, with one letter for one sound, and no letter twice in a row."""
    plain = unicodedata.normalize("NFKD", word.casefold().translate(_LETTERS))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    for written, sound in _SOUNDS.items():
        plain = plain.replace(written, sound)
    return plain[:1] + "".join(letter for before, letter in pairwise(plain) if letter != before)


def _nearest(folded: str, others: Iterable[str]) -> Iterator[str]:
    """An equal one first, then those of about the same length, in their order."""
    return iter(sorted((other for other in others if abs(len(other) - len(folded)) <= 2), key=lambda other: other != folded))  # noqa: PLR2004 — as many as two may differ in


def _same(one: str, other: str) -> bool:
    if min(len(one), len(other)) < _LENGTH_MIN or one in _FALSE_FRIENDS or other in _FALSE_FRIENDS:
        return False
    if one == other:
        return True
    longer = max(len(one), len(other))
    allowed = 2 if longer >= _LENGTH_OF_TWO else int(longer >= _LENGTH_OF_ONE)
    return bool(allowed) and _distance(one, other) <= allowed


def _distance(one: str, other: str) -> int:
    """How many letters must be changed, put in or left out (Levenshtein)."""
    before = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        now = [row]
        for column, known in enumerate(other, 1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (letter != known)))
        before = now
    return before[-1]
