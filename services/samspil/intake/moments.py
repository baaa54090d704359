"""Dates and times as notices write them."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

# A date alone means until its end, where it ends something.
END_OF_DAY = time(23, 59, 59)
START_OF_DAY = time(0, 0)
_ZONED_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(Z|[+-][0-9]{2}:[0-9]{2})?")
_TIME = re.compile(r"([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?")
_LONGEST = 40
# No notice is from outside; a moment at the very ends of what a datetime holds has no UTC.
_FIRST_YEAR, _LAST_YEAR = 1950, 2150


def moment(day: str | None, clock: str | None = None, *, otherwise: time = START_OF_DAY) -> datetime | None:
    """The moment of an xs:date and an xs:time; None if the date cannot be read.

    A time that is missing or unreadable is `otherwise`. The time's zone counts, else the date's, else UTC. An ISO 8601 date and
    time in one text is read too.
    """
    text = (day or "").strip()[:_LONGEST]
    if (whole := re.split(r"[T ]", text, maxsplit=1)) and len(whole) > 1:
        text, clock = whole
    dated = _ZONED_DATE.fullmatch(text)
    if dated is None:
        return None
    timed = _TIME.fullmatch((clock or "").strip()[:_LONGEST])
    zone = _zone(timed[2] if timed else None) or _zone(dated[2]) or UTC
    if not _FIRST_YEAR <= int(dated[1][:4]) <= _LAST_YEAR:
        return None
    try:
        at = time.fromisoformat(timed[1]) if timed else otherwise
        return datetime.combine(date.fromisoformat(dated[1]), at, tzinfo=zone)
    except ValueError:  # a thirteenth month, a 25th hour
        return None


def day(text: str | None) -> date | None:
    """The day of an xs:date; None if it cannot be read."""
    found = moment(text)
    return found.date() if found else None


def _zone(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[4:6])
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(offset if text[0] == "+" else -offset) if offset < timedelta(hours=24) else None
