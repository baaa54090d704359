"""What changed in a dialogue, said for people."""

from collections.abc import Iterator
from datetime import datetime

from samspil_schemas import DialogueAnnouncement
from samspil_schemas.base import LABEL_MAX, LIST_MAX

_MOMENTS = {"starts_at": "start", "ends_at": "end", "registration_deadline": "registration deadline"}


def described(before: tuple[str | None, DialogueAnnouncement | None], after: tuple[str, DialogueAnnouncement]) -> tuple[str, ...]:
    """The changes from one title and announcement to the next, one sentence each; none if the two say the same.

    Who sends the invitations off is the buyer's own business and no change to those who attend.
    """
    title, announcement = after
    sentences = [f"The title is now: {title}"] if title != before[0] else []
    if before[1] is not None:
        sentences += _differences(before[1], announcement)
    return tuple(_short(sentence) for sentence in sentences[:LIST_MAX])


def _differences(before: DialogueAnnouncement, after: DialogueAnnouncement) -> Iterator[str]:
    if after.kind is not before.kind:
        yield f"The form is now {after.kind.value.replace('_', ' ')}; it was {before.kind.value.replace('_', ' ')}."
    for field, name in _MOMENTS.items():
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            yield f"The {name} is now {_moment(new)}; it was {_moment(old)}."
    if after.place != before.place:
        yield f"The place is now {after.place or 'not given'}; it was {before.place or 'not given'}."
    if after.stream_url != before.stream_url:
        yield "The address of the stream has changed." if after.stream_url else "There is no stream any more."
    if after.languages != before.languages:
        yield f"The languages are now {', '.join(after.languages) or 'not given'}."
    if after.capacity != before.capacity:
        yield f"The capacity is now {after.capacity or 'not limited'}."
    if after.programme != before.programme:
        yield "The programme has changed."


def _moment(moment: datetime | None) -> str:
    """With the offset in which the buyer gave it, so that nobody has to guess."""
    if moment is None:
        return "not given"
    offset = moment.isoformat(timespec="minutes")[-6:] if moment.utcoffset() else ""
    return f"{moment:%Y-%m-%d %H:%M} (UTC{offset})"


def _short(sentence: str) -> str:
    return sentence if len(sentence) <= LABEL_MAX else f"{sentence[: LABEL_MAX - 1]}…"
