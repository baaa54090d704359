"""Qdrant's gRPC interface over the client's own memory: real calls over a loopback socket, where no server can be had.

Requests and answers are translated with the client's own conversions, read in the other direction.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from qdrant_client import AsyncQdrantClient
from qdrant_client import grpc as q
from qdrant_client.conversions.conversion import GrpcToRest, RestToGrpc
from qdrant_client.grpc import collections_service_pb2_grpc, points_service_pb2_grpc, qdrant_pb2_grpc


class _Service:
    """The methods that Samspil calls, of all three services of the protocol."""

    def __init__(self, client: AsyncQdrantClient) -> None:
        self._client = client

    async def HealthCheck(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name, as all below
        return q.HealthCheckReply(title="qdrant - vector search engine", version="1.20.0")

    async def ListAliases(self, request: Any, context: Any) -> Any:  # noqa: N802
        aliases = (await self._client.get_aliases()).aliases
        return q.ListAliasesResponse(aliases=[RestToGrpc.convert_alias_description(alias) for alias in aliases])

    async def UpdateAliases(self, request: Any, context: Any) -> Any:  # noqa: N802
        changes = [GrpcToRest.convert_alias_operations(action) for action in request.actions]
        return q.CollectionOperationResponse(result=await self._client.update_collection_aliases(changes))

    async def CollectionExists(self, request: Any, context: Any) -> Any:  # noqa: N802
        exists = await self._client.collection_exists(request.collection_name)
        return q.CollectionExistsResponse(result=q.CollectionExists(exists=exists))

    async def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        if await self._client.collection_exists(request.collection_name):
            await context.abort(grpc.StatusCode.ALREADY_EXISTS, "exists")
        done = await self._client.create_collection(
            request.collection_name,
            vectors_config=GrpcToRest.convert_vectors_config(request.vectors_config),
            sparse_vectors_config=GrpcToRest.convert_sparse_vector_config(request.sparse_vectors_config),
            metadata=GrpcToRest.convert_payload(request.metadata),
        )
        return q.CollectionOperationResponse(result=done)

    async def Count(self, request: Any, context: Any) -> Any:  # noqa: N802
        counted = await self._client.count(request.collection_name, GrpcToRest.convert_filter(request.filter))
        return q.CountResponse(result=q.CountResult(count=counted.count))

    async def Scroll(self, request: Any, context: Any) -> Any:  # noqa: N802
        points, offset = await self._client.scroll(
            request.collection_name,
            scroll_filter=GrpcToRest.convert_filter(request.filter),
            limit=request.limit,
            offset=GrpcToRest.convert_point_id(request.offset) if request.HasField("offset") else None,
            with_payload=GrpcToRest.convert_with_payload_interface(request.with_payload),
            with_vectors=GrpcToRest.convert_with_vectors_selector(request.with_vectors),
        )
        next_page = None if offset is None else RestToGrpc.convert_extended_point_id(offset)
        result = [RestToGrpc.convert_retrieved_point(point) for point in points]
        return q.ScrollResponse(result=result, next_page_offset=next_page)

    async def UpdateBatch(self, request: Any, context: Any) -> Any:  # noqa: N802
        changes = [GrpcToRest.convert_points_update_operation(operation) for operation in request.operations]
        await self._client.batch_update_points(request.collection_name, changes)
        done = q.UpdateResult(operation_id=0, status=q.UpdateStatus.Completed)
        return q.UpdateBatchResponse(result=[done] * len(changes))

    async def CreateFieldIndex(self, request: Any, context: Any) -> Any:  # noqa: N802
        return q.PointsOperationResponse(result=q.UpdateResult(operation_id=0, status=q.UpdateStatus.Completed))

    async def QueryBatch(self, request: Any, context: Any) -> Any:  # noqa: N802
        asked = [GrpcToRest.convert_query_points(query) for query in request.query_points]
        answers = await self._client.query_batch_points(request.collection_name, asked)
        found = [[RestToGrpc.convert_scored_point(point) for point in answer.points] for answer in answers]
        return q.QueryBatchResponse(result=[q.BatchResult(result=points) for points in found])


class _Collections(_Service):
    async def Get(self, request: Any, context: Any) -> Any:  # noqa: N802
        info = await self._client.get_collection(request.collection_name)
        return q.GetCollectionInfoResponse(result=RestToGrpc.convert_collection_info(info))


class _Points(_Service):
    async def Get(self, request: Any, context: Any) -> Any:  # noqa: N802
        records = await self._client.retrieve(
            request.collection_name,
            [GrpcToRest.convert_point_id(id_) for id_ in request.ids],
            with_payload=GrpcToRest.convert_with_payload_interface(request.with_payload),
            with_vectors=GrpcToRest.convert_with_vectors_selector(request.with_vectors),
        )
        return q.GetResponse(result=[RestToGrpc.convert_retrieved_point(record) for record in records])


def _add(adder: Any, base: type, service: type[_Service], client: AsyncQdrantClient, server: Any) -> None:
    # The generated base answers what is missing with UNIMPLEMENTED, which Samspil takes for a mistake of its own.
    adder(type(service.__name__, (service, base), {})(client), server)


@asynccontextmanager
async def qdrant_over_grpc() -> AsyncIterator[str]:
    """Serve a fake Qdrant on a free loopback port; the URL by which Samspil asks for gRPC."""
    client = AsyncQdrantClient(":memory:")
    server = grpc.aio.server()
    _add(points_service_pb2_grpc.add_PointsServicer_to_server, points_service_pb2_grpc.PointsServicer, _Points, client, server)
    _add(
        collections_service_pb2_grpc.add_CollectionsServicer_to_server,
        collections_service_pb2_grpc.CollectionsServicer,
        _Collections,
        client,
        server,
    )
    _add(qdrant_pb2_grpc.add_QdrantServicer_to_server, qdrant_pb2_grpc.QdrantServicer, _Service, client, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        # Nothing listens on the port for REST: a call that went there would fail.
        yield f"http://127.0.0.1:1?grpc_port={port}"
    finally:
        await server.stop(grace=None)
        await client.close()
