"""Runs the application with uvicorn inside the running event loop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI

from samspil.errors import Misconfigured

_GRACE_SECONDS = 10  # requests under way may finish; longer than any bounded request but the slowest uploads
_BACKLOG = 512


class _Server(uvicorn.Server):
    """A server that says when it listens and leaves signals to whom the process belongs to."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit:
            raise Misconfigured("The web application did not start.", hint="The log above says why.") from None
        self.listening.set()


def _bind(host: str, port: int) -> socket.socket:
    """A socket that listens to this address.

    Raises:
        Misconfigured: it is taken, or not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named: asyncio turns Nagle's algorithm off only then, and without that each answer waits some 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        message = f"The web cannot listen on {host} port {port}: {error.strerror}."
        raise Misconfigured(message, hint="Free the port, or choose another; 0 takes any free one.") from error
    return listener


@asynccontextmanager
async def serve(
    app: FastAPI, *, host: str = "127.0.0.1", port: int = 8000, trusted_proxies: tuple[str, ...] = ()
) -> AsyncIterator[str]:
    """Serve the application until the block ends, then let requests under way finish; gives the URL.

    Args:
        app: the application.
        host: the address to listen to; by default only this machine is served.
        port: 0 takes any free one.
        trusted_proxies: addresses or networks whose word for the client's address (X-Forwarded-For) is taken; failed tries
            are counted by it.

    Raises:
        Misconfigured: the address cannot be listened to, or the application refuses to start.
    """
    listener = _bind(host, port)
    config = uvicorn.Config(
        app,
        lifespan="on",
        ws="none",
        log_config=None,
        access_log=False,  # Frame writes a line without queries and addresses
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]), name="web")
    listening = asyncio.create_task(server.listening.wait(), name="web-listening")
    try:
        await asyncio.wait({running, listening}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
        name = f"[{host}]" if ":" in host else host
        yield f"http://{name}:{listener.getsockname()[1]}"
    finally:
        listening.cancel()
        server.should_exit = True
        if not running.done():
            await running
        listener.close()
