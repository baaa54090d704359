"""What became of each version of a need, read off the facts that are known of it, in whatever order they came."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from samspil.ports import LedgerEntry, NeedStatus, Standing
from samspil_schemas import NeedStatement


def accepted(entry: LedgerEntry, statement: NeedStatement, *, at: datetime) -> LedgerEntry:
    """The entry of a version whose statement was seen; when it was first seen stays."""
    if entry.accepted_at is not None:
        return entry
    source = f"{statement.source.kind} {statement.source.reference}" if statement.source else None
    return replace(
        entry,
        title=statement.title,
        buyer_id=statement.buyer.id,
        language=statement.language,
        cpv=statement.cpv[0] if statement.cpv else None,
        regions=statement.regions,
        source=source,
        accepted_at=at,
    )


def evaluated(entry: LedgerEntry, *, matches: int, similar: int, at: datetime) -> LedgerEntry:
    """The entry of a version that was given a verdict; the newest verdict counts."""
    if entry.evaluated_at is not None and at <= entry.evaluated_at:
        return entry
    return replace(entry, matches=matches, similar=similar, evaluated_at=at)


def refused(entry: LedgerEntry, *, reason: str, at: datetime) -> LedgerEntry:
    """The entry of a version that was put to the dead letters; the first reason stays."""
    return entry if entry.refused_at is not None else replace(entry, refusal=reason, refused_at=at)


def settled(entry: LedgerEntry, standing: Standing[Any], *, at: datetime) -> LedgerEntry:
    """The entry with the status that follows from the facts. `settled_at` is when it last changed its status."""
    status, reason = _status(entry, standing)
    if (status, reason) == (entry.status, entry.reason):
        return entry
    moment = entry.settled_at if status is entry.status else at
    return replace(entry, status=status, reason=reason, settled_at=None if status is NeedStatus.PENDING else moment)


def _status(entry: LedgerEntry, standing: Standing[Any]) -> tuple[NeedStatus, str | None]:
    # A verdict is the best that a version can come to, whatever happened to it afterwards.
    if entry.evaluated_at is not None:
        return NeedStatus.MATCHED, None
    if standing.withdrawn_version >= entry.version:
        return NeedStatus.WITHDRAWN, standing.reason
    if standing.version > entry.version:
        return NeedStatus.SUPERSEDED, "A newer version was published before this one was matched."
    if entry.refused_at is not None:
        return NeedStatus.DEAD_LETTERED, entry.refusal
    return NeedStatus.PENDING, None
