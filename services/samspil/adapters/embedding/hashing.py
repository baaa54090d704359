"""Vectors without a model: the words of a text and their parts, hashed into a few hundred numbers.

For tests and trials that need similar texts to be similar and nothing more: it starts at once, and it understands neither
synonyms nor other languages. It is chosen as `hashing:256`, where 256 is the length of a vector.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from samspil.domain.text import terms
from samspil.errors import Misconfigured, ModelUnavailable
from samspil.ports import EmbedText, Vectors

_PREFIX = "hashing:"
_DIMENSION_MIN, _DIMENSION_MAX = 16, 4096
_GRAM = 4
# A word counts as much as all of its parts together: "pipe" is close to "pipes", and closer to itself.
_GRAMS_WEIGHT = 1.0


class HashingEmbedder:
    """An embedder that hashes words; equal on every machine and in every run."""

    def __init__(self, *, dimension: int = 256) -> None:
        self._dimension = dimension
        self._closed = False

    @property
    def space(self) -> str:
        """The id of the vector space."""
        return f"hashing-{self._dimension}"

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return self._dimension

    async def embed(self, texts: Sequence[EmbedText]) -> Vectors:
        """Return unit vectors, shape (len(texts), dimension), float32.

        Raises:
            ModelUnavailable: it was closed.
        """
        if self._closed:
            raise ModelUnavailable("The model was closed.", hint="Start Samspil again.")
        vectors = np.zeros((len(texts), self._dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for feature, weight in _features(text):
                digest = int.from_bytes(hashlib.blake2b(feature.encode("utf-8", "replace"), digest_size=8).digest())
                # The sign lets features that share a place cancel out instead of making unlike texts alike.
                vectors[row, (digest >> 1) % self._dimension] += weight if digest & 1 else -weight
            if not vectors[row].any():  # features that cancel each other, all of them
                vectors[row, 0] = 1.0
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)

    async def close(self) -> None:
        """Refuse further texts."""
        self._closed = True


def open_hashing(name: str) -> HashingEmbedder | None:
    """The embedder that `hashing:256` names; None if the name is of another kind.

    Raises:
        Misconfigured: the length of a vector is missing or impossible.
    """
    if not name.startswith(_PREFIX):
        return None
    number = name.removeprefix(_PREFIX)
    if not number.isascii() or not number.isdigit() or not _DIMENSION_MIN <= int(number) <= _DIMENSION_MAX:
        raise Misconfigured(
            f"The model {name} names no length of a vector.",
            hint=f"Write hashing:256, from {_DIMENSION_MIN} to {_DIMENSION_MAX}.",
        )
    return HashingEmbedder(dimension=int(number))


def _features(text: EmbedText) -> Iterator[tuple[str, float]]:
    """Each content word and its parts of four letters, with their weights; a text without words is one feature."""
    stems = terms(text.text, text.language)
    if not stems:
        yield f"={text.text.casefold()}", 1.0
        return
    grams: dict[str, float] = defaultdict(float)
    for stem in stems:
        yield f"={stem}", 1.0
        padded = f"<{stem}>"
        parts = [padded[start : start + _GRAM] for start in range(max(1, len(padded) - _GRAM + 1))]
        for part in parts:
            grams[part] += _GRAMS_WEIGHT / len(parts) ** 0.5
    yield from grams.items()
