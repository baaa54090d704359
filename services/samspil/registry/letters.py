"""Reads dead letters as facts: what the record keeps of them, and which version of a need they settle."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC

from samspil.ports import DeadLetter, DeadLetterRow
from samspil_schemas import NeedMatched, NeedPublished, NeedWithdrawn, topics

MATCHING = "matching"
REGISTRY = "registry"
# What is written in a dead letter's headers may be anything; the record takes so much of it.
_NAME_MAX = 200
_GROUP_MAX = 40
_LARGEST = 2**63 - 1


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A version of a need that ends in the dead letters. `readable` is false where only its place in the log is known."""

    need_id: str
    version: int
    reason: str
    readable: bool = True


def row(letter: DeadLetter) -> DeadLetterRow:
    """What the record keeps of a dead letter."""
    need = letter.event if isinstance(letter.event, NeedPublished | NeedWithdrawn) else None
    failed_at = letter.failed_at
    return DeadLetterRow(
        source_topic=letter.source_topic[:_NAME_MAX],
        group=letter.group[:_NAME_MAX],
        partition=min(letter.partition, _LARGEST),
        offset=min(letter.offset, _LARGEST),
        reason=letter.reason,
        key=letter.key,
        event_id=letter.event_id,
        ce_type=letter.ce_type,
        need_id=need.need_id if need else None,
        version=need.version if need else None,
        failed_at=failed_at.replace(tzinfo=failed_at.tzinfo or UTC) if failed_at else None,
    )


def refusals(letters: Iterable[DeadLetter]) -> list[Refusal]:
    """The versions of needs that these dead letters settle.

    That is what `matching` could not take of the needs, whether it could be read or not, and verdicts that the registry could not
    record. A need that cannot be read is known by its place in the log.
    """
    found = (_refusal(letter) for letter in letters)
    return [refusal for refusal in found if refusal is not None]


def _refusal(letter: DeadLetter) -> Refusal | None:
    event = letter.event
    if letter.group == MATCHING and letter.source_topic == topics.NEEDS.name:
        if isinstance(event, NeedPublished):
            return Refusal(need_id=event.need_id, version=event.version, reason=letter.reason)
        if event is None and letter.value is not None:
            place = f"unreadable:{letter.source_topic}:{min(letter.partition, _LARGEST)}:{min(letter.offset, _LARGEST)}"
            return Refusal(need_id=place, version=1, reason=letter.reason, readable=False)
    if letter.group == REGISTRY and isinstance(event, NeedMatched) and not event.withdrawn:
        reason = f"Its verdict could not be recorded: {letter.reason}"
        return Refusal(need_id=event.need_id, version=event.need_version, reason=reason)
    return None


def taken(letters: Iterable[DeadLetter]) -> dict[str, set[str]]:
    """Whom the outbox need not wait for any longer: the ids of events that a group gave up, by group.

    A verdict that the registry gave up counts as taken by matching too: matching has done its part, and would only repeat it.
    """
    groups: dict[str, set[str]] = {}
    for letter in letters:
        if letter.event_id is not None:
            groups.setdefault(letter.group[:_GROUP_MAX], set()).add(letter.event_id)
        if letter.group == REGISTRY and isinstance(letter.event, NeedMatched):
            groups.setdefault(MATCHING, set()).add(letter.event.caused_by)
    return groups
