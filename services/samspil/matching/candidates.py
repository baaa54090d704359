"""Who could match: by meaning, by words of the same language, and by code; deeper as long as the deepest still match."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from samspil.domain.codes import cpv_path
from samspil.ports import Entity, Hit, Search, VectorIndex, Vectors, Where

# Each round asks four times as deep; most needs end after the first.
DEPTHS = (40, 160, 640)
_CLASS_LEVEL = 3  # division, group, class: below a class the codes of a market are cut too finely to search by


@dataclass(frozen=True, kw_only=True)
class Probe:
    """What is searched with. `vector` has shape (d,)."""

    vector: Vectors
    text: str
    language: str
    cpv: tuple[str, ...]
    where: Where


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """The hits of one probe, each point once. `truncated` says that the deepest search still found matches at its end."""

    hits: tuple[Hit, ...]
    truncated: bool


async def find_candidates(
    index: VectorIndex, entity: Entity, probes: Sequence[Probe], *, keeps: Callable[[int, Hit], bool]
) -> list[Candidates]:
    """Search for every probe at once.

    Args:
        index: where to search.
        entity: which collection.
        probes: what to search with.
        keeps: whether a hit of the probe with this number is a match; decides whether to search deeper.

    Raises:
        IndexUnavailable: the index does not answer.
    """
    found: dict[int, Candidates] = {}
    open_numbers = list(range(len(probes)))
    for depth in DEPTHS:
        plans = [(number, search) for number in open_numbers for search in _searches(probes[number], depth=depth)]
        if not plans:
            break
        results = await index.search(entity, [search for _, search in plans])
        lists: dict[int, list[tuple[int, list[Hit]]]] = {number: [] for number in open_numbers}
        for (number, search), hits in zip(plans, results, strict=True):
            lists[number].append((search.limit, hits))
        for number, searched in lists.items():
            deeper = any(_still_matching(number, hits, limit=limit, keeps=keeps) for limit, hits in searched)
            unique = {(hit.owner_id, hit.part): hit for _, hits in searched for hit in hits}
            found[number] = Candidates(hits=tuple(unique[key] for key in sorted(unique)), truncated=deeper)
        open_numbers = [number for number in open_numbers if found[number].truncated]
    return [found[number] for number in range(len(probes))]


def _searches(probe: Probe, *, depth: int) -> list[Search]:
    searches = [
        Search(vector=probe.vector, where=probe.where, limit=depth),
        Search(words=probe.text, where=replace(probe.where, language=probe.language), limit=depth // 2),
    ]
    if probe.cpv:
        branches = tuple(dict.fromkeys(cpv_path(code)[:_CLASS_LEVEL][-1] for code in probe.cpv))
        searches.append(Search(vector=probe.vector, where=replace(probe.where, cpv=branches), limit=depth // 2))
    return searches


def _still_matching(number: int, hits: Sequence[Hit], *, limit: int, keeps: Callable[[int, Hit], bool]) -> bool:
    """A full list whose last quarter holds a match may hide others behind its end."""
    return len(hits) >= limit and any(keeps(number, hit) for hit in hits[-max(1, limit // 4) :])
