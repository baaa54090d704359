"""The phrases of letters: one table for each language, all with the same keys and the same placeholders."""

from collections.abc import Mapping
from types import MappingProxyType

from samspil.domain.letters.phrases import da, de, en, fi, nb, nn, sv

FALLBACK = "en"
TABLES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "da": da.PHRASES,
        "de": de.PHRASES,
        "en": en.PHRASES,
        "fi": fi.PHRASES,
        "nb": nb.PHRASES,
        "nn": nn.PHRASES,
        "sv": sv.PHRASES,
    }
)
# Norwegian of which the form is unknown is written as most Norwegians do.
_WRITTEN_AS = {"no": "nb"}


def written_language(language: str) -> str:
    """The language of a letter to somebody who reads this one: itself, or English where there are no phrases in it."""
    written = _WRITTEN_AS.get(language, language)
    return written if written in TABLES else FALLBACK
