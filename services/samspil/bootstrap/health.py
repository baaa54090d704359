"""How this process is: alive by progress, ready by what it depends on."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from samspil.clock import Clock
from samspil.errors import SamspilError
from samspil.recovery import GroupState
from samspil.web import Check, HealthReport

Ping = Callable[[], Awaitable[None]]
# Longer than the slowest batch: 16 texts of the greatest length take 4 s of two cores.
STALLED_AFTER = timedelta(seconds=60)
# A handler that has not returned for so long never will: a model or an index that hangs.
STUCK_AFTER = timedelta(minutes=10)


class Pulse:
    """Beats while the event loop turns; a loop that is held up long is not alive."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = clock.now()

    async def beat(self) -> None:
        """Beat every second, until cancelled."""
        while True:
            self._last = self._clock.now()
            await self._clock.sleep(1)

    @property
    def age(self) -> timedelta:
        """Since the last beat."""
        return self._clock.now() - self._last


class ProcessHealth:
    """The health of one process. Implements `samspil.web.Health`."""

    def __init__(
        self,
        *,
        clock: Clock,
        pulse: Pulse,
        groups: Callable[[], Sequence[GroupState]],
        pings: Mapping[str, Ping],
        ended: Callable[[], Sequence[str]] = lambda: (),
    ) -> None:
        """Watch the parts; `ended` names the background tasks that should run and do not."""
        self._clock = clock
        self._ended = ended
        self._pulse = pulse
        self._groups = groups
        self._pings = pings

    async def live(self) -> HealthReport:
        """By progress: False only where a restart of this process would help."""
        beating = self._pulse.age < STALLED_AFTER
        report = {"loop": Check(ok=beating, reason=None if beating else f"stalled for {self._pulse.age.total_seconds():.0f} s")}
        report |= {name: Check(ok=False, reason="ended; the log says why") for name in self._ended()}
        return report | {state.group: check for state in self._groups() if (check := self._stuck(state)) is not None}

    def _stuck(self, state: GroupState) -> Check | None:
        busy = self._clock.now() - state.busy_since if state.busy_since else timedelta(0)
        return Check(ok=False, reason=f"one batch takes {busy.total_seconds():.0f} s already") if busy > STUCK_AFTER else None

    async def ready(self) -> HealthReport:
        """By dependencies: every part answers, and every group takes records."""
        report = {name: await _answer(ping) for name, ping in self._pings.items()}
        for state in self._groups():
            known = report.get(state.group)
            if known is None or known.ok:
                report[state.group] = Check(ok=state.ready, reason=None if state.ready else state.reason)
        return report


async def _answer(ping: Ping) -> Check:
    try:
        await ping()
    except SamspilError as error:
        return Check(ok=False, reason=error.message)
    return Check(ok=True)
