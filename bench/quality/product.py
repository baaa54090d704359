"""The system `samspil`: the service's own sides, vectors, index, candidates, judge and scorer, with every pair let through."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from bench.quality.events import need_events, place_of, profile_events, query_events
from bench.quality.metrics import DEPTH, Ranked
from bench.quality.remembered import RememberedEmbedder
from bench.quality.rows import QualitySet
from samspil.adapters.vectors import open_index
from samspil.domain.pairs import CapabilitySide, NeedSide
from samspil.matching.judge import EmbeddedSupplier, Judge
from samspil.matching.likeness import EmbeddedNeed
from samspil.matching.rules import Rules
from samspil.matching.sides import capability_sides, need_entry, need_side, supplier_entry
from samspil.ports import EmbedText, Entity, TextKind, VectorIndex

_QUERIES_AT_ONCE = 16
_ENTRIES_AT_ONCE = 64
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Sides:
    """A set as matching sees it, without vectors. Of `suppliers` and `needs` one is empty."""

    queries: tuple[NeedSide, ...]
    suppliers: tuple[tuple[CapabilitySide, ...], ...]
    needs: tuple[NeedSide, ...]

    def texts(self) -> list[EmbedText]:
        """Every text that is embedded, the sentences of the evidence included."""
        asking = (*self.queries, *self.needs)
        return [
            *(_text_of(need) for need in asking),
            *(_text_of(capability) for supplier in self.suppliers for capability in supplier),
            *(EmbedText(text=said, language=need.language, kind=TextKind.QUERY) for need in asking for said in need.sentences),
        ]


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """The same with vectors."""

    queries: tuple[EmbeddedNeed, ...]
    suppliers: tuple[EmbeddedSupplier, ...]
    needs: tuple[EmbeddedNeed, ...]


def sides_of(quality_set: QualitySet) -> Sides:
    """The sides of the events that the rows become."""
    return Sides(
        queries=tuple(need_side(event) for event in query_events(quality_set)),
        suppliers=() if quality_set.similar else tuple(tuple(capability_sides(event)) for event in profile_events(quality_set)),
        needs=tuple(need_side(event) for event in need_events(quality_set)) if quality_set.similar else (),
    )


async def embedded(sides: Sides, *, embedder: RememberedEmbedder) -> Embedded:
    """The sides with their vectors.

    Raises:
        ModelUnavailable: the model cannot answer now.
    """
    return Embedded(
        queries=await _needs(sides.queries, embedder=embedder),
        suppliers=tuple([await _supplier(supplier, embedder=embedder) for supplier in sides.suppliers]),
        needs=await _needs(sides.needs, embedder=embedder),
    )


async def rank(
    quality_set: QualitySet, found: Embedded, *, embedder: RememberedEmbedder, rules: Rules, folder: Path
) -> list[list[Ranked]]:
    """What the product shows for each query, best first, with the score that it shows.

    Args:
        quality_set: whose rows these are.
        found: its sides with their vectors.
        embedder: embeds the sentences of the evidence.
        rules: those of the service; thresholds and limit are replaced.
        folder: where the index may be made, as an absolute path.

    Raises:
        IndexUnavailable: the index does not answer.
    """
    every = replace(rules, threshold=0.0, similar_threshold=0.0, limit=DEPTH)
    async with indexed(found, embedder=embedder, folder=folder) as index:
        judge = Judge(embedder=embedder, index=index, rules=every)
        judged = [await _judged(judge, batch, similar=quality_set.similar) for batch in chunks(found.queries, _QUERIES_AT_ONCE)]
    return [
        [Ranked(quality_set.docs[place_of(id_)].id, score) for id_, score in ranking] for batch in judged for ranking in batch
    ]


@asynccontextmanager
async def indexed(found: Embedded, *, embedder: RememberedEmbedder, folder: Path) -> AsyncIterator[VectorIndex]:
    """The embedded index with all suppliers and needs in it, until the block ends.

    Raises:
        IndexUnavailable: the index does not answer.
    """
    index = await open_index(f"edge://{folder}", space=embedder.space, dimension=embedder.dimension)
    try:
        await _fill(index, found)
        yield index
    finally:
        await index.close()


async def _judged(judge: Judge, needs: Sequence[EmbeddedNeed], *, similar: bool) -> list[list[tuple[str, float]]]:
    if similar:
        return [[(like.other_need_id, like.score) for like in likes] for likes in await judge.similar_to(needs)]
    return [[(match.supplier_id, match.score) for match in verdict.matches] for verdict in await judge.suppliers_for(needs)]


async def _fill(index: VectorIndex, found: Embedded) -> None:
    suppliers = [supplier_entry(list(supplier.capabilities), supplier.vectors) for supplier in found.suppliers]
    needs = [need_entry(need.side, need.vector) for need in found.needs]
    for batch in chunks(suppliers, _ENTRIES_AT_ONCE):
        await index.put(Entity.SUPPLIERS, batch)
    for batch in chunks(needs, _ENTRIES_AT_ONCE):
        await index.put(Entity.NEEDS, batch)


async def _needs(sides: Sequence[NeedSide], *, embedder: RememberedEmbedder) -> tuple[EmbeddedNeed, ...]:
    vectors = await embedder.embed([_text_of(side) for side in sides])
    return tuple(EmbeddedNeed(side=side, vector=vector) for side, vector in zip(sides, vectors, strict=True))


async def _supplier(sides: tuple[CapabilitySide, ...], *, embedder: RememberedEmbedder) -> EmbeddedSupplier:
    return EmbeddedSupplier(capabilities=sides, vectors=await embedder.embed([_text_of(side) for side in sides]))


def _text_of(side: NeedSide | CapabilitySide) -> EmbedText:
    kind = TextKind.QUERY if isinstance(side, NeedSide) else TextKind.PASSAGE
    return EmbedText(text=side.text, language=side.language, kind=kind)


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The items in their order, at most `size` at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))
