"""Needs and joint needs as open data, with their dialogues: releases of the Open Contracting Data Standard."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from fastapi import APIRouter, Response

from samspil import ids
from samspil.domain.ocds import encoded, package_of, release_of_joint_need, release_of_need
from samspil.ports import StoredDialogue, StoredInvitation
from samspil.ports.openness import Publication
from samspil.web.gate import Allowed
from samspil.web.problems import GONE, NOT_FOUND, ProblemError
from samspil.web.routes.joint_needs import JointNeedId
from samspil.web.routes.needs import NeedId
from samspil.web.services import Services, WebServices

router = APIRouter(prefix="/v1", tags=["open data"])

RowT = TypeVar("RowT")
_ROWS = 500
_PACKAGE: dict[int | str, dict[str, Any]] = {
    200: {"description": "A release package of OCDS 1.1 with one release.", "content": {"application/json": {"schema": {}}}}
}


@router.get("/needs/{need_id:id}/ocds", summary="A need as open data", response_class=Response, responses=_PACKAGE)
async def need_as_open_data(services: Services, *, access: Allowed, need_id: NeedId) -> Response:
    """Publish a need and its dialogues as a planning release. With the buyer's token also who was invited."""
    if need_id.startswith(ids.JOINT_PREFIX):
        raise ProblemError(NOT_FOUND, "This is the text of a joint need.", "Ask for /v1/joint-needs/…/ocds.")
    need = await services.readings.need(need_id)
    if need is None:
        raise ProblemError(NOT_FOUND, "There is no such need.", "Check the id; a new need takes a moment to be recorded.")
    whole = access.owns(need.statement.buyer.id)
    if need.withdrawn and not whole:
        raise ProblemError(GONE, "The need was withdrawn by its buyer.", "Look for open needs at /v1/needs.")
    dialogues = await _dialogues(services, need_id)
    release = release_of_need(
        need,
        dialogues=dialogues,
        published=await _published(services, dialogues),
        notified=await _notified(services, need_id) if whole else (),
        publisher=services.ocds_publisher,
    )
    return _shown(services, release)


@router.get(
    "/joint-needs/{joint_need_id:id}/ocds", summary="A joint need as open data", response_class=Response, responses=_PACKAGE
)
async def joint_need_as_open_data(services: Services, *, access: Allowed, joint_need_id: JointNeedId) -> Response:
    """Publish a joint need, its members and dialogues as a planning release. With a leader's token also who was invited."""
    joint = await services.joint_needs.joint_need(joint_need_id)
    if joint is None:
        raise ProblemError(NOT_FOUND, "There is no such joint need.", "Look for it at /v1/joint-needs.")
    dialogues = await _dialogues(services, joint_need_id)
    release = release_of_joint_need(
        joint,
        dialogues=dialogues,
        published=await _published(services, dialogues),
        notified=await _notified(services, joint_need_id) if access.leads(joint) else (),
        publisher=services.ocds_publisher,
    )
    return _shown(services, release)


def _shown(services: WebServices, release: dict[str, Any]) -> Response:
    return Response(encoded(package_of(release, publisher=services.ocds_publisher)), media_type="application/json")


async def _dialogues(services: WebServices, need_id: str) -> list[StoredDialogue]:
    return await _all(lambda offset: services.readings.dialogues(need_id=need_id, past=True, limit=_ROWS, offset=offset))


async def _published(services: WebServices, dialogues: Sequence[StoredDialogue]) -> list[Publication]:
    found: list[Publication] = []
    for dialogue in dialogues:
        found += await _all(partial(_publications, services, dialogue.dialogue_id))
    return found


async def _publications(services: WebServices, dialogue_id: str, offset: int) -> list[Publication]:
    return await services.disclosures.publications(dialogue_id, limit=_ROWS, offset=offset)


async def _notified(services: WebServices, need_id: str) -> list[StoredInvitation]:
    """The invitations that went out. Whether a supplier's own preferences kept one from it is nobody else's business."""
    found = await _all(
        lambda offset: services.readings.invitations(need_id=need_id, issued_only=True, limit=_ROWS, offset=offset)
    )
    return [one for one in found if one.issued_at is not None]


async def _all(read: Callable[[int], Awaitable[Sequence[RowT]]]) -> list[RowT]:
    found: list[RowT] = []
    while rows := await read(len(found)):
        found += rows
    return found
