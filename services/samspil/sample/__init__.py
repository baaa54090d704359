"""The sample data: needs and suppliers written for Samspil, to show it and to test it on.

Every organisation and place in it is invented, and its name says so; only the codes of CPV and NUTS are real. The texts are in
Danish, Norwegian (both forms), Swedish, Finnish, English and German, and none translates another: the same need stands in the
words of each buyer. The third part of a need's id is its field: `sample-need-water-brynkoeb` is about water.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from pydantic import TypeAdapter

from samspil_schemas import NeedStatement, Rung, SupplierProfile, Volume
from samspil_schemas.base import Day, Id, Paragraph

__all__ = [
    "SampleCommitment",
    "SampleNeed",
    "SampleProfile",
    "SampleTruth",
    "sample_needs",
    "sample_profiles",
    "sample_scenario",
    "sample_truth",
]


@dataclass(frozen=True, kw_only=True)
class SampleNeed:
    """A need of the sample, ready to publish."""

    need_id: Id
    statement: NeedStatement


@dataclass(frozen=True, kw_only=True)
class SampleProfile:
    """A supplier's profile of the sample, ready to publish."""

    supplier_id: Id
    profile: SupplierProfile


@dataclass(frozen=True, kw_only=True)
class SampleCommitment:
    """What a buyer of the sample declares for its need, should a joint need come of it."""

    need_id: Id
    rung: Rung
    undertaking: Paragraph | None = None
    volume: Volume | None = None
    horizon: Day | None = None


@dataclass(frozen=True, kw_only=True)
class SampleTruth:
    """What a person who knows the field would say of the sample.

    `shared` holds groups of needs of different buyers that are the same need. `suppliers` names for every need those who plainly
    could meet it, region and exclusions included. `near_misses` are pairs (need and need, or need and supplier) that share words,
    codes or field, or that an exclusion rules out: they must be taken neither for the same need nor for a match.
    """

    shared: tuple[tuple[str, ...], ...]
    near_misses: tuple[tuple[str, str], ...]
    suppliers: Mapping[str, tuple[str, ...]]


def sample_needs() -> list[SampleNeed]:
    """All needs of the sample, in the order of its file: field by field."""
    adapter = TypeAdapter(SampleNeed)
    return [adapter.validate_json(line) for line in _text("needs.jsonl").splitlines()]


def sample_profiles() -> list[SampleProfile]:
    """All supplier profiles of the sample, in the order of its file: field by field, the distractors last."""
    adapter = TypeAdapter(SampleProfile)
    return [adapter.validate_json(line) for line in _text("suppliers.jsonl").splitlines()]


def sample_scenario() -> dict[str, SampleCommitment]:
    """What the buyer of each need would declare, by need: of every need, whether others have it or not."""
    adapter = TypeAdapter(SampleCommitment)
    found = [adapter.validate_json(line) for line in _text("scenario.jsonl").splitlines()]
    return {commitment.need_id: commitment for commitment in found}


def sample_truth() -> SampleTruth:
    """The hand-made judgements on the sample."""
    return TypeAdapter(SampleTruth).validate_json(_text("truth.json"))


def _text(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
