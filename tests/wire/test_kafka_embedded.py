"""The embedded broker as a process: it lives as long as ours, and no longer."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from samspil.adapters.kafka import watch
from samspil.adapters.kafka.embedded import EmbeddedBroker
from samspil.errors import BrokerUnavailable, Misconfigured
from samspil.observability import METRICS
from tests.wire.conftest import until

STARTER = """
import asyncio, sys
from pathlib import Path
from samspil.adapters.kafka.embedded import EmbeddedBroker
from samspil.observability import configure_logging

configure_logging()

async def main():
    broker = await EmbeddedBroker(log_file=Path(sys.argv[1])).start()
    print(broker.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def has_ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # One that nobody has waited for yet has ended too.
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z"


async def is_gone(pid: int) -> bool:
    return has_ended(pid)


async def test_it_ends_with_our_process_even_by_kill_9(tmp_path: Path) -> None:
    starter = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STARTER, str(tmp_path / "broker.log"), stdout=asyncio.subprocess.PIPE
    )
    assert starter.stdout is not None
    try:
        pid = int(await starter.stdout.readline())
        assert not await is_gone(pid)
    finally:
        starter.kill()
        await starter.wait()

    await until(lambda: is_gone(pid))


async def test_it_ends_when_it_is_stopped(tmp_path: Path) -> None:
    broker = await EmbeddedBroker(log_file=tmp_path / "broker.log").start()
    pid = broker.pid
    assert pid is not None

    await broker.stop()

    assert await is_gone(pid)
    assert (broker.up, broker.pid) == (False, None)


async def test_it_is_started_again_on_the_same_port_when_it_or_its_watcher_dies(tmp_path: Path) -> None:
    calls: list[str] = []

    async def down() -> None:
        calls.append("down")

    async def restart() -> None:
        calls.append("restart")
        if calls.count("restart") == 1:
            raise RuntimeError("the first try of a callback fails")

    before = METRICS.get_sample_value("samspil_broker_restarts_total") or 0
    async with EmbeddedBroker(log_file=tmp_path / "broker.log", on_down=down, on_restart=restart) as broker:
        address, first = broker.bootstrap_servers, broker.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await broker.restarted()
        second = broker.pid
        assert second not in {None, first}
        assert broker._watcher is not None
        broker._watcher.kill()
        await broker.restarted(2)
        assert broker.bootstrap_servers == address
        assert await broker._speaks_kafka()
        assert broker.up
    assert await is_gone(first)
    assert second is not None
    assert await is_gone(second)
    assert calls == ["down", "restart", "restart", "down", "restart"]
    assert METRICS.get_sample_value("samspil_broker_restarts_total") == before + 2


async def test_one_that_no_longer_answers_is_started_again(tmp_path: Path) -> None:
    async with EmbeddedBroker(log_file=tmp_path / "broker.log", look_every_s=0.01) as broker:
        first = broker.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        await broker.restarted()
        assert broker.pid not in {None, first}
        assert await broker._speaks_kafka()
    assert await is_gone(first)


async def test_two_brokers_do_not_meet(tmp_path: Path) -> None:
    async with EmbeddedBroker(log_file=tmp_path / "1.log") as one, EmbeddedBroker(log_file=tmp_path / "2.log") as other:
        assert one.bootstrap_servers != other.bootstrap_servers


async def test_its_output_is_kept_and_never_grows_without_end(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "broker.log"
    log.parent.mkdir()
    log.write_bytes(b"x" * (5 * 1024 * 1024 + 1))

    async with EmbeddedBroker(log_file=log):
        assert 0 < log.stat().st_size < 10_000


async def test_a_port_that_another_broker_has_is_not_shared_with_it(tmp_path: Path) -> None:
    async with EmbeddedBroker(log_file=tmp_path / "1.log") as one:
        port = int(one.bootstrap_servers.rpartition(":")[2])
        with pytest.raises(BrokerUnavailable, match=str(port)):
            await EmbeddedBroker(log_file=tmp_path / "2.log", port=port).start()


async def test_a_system_without_a_broker_program_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALF_TANSU_BIN", str(tmp_path / "nothing"))

    with pytest.raises(Misconfigured, match="Apache Kafka"):
        await EmbeddedBroker(log_file=tmp_path / "broker.log").start()


def test_a_system_without_a_parent_death_signal_is_served_by_the_pipe_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch.ctypes, "CDLL", lambda _name: object())

    assert watch._ends_with_parent() is None
