"""Qdrant's REST interface over the client's own memory: real requests over a loopback socket, where no server can be had.

It parses what the client sends with the client's own models, so an unknown field is refused as the server does, and it can be
told to fail.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from pydantic import BaseModel, TypeAdapter, ValidationError
from qdrant_client import AsyncQdrantClient, models
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Handler = Callable[[Request], Awaitable[Any]]


@dataclass
class FakeQdrant:
    """A Qdrant server whose failures can be chosen."""

    version: str = "1.20.0"
    api_key: str | None = None
    fail_with: int | None = None
    answer_with: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    url: str = ""
    client: AsyncQdrantClient = field(default_factory=lambda: AsyncQdrantClient(":memory:"))

    def app(self) -> Starlette:
        one = "/collections/{name}"
        routes: list[tuple[str, str, Handler]] = [
            ("GET", "/", self._info),
            ("GET", "/aliases", self._aliases),
            ("POST", "/collections/aliases", self._change_aliases),
            ("GET", one, self._collection),
            ("PUT", one, self._create),
            ("GET", f"{one}/exists", self._exists),
            ("PUT", f"{one}/index", self._index),
            ("POST", f"{one}/points", self._retrieve),
            ("POST", f"{one}/points/scroll", self._scroll),
            ("POST", f"{one}/points/count", self._count),
            ("POST", f"{one}/points/batch", self._batch),
            ("POST", f"{one}/points/query/batch", self._query),
        ]
        return Starlette(routes=[Route(path, self._answered(handler), methods=[method]) for method, path, handler in routes])

    def _answered(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            self.requests.append(f"{request.method} {request.url.path}")
            if self.api_key is not None and request.headers.get("api-key") != self.api_key:
                return Response("Must provide an API key", status_code=401)
            if self.fail_with is not None:
                return JSONResponse(
                    {"status": {"error": "told to fail"}, "time": 0}, status_code=self.fail_with, headers=self.headers
                )
            if self.answer_with is not None:
                return Response(self.answer_with, media_type="application/json")
            try:
                result = await handler(request)
            except (ValidationError, ValueError) as error:
                return JSONResponse({"status": {"error": str(error)}, "time": 0}, status_code=_status_of(error))
            return JSONResponse(result if "version" in result else {"result": result["result"], "status": "ok", "time": 0.0})

        return answer

    async def _info(self, request: Request) -> Any:
        return {"title": "qdrant - vector search engine", "version": self.version}

    async def _aliases(self, request: Request) -> Any:
        return _result(await self.client.get_aliases())

    async def _change_aliases(self, request: Request) -> Any:
        changes = await _body(request, models.ChangeAliasesOperation)
        return _result(await self.client.update_collection_aliases(changes.actions))

    async def _collection(self, request: Request) -> Any:
        return _result(await self.client.get_collection(_name(request)))

    async def _create(self, request: Request) -> Any:
        asked = await _body(request, models.CreateCollection)
        return _result(
            await self.client.create_collection(
                _name(request),
                vectors_config=asked.vectors,
                sparse_vectors_config=asked.sparse_vectors,
                metadata=asked.metadata,
            )
        )

    async def _exists(self, request: Request) -> Any:
        return _result(models.CollectionExistence(exists=await self.client.collection_exists(_name(request))))

    async def _index(self, request: Request) -> Any:
        await _body(request, models.CreateFieldIndex)
        return _result(_UPDATED)

    async def _retrieve(self, request: Request) -> Any:
        asked = await _body(request, models.PointRequest)
        return _result(
            await self.client.retrieve(
                _name(request), asked.ids, with_payload=asked.with_payload, with_vectors=asked.with_vector or False
            )
        )

    async def _scroll(self, request: Request) -> Any:
        asked = await _body(request, models.ScrollRequest)
        points, offset = await self.client.scroll(
            _name(request),
            scroll_filter=asked.filter,
            limit=asked.limit or 10,
            offset=asked.offset,
            with_payload=asked.with_payload if asked.with_payload is not None else True,
            with_vectors=asked.with_vector or False,
        )
        return _result(models.ScrollResult(points=points, next_page_offset=offset))

    async def _count(self, request: Request) -> Any:
        asked = await _body(request, models.CountRequest)
        return _result(await self.client.count(_name(request), asked.filter))

    async def _batch(self, request: Request) -> Any:
        asked = await _body(request, models.UpdateOperations)
        await self.client.batch_update_points(_name(request), asked.operations)
        return _result([_UPDATED] * len(asked.operations))

    async def _query(self, request: Request) -> Any:
        asked = await _body(request, models.QueryRequestBatch)
        return _result(await self.client.query_batch_points(_name(request), asked.searches))


_UPDATED = models.UpdateResult(operation_id=0, status=models.UpdateStatus.COMPLETED)


def _name(request: Request) -> str:
    return str(request.path_params["name"])


async def _body(request: Request, model: type[Any]) -> Any:
    return TypeAdapter(model).validate_python(json.loads(await request.body()))


def _result(value: Any) -> dict[str, Any]:
    dumped = [item.model_dump(mode="json") for item in value] if isinstance(value, list) else value
    return {"result": dumped.model_dump(mode="json") if isinstance(dumped, BaseModel) else dumped}


def _status_of(error: Exception) -> int:
    if isinstance(error, ValidationError):
        return 400
    if "not found" in str(error):
        return 404
    return 409 if "already exists" in str(error) else 400


@asynccontextmanager
async def qdrant_over_http(**settings: Any) -> AsyncIterator[FakeQdrant]:
    """Serve a fake Qdrant on a free loopback port."""
    fake = FakeQdrant(**settings)
    server = uvicorn.Server(uvicorn.Config(fake.app(), host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # Bound before the server runs, so a client that comes early waits in the backlog.
        host, port = listener.getsockname()
        fake.url = f"http://{host}:{port}"
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield fake
        finally:
            server.should_exit = True
            await serving
        await fake.client.close()
