"""Joint needs: proposed and joined by buyers, each with its own token, and open to all."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import ConfigDict, Field

from samspil.domain.joint_history import Entry, entries
from samspil.domain.joint_needs import folded
from samspil.domain.joint_said import stored
from samspil.ports import Role
from samspil.ports.joint_changes import JointText
from samspil.ports.joint_needs import StoredJointNeed
from samspil.ports.joint_service import Declaration, Proposal, Recorded
from samspil.web.addresses import file_stem
from samspil.web.body import JsonBody
from samspil.web.gate import Allowed
from samspil.web.joint_export import DIGEST_HEADER, JointNeedExport, exported
from samspil.web.joint_page import page_of
from samspil.web.joint_views import (
    ROOT,
    ChangeView,
    FollowUpsView,
    JointNeedSummaryView,
    JointNeedView,
    RecordedView,
    location_of,
)
from samspil.web.paging import Page, Paged
from samspil.web.problems import NOT_FOUND, ProblemError
from samspil.web.services import Services, WebServices
from samspil_schemas import MemberRole, Model
from samspil_schemas.base import Id, Label, Paragraph

router = APIRouter(prefix=ROOT, tags=["joint needs"])

JointNeedId = Annotated[Id, Path(description="The joint need's id.")]
BuyerId = Annotated[Id, Path(description="The body's id.")]
Reason = Annotated[Label | None, Query(description="Why, for the others; it stands in the history.")]


class DeclarationBody(Declaration):
    """What a buyer declares when it joins, or when it changes its commitment."""

    follows_version: Annotated[int, Field(ge=0, strict=True)] | None = Field(
        default=None,
        description="Only if your commitment is still in this version (0: you are no member yet); otherwise 409.",
    )

    def declaration(self) -> Declaration:
        """What is declared, without the condition."""
        return Declaration.model_validate(self.model_dump(exclude={"follows_version"}))


class StageBody(Model):
    """The stage to go into."""

    model_config = ConfigDict(extra="forbid")

    stage: Label = Field(description="One of the configured stages.")
    note: Paragraph | None = Field(default=None, description="Why, or what was agreed; it stands in the history.")


def _recorded(recorded: Recorded, response: Response) -> RecordedView:
    location = location_of(recorded.joint_need_id)
    response.headers["Location"] = location
    return RecordedView(id=recorded.joint_need_id, revision=recorded.revision, changed=recorded.changed, location=location)


async def _stored(services: WebServices, joint_need_id: str) -> StoredJointNeed:
    found = await services.joint_needs.joint_need(joint_need_id)
    if found is None:
        raise _no_joint_need()
    return found


def _no_joint_need() -> ProblemError:
    return ProblemError(NOT_FOUND, "There is no such joint need.", "Look for it at /v1/joint-needs.")


@router.get("", summary="Joint needs, the newest change first")
async def list_joint_needs(
    services: Services,
    *,
    access: Allowed,
    paging: Paged,
    buyer_id: Annotated[
        Id | None, Query(description="Only those of this member; with its token also those proposed from a find of its need.")
    ] = None,
    need_id: Annotated[
        Id | None,
        Query(description="Only those with this need of a member; with its buyer's token also those from a find of it."),
    ] = None,
    closed: Annotated[bool, Query(description="Those that were closed, too.")] = False,
) -> Page[JointNeedSummaryView]:
    """List the joint needs that anybody may join, each in short; `location` has the whole."""
    return await paging.page(
        lambda limit, offset: services.joint_needs.joint_needs(
            open_only=not closed,
            buyer_id=buyer_id,
            need_id=need_id,
            finds_of=access.finds_of(),
            limit=limit,
            offset=offset,
        ),
        show=JointNeedSummaryView.of,
    )


@router.post("", status_code=202, summary="Propose a joint need")
async def propose(
    services: Services,
    *,
    access: Allowed,
    proposal: Annotated[Proposal, Depends(JsonBody(Proposal))],
    response: Response,
) -> RecordedView:
    """Propose a joint need from a need of your own, and from the same need at another buyer if it was found.

    You are its need owner. The other buyer is not a member until it joins. The same proposal again changes nothing; on other
    terms it is refused, as you declare those at the joint need.
    """
    return _recorded(await services.joint_needs.propose(proposal, by=access.who.organisation), response)


@router.get("/{joint_need_id:id}", summary="One joint need")
async def read_joint_need(services: Services, *, access: Allowed, joint_need_id: JointNeedId) -> JointNeedView:
    """Read a joint need, a closed one too: its text, its members with what they undertake, and the sums."""
    found = await _stored(services, joint_need_id)
    return JointNeedView.of(found, stages=services.joint_needs.stages, whole=access.takes_part(found))


@router.delete("/{joint_need_id:id}", status_code=202, summary="Close a joint need")
async def close(
    services: Services, *, access: Allowed, joint_need_id: JointNeedId, response: Response, reason: Reason = None
) -> RecordedView:
    """Close it for good: it is no longer matched, and nobody can join. What was declared stays as it is."""
    return _recorded(await services.joint_needs.close(joint_need_id, by=access.who.organisation, reason=reason), response)


@router.put("/{joint_need_id:id}/text", status_code=202, summary="Change the joint text")
async def state_text(
    services: Services,
    *,
    access: Allowed,
    joint_need_id: JointNeedId,
    text: Annotated[JointText, Depends(JsonBody(JointText))],
    response: Response,
) -> RecordedView:
    """Change the text that suppliers are matched with."""
    return _recorded(await services.joint_needs.state_text(joint_need_id, text, by=access.who.organisation), response)


@router.put("/{joint_need_id:id}/stage", status_code=202, summary="Go into another stage")
async def move(
    services: Services,
    *,
    access: Allowed,
    joint_need_id: JointNeedId,
    stage: Annotated[StageBody, Depends(JsonBody(StageBody))],
    response: Response,
) -> RecordedView:
    """Go into another stage of the process, forward or back."""
    moved = await services.joint_needs.move(joint_need_id, stage.stage, by=access.who.organisation, note=stage.note)
    return _recorded(moved, response)


@router.put("/{joint_need_id:id}/members/{buyer_id:id}", status_code=202, summary="Join, or change your commitment")
async def declare(
    services: Services,
    *,
    access: Allowed,
    joint_need_id: JointNeedId,
    buyer_id: BuyerId,  # noqa: ARG001 - the gate has compared it with the token's organisation
    body: Annotated[DeclarationBody, Depends(JsonBody(DeclarationBody))],
    response: Response,
) -> RecordedView:
    """Stand on a rung of the commitment ladder with what you undertake. The same again changes nothing."""
    declared = await services.joint_needs.declare(
        joint_need_id, body.declaration(), by=access.who.organisation, follows=body.follows_version
    )
    return _recorded(declared, response)


@router.delete("/{joint_need_id:id}/members/{buyer_id:id}", status_code=202, summary="Withdraw your commitment")
async def withdraw(
    services: Services,
    *,
    access: Allowed,
    joint_need_id: JointNeedId,
    buyer_id: BuyerId,  # noqa: ARG001 - the gate has compared it with the token's organisation
    response: Response,
    reason: Reason = None,
) -> RecordedView:
    """Leave. What you had undertaken stays in the history. A need owner hands the ownership over first."""
    return _recorded(await services.joint_needs.withdraw(joint_need_id, by=access.who.organisation, reason=reason), response)


@router.put(
    "/{joint_need_id:id}/members/{buyer_id:id}/follow-ups/{need_id:id}",
    status_code=202,
    summary="Say which later need carries out what you declared",
)
async def follow_up(
    services: Services,
    *,
    access: Allowed,
    joint_need_id: JointNeedId,
    buyer_id: BuyerId,  # noqa: ARG001 - the gate has compared it with the token's organisation
    need_id: Annotated[Id, Path(description="A later need of your own.")],
    response: Response,
) -> RecordedView:
    """Link a later need or tender of your own to the intent that you signed, or confirm one that was suggested."""
    return _recorded(await services.joint_needs.follow_up(joint_need_id, need_id, by=access.who.organisation), response)


@router.delete(
    "/{joint_need_id:id}/members/{buyer_id:id}/follow-ups/{need_id:id}",
    status_code=202,
    summary="Say that a need does not carry out what you declared",
)
async def reject_follow_up(
    services: Services,
    *,
    access: Allowed,
    joint_need_id: JointNeedId,
    buyer_id: BuyerId,  # noqa: ARG001 - the gate has compared it with the token's organisation
    need_id: Annotated[Id, Path(description="A need of your own.")],
    response: Response,
) -> RecordedView:
    """Reject a suggested follow-up, or end a link. It is remembered: the need is not suggested or linked again by itself."""
    rejected = await services.joint_needs.reject_follow_up(joint_need_id, need_id, by=access.who.organisation)
    return _recorded(rejected, response)


@router.get("/{joint_need_id:id}/follow-ups", summary="Who of those that signed the intent has followed up")
async def follow_ups(services: Services, *, access: Allowed, joint_need_id: JointNeedId) -> FollowUpsView:
    """Report what those that declared an intent have published since. A buyer also sees what it may confirm or reject itself."""
    principal = access.principal
    by = principal.organisation if principal and principal.role is Role.BUYER else None
    found = await services.joint_needs.follow_ups(joint_need_id, by=by)
    if found is None:
        raise _no_joint_need()
    return FollowUpsView.of(joint_need_id, found)


@router.put("/{joint_need_id:id}/members/{buyer_id:id}/roles/{role}", status_code=202, summary="Take on a role")
async def accept(
    services: Services,
    *,
    access: Allowed,
    joint_need_id: JointNeedId,
    buyer_id: BuyerId,  # noqa: ARG001 - the gate has compared it with the token's organisation
    role: MemberRole,
    response: Response,
) -> RecordedView:
    """Take on a role that the need owner offers you. Who takes on the ownership takes it over."""
    return _recorded(await services.joint_needs.accept(joint_need_id, role, by=access.who.organisation), response)


@router.delete("/{joint_need_id:id}/members/{buyer_id:id}/roles/{role}", status_code=202, summary="End a facilitator's role")
async def end_role(
    services: Services,
    *,
    access: Allowed,
    joint_need_id: JointNeedId,
    buyer_id: BuyerId,
    role: MemberRole,
    response: Response,
) -> RecordedView:
    """Step down as a facilitator, or end another's role as the need owner."""
    return _recorded(await services.joint_needs.end_role(joint_need_id, role, buyer_id, by=access.who.organisation), response)


@router.put("/{joint_need_id:id}/offers/{role}/{buyer_id:id}", status_code=202, summary="Offer a role to a member")
async def offer(
    services: Services,
    *,
    access: Allowed,
    joint_need_id: JointNeedId,
    role: MemberRole,
    buyer_id: BuyerId,
    response: Response,
) -> RecordedView:
    """Ask a member to take the ownership over, or to be a facilitator. It has to accept."""
    return _recorded(await services.joint_needs.offer(joint_need_id, role, buyer_id, by=access.who.organisation), response)


@router.delete("/{joint_need_id:id}/offers/{role}/{buyer_id:id}", status_code=202, summary="Take an offer back")
async def take_back(
    services: Services,
    *,
    access: Allowed,
    joint_need_id: JointNeedId,
    role: MemberRole,
    buyer_id: BuyerId,
    response: Response,
) -> RecordedView:
    """Take an offer back that was not accepted yet."""
    return _recorded(await services.joint_needs.take_back(joint_need_id, role, buyer_id, by=access.who.organisation), response)


async def _entries(services: WebServices, joint_need_id: str) -> list[Entry]:
    return entries(joint_need_id, await services.joint_needs.joint_need_history(joint_need_id))


@router.get("/{joint_need_id:id}/history", summary="Who changed what, and when")
async def history(services: Services, *, joint_need_id: JointNeedId, paging: Paged) -> Page[ChangeView]:
    """List every change since the proposal, the first one first. Nothing is ever altered or removed."""
    await _stored(services, joint_need_id)
    found = await _entries(services, joint_need_id)

    async def read(limit: int, offset: int) -> list[Entry]:
        return found[offset : offset + limit]

    return await paging.page(read, show=ChangeView.of)


_DIGEST: dict[str, Any] = {
    DIGEST_HEADER: {"description": "The digest of the history that the answer holds.", "schema": {"type": "string"}}
}


@router.get("/{joint_need_id:id}/export", summary="All of it, for the files", responses={200: {"headers": _DIGEST}})
async def export(services: Services, *, joint_need_id: JointNeedId, response: Response) -> JointNeedExport:
    """Export the parties, their undertakings word by word, the stages, and the history with the digests that prove it."""
    found = await _export(services, joint_need_id)
    response.headers.update(_as_file(found, "json"))
    return found


@router.get(
    "/{joint_need_id:id}/export.html",
    summary="The same, to read and print",
    response_class=Response,
    responses={200: {"headers": _DIGEST, "content": {"text/html": {}}}},
)
async def export_page(services: Services, *, joint_need_id: JointNeedId) -> Response:
    """The export as one page that needs nothing else: to read, to print, to keep."""
    found = await _export(services, joint_need_id)
    answer = page_of(found)
    answer.headers.update(_as_file(found, "html"))
    return answer


async def _export(services: WebServices, joint_need_id: str) -> JointNeedExport:
    await _stored(services, joint_need_id)
    # From the history alone, read once: a change that comes meanwhile is in all of the document or in none.
    changes = await services.joint_needs.joint_need_history(joint_need_id)
    now, stages = services.clock.now(), services.joint_needs.stages
    return exported(stored(folded(joint_need_id, changes)), entries(joint_need_id, changes), at=now, stages=stages)


def _as_file(export: JointNeedExport, ending: str) -> dict[str, str]:
    """The headers that name the file and the state that is in it."""
    name = f"{file_stem(export.joint_need.joint_need_id)}.{ending}"
    return {"Content-Disposition": f'inline; filename="{name}"', DIGEST_HEADER: export.digest}
