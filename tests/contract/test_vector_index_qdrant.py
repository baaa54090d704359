"""A Qdrant server that fails, refuses or holds something else is told apart, and said clearly."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from grpc import StatusCode
from grpc.aio import AioRpcError, Metadata
from qdrant_client import models
from qdrant_client.http.exceptions import UnexpectedResponse
from structlog.testing import capture_logs

from samspil.adapters.vectors import open_index
from samspil.adapters.vectors.qdrant import QdrantStore, address_of
from samspil.errors import IndexUnavailable, Misconfigured
from samspil.ports import Entity, Search, VectorIndex, Where
from tests.contract.qdrant_over_http import FakeQdrant, qdrant_over_http
from tests.contract.vector_indexes import DIMENSION, SPACE, a_point, a_vector, an_entry, found

SUPPLIERS = Entity.SUPPLIERS
CALLS: dict[str, Callable[[VectorIndex], Awaitable[object]]] = {
    "heads": lambda index: index.heads(SUPPLIERS, ["s-1"]),
    "put": lambda index: index.put(SUPPLIERS, [an_entry()]),
    "search by vector": lambda index: index.search(SUPPLIERS, [Search(vector=a_vector())]),
    "search by words": lambda index: index.search(SUPPLIERS, [Search(words="water", where=Where(language="en"))]),
    "count": lambda index: index.count(SUPPLIERS),
}
every_call = pytest.mark.parametrize("call", CALLS)


@pytest.fixture
async def fake() -> AsyncIterator[FakeQdrant]:
    async with qdrant_over_http() as fake:
        yield fake


@pytest.fixture
async def index(fake: FakeQdrant) -> AsyncIterator[VectorIndex]:
    index = await open_fake(fake)
    yield index
    await index.close()


async def open_fake(
    fake: FakeQdrant, *, space: str = SPACE, dimension: int = DIMENSION, api_key: str | None = None
) -> VectorIndex:
    return await open_index(fake.url, space=space, dimension=dimension, api_key=api_key)


@every_call
async def test_a_server_that_fails_is_unavailable_and_can_come_back(fake: FakeQdrant, index: VectorIndex, call: str) -> None:
    for status in (401, 403, 404, 408, 429, 500, 502, 503, 504):
        fake.fail_with = status
        with pytest.raises(IndexUnavailable, match=rf"{fake.url} does not answer: {status}") as caught:
            await CALLS[call](index)
        assert caught.value.hint
    fake.fail_with = None
    await CALLS[call](index)


@every_call
async def test_a_server_that_asks_to_wait_is_unavailable(fake: FakeQdrant, index: VectorIndex, call: str) -> None:
    for until in ("3", "Wed, 04 Mar 2026 08:00:00 GMT"):
        fake.fail_with, fake.headers = 429, {"Retry-After": until}
        with pytest.raises(IndexUnavailable, match="does not answer"):
            await CALLS[call](index)


@every_call
async def test_an_answer_that_is_not_qdrants_is_unavailable(fake: FakeQdrant, index: VectorIndex, call: str) -> None:
    for answer in (b"", b"<html>proxy</html>", b'{"result": "nonsense"}', b"{}", b"\xff\xfe"):
        fake.answer_with = answer
        with pytest.raises(IndexUnavailable, match="does not answer: what it says is not Qdrant's"):
            await CALLS[call](index)


@every_call
async def test_a_request_that_the_server_rejects_is_our_mistake_and_not_tried_again(
    fake: FakeQdrant, index: VectorIndex, call: str
) -> None:
    for status in (400, 413, 422):
        fake.fail_with = status
        with pytest.raises(UnexpectedResponse):
            await CALLS[call](index)


@every_call
async def test_a_server_that_is_gone_is_unavailable(call: str) -> None:
    async with qdrant_over_http() as fake:
        index = await open_fake(fake)
    with pytest.raises(IndexUnavailable, match="does not answer"):
        await CALLS[call](index)
    await index.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://127.0.0.1:1?grpc_port=1"])
async def test_opening_where_nothing_listens_is_unavailable(url: str) -> None:
    with pytest.raises(IndexUnavailable, match=r"127\.0\.0\.1:1.* does not answer"):
        await open_index(url, space=SPACE, dimension=DIMENSION)


async def test_the_collections_are_named_by_entity_and_space_behind_an_alias(fake: FakeQdrant, index: VectorIndex) -> None:
    aliases = {alias.alias_name: alias.collection_name for alias in (await fake.client.get_aliases()).aliases}
    assert aliases == {"needs": f"needs__{SPACE}", "suppliers": f"suppliers__{SPACE}"}
    params = (await fake.client.get_collection("suppliers")).config.params
    assert params.vectors == {"dense": models.VectorParams(size=DIMENSION, distance=models.Distance.COSINE)}
    assert params.sparse_vectors == {"bm25": models.SparseVectorParams(modifier=models.Modifier.IDF)}


async def test_a_second_opener_finds_what_the_first_put(fake: FakeQdrant, index: VectorIndex) -> None:
    await index.put(SUPPLIERS, [an_entry()])
    second = await open_fake(fake)
    assert await found(second) == [("s-1", "c1")]
    await second.close()


async def test_services_that_start_together_open_one_index(fake: FakeQdrant) -> None:
    opened = await asyncio.gather(*(open_fake(fake) for _ in range(4)))
    await opened[0].put(SUPPLIERS, [an_entry()])
    assert [await found(index) for index in opened] == [[("s-1", "c1")]] * 4
    assert {name.name for name in (await fake.client.get_collections()).collections} == {f"needs__{SPACE}", f"suppliers__{SPACE}"}
    for index in opened:
        await index.close()


async def test_many_points_travel_in_requests_that_the_server_takes(fake: FakeQdrant, index: VectorIndex) -> None:
    everyone = [an_entry(f"s-{n:02}", 1, *(a_point(f"c{part}") for part in range(50))) for n in range(30)]
    fake.requests.clear()
    await index.put(SUPPLIERS, everyone)
    # 1,500 points, at most 512 in a request; the heads; and no tombstones.
    assert fake.requests.count("POST /collections/suppliers/points/batch") == 4
    assert await index.count(SUPPLIERS) == 30


async def test_another_vector_space_is_refused_and_nothing_is_made(fake: FakeQdrant, index: VectorIndex) -> None:
    with pytest.raises(Misconfigured, match=f"holds the vector space '{SPACE}', not 'other-space'") as caught:
        await open_fake(fake, space="other-space")
    assert caught.value.hint
    assert not await fake.client.collection_exists("needs__other-space")


async def test_another_dimension_is_refused(fake: FakeQdrant, index: VectorIndex) -> None:
    with pytest.raises(Misconfigured, match="dimension 4 and the layout 1, not 5"):
        await open_fake(fake, dimension=5)


async def test_a_collection_that_samspil_did_not_lay_out_is_refused(fake: FakeQdrant) -> None:
    await fake.client.create_collection(
        f"needs__{SPACE}", vectors_config=models.VectorParams(size=4, distance=models.Distance.DOT)
    )
    with pytest.raises(Misconfigured, match="dimension None and the layout None"):
        await open_fake(fake)


@pytest.mark.parametrize("version", ["1.18.2", "1.9.0", "0.11.0"])
async def test_a_server_too_old_to_guard_versions_is_refused(version: str) -> None:
    async with qdrant_over_http(version=version) as fake:
        with pytest.raises(Misconfigured, match=f"version {version}.*1.19 or newer"):
            await open_fake(fake)


@pytest.mark.parametrize("version", ["1.19.0", "1.20.1", "2.0.0-rc1", "dev"])
async def test_a_server_new_enough_is_taken(version: str) -> None:
    async with qdrant_over_http(version=version) as fake:
        await (await open_fake(fake)).close()


async def test_the_api_key_opens_and_a_wrong_one_is_a_wrong_installation() -> None:
    async with qdrant_over_http(api_key="right") as fake:
        with pytest.raises(Misconfigured, match="refuses the API key"):
            await open_fake(fake, api_key="wrong")
        with pytest.raises(Misconfigured, match="refuses the API key"):
            await open_fake(fake)
        index = await open_fake(fake, api_key="right")
        # Later it may be a key being changed, which passes; the batch must not be thrown away for it.
        fake.api_key = "changed"
        with pytest.raises(IndexUnavailable, match="401"):
            await index.count(SUPPLIERS)
        await index.close()


async def test_a_key_in_clear_is_warned_of_and_never_logged() -> None:
    async with qdrant_over_http(api_key="right") as fake:
        with capture_logs() as logs:
            await (await open_fake(fake, api_key="right")).close()
    assert [(line["event"], line["log_level"]) for line in logs] == [("index_key_in_clear", "warning")]
    assert "right" not in str(logs)


def rpc_error(code: StatusCode) -> AioRpcError:
    return AioRpcError(code, Metadata(), Metadata(), details="told to fail")


async def memory_store() -> QdrantStore:
    return await QdrantStore.open(":memory:", space=SPACE, dimension=DIMENSION)


@pytest.mark.parametrize(
    "code",
    [
        StatusCode.UNAVAILABLE,
        StatusCode.DEADLINE_EXCEEDED,
        StatusCode.RESOURCE_EXHAUSTED,
        StatusCode.INTERNAL,
        StatusCode.UNAUTHENTICATED,
        StatusCode.NOT_FOUND,
    ],
)
async def test_a_server_that_fails_over_grpc_is_unavailable(code: StatusCode) -> None:
    store = await memory_store()
    with pytest.raises(IndexUnavailable, match=f"{code.name}, told to fail"), store._told_apart():
        raise rpc_error(code)
    await store.close()


@pytest.mark.parametrize("code", [StatusCode.INVALID_ARGUMENT, StatusCode.UNIMPLEMENTED])
async def test_a_request_rejected_over_grpc_is_our_mistake(code: StatusCode) -> None:
    store = await memory_store()
    with pytest.raises(AioRpcError), store._told_apart():
        raise rpc_error(code)
    await store.close()


@pytest.mark.parametrize("code", [StatusCode.UNAUTHENTICATED, StatusCode.PERMISSION_DENIED])
async def test_a_key_refused_over_grpc_is_a_wrong_installation_at_the_start(code: StatusCode) -> None:
    store = await memory_store()
    with pytest.raises(Misconfigured, match="refuses the API key"), store._opening(), store._told_apart():
        raise rpc_error(code)
    await store.close()


@pytest.mark.parametrize(
    ("url", "address", "grpc_port"),
    [
        ("http://qdrant", "http://qdrant:6333", None),
        ("http://qdrant:7000", "http://qdrant:7000", None),
        ("https://qdrant.example", "https://qdrant.example:443", None),
        ("https://qdrant.example:6333/behind/proxy", "https://qdrant.example:6333/behind/proxy", None),
        ("http://[::1]:6333", "http://[::1]:6333", None),
        ("http://qdrant?grpc_port=6334", "http://qdrant:6333", 6334),
    ],
)
def test_an_url_says_address_and_port(url: str, address: str, grpc_port: int | None) -> None:
    assert address_of(url) == (address, grpc_port)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "memory",
        "ftp://host",
        "edge:",
        "edge://",
        "edge://host/path",
        "http://",
        "http://host:notaport",
        "http://host?grpc_port=x",
        "http://host?other=1",
        "http://host?nonsense",
        "http://[::1",
    ],
)
async def test_an_url_that_names_no_index_is_refused_with_a_hint(url: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        await open_index(url, space=SPACE, dimension=DIMENSION)
    assert caught.value.hint


async def test_a_password_in_the_url_is_never_shown() -> None:
    with pytest.raises(Misconfigured) as refused:
        await open_index("http://me:secret@host?other=1", space=SPACE, dimension=DIMENSION)
    with pytest.raises(IndexUnavailable) as unavailable:
        await open_index("http://me:secret@127.0.0.1:1", space=SPACE, dimension=DIMENSION)
    assert "secret" not in str(refused.value) + str(unavailable.value)


@pytest.mark.parametrize("space", ["", "..", "a/b", "Ünsafe", "x" * 65, "-"])
async def test_a_space_that_cannot_name_a_collection_is_refused(space: str) -> None:
    with pytest.raises(Misconfigured, match="cannot name a collection"):
        await open_index(":memory:", space=space, dimension=DIMENSION)
