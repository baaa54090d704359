"""Failed tries are counted per site, in bounded memory."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil.clock import ManualClock
from samspil.web.throttle import FailedTries, site_of

WINDOW = timedelta(seconds=60)


def a_throttle(*, limit: int = 3, sites: int = 100) -> tuple[FailedTries, ManualClock]:
    clock = ManualClock()
    return FailedTries(clock, limit=limit, window=WINDOW, sites=sites), clock


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
        (None, "unknown"),
    ],
)
def test_one_customers_addresses_are_one_site(address: str | None, site: str) -> None:
    assert site_of(address) == site


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 40)), max_size=40))
def test_a_site_is_held_exactly_while_its_window_holds_the_limit(tries: list[tuple[str, int]]) -> None:
    throttle, clock = a_throttle()
    windows: dict[str, list[object]] = {}
    for site, seconds in tries:
        clock.advance(timedelta(seconds=seconds))
        opened = windows.get(site)
        if opened is None or clock.now() >= opened[0] + WINDOW:  # type: ignore[operator]
            opened = windows[site] = [clock.now(), 0]
        opened[1] += 1  # type: ignore[operator]
        throttle.failed(site)
        held = throttle.seconds_held(site)
        assert (held > 0) == (opened[1] >= 3)  # type: ignore[operator]
        assert held <= 60
    clock.advance(WINDOW)
    assert not any(throttle.seconds_held(site) for site in "ab")


def test_memory_is_bounded_and_forgets_the_oldest() -> None:
    throttle, _ = a_throttle(limit=1, sites=10)
    for number in range(1000):
        throttle.failed(f"198.51.100.{number}")
    assert len(throttle._tries) == 10
    assert throttle.seconds_held("198.51.100.999") == 60
    assert throttle.seconds_held("198.51.100.1") == 0


def test_a_site_that_keeps_trying_is_not_the_one_forgotten() -> None:
    throttle, _ = a_throttle(limit=1, sites=3)
    for number in range(20):
        throttle.failed("busy")
        throttle.failed(f"other-{number}")
    assert throttle.seconds_held("busy") > 0
