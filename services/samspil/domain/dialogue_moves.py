"""What a person decides of a dialogue, and when it may be decided: the state machine.

Each move leads from one state to one other, or leaves it, and every one that is not in the table is refused with a reason.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from samspil import ids
from samspil.domain.dialogue import OPEN_KINDS, begins_at
from samspil.errors import Conflict, Refused
from samspil.ports import Dialogue, DialogueState, Offer, Standing
from samspil_schemas import DialogueAnnouncement, DialogueConcluded, DialogueHeld, DialogueKind


class Move(StrEnum):
    """What can be done with a dialogue that was announced, as a verb."""

    CHANGE = "change"
    CANCEL = "cancel"
    INVITE = "invite anyone to"
    REGISTER = "register for"
    WITHDRAW = "withdraw from"
    ASK = "ask questions in"
    DECLINE_QUESTION = "decline questions of"
    PUBLISH = "publish anything of"
    HOLD = "hold"
    PUBLISH_MINUTES = "publish the minutes of"
    CONCLUDE = "conclude"


_NOTHING_MORE = "Announce another dialogue about the need."
# Where each state leads by each move; what is not here is refused.
MOVES: Mapping[tuple[DialogueState, Move], DialogueState] = MappingProxyType(
    {
        (DialogueState.ANNOUNCED, Move.CHANGE): DialogueState.ANNOUNCED,
        (DialogueState.ANNOUNCED, Move.CANCEL): DialogueState.CANCELLED,
        (DialogueState.ANNOUNCED, Move.INVITE): DialogueState.ANNOUNCED,
        (DialogueState.ANNOUNCED, Move.REGISTER): DialogueState.ANNOUNCED,
        (DialogueState.ANNOUNCED, Move.WITHDRAW): DialogueState.ANNOUNCED,
        (DialogueState.ANNOUNCED, Move.ASK): DialogueState.ANNOUNCED,
        (DialogueState.ANNOUNCED, Move.DECLINE_QUESTION): DialogueState.ANNOUNCED,
        (DialogueState.ANNOUNCED, Move.PUBLISH): DialogueState.ANNOUNCED,
        (DialogueState.ANNOUNCED, Move.HOLD): DialogueState.HELD,
        (DialogueState.HELD, Move.ASK): DialogueState.HELD,
        (DialogueState.HELD, Move.DECLINE_QUESTION): DialogueState.HELD,
        (DialogueState.HELD, Move.PUBLISH): DialogueState.HELD,
        (DialogueState.HELD, Move.PUBLISH_MINUTES): DialogueState.HELD,
        (DialogueState.HELD, Move.CONCLUDE): DialogueState.CONCLUDED,
        # Whoever asked hears of it, whatever became of the dialogue.
        (DialogueState.CANCELLED, Move.DECLINE_QUESTION): DialogueState.CANCELLED,
        (DialogueState.CONCLUDED, Move.DECLINE_QUESTION): DialogueState.CONCLUDED,
    }
)
# Why a state refuses what it refuses, and what to do instead.
_REFUSALS: Mapping[DialogueState, tuple[str, str]] = MappingProxyType(
    {
        DialogueState.ANNOUNCED: ("it has not taken place yet", "Say that it was held first."),
        DialogueState.CANCELLED: ("it was cancelled", _NOTHING_MORE),
        DialogueState.HELD: ("it has taken place", _NOTHING_MORE),
        DialogueState.CONCLUDED: ("it is concluded", _NOTHING_MORE),
    }
)


def require(dialogue: Dialogue, move: Move) -> None:
    """Let the move pass.

    Raises:
        Conflict: the dialogue is in a state that does not allow it.
    """
    state = dialogue.state
    if state is None:
        raise Conflict("The dialogue is not announced: no open part is.", hint="Announce a conference, webinar or written part.")
    if (state, move) not in MOVES:
        why, do = _REFUSALS[state]
        raise Conflict(f"Nobody can {move.value} this dialogue: {why}.", hint=do)


def announced(
    need_id: str,
    standing: Standing[Offer],
    announcement: DialogueAnnouncement,
    beside: Iterable[Dialogue],
    *,
    at: datetime,
) -> Dialogue:
    """A new dialogue about a need, beside those that there are; `domain.dialogue.advanced` says it.

    Raises:
        Conflict: it is one-to-one, and no open part was announced.
        Refused: it is one-to-one and has no slots, or it lies in the past.
    """
    others = list(beside)
    _require_sound(announcement, before=None, at=at)
    if announcement.kind not in OPEN_KINDS and not has_open_part(others):
        raise Conflict(
            "One-to-one meetings come after a part that is open to all, and none was announced.",
            hint="Announce a conference, a webinar or written questions first.",
        )
    number = max((other.number for other in others), default=0) + 1
    return Dialogue(
        dialogue_id=ids.dialogue_id(need_id=need_id, number=number),
        need_id=need_id,
        standing=standing,
        number=number,
        own=announcement,
    )


def changed(dialogue: Dialogue, announcement: DialogueAnnouncement, *, at: datetime) -> Dialogue:
    """The dialogue with another announcement.

    Raises:
        Conflict: its state does not allow it, its need announces it, or it would lose its open part.
        Refused: it is one-to-one and has no slots, or what is new in it lies in the past.
    """
    if dialogue.own == announcement and not dialogue.called_off:
        return dialogue
    require(dialogue, Move.CHANGE)
    _require_own(dialogue)
    _require_sound(announcement, before=dialogue.own, at=at)
    if dialogue.own is not None and (dialogue.own.kind in OPEN_KINDS) != (announcement.kind in OPEN_KINDS):
        raise Conflict("What is open to all stays open, and one-to-one meetings stay so.", hint="Announce another dialogue.")
    return replace(dialogue, own=announcement)


def cancelled(dialogue: Dialogue, beside: Iterable[Dialogue] = (), *, reason: str | None) -> Dialogue:
    """The dialogue, called off.

    Raises:
        Conflict: its state does not allow it, its need announces it, one-to-one meetings stand on it, or it was called off for
            another reason.
    """
    if dialogue.state is DialogueState.CANCELLED and reason in (None, dialogue.because):
        return dialogue
    require(dialogue, Move.CANCEL)
    _require_own(dialogue)
    others = [other for other in beside if other.dialogue_id != dialogue.dialogue_id]
    if any(_awaits_its_meetings(other) for other in others) and not has_open_part(others):
        raise Conflict(
            "One-to-one meetings are announced after this open part.", hint="Cancel them first, or announce another part."
        )
    return replace(dialogue, called_off=True, because=reason)


def held(dialogue: Dialogue, *, at: datetime) -> tuple[Dialogue, DialogueHeld | None]:
    """The dialogue after it took place, and what is said of it.

    Raises:
        Conflict: its state does not allow it, or it has not begun.
    """
    if dialogue.state is DialogueState.HELD:
        return dialogue, None
    require(dialogue, Move.HOLD)
    announcement = dialogue.announcement
    if announcement is None or dialogue.title is None:
        raise AssertionError("a dialogue that was announced has a title and an announcement")
    begins = begins_at(announcement)
    if begins is not None and begins > at:
        raise Conflict("The dialogue has not begun yet.", hint="Say so after it has begun, or move it.")
    now = replace(dialogue, held_at=at, said_at=at, revision=dialogue.revision + 1)
    said = DialogueHeld(
        dialogue_id=now.dialogue_id, revision=now.revision, title=dialogue.title, announcement=announcement, held_at=at
    )
    return now, said


def concluded(dialogue: Dialogue, *, outcome: str | None, at: datetime) -> tuple[Dialogue, DialogueConcluded | None]:
    """The dialogue after it is over, and what is said of it.

    Raises:
        Conflict: its state does not allow it.
    """
    if dialogue.state is DialogueState.CONCLUDED and outcome in (None, dialogue.outcome):
        return dialogue, None
    require(dialogue, Move.CONCLUDE)
    if dialogue.title is None:
        raise AssertionError("a dialogue that was announced has a title")
    now = replace(dialogue, concluded_at=at, outcome=outcome, said_at=at, revision=dialogue.revision + 1)
    said = DialogueConcluded(
        dialogue_id=now.dialogue_id, revision=now.revision, title=dialogue.title, outcome=outcome, concluded_at=at
    )
    return now, said


def has_open_part(dialogues: Iterable[Dialogue]) -> bool:
    """Whether one that is open to all was announced, and not cancelled."""
    return any(
        one.announcement is not None and one.announcement.kind in OPEN_KINDS and one.state not in (None, DialogueState.CANCELLED)
        for one in dialogues
    )


def _require_own(dialogue: Dialogue) -> None:
    if not dialogue.number:
        raise Conflict("The statement of its need announces this dialogue.", hint="Publish the need with another announcement.")


def _awaits_its_meetings(dialogue: Dialogue) -> bool:
    said = dialogue.announcement
    return dialogue.state is DialogueState.ANNOUNCED and said is not None and said.kind not in OPEN_KINDS


def _require_sound(announcement: DialogueAnnouncement, *, before: DialogueAnnouncement | None, at: datetime) -> None:
    """Refuse what nobody could come to. What an earlier announcement said already may lie in the past by now."""
    if announcement.kind is DialogueKind.ONE_TO_ONE and not announcement.slots:
        raise Refused("One-to-one meetings take slots, and there are none.", hint="Give the slots, each with start and end.")
    begins, until = begins_at(announcement), announcement.registration_deadline
    for moment, known, what in (
        (begins, before and begins_at(before), "The dialogue would begin"),
        (until, before and before.registration_deadline, "Registration would end"),
    ):
        if moment is not None and moment != known and moment <= at:
            raise Refused(f"{what} in the past.", hint="Give a moment that is still to come, with its offset.")
    if begins is not None and until is not None and until > begins:
        raise Refused("Registration would end after the dialogue began.", hint="Give an earlier registration deadline.")
