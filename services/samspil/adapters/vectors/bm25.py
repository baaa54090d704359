"""Words as sparse vectors for BM25, by the engine's own tokenizer and stemmers, without a model hub.

Both adapters use this encoder, so a word has the same token id everywhere. A text weighs its words by frequency and length
(k = 1.2, b = 0.75, the usual values of Robertson and Zaragoza 2009); a query weighs each of its words 1. The rarity of a
word (IDF) is the engine's to count, when it searches.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from qdrant_edge import Bm25, Bm25Config, DisabledStemmer, StopwordsSet

# ISO 639 codes and the names that the engine knows them by: first those with a Snowball stemmer, then those with stop words
# alone. Any other language is read without either.
_LANGUAGES = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
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
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
    "ca": "catalan",
    "eu": "basque",
    "sl": "slovene",
}
_WRITTEN_FORMS = {"nb": "no", "nn": "no"}


@dataclass(frozen=True, kw_only=True)
class Words:
    """The distinct words of a text as token ids, with a weight each. No words, no search."""

    tokens: tuple[int, ...]
    weights: tuple[float, ...]

    def __bool__(self) -> bool:
        return bool(self.tokens)


def language_group(code: str) -> str:
    """The code of the language in which words are compared.

    Bokmål (nb) and Nynorsk (nn) are compared as Norwegian (no), which is also how a text of an unknown form is marked.
    """
    return _WRITTEN_FORMS.get(code, code)


@lru_cache(maxsize=256)
def _encoder(group: str, average_length: int) -> Bm25:
    name = _LANGUAGES.get(group)
    if name is None:
        neutral = Bm25Config(avg_len=average_length, stopwords=StopwordsSet(), stemmer=DisabledStemmer())
        return Bm25(neutral)
    return Bm25(Bm25Config(avg_len=average_length, language=name))


def _composed(text: str) -> str:
    # A letter and its accent may be one character or two; only the composed form is one word to the tokenizer.
    return unicodedata.normalize("NFC", text)


def words_of_text(text: str, *, language: str, average_length: int) -> Words:
    """The words of a text that is indexed; `average_length` is the usual number of words of such texts."""
    sparse = _encoder(language_group(language), average_length).embed_document(_composed(text))
    return Words(tokens=tuple(sparse.indices), weights=tuple(sparse.values))


def words_of_query(text: str, *, language: str) -> Words:
    """The words of a query, each with the weight 1."""
    sparse = _encoder(language_group(language), 1).embed_query(_composed(text))
    return Words(tokens=tuple(sparse.indices), weights=tuple(sparse.values))
