"""Qdrant through its client: a server, or the client's own memory for tests and trials (`:memory:`).

The points of an entity live in the collection `<entity>__<space>`, and the alias `<entity>` names the live one: a new vector
space is filled beside it and switched to. Retries belong to the caller, so the client's errors are only told apart here.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from json import JSONDecodeError
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

import structlog
from grpc import StatusCode
from grpc.aio import AioRpcError
from packaging.version import InvalidVersion, Version
from pydantic import ValidationError
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from samspil.adapters.vectors import layout
from samspil.adapters.vectors.bm25 import Words
from samspil.adapters.vectors.conditions import AnyOf, Between, Condition, Every, Ids
from samspil.adapters.vectors.store import DENSE, MEMORY, SPARSE, Found, Query, StoredPoint, Upsert
from samspil.errors import IndexUnavailable, Misconfigured
from samspil.ports import Entity

# The first with IDF per corpus; conditional upserts came before. An older one would ignore both without a word.
_OLDEST_SERVER = Version("1.19")
# A search of 64 queries with 50 hits is 13 MB of JSON.
_TIMEOUT_SECONDS = 30
_POINTS_PER_PAGE = 1000
# A long statement and its vector are 24 kB of JSON, and the server takes 32 MB in one request.
_POINTS_PER_CALL = 512

# The server read the request and rejects it, so our request is wrong, and trying again cannot help.
_OUR_MISTAKE_HTTP = frozenset({400, 405, 413, 415, 422})
_OUR_MISTAKE_GRPC = frozenset({StatusCode.INVALID_ARGUMENT, StatusCode.UNIMPLEMENTED, StatusCode.OUT_OF_RANGE})
_NOT_LET_IN_HTTP = frozenset({401, 403})
_NOT_LET_IN_GRPC = frozenset({StatusCode.UNAUTHENTICATED, StatusCode.PERMISSION_DENIED})
_CONFLICT_HTTP = 409

# A proxy may answer with a page, or with JSON of its own: the client parses what it gets, and asserts that there is a result.
_NOT_QDRANTS = (JSONDecodeError, UnicodeDecodeError, AssertionError)

_LOG = structlog.get_logger(__name__)


class QdrantStore:
    """A `PointStore` in the collections behind the aliases `needs` and `suppliers`."""

    def __init__(self, client: AsyncQdrantClient, *, where: str) -> None:
        self._client = client
        self._where = where

    @classmethod
    async def open(cls, url: str, *, space: str, dimension: int, api_key: str | None = None) -> "QdrantStore":
        """Open the live collections of a server, or of this process's memory, or make them.

        Args:
            url: `:memory:`, or `http(s)://host[:port]`, where `?grpc_port=6334` asks for gRPC.
            space: the vector space that the collections must hold.
            dimension: the length of a vector.
            api_key: the key of the server.

        Raises:
            IndexUnavailable: the server does not answer.
            Misconfigured: the server is too old, refuses the key, or holds another vector space.
        """
        store = cls(_client(url, api_key=api_key), where=_shown(url))
        try:
            await store.prepare(space=space, dimension=dimension)
        except BaseException:
            await store.close()
            raise
        return store

    async def prepare(self, *, space: str, dimension: int) -> None:
        """Check that the live collections hold this vector space, or make them.

        Raises:
            IndexUnavailable: the server does not answer.
            Misconfigured: the server is too old, refuses the key, or holds another vector space.
        """
        with self._opening(), self._told_apart():
            await self._check_version()
            aliases = {alias.alias_name: alias.collection_name for alias in (await self._client.get_aliases()).aliases}
            for entity in Entity:
                name = f"{entity}__{space}"
                live = aliases.get(entity)
                if live is not None and live != name:
                    raise self._other_space(entity, holds=live.removeprefix(f"{entity}__"), asked=space)
                if live is None:
                    await self._create(entity, name, space=space, dimension=dimension)
                await self._check_layout(name, dimension=dimension)

    async def retrieve(self, entity: Entity, ids: Sequence[str], *, fields: Sequence[str]) -> list[Mapping[str, Any]]:
        """These fields of the points that exist."""
        with self._told_apart():
            records = await self._client.retrieve(entity, list(ids), with_payload=list(fields), with_vectors=False)
        return [record.payload or {} for record in records]

    async def scan(self, entity: Entity, condition: Condition, *, fields: Sequence[str]) -> list[tuple[str, Mapping[str, Any]]]:
        """The id and these fields of every point that meets the condition."""
        found: list[tuple[str, Mapping[str, Any]]] = []
        offset: Any = None
        while True:
            with self._told_apart():
                page, offset = await self._client.scroll(
                    entity,
                    scroll_filter=filter_of(condition),
                    limit=_POINTS_PER_PAGE,
                    offset=offset,
                    with_payload=list(fields),
                    with_vectors=False,
                )
            found += [(str(record.id), record.payload or {}) for record in page]
            if offset is None:
                return found

    async def upsert(self, entity: Entity, upserts: Sequence[Upsert]) -> None:
        """Apply the upserts in order, and wait until they are seen."""
        for some in _by_size(upserts):
            operations = [upsert_of(upsert) for upsert in some]
            with self._told_apart():
                # Medium: all writes of a point go through one replica, so that its guards see them in one order.
                await self._client.batch_update_points(entity, operations, wait=True, ordering=models.WriteOrdering.MEDIUM)

    async def query(self, entity: Entity, queries: Sequence[Query]) -> list[list[Found]]:
        """What each query finds, best first, in one round trip."""
        with self._told_apart():
            answers = await self._client.query_batch_points(entity, [request_of(query) for query in queries])
        return [[_found(point) for point in answer.points] for answer in answers]

    async def count(self, entity: Entity, condition: Condition) -> int:
        """How many points meet the condition."""
        with self._told_apart():
            return (await self._client.count(entity, filter_of(condition), exact=True)).count

    async def flush(self) -> None:
        """Nothing to do: an upsert returns when the server has it, and the server outlives this process."""

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _check_version(self) -> None:
        answer = (await self._client.info()).version
        try:
            version = Version(answer)
        except InvalidVersion:
            # The client's own memory calls itself "main"; a build without a number is a developer's choice.
            return
        if version < _OLDEST_SERVER:
            raise Misconfigured(
                f"The Qdrant server at {self._where} has the version {version}, which would not guard versions of needs.",
                hint=f"Upgrade it to {_OLDEST_SERVER} or newer.",
            )

    async def _create(self, entity: Entity, name: str, *, space: str, dimension: int) -> None:
        if not await self._client.collection_exists(name):
            try:
                await self._client.create_collection(
                    name,
                    vectors_config={DENSE: models.VectorParams(size=dimension, distance=models.Distance.COSINE)},
                    sparse_vectors_config={SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)},
                    metadata={"layout": layout.LAYOUT, "space": space},
                )
            except (UnexpectedResponse, AioRpcError) as error:
                # Two services that start together both make it; the second finds it made.
                if not _is_conflict(error):
                    raise
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Payload indexes have no effect in the local Qdrant")
            for field in layout.KEYWORD_FIELDS:
                await self._client.create_payload_index(name, field, models.PayloadSchemaType.KEYWORD)
            for field in layout.INTEGER_FIELDS:
                await self._client.create_payload_index(name, field, models.PayloadSchemaType.INTEGER)
        alias = models.CreateAlias(collection_name=name, alias_name=entity)
        await self._client.update_collection_aliases([models.CreateAliasOperation(create_alias=alias)])

    async def _check_layout(self, name: str, *, dimension: int) -> None:
        config = (await self._client.get_collection(name)).config
        vectors = config.params.vectors
        dense = vectors.get(DENSE) if isinstance(vectors, dict) else None
        stored = (config.metadata or {}).get("layout")
        size = None if dense is None else dense.size
        if size != dimension or stored != layout.LAYOUT:
            raise Misconfigured(
                f"The collection {name} at {self._where} has the dimension {size} and the layout {stored}, "
                f"not {dimension} and {layout.LAYOUT}.",
                hint="Start with the model and the version of Samspil that filled it, or with another Qdrant.",
            )

    def _other_space(self, entity: Entity, *, holds: str, asked: str) -> Misconfigured:
        return Misconfigured(
            f"The alias {entity} at {self._where} holds the vector space {holds!r}, not {asked!r}.",
            hint="Start with the model that filled it, or with another Qdrant.",
        )

    @contextmanager
    def _opening(self) -> Iterator[None]:
        """At the start a refused key is a wrong installation; later it may be a key being changed, which passes."""
        try:
            yield
        except IndexUnavailable as error:
            if not _is_not_let_in(error.__cause__):
                raise
            raise Misconfigured(
                f"The Qdrant server at {self._where} refuses the API key.", hint="Set the key that the server was started with."
            ) from error

    @contextmanager
    def _told_apart(self) -> Iterator[None]:
        try:
            yield
        except (ApiException, QdrantException, AioRpcError, *_NOT_QDRANTS) as error:
            if _is_our_mistake(error):
                raise
            raise IndexUnavailable(
                f"The Qdrant server at {self._where} does not answer: {_reason(error)}.",
                hint="Samspil tries again; if it stays, check that the server runs and that its URL is right.",
            ) from error


def _client(url: str, *, api_key: str | None) -> AsyncQdrantClient:
    if url == MEMORY:
        return AsyncQdrantClient(location=MEMORY)
    address, grpc_port = address_of(url)
    if api_key is not None and address.startswith("http://"):
        _LOG.warning("index_key_in_clear", url=_shown(url))
    with warnings.catch_warnings():
        # Said above, once, in the form of our logs.
        warnings.filterwarnings("ignore", message="Api key is used with an insecure connection")
        return AsyncQdrantClient(
            url=address,
            api_key=api_key,
            timeout=_TIMEOUT_SECONDS,
            prefer_grpc=grpc_port is not None,
            grpc_port=grpc_port or 6334,
            check_compatibility=False,  # it asks in a thread and only warns; `_check_version` refuses
        )


def address_of(url: str) -> tuple[str, int | None]:
    """The address of a server with its port and without the query, and the port for gRPC if one is asked for.

    Raises:
        Misconfigured: the URL cannot be read, or asks for something else.
    """
    try:
        parts = urlsplit(url)
        asked = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
        port = parts.port
        grpc_port = int(asked.pop("grpc_port")[0]) if "grpc_port" in asked else None
    except ValueError as error:
        raise Misconfigured(f"The index URL {_shown(url)} cannot be read: {error}.", hint="Write http://host:6333.") from error
    if asked or not parts.hostname:
        raise Misconfigured(
            f"The index URL {_shown(url)} names no host, or asks for more than grpc_port.",
            hint="Write http://host:6333 or http://host:6333?grpc_port=6334.",
        )
    # The client takes 6333 for a URL without a port, even for https.
    default = "" if port else (":443" if parts.scheme == "https" else ":6333")
    return urlunsplit((parts.scheme, parts.netloc + default, parts.path, "", "")), grpc_port


def _shown(url: str) -> str:
    """The URL as messages show it: without a name and password."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"


def _is_our_mistake(error: Exception) -> bool:
    if isinstance(error, AioRpcError):
        return error.code() in _OUR_MISTAKE_GRPC
    return isinstance(error, UnexpectedResponse) and error.status_code in _OUR_MISTAKE_HTTP


def _is_not_let_in(error: BaseException | None) -> bool:
    if isinstance(error, AioRpcError):
        return error.code() in _NOT_LET_IN_GRPC
    return isinstance(error, UnexpectedResponse) and error.status_code in _NOT_LET_IN_HTTP


def _is_conflict(error: UnexpectedResponse | AioRpcError) -> bool:
    if isinstance(error, AioRpcError):
        return bool(error.code() == StatusCode.ALREADY_EXISTS)
    return error.status_code == _CONFLICT_HTTP


def _reason(error: Exception) -> str:
    if isinstance(error, AioRpcError):
        return f"{error.code().name}, {error.details()}"
    if isinstance(error, UnexpectedResponse):
        return f"{error.status_code} {error.reason_phrase}"
    source = error.source if isinstance(error, ResponseHandlingException) else error
    if isinstance(source, (*_NOT_QDRANTS, ValidationError)):
        return "what it says is not Qdrant's"
    return str(error) or type(error).__name__


def _by_size(upserts: Sequence[Upsert]) -> Iterator[list[Upsert]]:
    """The upserts in their order, as many together as one request takes."""
    some: list[Upsert] = []
    for upsert in upserts:
        if some and sum(len(other.points) for other in some) + len(upsert.points) > _POINTS_PER_CALL:
            yield some
            some = []
        some.append(upsert)
    if some:
        yield some


def upsert_of(upsert: Upsert) -> models.UpsertOperation:
    """The upsert as the client says it."""
    points = [_point(point) for point in upsert.points]
    return models.UpsertOperation(upsert=models.PointsList(points=points, update_filter=filter_of(upsert.guard)))


def _point(point: StoredPoint) -> models.PointStruct:
    vectors: dict[str, Any] = {}
    if point.dense is not None:
        vectors[DENSE] = point.dense.tolist()
    if point.sparse:
        vectors[SPARSE] = _sparse(point.sparse)
    return models.PointStruct(id=point.id, vector=vectors, payload=dict(point.payload))


def _sparse(words: Words) -> models.SparseVector:
    return models.SparseVector(indices=list(words.tokens), values=list(words.weights))


def request_of(query: Query) -> models.QueryRequest:
    """The query as the client says it."""
    by_words = isinstance(query.by, Words)
    params = None
    if query.corpus is not None:
        params = models.SearchParams(idf=models.IdfCorpusParams(corpus=filter_of(query.corpus)))
    return models.QueryRequest(
        query=_sparse(query.by) if isinstance(query.by, Words) else query.by.tolist(),
        using=SPARSE if by_words else DENSE,
        filter=filter_of(query.where),
        limit=query.limit,
        params=params,
        with_payload=list(layout.NAME_FIELDS if query.names_only else layout.HIT_FIELDS),
        with_vector=False if query.names_only else [DENSE],
    )


def _found(point: models.ScoredPoint) -> Found:
    vectors: Any = point.vector or {}
    return Found(id=str(point.id), score=point.score, payload=point.payload or {}, dense=vectors.get(DENSE, ()))


def filter_of(condition: Condition) -> models.Filter:
    """The condition as the client says it."""
    if isinstance(condition, Every):
        return models.Filter(
            must=[_condition(part) for part in condition.must] or None,
            should=[_condition(part) for part in condition.one_of] or None,
            must_not=[_condition(part) for part in condition.must_not] or None,
        )
    return models.Filter(must=[_condition(condition)])


def _condition(condition: Condition) -> models.FieldCondition | models.HasIdCondition | models.Filter:
    if isinstance(condition, AnyOf):
        return models.FieldCondition(key=condition.field, match=models.MatchAny(any=[str(value) for value in condition.values]))
    if isinstance(condition, Between):
        return models.FieldCondition(key=condition.field, range=models.Range(gte=condition.at_least, lte=condition.at_most))
    if isinstance(condition, Ids):
        return models.HasIdCondition(has_id=list(condition.values))
    return filter_of(condition)
