"""Dialogues: facts of a need joined in any order, and what is to be said of its dialogue.

A need whose newest version announces a dialogue has one open dialogue. The rules ask only which events were heard, never in which
order, so any order and any repeats come to the same dialogues, though not to the same revisions: they count what was said.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from samspil import ids
from samspil.domain.dialogue_changes import described
from samspil.domain.standing import buried, published, withdrawn
from samspil.ports import Dialogue, Offer, Standing
from samspil_schemas import DialogueAnnounced, DialogueCancelled, DialogueChanged, NeedStatement

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
    """What is offered now; None where the need is withdrawn, unknown, or announces no dialogue."""
    offer = dialogue.standing.content
    return offer if dialogue.standing.is_open and offer is not None and offer.announcement is not None else None


def advanced(dialogue: Dialogue, *, at: datetime) -> tuple[Dialogue, DialogueEvent | None]:
    """The dialogue after saying what the facts ask for, and what was said; None where nothing is new."""
    offer = open_offer(dialogue)
    if offer is None or offer.announcement is None:
        return _closed(dialogue, at=at)
    said = replace(dialogue, revision=dialogue.revision + 1, title=offer.title, announcement=offer.announcement, cancelled=False)
    about: dict[str, Any] = {
        "dialogue_id": said.dialogue_id,
        "revision": said.revision,
        "title": offer.title,
        "announcement": offer.announcement,
    }
    if not dialogue.revision or dialogue.cancelled:
        return said, DialogueAnnounced(need_id=dialogue.need_id, buyer_id=offer.buyer_id, announced_at=at, **about)
    changes = described((dialogue.title, dialogue.announcement), (offer.title, offer.announcement))
    if not changes:
        return replace(dialogue, title=offer.title, announcement=offer.announcement), None
    return said, DialogueChanged(changes=changes, changed_at=at, **about)


def _closed(dialogue: Dialogue, *, at: datetime) -> tuple[Dialogue, DialogueEvent | None]:
    if not dialogue.revision or dialogue.cancelled:
        return dialogue, None
    said = replace(dialogue, revision=dialogue.revision + 1, cancelled=True)
    reason = why_closed(dialogue)
    event = DialogueCancelled(dialogue_id=said.dialogue_id, revision=said.revision, reason=reason, cancelled_at=at)
    return said, event


def why_closed(dialogue: Dialogue) -> str:
    """Why there is no dialogue, for people."""
    if dialogue.standing.withdrawn:
        return dialogue.standing.reason or "The need was withdrawn."
    return "The need no longer announces a dialogue."
