"""Pages of a list: a bounded `limit`, an `offset`, and the address of the next page."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field

from samspil.web.services import Services

ItemT = TypeVar("ItemT")
RowT = TypeVar("RowT")
OFFSET_MAX = 10_000_000


class Page(BaseModel, Generic[ItemT]):
    """Part of a list."""

    items: list[ItemT]
    limit: int = Field(description="How many items a page holds at most.")
    offset: int = Field(description="How many items come before these.")
    next: str | None = Field(description="The address of the next page; null on the last.")


@dataclass(frozen=True)
class Paging:
    """The page that a request asks for."""

    limit: int
    offset: int
    request: Request
    response: Response

    async def page(self, read: Callable[[int, int], Awaitable[Sequence[RowT]]], *, show: Callable[[RowT], ItemT]) -> Page[ItemT]:
        """The page, with the header `Link` where there is a next one.

        Args:
            read: gives at most `limit` rows from `offset` on; one more than a page is asked for, to see whether more follow.
            show: makes an item of a row.
        """
        rows = await read(self.limit + 1, self.offset)
        following = self.offset + self.limit
        next_ = self._address(following) if len(rows) > self.limit and following <= OFFSET_MAX else None
        if next_:
            self.response.headers["Link"] = f'<{next_}>; rel="next"'
        return Page(items=[show(row) for row in rows[: self.limit]], limit=self.limit, offset=self.offset, next=next_)

    def _address(self, offset: int) -> str:
        others = [(key, value) for key, value in self.request.query_params.multi_items() if key not in ("limit", "offset")]
        query = urlencode([*others, ("limit", self.limit), ("offset", offset)], errors="replace")
        return f"{self.request.scope['path']}?{query}"


async def _paging(
    request: Request,
    response: Response,
    services: Services,
    limit: Annotated[int | None, Query(ge=1, description="Items of a page; bounded by the installation.")] = None,
    offset: Annotated[int, Query(ge=0, le=OFFSET_MAX)] = 0,
) -> Paging:
    """The page asked for. More than the installation allows is as much as it allows; `next` goes on from there."""
    limits = services.limits
    return Paging(limit=min(limit or limits.page_default, limits.page_max), offset=offset, request=request, response=response)


Paged = Annotated[Paging, Depends(_paging)]
