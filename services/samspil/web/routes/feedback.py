"""What suppliers say of their matches, what is learned from it, and how to lift that."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import ConfigDict, Field

from samspil.web.body import JsonBody
from samspil.web.feedback_views import FeedbackCountView, FeedbackSummaryView, PreferencesView
from samspil.web.routes.suppliers import SupplierId
from samspil.web.services import Services
from samspil_schemas import FeedbackReason, Model, PreferenceKind
from samspil_schemas.base import Id

router = APIRouter(prefix="/v1", tags=["feedback"])

MatchId = Annotated[Id, Path(description="The match's id, as in the supplier's matches.")]
Kind = Annotated[PreferenceKind, Path(description="What to lift.")]
Value = Annotated[Id, Path(description="The need's id, the CPV code or the NUTS code, as in the preferences.")]


class Feedback(Model):
    """What a supplier says of one of its matches."""

    model_config = ConfigDict(extra="forbid")

    relevant: bool = Field(strict=True, description="Whether you want to be sent needs like this.")
    reason: FeedbackReason | None = Field(default=None, description="Why it is not relevant; by default another reason.")


@router.put("/suppliers/{supplier_id:id}/matches/{match_id:id}/feedback", summary="Say whether a match is relevant")
async def give_feedback(
    services: Services,
    *,
    supplier_id: SupplierId,
    match_id: MatchId,
    feedback: Annotated[Feedback, Depends(JsonBody(Feedback))],
) -> PreferencesView:
    """Say whether a match is relevant, and why not; the answer shows what is learned from all that was said.

    It changes at once what this supplier is sent, and nothing else: needs and dialogues stay open to it, and nobody else sees it.
    """
    learned = await services.feedback.give(supplier_id, match_id, relevant=feedback.relevant, reason=feedback.reason)
    return PreferencesView.of(learned)


@router.get("/suppliers/{supplier_id:id}/preferences", summary="What was learned from its feedback")
async def read_preferences(services: Services, *, supplier_id: SupplierId) -> PreferencesView:
    """Show what is not sent to the supplier any more, what it said that made it so, and how to lift it."""
    return PreferencesView.of(await services.feedback.preferences(supplier_id))


@router.delete("/suppliers/{supplier_id:id}/preferences", summary="Lift all that was learned")
async def lift_all(services: Services, *, supplier_id: SupplierId) -> PreferencesView:
    """Forget all that was learned; what was withheld is sent, or can be read, at once."""
    return PreferencesView.of(await services.feedback.lift(supplier_id, PreferenceKind.ALL))


@router.delete("/suppliers/{supplier_id:id}/preferences/{kind}", summary="Lift all that was learned of one kind")
async def lift_kind(services: Services, *, supplier_id: SupplierId, kind: Kind) -> PreferencesView:
    """Lift every mute of one kind, or the strictness."""
    return PreferencesView.of(await services.feedback.lift(supplier_id, kind))


@router.delete("/suppliers/{supplier_id:id}/preferences/{kind}/{value:id}", summary="Lift one mute")
async def lift_one(services: Services, *, supplier_id: SupplierId, kind: Kind, value: Value) -> PreferencesView:
    """Lift one mute: of a need, of a field, or of a region."""
    return PreferencesView.of(await services.feedback.lift(supplier_id, kind, value=value))


@router.get("/feedback", summary="How relevant matches are, by language")
async def feedback_by_language(services: Services) -> FeedbackSummaryView:
    """Count what suppliers say of their matches, by the language of the need: the share that is relevant is the precision."""
    return FeedbackSummaryView(items=[FeedbackCountView.of(count) for count in await services.feedback.by_language()])
