"""Market dialogues: announced by buyers, and open to all, matched or not."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import ConfigDict, Field

from samspil.ports import RecordedDialogue, StoredDialogue, StoredInvitation
from samspil.web.addresses import segment
from samspil.web.body import JsonBody
from samspil.web.gate import Allowed
from samspil.web.joint_views import RecordedView
from samspil.web.paging import Page, Paged
from samspil.web.problems import NOT_FOUND, ProblemError
from samspil.web.services import Services, WebServices
from samspil.web.views import ApprovedView, DialogueView, InvitationView
from samspil_schemas import DialogueAnnouncement, Model
from samspil_schemas.base import Id, Label, Paragraph

router = APIRouter(prefix="/v1/dialogues", tags=["dialogues"])

DialogueId = Annotated[Id, Path(description="The dialogue's id.")]


class AnnouncementBody(Model):
    """A dialogue to announce."""

    model_config = ConfigDict(extra="forbid")

    need_id: Id = Field(description="A need of your own, or a joint need that you lead.")
    announcement: DialogueAnnouncement


class OutcomeBody(Model):
    """What comes of a dialogue."""

    model_config = ConfigDict(extra="forbid")

    outcome: Paragraph | None = Field(default=None, description="In your own words; everyone reads it.")


async def stored_dialogue(services: WebServices, dialogue_id: str) -> StoredDialogue:
    """The dialogue in the path, one that was held or cancelled too.

    Raises:
        ProblemError: 404 where there is none.
    """
    dialogue = await services.readings.dialogue(dialogue_id)
    if dialogue is None:
        raise ProblemError(NOT_FOUND, "There is no such dialogue.", "Look for it at /v1/dialogues.")
    return dialogue


def _recorded(recorded: RecordedDialogue, response: Response) -> RecordedView:
    location = f"/v1/dialogues/{segment(recorded.dialogue_id)}"
    response.headers["Location"] = location
    return RecordedView(id=recorded.dialogue_id, revision=recorded.revision, changed=recorded.changed, location=location)


@router.get("", summary="Dialogues, the next first")
async def list_dialogues(
    services: Services,
    *,
    paging: Paged,
    need_id: Annotated[Id | None, Query(description="Only those about this need or joint need.")] = None,
    past: Annotated[bool, Query(description="Those that were held or cancelled, too.")] = False,
) -> Page[DialogueView]:
    """List the dialogues that anyone may register for."""
    return await paging.page(
        lambda limit, offset: services.readings.dialogues(need_id=need_id, past=past, limit=limit, offset=offset),
        show=DialogueView.of,
    )


@router.post("", status_code=202, summary="Announce a dialogue")
async def announce(
    services: Services,
    *,
    access: Allowed,
    body: Annotated[AnnouncementBody, Depends(JsonBody(AnnouncementBody))],
    response: Response,
) -> RecordedView:
    """Announce a dialogue about a need of yours, or about a joint need that you lead.

    Matched suppliers are invited; anyone may come. One-to-one meetings are taken once a part that is open to all was announced.
    The same announcement again changes nothing.
    """
    return _recorded(await services.dialogues.announce(body.need_id, body.announcement, by=access.who.organisation), response)


@router.get("/{dialogue_id:id}", summary="One dialogue")
async def read_dialogue(services: Services, *, dialogue_id: DialogueId) -> DialogueView:
    """Read a dialogue, one that was held or cancelled too."""
    return DialogueView.of(await stored_dialogue(services, dialogue_id))


@router.put("/{dialogue_id:id}", status_code=202, summary="Change or move a dialogue")
async def change(
    services: Services,
    *,
    access: Allowed,
    dialogue_id: DialogueId,
    announcement: Annotated[DialogueAnnouncement, Depends(JsonBody(DialogueAnnouncement))],
    response: Response,
) -> RecordedView:
    """Put another announcement in its place. Those who were invited are told what changed."""
    return _recorded(await services.dialogues.change(dialogue_id, announcement, by=access.who.organisation), response)


@router.delete("/{dialogue_id:id}", status_code=202, summary="Cancel a dialogue")
async def cancel(
    services: Services,
    *,
    access: Allowed,
    dialogue_id: DialogueId,
    response: Response,
    reason: Annotated[Label | None, Query(description="Why, for those who were invited.")] = None,
) -> RecordedView:
    """Call it off. Those who were invited are told why."""
    return _recorded(await services.dialogues.cancel(dialogue_id, by=access.who.organisation, reason=reason), response)


@router.get("/{dialogue_id:id}/invitations", summary="Who is invited to it")
async def invitations(
    services: Services,
    *,
    dialogue_id: DialogueId,
    paging: Paged,
    awaiting: Annotated[bool, Query(description="Only those that await your review, the best match first.")] = False,
) -> Page[InvitationView]:
    """List the invitations to the dialogue, those under review too, the newest first."""

    async def read(limit: int, offset: int) -> list[StoredInvitation]:
        if awaiting:
            return await services.review.awaiting(dialogue_id=dialogue_id, limit=limit, offset=offset)
        return await services.readings.invitations(dialogue_id=dialogue_id, limit=limit, offset=offset)

    return await paging.page(read, show=InvitationView.of)


@router.put("/{dialogue_id:id}/invitations/{invitation_id:id}/approval", status_code=202, summary="Send an invitation off")
async def approve(
    services: Services, *, dialogue_id: DialogueId, invitation_id: Annotated[Id, Path(description="The invitation's id.")]
) -> ApprovedView:
    """Send an invitation off after your review. It says who is notified, never who may come."""
    return ApprovedView(id=invitation_id, changed=await services.review.approve(invitation_id, dialogue_id=dialogue_id))


@router.put("/{dialogue_id:id}/held", status_code=202, summary="Say that a dialogue took place")
async def hold(services: Services, *, access: Allowed, dialogue_id: DialogueId, response: Response) -> RecordedView:
    """Say that it took place. Its announcement stands as it is from then on; its minutes follow."""
    return _recorded(await services.dialogues.hold(dialogue_id, by=access.who.organisation), response)


@router.put("/{dialogue_id:id}/conclusion", status_code=202, summary="Conclude a dialogue")
async def conclude(
    services: Services,
    *,
    access: Allowed,
    dialogue_id: DialogueId,
    body: Annotated[OutcomeBody, Depends(JsonBody(OutcomeBody))],
    response: Response,
) -> RecordedView:
    """Say that a dialogue that was held is over, and what comes of it. Nothing more is published of it."""
    return _recorded(await services.dialogues.conclude(dialogue_id, by=access.who.organisation, outcome=body.outcome), response)
