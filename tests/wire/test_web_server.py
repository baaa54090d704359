"""The application on a real socket, within the running event loop."""

import asyncio
import signal
import socket
from collections.abc import Sequence

import httpx
import pytest
from fastapi import FastAPI

from samspil.errors import Misconfigured
from samspil.web import serve
from samspil.web.server import _bind
from samspil_schemas import Match, NeedStatement
from tests.component.web_fakes import World, statement_json


async def test_the_application_is_served_on_loopback_and_gone_after() -> None:
    world = World()
    token = await world.token("buyer-1")
    async with serve(world.app, port=0) as url, httpx.AsyncClient(base_url=url) as http:
        assert url.startswith("http://127.0.0.1:")
        sent = {"Authorization": f"Bearer {token}"}
        response = await http.put("/v1/needs/a%2Fb:c@d+e", json=statement_json(), headers=sent)
        assert response.status_code == 202
        assert (await http.get(response.headers["Location"])).json()["id"] == "a/b:c@d+e"
        assert "Server" not in response.headers
    with pytest.raises(OSError, match=r"refused|failed"):
        await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))


async def test_a_raw_request_with_a_dot_segment_or_no_path_reaches_nothing() -> None:
    async with serve(World().app, port=0) as url:
        for target in ("/v1/needs/../me", "//v1/needs", "/v1/needs/.", "*"):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
            writer.write(f"GET {target} HTTP/1.1\r\nHost: samspil.test\r\nConnection: close\r\n\r\n".encode())
            assert (await reader.readline()).split()[1] in (b"404", b"400")
            writer.close()
            await writer.wait_closed()


async def test_a_body_beyond_the_limit_ends_the_connection() -> None:
    world = World()
    token = await world.token("buyer-1")
    async with serve(world.app, port=0) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
        head = (
            f"PUT /v1/needs/x HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\nContent-Length: 99999999\r\n\r\n"
        )
        writer.write(head.encode())
        answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 413")


class SlowMatchmaker:
    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def suppliers_for(self, statement: NeedStatement, *, limit: int = 10) -> Sequence[Match]:
        self.asked.set()
        await self.may_answer.wait()
        return []


async def test_a_request_under_way_is_answered_before_the_server_stops() -> None:
    slow = SlowMatchmaker()
    world = World(matchmaker=slow)  # type: ignore[arg-type]
    sent = {"Authorization": f"Bearer {await world.token('buyer-1')}"}
    async with httpx.AsyncClient() as http:
        async with serve(world.app, port=0) as url:
            asked = asyncio.create_task(http.post(f"{url}/v1/match", json={"text": "x", "language": "en"}, headers=sent))
            await slow.asked.wait()
            asyncio.get_running_loop().call_soon(slow.may_answer.set)
        assert (await asked).status_code == 200


async def test_an_error_in_the_block_stops_the_server_and_is_not_hidden() -> None:
    with pytest.raises(ValueError, match="of the block"):
        async with serve(World().app, port=0) as url:
            raise ValueError("of the block")
    async with httpx.AsyncClient() as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(url)


async def test_a_taken_port_is_told_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Misconfigured, match=rf"cannot listen on 127\.0\.0\.1 port {port}.*choose another"):
            async with serve(World().app, port=port):
                pass


async def test_an_application_with_an_unguarded_route_is_not_served() -> None:
    app: FastAPI = World().app
    app.add_api_route("/v1/backdoor", lambda: "open")
    with pytest.raises(Misconfigured, match="did not start"):
        async with serve(app, port=0):
            pass


async def test_signals_stay_with_the_process() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    async with serve(World().app, port=0):
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


async def test_a_proxys_word_for_the_client_is_taken_only_from_trusted_proxies() -> None:
    for trusted, waits in (((), True), (("127.0.0.1",), False)):
        world = World()
        async with serve(world.app, port=0, trusted_proxies=trusted) as url, httpx.AsyncClient(base_url=url) as http:
            bad = {"Authorization": "Bearer guess"}
            for number in range(20):
                await http.get("/v1/me", headers={**bad, "X-Forwarded-For": f"198.51.100.{number}"})
            last = await http.get("/v1/me", headers={**bad, "X-Forwarded-For": "198.51.100.99"})
            assert (last.status_code == 429) == waits


def test_nagles_algorithm_does_not_hold_answers_back() -> None:
    # asyncio turns it off for sockets that name their protocol; connections inherit that from their listener.
    with _bind("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
        assert accepted.proto == socket.IPPROTO_TCP
