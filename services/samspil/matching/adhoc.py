"""Matching on demand: the same judge, on a text that nobody has published."""

from collections.abc import Sequence

from samspil.domain.similar import folded_finds
from samspil.matching.judge import Judge
from samspil.matching.likeness import EmbeddedNeed
from samspil.matching.rules import Rules
from samspil.matching.sides import need_side
from samspil.matching.teaming import teams_of
from samspil.ports import Embedder, EmbedText, Teams, TextKind, VectorIndex
from samspil_schemas import Match, NeedPublished, NeedStatement, SimilarNeed

DRAFT_ID = "draft"


class AdHocMatchmaker:
    """Answers at once and writes nothing. Implements `samspil.ports.Matchmaker`."""

    def __init__(self, *, embedder: Embedder, index: VectorIndex, rules: Rules | None = None) -> None:
        self._embedder = embedder
        self._rules = rules or Rules()
        self._judge = Judge(embedder=embedder, index=index, rules=self._rules)

    async def suppliers_for(self, statement: NeedStatement, *, limit: int = 10) -> Sequence[Match]:
        """The suppliers that could meet the need, best first, with evidence.

        Raises:
            Transient: the model or the index does not answer.
        """
        [verdict] = await self._judge.suppliers_for([await self._embed(statement)])
        return verdict.matches[:limit]

    async def similar_to(self, statement: NeedStatement, *, limit: int = 10) -> Sequence[SimilarNeed]:
        """The open needs of other buyers that are the same need, best first, each once.

        Raises:
            Transient: the model or the index does not answer.
        """
        [found] = await self._judge.similar_to([await self._embed(statement)])
        return folded_finds(found)[:limit]

    async def teams_for(self, statement: NeedStatement, *, limit: int = 5) -> Teams:
        """Suppliers that match and together answer more wishes of the need than any of them alone.

        Raises:
            Transient: the model or the index does not answer.
        """
        need = await self._embed(statement)
        [pairs], _ = await self._judge.pairs_of([need])
        quoted = await self._judge.embed_sentences([need.side])
        # The title is the first sentence, and asks nothing.
        asked = quoted[need.side.need_id][1:]
        return teams_of(need.side, pairs, asked=asked, answering=self._rules.answering, limit=limit)

    async def _embed(self, statement: NeedStatement) -> EmbeddedNeed:
        side = need_side(NeedPublished(need_id=DRAFT_ID, version=1, statement=statement))
        [vector] = await self._embedder.embed([EmbedText(text=side.text, language=side.language, kind=TextKind.QUERY)])
        return EmbeddedNeed(side=side, vector=vector)
