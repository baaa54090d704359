"""Two needs that are alike, and what is said of them."""

from dataclasses import dataclass

from samspil import ids
from samspil.domain.codes import shared_cpv_path
from samspil.domain.cognates import cognates
from samspil.domain.evidence import Answer, best_answers
from samspil.domain.pairs import NeedSide
from samspil.domain.text import shared_terms, shorten
from samspil.ports import Vectors
from samspil_schemas import Evidence, SimilarNeed, TermPair


@dataclass(frozen=True, kw_only=True)
class EmbeddedNeed:
    """A need and its vector, shape (d,)."""

    side: NeedSide
    vector: Vectors


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """Two needs that score above the threshold; what is said of them is said as `need` sees `other`."""

    need: EmbeddedNeed
    other: EmbeddedNeed
    score: float


def term_pairs(one: str, other: str, *, language: str, other_language: str) -> tuple[TermPair, ...]:
    """The words of two sentences that are the same but for the spelling of their languages."""
    found = cognates(one, other, language=language, other_language=other_language)
    return tuple(TermPair(need=mine, answer=theirs) for mine, theirs in found)


def similar_need(like: Likeness, *, quoted: dict[str, Vectors]) -> SimilarNeed:
    """The pair as the first need sees the other; `quoted` holds the vectors of the sentences of both."""
    need, other = like.need.side, like.other.side
    answers = best_answers(quoted[need.need_id], quoted[other.need_id], limit=1)
    return SimilarNeed(
        similar_id=ids.similar_id(need_id=need.need_id, other_need_id=other.need_id),
        need_id=need.need_id,
        need_version=need.version,
        buyer_id=need.buyer_id,
        other_need_id=other.need_id,
        other_need_version=other.version,
        other_title=other.title,
        other_language=other.language,
        other_buyer_id=other.buyer_id,
        other_buyer_name=other.buyer_name,
        other_country=other.country,
        other_answer_deadline=other.answer_deadline,
        score=like.score,
        evidence=tuple(
            Evidence(
                need_sentence=shorten(need.sentences[answer.sentence]),
                answer=shorten(other.sentences[answer.answer]),
                need_language=need.language,
                answer_language=other.language,
                strength=closeness(answer),
                shared_terms=shared_terms(
                    need.sentences[answer.sentence],
                    other.sentences[answer.answer],
                    language=need.language,
                    other_language=other.language,
                ),
                term_pairs=term_pairs(
                    need.sentences[answer.sentence],
                    other.sentences[answer.answer],
                    language=need.language,
                    other_language=other.language,
                ),
            )
            for answer in answers
        ),
        cpv_path=shared_cpv_path(need.cpv, other.cpv),
        fold_keys=other.fold_keys,
        need_fold_keys=need.fold_keys,
    )


def closeness(answer: Answer) -> float:
    """How close a sentence and its answer are in meaning, from 0 to 1."""
    return round(min(max(answer.cosine, 0.0), 1.0), 2)
