"""The same need at another buyer, as either of the two sees it."""

from collections.abc import Sequence

from samspil.domain.sameness import Publication, folded
from samspil_schemas import Evidence, NeedStatement, SimilarNeed, TermPair
from samspil_schemas.base import MATCHES_MAX


def mirrored(seen: SimilarNeed, statement: NeedStatement) -> SimilarNeed:
    """What the other need sees. `statement` is of the need that `seen` was seen by."""
    return SimilarNeed(
        similar_id=seen.similar_id,
        need_id=seen.other_need_id,
        need_version=seen.other_need_version,
        buyer_id=seen.other_buyer_id,
        other_need_id=seen.need_id,
        other_need_version=seen.need_version,
        other_title=statement.title,
        other_language=statement.language,
        other_buyer_id=statement.buyer.id,
        other_buyer_name=statement.buyer.name,
        other_country=statement.buyer.country,
        other_answer_deadline=statement.answer_deadline,
        score=seen.score,
        evidence=tuple(_turned(evidence) for evidence in seen.evidence),
        cpv_path=seen.cpv_path,
        fold_keys=seen.need_fold_keys,
        need_fold_keys=seen.fold_keys,
    )


def folded_finds(views: Sequence[SimilarNeed]) -> list[SimilarNeed]:
    """The finds, each need once: the first of its publications, which names the others."""
    return [
        with_copies(find, [copy.other_need_id for copy in copies])
        for find, copies in folded(views, keys=lambda view: view.fold_keys)
    ]


def with_copies(find: SimilarNeed, need_ids: Sequence[str]) -> SimilarNeed:
    """The find that names these other publications of its need, as many as it has room for."""
    return find.model_copy(update={"also_published": tuple(need_ids[:MATCHES_MAX])}) if need_ids else find


def publication(statement: NeedStatement) -> Publication:
    """What tells whether the need was published elsewhere too."""
    return Publication(
        title=statement.title,
        text=statement.description,
        buyer_id=statement.buyer.id,
        buyer_name=statement.buyer.name,
        country=statement.buyer.country,
        url=statement.source.url if statement.source else None,
    )


def _turned(evidence: Evidence) -> Evidence:
    return Evidence(
        need_sentence=evidence.answer,
        answer=evidence.need_sentence,
        need_language=evidence.answer_language,
        answer_language=evidence.need_language,
        strength=evidence.strength,
        shared_terms=evidence.shared_terms,
        term_pairs=tuple(TermPair(need=pair.answer, answer=pair.need) for pair in evidence.term_pairs),
    )
