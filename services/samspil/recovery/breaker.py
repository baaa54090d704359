"""Holds the consumption of a group while nearly everything fails."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum

from samspil.clock import Clock
from samspil.observability import BREAKER_OPEN


@dataclass(frozen=True, kw_only=True)
class BreakerSettings:
    """When consumption holds: at least `share` of the last `window` records failed, and there were at least `minimum`."""

    window: int = 50
    minimum: int = 20
    share: float = 0.9
    cool_down: float = 30.0


class Outcome(Enum):
    """What became of one record of a batch."""

    TAKEN = "taken"
    UNREADABLE = "unreadable"
    FAILED = "failed"


class _Position(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    PROBING = "probing"


class Breaker:
    """Holds the consumption of a group while nearly everything fails.

    After the cool-down one batch is let through as a probe. If it is taken, the breaker closes. If it fails, the breaker
    opens again and the batch is given back; only where *nothing but unreadable* records failed are these put to the dead
    letters, one batch for each cool-down, so that a heap of rubbish from one client slows a group, but never blocks it.
    """

    def __init__(self, *, group: str, settings: BreakerSettings, clock: Clock) -> None:
        self._group = group
        self._settings = settings
        self._clock = clock
        self._outcomes: deque[Outcome] = deque(maxlen=settings.window)
        self._position = _Position.CLOSED
        self._until: datetime | None = None
        BREAKER_OPEN.labels(group).set(0)

    @property
    def closed(self) -> bool:
        """True while records are taken as usual."""
        return self._position is _Position.CLOSED

    def seconds_left(self) -> float:
        """How long consumption still holds; 0 where a batch may pass."""
        if self._position is not _Position.OPEN or self._until is None:
            return 0.0
        return max((self._until - self._clock.now()).total_seconds(), 0.0)

    def admit(self) -> None:
        """A batch passes: the first one after the cool-down is the probe."""
        if self._position is _Position.OPEN:
            self._position = _Position.PROBING

    def judge(self, outcomes: Sequence[Outcome]) -> bool:
        """Take note of a batch, and return True if what failed in it may be put to the dead letters."""
        if self._position is _Position.PROBING:
            return self._judge_probe(outcomes)
        self._outcomes.extend(outcomes)
        if len(self._outcomes) >= self._settings.minimum and self._nearly_all_failed(self._outcomes):
            self.open()
            return False
        return True

    def open(self) -> None:
        """Hold from now on, for one cool-down."""
        self._position = _Position.OPEN
        self._until = self._clock.now() + timedelta(seconds=self._settings.cool_down)
        self._outcomes.clear()
        BREAKER_OPEN.labels(self._group).set(1)

    def give_up_probe(self) -> None:
        """The probe ended without a verdict: hold again."""
        if self._position is _Position.PROBING:
            self.open()

    def _judge_probe(self, outcomes: Sequence[Outcome]) -> bool:
        if self._nearly_all_failed(outcomes):
            self.open()
            return Outcome.FAILED not in outcomes
        self._position = _Position.CLOSED
        self._until = None
        BREAKER_OPEN.labels(self._group).set(0)
        return True

    def _nearly_all_failed(self, outcomes: Sequence[Outcome]) -> bool:
        failed = sum(outcome is not Outcome.TAKEN for outcome in outcomes)
        return bool(outcomes) and failed >= self._settings.share * len(outcomes)
