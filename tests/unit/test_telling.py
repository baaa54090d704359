"""A process that tells what happens waits for its telling, but not for ever."""

from collections.abc import Sequence
from typing import Any

from samspil.bootstrap import Running
from samspil.clock import ManualClock
from samspil.ports import GroupLag


class Log:
    """Shows these lags of the narrator, one each time, and the last for ever."""

    def __init__(self, *lags: int) -> None:
        self.left = list(lags)
        self.looked = 0

    async def lags(self) -> Sequence[GroupLag]:
        self.looked += 1
        lag = self.left.pop(0) if len(self.left) > 1 else self.left[0]
        others = GroupLag(group="matching", topic="t", end=9, committed=0)
        return [GroupLag(group="narrator", topic="t", end=lag, committed=0), others]


def a_process(log: Any, clock: ManualClock) -> Running:
    ports: Any = None
    return Running(submissions=ports, readings=ports, joint_needs=ports, admin=log, clock=clock, broker="b:1", web_url="http://w")


async def test_it_waits_until_all_is_told() -> None:
    log = Log(3, 2, 1, 0)
    await a_process(log, ManualClock()).told_all()
    assert log.looked == 4


async def test_it_gives_up_where_nothing_is_told_any_more_and_not_before() -> None:
    clock = ManualClock()
    began = clock.now()
    await a_process(Log(*range(200, 5, -1)), clock).told_all(patience_s=2)
    # 194 steps of a tenth of a second, and then the patience.
    assert 21 < (clock.now() - began).total_seconds() < 23
