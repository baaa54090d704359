"""Suppliers: their own profile, matches and invitations."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from samspil.ports import Role, Submitted
from samspil.web.addresses import segment
from samspil.web.body import JsonBody
from samspil.web.etags import NOT_MODIFIED, shown
from samspil.web.feedback_views import SupplierMatchView
from samspil.web.gate import Allowed
from samspil.web.paging import Page, Paged
from samspil.web.problems import NOT_FOUND, ProblemError
from samspil.web.services import Services
from samspil.web.views import ProfileView, SubmittedView, SupplierInvitationView
from samspil_schemas import SupplierProfile
from samspil_schemas.base import Id, Label

router = APIRouter(prefix="/v1/suppliers", tags=["suppliers"])

SupplierId = Annotated[Id, Path(description="The supplier's id; a slash in it is written %2F.")]
Reason = Annotated[Label | None, Query(description="Why, for those who had it.")]
Withheld = Annotated[bool, Query(description="Also what the supplier's own preferences keep from being sent, marked so.")]


def _submitted(submitted: Submitted, response: Response) -> SubmittedView:
    supplier = f"/v1/suppliers/{segment(submitted.id)}"
    response.headers["Location"] = f"{supplier}/profile"
    return SubmittedView.of(submitted, location=f"{supplier}/profile", follow=f"{supplier}/matches")


@router.get("/{supplier_id:id}/profile", summary="One's own profile", response_model=ProfileView, responses=NOT_MODIFIED)
async def read_profile(services: Services, *, supplier_id: SupplierId, request: Request) -> Response:
    """Read the profile."""
    profile = await services.readings.profile(supplier_id)
    if profile is None:
        raise ProblemError(NOT_FOUND, "There is no profile yet.", "PUT one to this address.")
    return shown(ProfileView.of(profile), request)


@router.put("/{supplier_id:id}/profile", status_code=202, summary="Publish or change one's profile")
async def put_profile(
    services: Services,
    *,
    supplier_id: SupplierId,
    profile: Annotated[SupplierProfile, Depends(JsonBody(SupplierProfile))],
    response: Response,
) -> SubmittedView:
    """Publish the profile, or change it. The same content again changes nothing."""
    return _submitted(await services.submissions.submit_profile(supplier_id, profile), response)


@router.delete("/{supplier_id:id}/profile", status_code=202, summary="Withdraw one's profile")
async def withdraw_profile(
    services: Services, *, supplier_id: SupplierId, response: Response, reason: Reason = None
) -> SubmittedView:
    """Withdraw the profile: its matches no longer hold. PUT opens it again."""
    return _submitted(await services.submissions.withdraw_profile(supplier_id, reason=reason), response)


@router.get("/{supplier_id:id}/matches", summary="The needs that it could meet")
async def matches_of_supplier(
    services: Services, *, supplier_id: SupplierId, paging: Paged, with_withheld: Withheld = False
) -> Page[SupplierMatchView]:
    """List the supplier's matches that hold, best first, each with its evidence, as far as its preferences let them through."""
    return await paging.page(
        lambda limit, offset: services.feedback.matches(supplier_id, with_withheld=with_withheld, limit=limit, offset=offset),
        show=SupplierMatchView.of_supplier,
    )


@router.get("/{supplier_id:id}/invitations", summary="The dialogues that it is invited to")
async def invitations_of_supplier(
    services: Services, *, access: Allowed, supplier_id: SupplierId, paging: Paged, with_withheld: Withheld = False
) -> Page[SupplierInvitationView]:
    """List the invitations, the newest first. What a buyer has not sent off yet is the buyer's alone; an operator sees all."""
    own = access.who.role is Role.SUPPLIER
    return await paging.page(
        lambda limit, offset: services.readings.invitations(
            supplier_id=supplier_id, issued_only=own, told_only=own and not with_withheld, limit=limit, offset=offset
        ),
        show=SupplierInvitationView.of,
    )
