"""The embedding model."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class TextKind(StrEnum):
    """Which side of a search a text is on; the model reads them with different prompts."""

    QUERY = "query"
    PASSAGE = "passage"


@dataclass(frozen=True, kw_only=True)
class EmbedText:
    """A text to embed; its language is for embedders that need to know it."""

    text: str
    language: str
    kind: TextKind


class Embedder(Protocol):
    """Turns texts into vectors of one vector space."""

    @property
    def space(self) -> str:
        """The id of the vector space."""
        ...

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        ...

    async def embed(self, texts: Sequence[EmbedText]) -> Vectors:
        """Return unit vectors, shape (len(texts), dimension), float32; an equal text has an equal vector.

        Raises:
            ModelUnavailable: the model cannot answer now.
        """
        ...
