"""The disclosure ledger: what was shown to whom, when and through which channel, in a chain that shows whether it is whole.

The digest of an entry is SHA-256 over the canonical form of the entry, in which stand the digest of the entry before, and instead
of the content its digest. So the last digest stands for all that was ever shown in the dialogue.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from samspil.domain.joint_needs import canonical
from samspil.ports.disclosures import QUESTION, DisclosureEntry, LedgerHead, Shown, ShownKind, StoredPublication
from samspil_schemas import (
    DialogueAnnounced,
    DialogueCancelled,
    DialogueChanged,
    DialogueConcluded,
    DialogueHeld,
    DisclosureMade,
    Event,
    InvitationCancelled,
    InvitationChanged,
    InvitationIssued,
    RegistrationChanged,
    event_id,
    spec_of,
)

API = "api"
_PUBLIC: Mapping[type[Event], ShownKind] = MappingProxyType(
    {
        DialogueAnnounced: ShownKind.ANNOUNCED,
        DialogueChanged: ShownKind.CHANGED,
        DialogueCancelled: ShownKind.CANCELLED,
        DialogueHeld: ShownKind.HELD,
        DialogueConcluded: ShownKind.CONCLUDED,
    }
)
_PUBLISHED = frozenset({ShownKind.DOCUMENT, ShownKind.ANSWER, ShownKind.MINUTES, ShownKind.NOTE})
_PRIVATE: Mapping[type[Event], ShownKind] = MappingProxyType(
    {
        InvitationIssued: ShownKind.INVITED,
        InvitationChanged: ShownKind.INVITATION_CHANGED,
        InvitationCancelled: ShownKind.INVITATION_CANCELLED,
        RegistrationChanged: ShownKind.REGISTRATION,
    }
)


def shown_in(events: Iterable[Event]) -> list[Shown]:
    """What these events show of dialogues, in their order; those that show nothing of one are passed over."""
    return [shown for event in events if (shown := _shown(event)) is not None]


def _shown(event: Event) -> Shown | None:
    kind = ShownKind(event.kind.value) if isinstance(event, DisclosureMade) else _PUBLIC.get(type(event))
    to = None
    if kind is None:
        kind = _PRIVATE.get(type(event))
        to = getattr(event, "supplier_id", None)
    if kind is None:
        return None
    content = event.model_dump(mode="json")
    return Shown(
        dialogue_id=content["dialogue_id"],
        kind=kind,
        to=to,
        channel=spec_of(event).topic.name,
        content=content,
        event_id=event_id(event),
    )


def declined_question(dialogue_id: str, question_id: str, *, reason: str) -> Shown:
    """That a question was declined: told to its asker, who is not named."""
    content = {"dialogue_id": dialogue_id, "question_id": question_id, "reason": reason}
    return Shown(
        dialogue_id=dialogue_id, kind=ShownKind.QUESTION_DECLINED, to=f"{QUESTION}{question_id}", channel=API, content=content
    )


def appended(head: LedgerHead | None, shown: Sequence[Shown], *, at: datetime) -> list[DisclosureEntry]:
    """The entries that follow the head, one for each thing that is shown, all in the same dialogue."""
    number, previous = (head.count, head.digest) if head else (0, "")
    found: list[DisclosureEntry] = []
    for one in shown:
        number += 1
        stated: dict[str, Any] = {
            "dialogue_id": one.dialogue_id,
            "number": number,
            "at": at,
            "kind": one.kind.value,
            "to": one.to,
            "channel": one.channel,
            "event_id": one.event_id,
            "content_digest": content_digest(one.content),
            "previous": previous,
        }
        previous = _digest(stated)
        # What one supplier alone was shown is proved by its digest; who has the content can show it.
        found.append(DisclosureEntry(**stated, content=dict(one.content) if one.to is None else None, digest=previous))
    return found


def head_of(entries: Sequence[DisclosureEntry]) -> LedgerHead | None:
    """Where the entries end; None where there are none."""
    return LedgerHead(count=entries[-1].number, digest=entries[-1].digest, at=entries[-1].at) if entries else None


def content_digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of what was shown, in hexadecimal."""
    return hashlib.sha256(canonical(content)).hexdigest()


def digest_of(entry: DisclosureEntry) -> str:
    """The digest that the entry should have."""
    return _digest(entry.model_dump(exclude={"content", "digest"}))


def _digest(stated: Mapping[str, Any]) -> str:
    plain = {**stated, "at": stated["at"].astimezone(UTC).isoformat()}
    return hashlib.sha256(canonical(plain)).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Where a ledger is not as it was written, and what is wrong there. `number` is that of the entry."""

    number: int
    what: str


def first_fault(dialogue_id: str, entries: Sequence[DisclosureEntry], head: LedgerHead | None) -> Fault | None:
    """The first place at which the ledger is not whole; None if it is.

    Args:
        dialogue_id: the dialogue that it is of.
        entries: all of its entries, in the order in which they stand.
        head: where it ends, as it was kept apart from the entries.
    """
    previous = ""
    for expected, entry in enumerate(entries, start=1):
        if wrong := _wrong(entry, dialogue_id=dialogue_id, expected=expected, previous=previous):
            return Fault(number=expected, what=wrong)
        previous = entry.digest
    return _wrong_end(entries, head)


def _wrong(entry: DisclosureEntry, *, dialogue_id: str, expected: int, previous: str) -> str | None:
    checks = (
        (entry.dialogue_id == dialogue_id, "it is of another dialogue"),
        (entry.number <= expected, "it is missing"),
        (entry.number >= expected, f"entry {entry.number} stands twice, or out of order"),
        (entry.previous == previous, "it does not follow the entry before it"),
        (digest_of(entry) == entry.digest, "it is not what was recorded"),
        (_shows_as_much_as_it_may(entry), "what was shown is not what was recorded"),
        (_names_the_ledger_before(entry), "it was published after another ledger than this one"),
    )
    return next((what for holds, what in checks if not holds), None)


def _shows_as_much_as_it_may(entry: DisclosureEntry) -> bool:
    """What everyone was shown stands here and is what was recorded; what one was shown does not."""
    if entry.to is not None:
        return entry.content is None
    return isinstance(entry.content, Mapping) and content_digest(entry.content) == entry.content_digest


def _names_the_ledger_before(entry: DisclosureEntry) -> bool:
    """What is published says where the ledger ended before it."""
    content = entry.content if isinstance(entry.content, Mapping) else {}
    stated = content.get("ledger_count"), content.get("ledger_digest")
    return stated in ((None, None), (entry.number - 1, entry.previous or None))


def _wrong_end(entries: Sequence[DisclosureEntry], head: LedgerHead | None) -> Fault | None:
    last = head_of(entries)
    if last == head:
        return None
    count, kept = last.count if last else 0, head.count if head else 0
    if kept > count:
        return Fault(number=count + 1, what=f"the end is cut off: {kept} entries were recorded")
    if count > kept:
        return Fault(number=kept + 1, what=f"it was added past the recorded end, after {kept}")
    return Fault(number=count, what="the recorded end is another one")


def differs_from_kept(entries: Sequence[DisclosureEntry], *, count: int, digest: str) -> Fault | None:
    """Where the ledger differs from a head that someone kept earlier; None if it goes on from there."""
    if count > len(entries):
        return Fault(number=len(entries) + 1, what=f"the end is cut off: {count} entries were published")
    if count and entries[count - 1].digest != digest:
        return Fault(number=count, what="up to here it is another ledger than the one that was published")
    return None


def first_unlike(entries: Sequence[DisclosureEntry], stored: Sequence[StoredPublication]) -> str | None:
    """The first publication that is stored otherwise than a whole ledger says it was published; None if all agree."""
    published = {
        (entry.content["disclosure_id"], entry.content["revision"]): entry
        for entry in entries
        if entry.content is not None and entry.kind in _PUBLISHED
    }
    for one in stored:
        said = one.content if isinstance(one.content, Mapping) else {}
        entry = published.pop((said.get("disclosure_id"), said.get("revision")), None)
        as_published = entry is not None and content_digest(said) == entry.content_digest and one.sha256 == said.get("sha256")
        if not as_published or said["revision"] != one.revision:
            return f"the publication {one.document_id} in revision {one.revision} is not what was published"
    missing = next(iter(published.values()), None)
    return f"what entry {missing.number} says was published is missing" if missing else None
