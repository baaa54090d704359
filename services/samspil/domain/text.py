"""Sentences and stems: how a text is cut for evidence, and which of its words count as the same.

Stemming is Snowball's (https://snowballstem.org); words of a language without a stemmer count as they stand.
"""

import re
from functools import lru_cache

import snowballstemmer

from samspil.domain.stopwords import STOP_WORDS

SENTENCE_MAX = 300  # what still reads on a telephone
_SENTENCE_MIN_WORDS = 3
_WORD_MIN = 3

# The written forms of Norwegian share a stemmer and most words, so they count as one language for words.
_FAMILIES = {"nb": "no", "nn": "no"}
_STEMMERS = {
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "sv": "swedish",
}

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
# A sentence ends at . ! ? or … before white space and something that can begin the next one, or at a line break.
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”»)]*\s+(?=[^\W\d_]|\d|[\"'“„«(–•-])|\s*[\r\n]+\s*|\s+(?=•\s)")
_BULLET = re.compile(r"^[\s•·*–—-]+")
# Abbreviations of the Nordic languages, German and English whose full stop ends no sentence.
_ABBREVIATION = re.compile(
    r"(?:\b(?:bl\.a|f\.eks|m\.fl|m\.m|m\.v|o\.l|osv|jf|ca|nr|pr|kl|stk|pkt|mv|inkl|ekskl|evt|dvs|mio|mia|mill|mrd|milj|t\.ex|d\.v\.s"
    r"|resp|s\.k|esim|mm|ym|z\.B|d\.h|bzw|u\.a|usw|Mio|Mrd|Nr|Abs|etc|e\.g|i\.e|No|approx|incl|Dr|St|art|cf|vs)|\b[A-Za-zÅÄÖÆØÜåäöæøü])\.$"
)


def language_family(language: str) -> str:
    """The language that words are compared in: nb and nn are no."""
    return _FAMILIES.get(language, language)


@lru_cache(maxsize=1024)
def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text in their order, without bullets; fragments join the one before, long ones are cut at a word."""
    found: list[str] = []
    for piece in _SENTENCE_END.split(text):
        sentence = _BULLET.sub("", " ".join(piece.split()))
        if not sentence:
            continue
        joins = found and (_ABBREVIATION.search(found[-1]) or len(sentence.split()) < _SENTENCE_MIN_WORDS)
        if joins:
            found[-1] = f"{found[-1]} {sentence}"
        else:
            found.append(sentence)
    return tuple(shorten(sentence) for sentence in found)


def shorten(text: str, *, limit: int = SENTENCE_MAX) -> str:
    """The text, cut at a sentence's or a word's end with an ellipsis if it is longer than the limit."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    end = max(head.rfind(". "), head.rfind("! "), head.rfind("? "))
    if end >= limit // 2:
        return head[: end + 1]
    space = head.rfind(" ")
    return f"{head[: space if space > limit // 2 else len(head)].rstrip(' ,;:–-')}…"


@lru_cache(maxsize=65_536)
def _stem(word: str, family: str) -> str:
    name = _STEMMERS.get(family)
    return str(snowballstemmer.stemmer(name).stemWord(word)) if name else word


@lru_cache(maxsize=4096)
def terms(text: str, language: str) -> dict[str, str]:
    """The stems of the text's content words, each with the first word that showed it. Stop words and numbers are left out."""
    family = language_family(language)
    stop = STOP_WORDS.get(family, frozenset())
    found: dict[str, str] = {}
    for match in _WORD.finditer(text):
        word = match[0].casefold()
        if len(word) >= _WORD_MIN and word not in stop and not word.isdigit():
            found.setdefault(_stem(word, family), match[0])
    return found


def shared_terms(one: str, other: str, *, language: str, other_language: str, limit: int = 8) -> tuple[str, ...]:
    """Words of `one` that `other` has too, whatever their ending, longest first; none across languages."""
    if language_family(language) != language_family(other_language):
        return ()
    mine, theirs = terms(one, language), terms(other, other_language)
    return tuple(sorted((mine[stem] for stem in mine.keys() & theirs.keys()), key=lambda word: (-len(word), word))[:limit])


def overlap(one: str, other: str, *, language: str, other_language: str) -> float | None:
    """How many content words two texts share: the cosine of their sets of stems, 0 to 1; None across languages."""
    if language_family(language) != language_family(other_language):
        return None
    mine, theirs = terms(one, language), terms(other, other_language)
    if not mine or not theirs:
        return 0.0
    return float(len(mine.keys() & theirs.keys()) / (len(mine) * len(theirs)) ** 0.5)
