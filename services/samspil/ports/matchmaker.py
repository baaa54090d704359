"""Matching on demand: what a text would match, without publishing anything."""

from collections.abc import Sequence
from typing import Protocol

from samspil_schemas import Match, NeedStatement, SimilarNeed


class Matchmaker(Protocol):
    """Answers at once and writes nothing."""

    async def suppliers_for(self, statement: NeedStatement, *, limit: int = 10) -> Sequence[Match]:
        """The suppliers that could meet the need, best first, with evidence.

        Raises:
            Transient: the model or the index does not answer.
        """
        ...

    async def similar_to(self, statement: NeedStatement, *, limit: int = 10) -> Sequence[SimilarNeed]:
        """The open needs of other buyers that are the same need, best first, each once however often it was published.

        Raises:
            Transient: the model or the index does not answer.
        """
        ...
