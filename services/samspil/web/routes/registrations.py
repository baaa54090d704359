"""Registrations to dialogues: anyone may register, matched or not, and stands in the order in which it came."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import ConfigDict, Field

from samspil.ports import Reply
from samspil.web.body import JsonBody
from samspil.web.paging import Page, Paged
from samspil.web.problems import NOT_FOUND, ProblemError
from samspil.web.registration_views import AnsweredView, PlacesView, RegistrationView
from samspil.web.routes.dialogues import DialogueId
from samspil.web.routes.suppliers import SupplierId
from samspil.web.services import Services
from samspil_schemas import Answer, Model
from samspil_schemas.base import SLOTS_MAX, Country, Label, Timestamp

router = APIRouter(prefix="/v1/dialogues", tags=["registrations"])


class AnswerBody(Model):
    """What you answer to a dialogue."""

    model_config = ConfigDict(extra="forbid")

    answer: Literal[Answer.ACCEPT, Answer.DECLINE, Answer.TENTATIVE] = Field(description="DELETE withdraws it.")
    name: Label | None = Field(default=None, description="Your organisation's name; by default that of your profile.")
    country: Country | None = Field(default=None, description="Where it is; by default that of your profile.")
    slots: tuple[Timestamp, ...] = Field(
        default=(),
        max_length=SLOTS_MAX,
        description="Starts of the slots that suit you, the best first; none means any. Where none is free, you wait for one.",
    )
    reason: Label | None = Field(default=None, description="Why, for the buyer.")


@router.get("/{dialogue_id:id}/places", summary="How full a dialogue is")
async def read_places(services: Services, *, dialogue_id: DialogueId) -> PlacesView:
    """Read how many places there are and are taken, how many wait, and which slots are free. Nobody is named."""
    return PlacesView.of(await services.registrations.places(dialogue_id))


@router.get("/{dialogue_id:id}/registrations", summary="Who registered for a dialogue")
async def list_registrations(services: Services, *, dialogue_id: DialogueId, paging: Paged) -> Page[RegistrationView]:
    """List the registrations in their order, those that were declined or withdrawn too."""
    return await paging.page(
        lambda limit, offset: services.registrations.registrations(dialogue_id, limit=limit, offset=offset),
        show=RegistrationView.of,
    )


@router.get("/{dialogue_id:id}/registrations/{supplier_id:id}", summary="How one organisation stands in a dialogue")
async def read_registration(services: Services, *, dialogue_id: DialogueId, supplier_id: SupplierId) -> RegistrationView:
    """Read a registration, with its slot or its place on the waiting list."""
    placed = await services.registrations.registration(dialogue_id, supplier_id)
    if placed is None:
        raise ProblemError(NOT_FOUND, "There is no such registration.", "Register with PUT at this address.")
    return RegistrationView.of(placed)


@router.put("/{dialogue_id:id}/registrations/{supplier_id:id}", summary="Register for a dialogue, or decline it")
async def answer(
    services: Services,
    *,
    dialogue_id: DialogueId,
    supplier_id: SupplierId,
    body: Annotated[AnswerBody, Depends(JsonBody(AnswerBody))],
) -> AnsweredView:
    """Answer a dialogue, invited or not. Places are given in the order of the answers; who comes too late for one waits.

    The same answer again changes nothing and keeps its place. Who declines, or is tentative, holds none.
    """
    reply = Reply(answer=body.answer, name=body.name, country=body.country, slots=body.slots, reason=body.reason)
    return AnsweredView.of_answer(await services.registrations.answer(dialogue_id, supplier_id, reply))


@router.delete("/{dialogue_id:id}/registrations/{supplier_id:id}", summary="Withdraw a registration")
async def withdraw(
    services: Services,
    *,
    dialogue_id: DialogueId,
    supplier_id: SupplierId,
    reason: Annotated[Label | None, Query(description="Why, for the buyer.")] = None,
) -> AnsweredView:
    """Withdraw it, after the deadline too, until the dialogue was held. The place falls to the next that waits."""
    return AnsweredView.of_answer(await services.registrations.withdraw(dialogue_id, supplier_id, reason=reason))
