import asyncio
from datetime import timedelta

from samspil.bootstrap.health import STALLED_AFTER, STUCK_AFTER, ProcessHealth, Pulse
from samspil.clock import ManualClock
from samspil.errors import BrokerUnavailable
from samspil.recovery import Delivery, GroupState, RawRecord, Recovery
from tests.unit.test_kafka_recovery import Letters


async def test_a_process_whose_relay_has_ended_is_not_alive():
    ended: list[str] = []
    health = ProcessHealth(clock=ManualClock(), pulse=Pulse(ManualClock()), groups=lambda: (), pings={}, ended=lambda: ended)
    assert all(check.ok for check in (await health.live()).values())
    ended.append("relay")
    assert not (await health.live())["relay"].ok


async def test_a_loop_that_stalls_is_not_alive():
    clock = ManualClock()
    health = ProcessHealth(clock=clock, pulse=Pulse(clock), groups=lambda: (), pings={})
    clock.advance(STALLED_AFTER + timedelta(seconds=1))
    assert not (await health.live())["loop"].ok


async def test_a_part_that_does_not_answer_and_a_group_that_does_not_take_are_not_ready():
    async def silent() -> None:
        raise BrokerUnavailable("The broker does not answer.")

    held = GroupState(group="matching", ready=False, reason="nearly everything fails")
    health = ProcessHealth(clock=ManualClock(), pulse=Pulse(ManualClock()), groups=lambda: (held,), pings={"broker": silent})
    report = await health.ready()
    assert (report["broker"].ok, report["matching"].ok) == (False, False)


async def test_a_group_whose_handler_does_not_return_is_not_alive():
    clock, release = ManualClock(), asyncio.Event()
    recovery = Recovery(lambda _: release.wait(), group="matching", dead_letters=Letters(), clock=clock)
    health = ProcessHealth(clock=clock, pulse=Pulse(ManualClock()), groups=lambda: (recovery.state(),), pings={})
    taking = asyncio.create_task(recovery.take([Delivery(record=RawRecord(topic="t", partition=0, offset=0), content="x")]))
    await asyncio.sleep(0)
    assert all(check.ok for check in (await health.live()).values())
    clock.advance(STUCK_AFTER + timedelta(seconds=1))
    report = await health.live()
    assert not report["matching"].ok
    release.set()
    await taking
    assert "matching" not in await health.live()
