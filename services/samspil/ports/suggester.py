"""Help for the writer of a need: which CPV codes its text is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A CPV code, its labels from the division down to itself, and how near in meaning it is (cosine, −1 to 1)."""

    code: str
    path: tuple[str, ...]
    closeness: float


class CodeSuggester(Protocol):
    """Answers at once and writes nothing."""

    async def suggest(self, text: str, *, language: str, limit: int = 5) -> Sequence[Suggestion]:
        """The codes that are nearest to the text, the nearest first, with labels in the language where CPV has it.

        Raises:
            Transient: the model does not answer, or the labels are still being read.
        """
        ...
