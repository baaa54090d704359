"""Slows down who tries tokens: failed tries are counted per client address, in bounded memory."""

import ipaddress
import math
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from samspil.clock import Clock

_IPV6_SITE = 64  # one customer holds a /64 or more, so a single address counts for nothing


def site_of(address: str | None) -> str:
    """What failed tries are counted by: an IPv4 address, or the /64 network of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return address or "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped or ipaddress.ip_network((parsed, _IPV6_SITE), strict=False))
    return str(parsed)


@dataclass
class _Tries:
    since: datetime
    count: int = 0


class FailedTries:
    """Counts failed tries per site in a fixed window; the site that tried longest ago is forgotten when the memory is full.

    It slows down who guesses and says so; that nobody can guess 256 random bits is what protects a token.
    """

    def __init__(self, clock: Clock, *, limit: int, window: timedelta, sites: int) -> None:
        self._clock = clock
        self._limit = limit
        self._window = window
        self._size = sites
        self._tries: OrderedDict[str, _Tries] = OrderedDict()

    def seconds_held(self, address: str | None) -> int:
        """How long the site must wait before it may fail again; 0 means not at all."""
        tries = self._tries.get(site_of(address))
        if tries is None or tries.count < self._limit:
            return 0
        return max(0, math.ceil((tries.since + self._window - self._clock.now()).total_seconds()))

    def failed(self, address: str | None) -> None:
        """Count a failed try."""
        site, now = site_of(address), self._clock.now()
        tries = self._tries.get(site)
        if tries is None or now >= tries.since + self._window:
            tries = self._tries[site] = _Tries(since=now)
        tries.count += 1
        self._tries.move_to_end(site)
        if len(self._tries) > self._size:
            self._tries.popitem(last=False)
