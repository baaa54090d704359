"""The verdict: which candidates match, how well, and why.

A pair's score is that of the supplier's best capability; it depends on the pair alone, never on who else was found or from which
side the pair was seen.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from samspil import ids
from samspil.domain.codes import shared_cpv_path
from samspil.domain.evidence import Answer, Answering, best_answers, unanswered
from samspil.domain.languages import language_fit
from samspil.domain.pairs import CapabilitySide, NeedSide, eligible, elsewhere, may_follow, pair_signals, similarity_signals
from samspil.domain.scoring import Signals, rounded
from samspil.domain.text import shared_terms, shorten
from samspil.matching.candidates import Candidates, Probe, find_candidates
from samspil.matching.likeness import EmbeddedNeed, Likeness, closeness, similar_need, term_pairs
from samspil.matching.rules import Rules
from samspil.matching.sides import capability_from, need_from
from samspil.ports import Embedder, EmbedText, Entity, Hit, Search, TextKind, VectorIndex, Vectors, Where
from samspil_schemas import Evidence, Match, RegionFit, SimilarNeed
from samspil_schemas.base import CAPABILITIES_MAX, LIST_MAX


@dataclass(frozen=True, kw_only=True)
class EmbeddedSupplier:
    """A supplier's capabilities and their vectors, shape (capabilities, d)."""

    capabilities: tuple[CapabilitySide, ...]
    vectors: Vectors


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The matches of one need or one supplier, best first; `truncated` says that more held than the limit."""

    matches: tuple[Match, ...]
    truncated: bool


NO_MATCHES = Verdict(matches=(), truncated=False)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A need and a supplier that match, judged by the capability with the number `best`."""

    need: EmbeddedNeed
    supplier: EmbeddedSupplier
    best: int
    signals: Signals
    score: float

    @property
    def capability(self) -> CapabilitySide:
        """The one that the pair is judged by."""
        return self.supplier.capabilities[self.best]

    @property
    def order(self) -> tuple[float, str, str]:
        """Sorts the best first."""
        # Ties break on the ids: equal scores must replay in the same order.
        return -self.score, self.need.side.need_id, self.capability.supplier_id


Liken = Callable[[EmbeddedNeed, EmbeddedNeed], Likeness | None]


class Judge:
    """Finds and judges the pairs of needs and suppliers."""

    def __init__(self, *, embedder: Embedder, index: VectorIndex, rules: Rules) -> None:
        self._embedder = embedder
        self._index = index
        self._rules = rules

    async def suppliers_for(self, needs: Sequence[EmbeddedNeed]) -> list[Verdict]:
        """The verdict on each need, among all suppliers that the index holds.

        Raises:
            Transient: the model or the index does not answer.
        """
        pairs, truncated = await self.pairs_of(needs)
        return await self._verdicts(pairs, truncated=truncated)

    async def pairs_of(self, needs: Sequence[EmbeddedNeed]) -> tuple[list[list[Pair]], list[bool]]:
        """For each need all suppliers that match, in no order, and whether the index may hold more.

        Raises:
            Transient: the index does not answer.
        """

        def keeps(number: int, hit: Hit) -> bool:
            return self._judge(needs[number], _supplier([hit])) is not None

        probes = [_need_probe(need, where=Where(regions=need.side.regions)) for need in needs]
        candidates = await find_candidates(self._index, Entity.SUPPLIERS, probes, keeps=keeps)
        suppliers = await self._whole_suppliers(needs, candidates, kept=keeps)
        pairs = [
            [pair for supplier in found if (pair := self._judge(need, supplier))]
            for need, found in zip(needs, suppliers, strict=True)
        ]
        return pairs, [found.truncated for found in candidates]

    async def needs_for(self, suppliers: Sequence[EmbeddedSupplier]) -> list[Verdict]:
        """The verdict on each supplier, among all open needs that the index holds.

        Raises:
            Transient: the model or the index does not answer.
        """
        owners = [number for number, supplier in enumerate(suppliers) for _ in supplier.capabilities]
        probes = [probe for supplier in suppliers for probe in _capability_probes(supplier)]

        def keeps(probe: int, hit: Hit) -> bool:
            return self._judge(_embedded_need(hit), suppliers[owners[probe]]) is not None

        candidates = await find_candidates(self._index, Entity.NEEDS, probes, keeps=keeps)
        found: list[dict[str, Hit]] = [{} for _ in suppliers]
        truncated = [False] * len(suppliers)
        for owner, candidate in zip(owners, candidates, strict=True):
            found[owner].update({hit.owner_id: hit for hit in candidate.hits})
            truncated[owner] |= candidate.truncated
        pairs = [
            [pair for hit in hits.values() if (pair := self._judge(_embedded_need(hit), supplier))]
            for supplier, hits in zip(suppliers, found, strict=True)
        ]
        return await self._verdicts(pairs, truncated=truncated)

    async def similar_to(self, needs: Sequence[EmbeddedNeed]) -> list[tuple[SimilarNeed, ...]]:
        """For each need the open needs of other buyers that are the same need, best first.

        Raises:
            Transient: the model or the index does not answer.
        """
        if not needs:
            return []

        wheres = [
            Where(
                without_owners=(need.side.need_id,),
                without_buyers=tuple(sorted({need.side.buyer_id, *need.side.joint_members})),
            )
            for need in needs
        ]
        return await self._alike(needs, wheres, liken=self._elsewhere)

    async def follow_ups_of(self, needs: Sequence[EmbeddedNeed]) -> list[tuple[SimilarNeed, ...]]:
        """For each need the pairs of a joint need and a member's need that it is one side of, best first.

        Each is seen from the joint need, so that a pair reads the same from whichever side it was found.

        Raises:
            Transient: the model or the index does not answer.
        """
        if not needs:
            return []
        wheres = [
            Where(buyers=tuple(sorted(need.side.joint_members)), without_owners=(need.side.need_id,))
            if need.side.joint_members
            else Where(members=(need.side.buyer_id,), without_owners=(need.side.need_id,))
            for need in needs
        ]
        return await self._alike(needs, wheres, liken=self._following)

    async def _alike(
        self, needs: Sequence[EmbeddedNeed], wheres: Sequence[Where], *, liken: Liken
    ) -> list[tuple[SimilarNeed, ...]]:
        def keeps(number: int, hit: Hit) -> bool:
            return liken(needs[number], _embedded_need(hit)) is not None

        probes = [_need_probe(need, where=where) for need, where in zip(needs, wheres, strict=True)]
        candidates = await find_candidates(self._index, Entity.NEEDS, probes, keeps=keeps)
        found = [
            sorted(
                (like for hit in candidate.hits if (like := liken(need, _embedded_need(hit)))),
                key=lambda like: (-like.score, like.need.side.need_id, like.other.side.need_id),
            )[: self._rules.limit]
            for need, candidate in zip(needs, candidates, strict=True)
        ]
        sides = [like.need.side for likes in found for like in likes] + [like.other.side for likes in found for like in likes]
        quoted = await self.embed_sentences(sides)
        return [tuple(similar_need(like, quoted=quoted) for like in likes) for likes in found]

    def _judge(self, need: EmbeddedNeed, supplier: EmbeddedSupplier) -> Pair | None:
        """The pair, judged by the supplier's best capability; None if it is no match."""
        best: Pair | None = None
        for number, capability in enumerate(supplier.capabilities):
            if not eligible(need.side, capability):
                continue
            vectors = need.vector, supplier.vectors[number]
            signals = pair_signals(
                need.side,
                capability,
                meaning=self._rules.meaning(*vectors),
                generality=self._rules.generality(*vectors),
                rarity=self._rules.rarity,
            )
            score = self._rules.scorer.score(signals)
            if score >= self._rules.threshold and (best is None or score > best.score):
                best = Pair(need=need, supplier=supplier, best=number, signals=signals, score=score)
        return best

    def _elsewhere(self, need: EmbeddedNeed, other: EmbeddedNeed) -> Likeness | None:
        if not elsewhere(need.side, other.side):
            return None
        if not set(need.side.fold_keys).isdisjoint(other.side.fold_keys):
            return None  # the same need, published twice
        return self._liken(need, other)

    def _following(self, need: EmbeddedNeed, other: EmbeddedNeed) -> Likeness | None:
        # A tender in the very words of the joint text is what follows it best, so that copies are no less a pair.
        joint, own = (need, other) if need.side.joint_members else (other, need)
        return self._liken(joint, own) if may_follow(joint.side, own.side) else None

    def _liken(self, need: EmbeddedNeed, other: EmbeddedNeed) -> Likeness | None:
        signals = similarity_signals(
            need.side,
            other.side,
            meaning=self._rules.meaning(need.vector, other.vector),
            generality=self._rules.generality(need.vector, other.vector),
            rarity=self._rules.rarity,
        )
        score = self._rules.similar_scorer.score(signals)
        return Likeness(need=need, other=other, score=score) if score >= self._rules.similar_threshold else None

    async def _whole_suppliers(
        self, needs: Sequence[EmbeddedNeed], candidates: Sequence[Candidates], *, kept: Callable[[int, Hit], bool]
    ) -> list[list[EmbeddedSupplier]]:
        """All capabilities of every supplier that has one that matches: the best may not be the one that was found."""
        owners = [
            tuple(sorted({hit.owner_id for hit in candidate.hits if kept(number, hit)}))
            for number, candidate in enumerate(candidates)
        ]
        searches = [
            Search(vector=need.vector, where=Where(owners=found), limit=CAPABILITIES_MAX * len(found))
            for need, found in zip(needs, owners, strict=True)
            if found
        ]
        results = iter(await self._index.search(Entity.SUPPLIERS, searches) if searches else ())
        return [_suppliers(next(results)) if found else [] for found in owners]

    async def _verdicts(self, pairs: Sequence[list[Pair]], *, truncated: Sequence[bool]) -> list[Verdict]:
        shown = [sorted(found, key=lambda pair: pair.order)[: self._rules.limit] for found in pairs]
        quoted = await self.embed_sentences([pair.need.side for found in shown for pair in found])
        return [
            Verdict(
                matches=tuple(self._match(pair, quoted=quoted[pair.need.side.need_id]) for pair in best),
                truncated=deeper or len(found) > len(best),
            )
            for found, best, deeper in zip(pairs, shown, truncated, strict=True)
        ]

    async def embed_sentences(self, needs: Iterable[NeedSide]) -> dict[str, Vectors]:
        """The vectors of each need's sentences, shape (sentences, d), each need's once, in one call.

        Raises:
            Transient: the model does not answer.
        """
        sides = {side.need_id: side for side in needs}
        texts = [
            EmbedText(text=sentence, language=side.language, kind=TextKind.QUERY)
            for side in sides.values()
            for sentence in side.sentences
        ]
        vectors = await self._embedder.embed(texts) if texts else np.empty((0, self._embedder.dimension), dtype=np.float32)
        ends = np.cumsum([len(side.sentences) for side in sides.values()]).tolist()
        return {
            need_id: vectors[end - len(side.sentences) : end] for (need_id, side), end in zip(sides.items(), ends, strict=True)
        }

    def _match(self, pair: Pair, *, quoted: Vectors) -> Match:
        need, capability = pair.need.side, pair.capability
        answering = self._rules.answering
        answers = best_answers(quoted, pair.supplier.vectors)
        languages = _languages(pair.supplier)
        return Match(
            match_id=ids.match_id(need_id=need.need_id, supplier_id=capability.supplier_id),
            need_id=need.need_id,
            need_version=need.version,
            need_title=need.title,
            buyer_id=need.buyer_id,
            buyer_name=need.buyer_name,
            supplier_id=capability.supplier_id,
            supplier_name=capability.supplier_name,
            profile_version=capability.version,
            score=pair.score,
            threshold=self._rules.threshold,
            evidence=tuple(
                evidence_of(need, pair.supplier.capabilities[answer.answer], answer, answering=answering) for answer in answers
            ),
            cpv_path=shared_cpv_path(need.cpv, capability.cpv),
            region=RegionFit.SERVED if need.regions and capability.regions else RegionFit.UNSTATED,
            language=language_fit(need.language, languages),
            languages=languages[:LIST_MAX],
            missing=_missing(need, quoted[1:], pair.supplier.vectors, answering=answering),
            signals=rounded(self._rules.scorer.contributions(pair.signals)),
        )


def _need_probe(need: EmbeddedNeed, *, where: Where) -> Probe:
    side = need.side
    return Probe(vector=need.vector, text=side.text, language=side.language, cpv=side.cpv, where=where)


def _capability_probes(supplier: EmbeddedSupplier) -> list[Probe]:
    return [
        Probe(
            vector=vector,
            text=capability.text,
            language=capability.language,
            cpv=capability.cpv,
            where=Where(
                regions=capability.regions,
                without_owners=(),
                without_buyers=tuple(sorted(capability.excluded_buyers)),
            ),
        )
        for capability, vector in zip(supplier.capabilities, supplier.vectors, strict=True)
    ]


def _embedded_need(hit: Hit) -> EmbeddedNeed:
    return EmbeddedNeed(side=need_from(hit), vector=hit.vector)


def _supplier(hits: Sequence[Hit]) -> EmbeddedSupplier:
    return EmbeddedSupplier(
        capabilities=tuple(capability_from(hit) for hit in hits), vectors=np.stack([hit.vector for hit in hits])
    )


def _suppliers(hits: Sequence[Hit]) -> list[EmbeddedSupplier]:
    ordered = sorted(hits, key=lambda hit: (hit.owner_id, hit.part))
    return [_supplier(list(group)) for _, group in groupby(ordered, key=lambda hit: hit.owner_id)]


def _languages(supplier: EmbeddedSupplier) -> tuple[str, ...]:
    """All languages of the profile; an index that was filled before knows those of the capabilities alone."""
    stated = supplier.capabilities[0].languages
    return tuple(dict.fromkeys((*stated, *(capability.language for capability in supplier.capabilities))))


def _missing(need: NeedSide, asked: Vectors, answers: Vectors, *, answering: Answering | None) -> tuple[str, ...]:
    """What the need asks that no capability answers; none where that is not known. `asked` has shape (asks, d)."""
    if answering is None:
        return ()
    wishes = list(need.wishes)
    return tuple(shorten(need.asks[wishes[number]]) for number in unanswered(asked[wishes], answers, answering=answering))


def evidence_of(need: NeedSide, capability: CapabilitySide, answer: Answer, *, answering: Answering | None) -> Evidence:
    """The sentence of the need and the words of the capability that answer it."""
    sentence = need.sentences[answer.sentence]
    return Evidence(
        need_sentence=shorten(sentence),
        answer=shorten(capability.text),
        answer_id=capability.statement_id,
        need_language=need.language,
        answer_language=capability.language,
        strength=answering.strength(answer.cosine) if answering else closeness(answer),
        shared_terms=shared_terms(sentence, capability.text, language=need.language, other_language=capability.language),
        term_pairs=term_pairs(sentence, capability.text, language=need.language, other_language=capability.language),
    )
