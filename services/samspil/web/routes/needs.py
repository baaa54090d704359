"""Needs: published, changed and withdrawn by their buyers, and open to all."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import uuid4, uuid5

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from samspil.errors import Conflict
from samspil.ports import Submitted
from samspil.web.addresses import segment
from samspil.web.body import JsonBody
from samspil.web.etags import NOT_MODIFIED, shown
from samspil.web.gate import Allowed
from samspil.web.paging import Page, Paged
from samspil.web.problems import GONE, NOT_FOUND, ProblemError
from samspil.web.services import Services
from samspil.web.views import InvitationView, MatchView, NeedView, SubmittedView
from samspil_schemas import NeedStatement, SimilarNeed
from samspil_schemas.base import Id, Label
from samspil_schemas.catalog import NAMESPACE

router = APIRouter(prefix="/v1", tags=["needs"])

NeedId = Annotated[Id, Path(description="The need's id; a slash in it is written %2F.")]
Reason = Annotated[Label | None, Query(description="Why, for those who had it.")]


async def own_statement(access: Allowed, statement: Annotated[NeedStatement, Depends(JsonBody(NeedStatement))]) -> NeedStatement:
    """The need that the body states, if the token is its buyer's."""
    access.require_own_statement(statement.buyer.id)
    return statement


OwnStatement = Annotated[NeedStatement, Depends(own_statement)]


def _submitted(submitted: Submitted, response: Response) -> SubmittedView:
    location = f"/v1/needs/{segment(submitted.id)}"
    response.headers["Location"] = location
    return SubmittedView.of(submitted, location=location, follow=f"/v1/ledger?{urlencode({'need_id': submitted.id})}")


@router.get("/needs", summary="Open needs, the newest first")
async def list_needs(
    services: Services,
    *,
    access: Allowed,
    paging: Paged,
    buyer_id: Annotated[Id | None, Query(description="Only this buyer's.")] = None,
) -> Page[NeedView]:
    """List the open needs of all public bodies."""
    return await paging.page(
        lambda limit, offset: services.readings.needs(open_only=True, buyer_id=buyer_id, limit=limit, offset=offset),
        show=lambda need: NeedView.of(need, whole=access.owns(need.statement.buyer.id)),
    )


@router.post("/needs", status_code=202, summary="Publish a need under a new id")
async def publish_need(
    services: Services,
    *,
    access: Allowed,
    statement: OwnStatement,
    response: Response,
    idempotency_key: Annotated[
        str | None,
        Header(pattern=r"^[\x21-\x7e]{1,200}$", description="The same key again publishes nothing anew: for safe retries."),
    ] = None,
) -> SubmittedView:
    """Publish a need; its id is made here. With an Idempotency-Key a repeat finds what the first request made."""
    if idempotency_key is None:
        return _submitted(await services.submissions.submit_need(f"need-{uuid4()}", statement), response)
    need_id = f"need-{uuid5(NAMESPACE, f'web|{access.who.organisation}|{idempotency_key}')}"
    standing = await services.readings.need(need_id)
    if standing is None:
        return _submitted(await services.submissions.submit_need(need_id, statement), response)
    if standing.statement != statement:
        raise Conflict("The Idempotency-Key was used for another need.", hint="Take a new key, or PUT to change the need.")
    return _submitted(Submitted(id=need_id, version=standing.version, changed=False), response)


@router.get("/needs/{need_id:id}", summary="One need", response_model=NeedView, responses=NOT_MODIFIED)
async def read_need(services: Services, *, access: Allowed, need_id: NeedId, request: Request) -> Response:
    """Read a need. Once withdrawn, only its buyer and operators still read it."""
    need = await services.readings.need(need_id)
    if need is None:
        raise ProblemError(NOT_FOUND, "There is no such need.", "Check the id; a new need takes a moment to be recorded.")
    whole = access.owns(need.statement.buyer.id)
    if need.withdrawn and not whole:
        raise ProblemError(GONE, "The need was withdrawn by its buyer.", "Look for open needs at /v1/needs.")
    return shown(NeedView.of(need, whole=whole), request)


@router.put("/needs/{need_id:id}", status_code=202, summary="Publish or change a need")
async def put_need(services: Services, *, need_id: NeedId, statement: OwnStatement, response: Response) -> SubmittedView:
    """Publish a need under an id of your own, or change it. The same content again changes nothing."""
    return _submitted(await services.submissions.submit_need(need_id, statement), response)


@router.delete("/needs/{need_id:id}", status_code=202, summary="Withdraw a need")
async def withdraw_need(services: Services, *, need_id: NeedId, response: Response, reason: Reason = None) -> SubmittedView:
    """Withdraw a need: its matches no longer hold. PUT opens it again."""
    return _submitted(await services.submissions.withdraw_need(need_id, reason=reason), response)


@router.get("/needs/{need_id:id}/matches", summary="The suppliers that could meet it")
async def matches_of_need(services: Services, *, need_id: NeedId, paging: Paged) -> Page[MatchView]:
    """List the matches of a need that hold, best first, each with its evidence."""
    return await paging.page(
        lambda limit, offset: services.readings.matches_of_need(need_id, limit=limit, offset=offset), show=MatchView.of
    )


@router.get("/needs/{need_id:id}/similar", summary="The same need at other buyers")
async def similar_needs(services: Services, *, need_id: NeedId, paging: Paged) -> Page[SimilarNeed]:
    """List the same need at other buyers, best first, each once: `also_published` names its other publications."""
    return await paging.page(
        lambda limit, offset: services.readings.similar_to(need_id, limit=limit, offset=offset), show=lambda similar: similar
    )


@router.get("/needs/{need_id:id}/invitations", summary="Who is invited to its dialogue")
async def invitations_of_need(services: Services, *, need_id: NeedId, paging: Paged) -> Page[InvitationView]:
    """List the invitations to the need's dialogue, those under review too, the newest first."""
    return await paging.page(
        lambda limit, offset: services.readings.invitations(need_id=need_id, limit=limit, offset=offset),
        show=InvitationView.of,
    )
