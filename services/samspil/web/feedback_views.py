"""What the API shows of feedback: what was learned from it, in words, and how much of it says what."""

from typing import Self

from pydantic import BaseModel, Field

from samspil.domain.preferences import STRICTEST, listed, odds_at
from samspil.ports import FeedbackCount, Opinion, Preference, Preferences, SupplierMatch
from samspil.reference import cpv, nuts
from samspil.web.addresses import segment
from samspil.web.views import MatchView
from samspil_schemas import FeedbackReason, PreferenceKind
from samspil_schemas.base import Timestamp

_VERDICTS = {
    FeedbackReason.FIELD: "is of the wrong field",
    FeedbackReason.REGION: "is in the wrong region",
    FeedbackReason.SIZE: "is of the wrong size",
    FeedbackReason.KNOWN: "was known to you already",
    FeedbackReason.OTHER: "is not relevant",
}


class PreferenceView(BaseModel):
    """One thing that was learned: what is not sent any more, why, and how to lift it."""

    kind: PreferenceKind
    value: str | None = Field(description="The need's id, the CPV code or the NUTS code; null for strictness.")
    label: str | None = Field(description="The need's title, the code's label, or the region's name.")
    effect: str = Field(description="What follows from it, in words.")
    because: str = Field(description="What you said, in words.")
    need_id: str = Field(description="The need that you said it of.")
    said_at: Timestamp
    lift: str = Field(description="DELETE this address to lift it.")

    @classmethod
    def of(cls, preference: Preference, *, level: int) -> Self:
        """Show a preference; `level` is how strict the supplier's threshold is."""
        word, label = preference.because, _label(preference)
        return cls(
            kind=preference.kind,
            value=preference.value,
            label=label,
            effect=_effect(preference, label=label, level=level),
            because=f"On {word.given_at:%Y-%m-%d} you said that “{word.title or word.need_id}” {_verdict(word)}.",
            need_id=word.need_id,
            said_at=word.given_at,
            lift=_address(preference),
        )


class PreferencesView(BaseModel):
    """What was learned from the supplier's feedback. It changes what the supplier is sent, and nothing else."""

    items: list[PreferenceView]
    strictness: int = Field(description="How strict your own threshold is, from 0 (as for all).")
    strictest: int = Field(description="The most that it is raised.")

    @classmethod
    def of(cls, preferences: Preferences) -> Self:
        """Show the preferences."""
        items = [PreferenceView.of(one, level=preferences.level) for one in listed(preferences)]
        return cls(items=items, strictness=preferences.level, strictest=STRICTEST)


class SupplierMatchView(MatchView):
    """A match of the supplier's own, and what keeps it from being sent."""

    withheld: PreferenceView | None = Field(description="Null where the supplier is sent it.")

    @classmethod
    def of_supplier(cls, found: SupplierMatch) -> Self:
        """Show a match."""
        why = PreferenceView.of(found.withheld, level=found.level) if found.withheld else None
        return cls(**dict(MatchView.of(found.match)), withheld=why)


class FeedbackCountView(BaseModel):
    """What suppliers say of their matches with needs in one language."""

    language: str
    total: int
    relevant: int
    precision: float = Field(description="The share that is relevant, from 0 to 1.")
    reasons: dict[FeedbackReason, int] = Field(description="Why the others are not.")

    @classmethod
    def of(cls, count: FeedbackCount) -> Self:
        """Show a count, with a figure for every reason."""
        reasons = {reason: count.reasons.get(reason, 0) for reason in FeedbackReason}
        return cls(
            language=count.language,
            total=count.total,
            relevant=count.relevant,
            precision=count.precision,
            reasons=reasons,
        )


class FeedbackSummaryView(BaseModel):
    """How much of the feedback says what, by the language of the need, most first."""

    items: list[FeedbackCountView]


def _verdict(word: Opinion) -> str:
    return "is relevant" if word.relevant else _VERDICTS[word.reason or FeedbackReason.OTHER]


def _label(preference: Preference) -> str | None:
    match preference.kind, preference.value:
        case PreferenceKind.NEED, str():
            return preference.because.title
        case PreferenceKind.FIELD, str(code):
            return cpv.label(code, "en")
        case PreferenceKind.REGION, str(code):
            return nuts.name(code)
        case _:
            return None


def _effect(preference: Preference, *, label: str | None, level: int) -> str:
    named = f"{preference.value} ({label})" if label else f"{preference.value}"
    match preference.kind:
        case PreferenceKind.FIELD:
            return f"Needs whose main CPV code is of {named} are not sent to you."
        case PreferenceKind.REGION:
            return f"Needs in {named} alone are not sent to you."
        case PreferenceKind.STRICTNESS:
            return f"What is sent to you must have {odds_at(level):.2f} times the odds of the common threshold."
        case _:
            return "This need is not sent to you."


def _address(preference: Preference) -> str:
    supplier = f"/v1/suppliers/{segment(preference.because.supplier_id)}/preferences/{preference.kind}"
    return f"{supplier}/{segment(preference.value)}" if preference.value else supplier
