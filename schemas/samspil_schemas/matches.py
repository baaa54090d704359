"""Matches and verdicts: which supplier could meet which need, and why."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field, JsonValue

from samspil_schemas.base import (
    LIST_MAX,
    MATCHES_MAX,
    Country,
    CpvCode,
    Event,
    Id,
    Label,
    Language,
    Model,
    Paragraph,
    Score,
    Timestamp,
    Title,
    VectorSpaceId,
    Version,
)


class RegionFit(StrEnum):
    """How the supplier's regions meet the need's."""

    SERVED = "served"
    UNSTATED = "unstated"


class LanguageFit(StrEnum):
    """How the profile's languages meet the need's: it has the need's, one that its readers follow, or neither."""

    SPOKEN = "spoken"
    NEAR = "near"
    OTHER = "other"


class TermPair(Model):
    """A word of the need and the same word in the language of the answer."""

    need: Label = Field(description="As the need's sentence writes it.", examples=["fjärrvärme"])
    answer: Label = Field(description="As the answer writes it.", examples=["fjernvarme"])


class Evidence(Model):
    """A sentence of the need and the words that answer it."""

    need_sentence: Paragraph = Field(description="From the need, in its own words.")
    answer: Paragraph = Field(description="From the capability statement, or from the other need.")
    answer_id: Id | None = Field(default=None, description="The capability statement's id.")
    need_language: Language = Field(description="The language of the need's sentence.")
    answer_language: Language = Field(description="The language of the answer.")
    strength: Score = Field(
        description="How well the answer meets the sentence, from 0 to 1. In a match the probability that a reader would call "
        "the sentence answered, where it was fitted for the vector space; otherwise the closeness of the two in meaning (cosine)."
    )
    shared_terms: tuple[Label, ...] = Field(
        default=(),
        max_length=LIST_MAX,
        description="Words that both use, whatever their ending; none if the languages differ.",
    )
    term_pairs: tuple[TermPair, ...] = Field(
        default=(),
        max_length=LIST_MAX,
        description="Where the languages differ: words that are the same in both but for the spelling.",
    )


class Match(Model):
    """One pair and why it is one. The same pair has the same `match_id` in every version."""

    match_id: Id
    need_id: Id
    need_version: Version
    need_title: Title = Field(description="The need's title, in its own language.")
    buyer_id: Id
    buyer_name: Label = Field(description="The buyer's name.")
    supplier_id: Id
    supplier_name: Label = Field(description="The supplier's name.")
    profile_version: Version
    score: Score
    threshold: Score | None = Field(default=None, description="The least score that the rules call a match.")
    evidence: tuple[Evidence, ...] = Field(max_length=LIST_MAX, description="Why, strongest first.")
    cpv_path: tuple[CpvCode, ...] = Field(default=(), max_length=LIST_MAX, description="Shared codes, from division to deepest.")
    region: RegionFit
    language: LanguageFit | None = Field(default=None, description="Whether the profile has the need's language.")
    languages: tuple[Language, ...] = Field(
        default=(), max_length=LIST_MAX, description="The profile's languages: those it reads, then those it is written in."
    )
    missing: tuple[Paragraph, ...] = Field(
        default=(),
        max_length=LIST_MAX,
        description="What the need asks that nothing in the profile seems to answer, the least answered first. Inferred from the "
        "vectors; empty where that was not fitted for the vector space.",
    )
    signals: dict[Label, Annotated[float, Field(allow_inf_nan=False)]] = Field(
        default_factory=dict, max_length=LIST_MAX, description="What each signal added to the score, in log-odds."
    )


_MATCH: dict[str, JsonValue] = {
    "match_id": "8a6e2f3e-6f0c-5d7e-9a63-0d9a4b1b6f10",
    "need_id": "sample-need-leaks-1",
    "need_version": 1,
    "need_title": "Find leaks in drinking water pipes",
    "buyer_id": "sample-buyer-northby",
    "buyer_name": "Northby Sample Municipality",
    "supplier_id": "sample-supplier-listen",
    "supplier_name": "Listen Sample Acoustics",
    "profile_version": 1,
    "score": 0.91,
    "threshold": 0.5,
    "evidence": [
        {
            "need_sentence": "We want to know where, without digging.",
            "answer": "We hear leaks through sensors on hydrants.",
            "answer_id": "c1",
            "need_language": "en",
            "answer_language": "en",
            "strength": 0.8,
        }
    ],
    "cpv_path": ["90000000", "90400000", "90490000"],
    "region": "served",
    "language": "spoken",
    "languages": ["en"],
}


class MatchFound(Match, Event):
    """A supplier could meet a need. Open to all: a match decides who is told, never who may take part."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_MATCH, "space": "e5s-1f0c2a9b", "scorer": "v1", "found_at": "2026-02-01T08:00:00Z"}]}
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("need_id", "need_version", "supplier_id", "profile_version", "space", "scorer")
    KEY: ClassVar[str] = "supplier_id"

    space: VectorSpaceId
    scorer: Label = Field(description="The version of the rules that scored.", examples=["v1"])
    found_at: Timestamp


class WithdrawalReason(StrEnum):
    """Why a match no longer holds."""

    NEED_CHANGED = "need_changed"
    NEED_WITHDRAWN = "need_withdrawn"
    PROFILE_CHANGED = "profile_changed"
    PROFILE_WITHDRAWN = "profile_withdrawn"


class MatchWithdrawn(Event):
    """A match no longer holds, as of these versions."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "match_id": "8a6e2f3e-6f0c-5d7e-9a63-0d9a4b1b6f10",
                    "need_id": "sample-need-leaks-1",
                    "need_version": 2,
                    "supplier_id": "sample-supplier-listen",
                    "profile_version": 1,
                    "reason": "need_changed",
                    "withdrawn_at": "2026-02-03T08:00:00Z",
                }
            ]
        }
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("match_id", "need_version", "profile_version", "reason")
    KEY: ClassVar[str] = "supplier_id"

    match_id: Id
    need_id: Id
    need_version: Version
    supplier_id: Id
    profile_version: Version
    reason: WithdrawalReason
    withdrawn_at: Timestamp


class SimilarNeed(Model):
    """The same need at another buyer, as one need sees the other."""

    similar_id: Id = Field(description="The same for both directions of a pair.")
    need_id: Id
    need_version: Version
    buyer_id: Id
    other_need_id: Id
    other_need_version: Version
    other_title: Title = Field(description="The other need's title, in its own language.")
    other_language: Language = Field(description="The language of the other need.")
    other_buyer_id: Id
    other_buyer_name: Label = Field(description="The other buyer's name.")
    other_country: Country
    other_answer_deadline: Timestamp | None = Field(
        default=None,
        description="Until when the other buyer takes answers. A need is open until it is withdrawn: where this is past, its "
        "buyer may tell how it went.",
    )
    score: Score
    evidence: tuple[Evidence, ...] = Field(default=(), max_length=LIST_MAX, description="Why, strongest first.")
    cpv_path: tuple[CpvCode, ...] = Field(default=(), max_length=LIST_MAX, description="Shared codes, from division to deepest.")
    fold_keys: tuple[Label, ...] = Field(
        default=(),
        max_length=LIST_MAX,
        description="Of the other need: finds that share one are a single need, published more than once.",
    )
    need_fold_keys: tuple[Label, ...] = Field(
        default=(), max_length=LIST_MAX, description="Of this need: by these the other side folds its finds."
    )
    also_published: tuple[Id, ...] = Field(
        default=(),
        max_length=MATCHES_MAX,
        description="Other publications of the other need, folded into this find; in an event, those that were known then.",
    )


class NeedMatched(Event):
    """The full verdict of one evaluation of one need version: all pairs that hold, and no other.

    `withdrawn` says that the need is closed in this version; then there are none.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "need_id": "sample-need-leaks-1",
                    "need_version": 1,
                    "caused_by": "2a1f2b9c-58f2-5a7c-8e86-8f10d0c3f0aa",
                    "matches": [_MATCH],
                    "space": "e5s-1f0c2a9b",
                    "scorer": "v1",
                    "evaluated_at": "2026-02-01T08:00:00Z",
                }
            ]
        }
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("need_id", "need_version", "withdrawn", "superseded_by", "space", "scorer")
    KEY: ClassVar[str] = "need_id"

    need_id: Id
    need_version: Version
    withdrawn: bool = Field(default=False, description="It is closed in this version; then there are no pairs.")
    superseded_by: Version | None = Field(
        default=None,
        description="Not evaluated: the index holds this version already, which is at least as new. Then there are no pairs.",
    )
    caused_by: Label = Field(description="The id of the event that was evaluated.")
    matches: tuple[Match, ...] = Field(default=(), max_length=MATCHES_MAX, description="Best first.")
    similar: tuple[SimilarNeed, ...] = Field(default=(), max_length=MATCHES_MAX, description="Best first.")
    follow_ups: tuple[SimilarNeed, ...] = Field(
        default=(),
        max_length=MATCHES_MAX,
        description="Where this need is the text of a joint need, the needs of its members that read like it; where it is a "
        "member's, the joint needs that it reads like. Each is seen from the joint need. Best first.",
    )
    truncated: bool = Field(default=False, description="More pairs held than a report carries; the best are here.")
    space: VectorSpaceId
    scorer: Label = Field(description="The version of the rules that scored.", examples=["v1"])
    evaluated_at: Timestamp


class SupplierMatched(Event):
    """The full verdict of one evaluation of one profile version against the open needs."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "supplier_id": "sample-supplier-listen",
                    "profile_version": 1,
                    "caused_by": "7c0f3f0a-0a53-5c0e-b0f7-6a1d2c9e4b55",
                    "matches": [_MATCH],
                    "space": "e5s-1f0c2a9b",
                    "scorer": "v1",
                    "evaluated_at": "2026-02-01T08:00:00Z",
                }
            ]
        }
    )
    IDENTITY: ClassVar[tuple[str, ...]] = ("supplier_id", "profile_version", "withdrawn", "superseded_by", "space", "scorer")
    KEY: ClassVar[str] = "supplier_id"

    supplier_id: Id
    profile_version: Version
    withdrawn: bool = Field(default=False, description="It is closed in this version; then there are no pairs.")
    superseded_by: Version | None = Field(
        default=None,
        description="Not evaluated: the index holds this version already, which is at least as new. Then there are no pairs.",
    )
    caused_by: Label = Field(description="The id of the event that was evaluated.")
    matches: tuple[Match, ...] = Field(default=(), max_length=MATCHES_MAX, description="Best first.")
    truncated: bool = Field(default=False, description="More pairs held than a report carries; the best are here.")
    space: VectorSpaceId
    scorer: Label = Field(description="The version of the rules that scored.", examples=["v1"])
    evaluated_at: Timestamp
