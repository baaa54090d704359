"""The account of the service: the ledger, the log, and whose token this is."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import StringConstraints

from samspil.ports import NeedStatus
from samspil.web.gate import Allowed
from samspil.web.paging import Page, Paged
from samspil.web.services import Services
from samspil.web.views import LagView, LedgerSummaryView, LedgerView, MeView, TopicsView, TopicView
from samspil_schemas.base import ID_MAX, Id

router = APIRouter(prefix="/v1", tags=["account"])

# An unreadable record stands in the ledger by its place in the log, which is longer than an id.
LedgerId = Annotated[str, StringConstraints(min_length=1, max_length=2 * ID_MAX, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@+\-]*$")]


@router.get("/ledger", summary="What became of every version of every need")
async def ledger(
    services: Services,
    *,
    access: Allowed,
    paging: Paged,
    need_id: Annotated[LedgerId | None, Query(description="Only this need's versions.")] = None,
    buyer_id: Annotated[Id | None, Query(description="Only this buyer's needs.")] = None,
    status: Annotated[NeedStatus | None, Query(description="Only versions that ended so.")] = None,
) -> Page[LedgerView]:
    """List versions of needs and how each ended, the newest first: a buyer's own, an operator all."""
    rows_of = access.rows_of(buyer_id)
    return await paging.page(
        lambda limit, offset: services.readings.ledger(
            need_id=need_id, buyer_id=rows_of, status=status, limit=limit, offset=offset
        ),
        show=LedgerView.of,
    )


@router.get("/ledger/summary", summary="How many stand where")
async def ledger_summary(services: Services, *, access: Allowed) -> LedgerSummaryView:
    """Count the versions of needs by how they ended: a buyer's own, an operator all."""
    return LedgerSummaryView.of(await services.readings.ledger_summary(buyer_id=access.rows_of(None)))


@router.get("/topics", summary="The log: ends and lags")
async def topics(services: Services) -> TopicsView:
    """Show how much was written to each topic, and how far each group has come."""
    ends = await services.log.end_offsets()
    lags = await services.log.lags()
    return TopicsView(
        topics=[TopicView(topic=topic, end=end) for topic, end in sorted(ends.items())],
        lags=[
            LagView(group=lag.group, topic=lag.topic, end=lag.end, committed=lag.committed, lag=lag.lag)
            for lag in sorted(lags, key=lambda lag: (lag.group, lag.topic))
        ],
    )


@router.get("/me", summary="Whose token this is")
async def me(access: Allowed) -> MeView:
    """Show the organisation and the role of the token."""
    return MeView.of(access.who)
