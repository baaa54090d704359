"""Moments as people read them."""

from datetime import datetime


def moment_in_words(moment: datetime) -> str:
    """With the offset in which it was given, so that nobody has to guess."""
    offset = moment.isoformat(timespec="minutes")[-6:] if moment.utcoffset() else ""
    return f"{moment:%Y-%m-%d %H:%M} (UTC{offset})"
