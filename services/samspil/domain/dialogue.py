"""Dialogues: facts of a need joined in any order, and what is to be said of the dialogues about it.

A need whose newest version announces a dialogue has one open dialogue, and those that were announced beside it. The rules ask
only which events were heard, never in which order, so any order and any repeats come to the same dialogues, though not to the
same revisions: they count what was said. What a person decides of a dialogue is in `dialogue_moves`.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from samspil import ids
from samspil.domain.dialogue_changes import described
from samspil.domain.dialogue_reasons import Because
from samspil.domain.standing import buried, published, withdrawn
from samspil.ports import Dialogue, Offer, Standing
from samspil_schemas import (
    DialogueAnnounced,
    DialogueAnnouncement,
    DialogueCancelled,
    DialogueChanged,
    DialogueKind,
    InvitationPolicy,
    NeedStatement,
)

# Anyone can follow these without a slot of its own; in a reverse dialogue it is the suppliers who present.
OPEN_KINDS = frozenset(DialogueKind) - {DialogueKind.ONE_TO_ONE}
_PREVIOUS_BYTES_MAX = 64 * 1024
DialogueEvent = DialogueAnnounced | DialogueChanged | DialogueCancelled


def unheard_of(need_id: str) -> Dialogue:
    """The dialogue of a need that nothing was heard of yet."""
    return Dialogue(dialogue_id=ids.dialogue_id(need_id=need_id), need_id=need_id, standing=Standing(id=need_id))


def need_published(dialogue: Dialogue, version: int, statement: NeedStatement) -> Dialogue:
    """The facts after this version of the need was published."""
    announcement = statement.dialogue
    offer = Offer(
        title=statement.title,
        language=statement.language,
        buyer_id=statement.buyer.id,
        buyer_name=statement.buyer.name,
        cpv=statement.cpv[0] if statement.cpv else None,
        regions=statement.regions,
        announcement=announcement,
    )
    policy = announcement.invitations if announcement else None
    # Of two contents with one version, the first that was seen holds.
    policies = {version: policy} | dict(dialogue.policies)
    return replace(dialogue, standing=published(dialogue.standing, version, offer), policies=policies)


def need_withdrawn(dialogue: Dialogue, version: int, *, reason: str | None) -> Dialogue:
    """The facts after this version of the need, and all before it, were withdrawn."""
    return replace(dialogue, standing=withdrawn(dialogue.standing, version, reason=reason))


def need_buried(dialogue: Dialogue) -> Dialogue:
    """The facts after a tombstone of the need."""
    return replace(dialogue, standing=buried(dialogue.standing))


def open_offer(dialogue: Dialogue) -> Offer | None:
    """What is offered now; None where the need is withdrawn or unknown, or no dialogue is announced or it was called off."""
    offer = dialogue.standing.content
    if offer is None or not dialogue.standing.is_open or dialogue.called_off or _is_gone(dialogue):
        return None
    announcement = dialogue.own if dialogue.number else offer.announcement
    return offer.model_copy(update={"announcement": announcement}) if announcement is not None else None


def policy_for(dialogue: Dialogue, version: int, *, unseen: InvitationPolicy | None) -> InvitationPolicy | None:
    """How those are invited who match this version of the need: None if it announces no dialogue, `unseen` if it is unknown."""
    if dialogue.number:
        return dialogue.own.invitations if dialogue.own else None
    return dialogue.policies.get(version, unseen)


def _is_gone(dialogue: Dialogue) -> bool:
    """True of a dialogue that was announced by command, and whose cancellation was said: it does not come back with its need."""
    return bool(dialogue.number) and dialogue.cancelled


def has_begun(dialogue: Dialogue) -> bool:
    """True once it took place: what the need says later changes it no more."""
    return dialogue.held_at is not None


def advanced(dialogue: Dialogue, *, open_part: bool, at: datetime) -> tuple[Dialogue, DialogueEvent | None]:
    """The dialogue after saying what the facts ask for, and what was said; None where nothing is new.

    Args:
        dialogue: the facts.
        open_part: whether a dialogue that is open to all was announced about the same need; one-to-one meetings come after it.
        at: the moment of saying it.
    """
    if has_begun(dialogue):
        return dialogue, None
    offer = open_offer(dialogue)
    if offer is None or offer.announcement is None:
        return _closed(dialogue, at=at)
    if offer.announcement.kind not in OPEN_KINDS and not dialogue.revision and not open_part:
        return dialogue, None
    said = replace(
        dialogue, revision=dialogue.revision + 1, title=offer.title, announcement=offer.announcement, cancelled=False, said_at=at
    )
    about: dict[str, Any] = {
        "dialogue_id": said.dialogue_id,
        "revision": said.revision,
        "title": offer.title,
        "announcement": offer.announcement,
    }
    if not dialogue.revision or dialogue.cancelled:
        names = {"joint_need_id" if dialogue.need_id.startswith(ids.JOINT_PREFIX) else "need_id": dialogue.need_id}
        return said, DialogueAnnounced(**names, buyer_id=offer.buyer_id, announced_at=at, **about)
    changes = described((dialogue.title, dialogue.announcement), (offer.title, offer.announcement))
    if not changes:
        return replace(dialogue, title=offer.title, announcement=offer.announcement), None
    return said, DialogueChanged(changes=changes, previous=_short_enough(dialogue.announcement), changed_at=at, **about)


def _short_enough(announcement: DialogueAnnouncement | None) -> DialogueAnnouncement | None:
    """The announcement, unless two of that length could be more than a record holds."""
    if announcement is None or len(announcement.model_dump_json().encode()) > _PREVIOUS_BYTES_MAX:
        return None
    return announcement


def begins_at(announcement: DialogueAnnouncement) -> datetime | None:
    """When it can first have taken place: its start, the last of its slots, or when the time for written questions is over."""
    if announcement.starts_at is not None:
        return announcement.starts_at
    if announcement.slots:
        return max(slot.starts_at for slot in announcement.slots)
    return announcement.registration_deadline if announcement.kind is DialogueKind.WRITTEN else None


def _closed(dialogue: Dialogue, *, at: datetime) -> tuple[Dialogue, DialogueEvent | None]:
    if not dialogue.revision or dialogue.cancelled:
        return dialogue, None
    said = replace(dialogue, revision=dialogue.revision + 1, cancelled=True, said_at=at)
    reason = why_closed(dialogue)
    event = DialogueCancelled(dialogue_id=said.dialogue_id, revision=said.revision, reason=reason, cancelled_at=at)
    return said, event


def why_closed(dialogue: Dialogue) -> str:
    """Why there is no dialogue, for people."""
    if dialogue.called_off:
        return dialogue.because or Because.CALLED_OFF
    if dialogue.standing.withdrawn:
        return dialogue.standing.reason or Because.NEED_WITHDRAWN
    return Because.NOT_ANNOUNCED
