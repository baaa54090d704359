"""Market dialogues: open to all, matched or not."""

from typing import Annotated

from fastapi import APIRouter, Path

from samspil.web.paging import Page, Paged
from samspil.web.problems import NOT_FOUND, ProblemError
from samspil.web.services import Services
from samspil.web.views import DialogueView
from samspil_schemas.base import Id

router = APIRouter(prefix="/v1/dialogues", tags=["dialogues"])


@router.get("", summary="Dialogues, the next first")
async def list_dialogues(services: Services, *, paging: Paged) -> Page[DialogueView]:
    """List the dialogues that were not cancelled."""
    return await paging.page(lambda limit, offset: services.readings.dialogues(limit=limit, offset=offset), show=DialogueView.of)


@router.get("/{dialogue_id:id}", summary="One dialogue")
async def read_dialogue(services: Services, *, dialogue_id: Annotated[Id, Path()]) -> DialogueView:
    """Read a dialogue, a cancelled one too."""
    dialogue = await services.readings.dialogue(dialogue_id)
    if dialogue is None:
        raise ProblemError(NOT_FOUND, "There is no such dialogue.", "Look for it at /v1/dialogues.")
    return DialogueView.of(dialogue)
