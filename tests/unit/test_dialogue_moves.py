"""What may be decided of a dialogue, and when: every move that the table does not name is refused with a reason."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil.domain import dialogue as dialogues
from samspil.domain import dialogue_moves as moves
from samspil.domain.dialogue_moves import MOVES, Move
from samspil.errors import Conflict, Refused
from samspil.ports import Dialogue, DialogueState
from samspil_schemas import (
    DialogueAnnouncement,
    DialogueCancelled,
    DialogueChanged,
    DialogueConcluded,
    DialogueHeld,
    NeedStatement,
)
from tests.factories import a_statement

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
BEFORE = NOW - timedelta(days=30)
WEBINAR = DialogueAnnouncement(kind="webinar", starts_at="2026-05-04T09:00:00Z")
MEETINGS = DialogueAnnouncement(
    kind="one_to_one", slots=({"starts_at": "2026-05-05T09:00:00Z", "ends_at": "2026-05-05T09:30:00Z"},)
)


def of_the_need(statement: NeedStatement | None = None) -> Dialogue:
    """What is known of a need that stands, and whose statement may announce a dialogue."""
    return dialogues.need_published(dialogues.unheard_of("n"), 1, statement or a_statement())


def announced(announcement: DialogueAnnouncement = WEBINAR, *, beside: tuple[Dialogue, ...] = ()) -> Dialogue:
    new = moves.announced("n", of_the_need().standing, announcement, beside, at=BEFORE)
    said, event = dialogues.advanced(new, open_part=moves.has_open_part(beside), at=NOW)
    assert event is not None
    return said


def in_state(state: DialogueState) -> Dialogue:
    dialogue = announced()
    if state is DialogueState.CANCELLED:
        return dialogues.advanced(moves.cancelled(dialogue, reason="No speaker"), open_part=False, at=NOW)[0]
    if state in (DialogueState.HELD, DialogueState.CONCLUDED):
        dialogue, _ = moves.held(dialogue, at=NOW)
    return moves.concluded(dialogue, outcome=None, at=NOW)[0] if state is DialogueState.CONCLUDED else dialogue


@pytest.mark.parametrize("state", DialogueState)
def test_a_dialogue_is_in_the_state_that_its_moves_led_to(state: DialogueState) -> None:
    assert in_state(state).state is state


@pytest.mark.parametrize("move", Move)
@pytest.mark.parametrize("state", DialogueState)
def test_a_move_that_the_table_does_not_name_is_refused_with_a_reason(state: DialogueState, move: Move) -> None:
    dialogue = in_state(state)
    if (state, move) in MOVES:
        moves.require(dialogue, move)
        return
    with pytest.raises(Conflict, match=f"Nobody can {move.value} this dialogue: it ") as refusal:
        moves.require(dialogue, move)
    assert refusal.value.hint


@given(st.lists(st.sampled_from(["change", "cancel", "hold", "conclude"]), max_size=8))
def test_whatever_is_tried_every_change_of_state_is_one_event_with_the_next_revision(tried: list[str]) -> None:
    dialogue = announced()
    for number, what in enumerate(tried):
        before = dialogue
        try:
            dialogue, event = _try(what, dialogue, number)
        except Conflict:
            assert dialogue == before
            continue
        if dialogue.state is not before.state:
            assert (before.state, Move[what.upper()]) in MOVES
            assert isinstance(event, DialogueCancelled | DialogueHeld | DialogueConcluded)
        assert dialogue.revision == before.revision + (event is not None)
        assert event is None or event.revision == dialogue.revision


def _try(what: str, dialogue: Dialogue, number: int) -> tuple[Dialogue, object]:
    if what == "hold":
        return moves.held(dialogue, at=NOW)
    if what == "conclude":
        return moves.concluded(dialogue, outcome="We specify functions.", at=NOW)
    decided = (
        moves.cancelled(dialogue, reason=None)
        if what == "cancel"
        else moves.changed(dialogue, WEBINAR.model_copy(update={"place": f"Room {number}"}), at=NOW)
    )
    return dialogues.advanced(decided, open_part=False, at=NOW)


def test_one_to_one_meetings_come_after_a_part_that_is_open_to_all() -> None:
    with pytest.raises(Conflict, match="open to all, and none was announced"):
        announced(MEETINGS)
    with pytest.raises(Conflict, match="open to all"):
        announced(MEETINGS, beside=(in_state(DialogueState.CANCELLED),))
    for state in (DialogueState.ANNOUNCED, DialogueState.HELD, DialogueState.CONCLUDED):
        assert announced(MEETINGS, beside=(in_state(state),)).number == 2


def test_a_need_that_announces_one_to_one_meetings_waits_for_its_open_part() -> None:
    waits = of_the_need(a_statement(dialogue=MEETINGS))
    assert dialogues.advanced(waits, open_part=False, at=NOW) == (waits, None)
    with pytest.raises(Conflict, match="no open part"):
        moves.require(waits, Move.REGISTER)
    said, _ = dialogues.advanced(waits, open_part=True, at=NOW)
    assert said.state is DialogueState.ANNOUNCED


def test_an_open_part_does_not_become_one_to_one() -> None:
    with pytest.raises(Conflict, match="stays open"):
        moves.changed(announced(), MEETINGS, at=BEFORE)


def test_one_to_one_meetings_have_slots() -> None:
    with pytest.raises(Refused, match="slots"):
        announced(DialogueAnnouncement(kind="one_to_one"), beside=(announced(),))


def test_what_a_statement_announces_is_changed_by_its_need_alone() -> None:
    own, _ = dialogues.advanced(of_the_need(a_statement(dialogue=WEBINAR)), open_part=False, at=NOW)
    for decide in (lambda: moves.changed(own, MEETINGS, at=NOW), lambda: moves.cancelled(own, reason=None)):
        with pytest.raises(Conflict, match="statement of its need"):
            decide()
    assert moves.held(own, at=NOW)[0].state is DialogueState.HELD


def test_nobody_holds_a_dialogue_before_it_begins() -> None:
    with pytest.raises(Conflict, match="not begun"):
        moves.held(announced(), at=WEBINAR.starts_at - timedelta(seconds=1))


@pytest.mark.parametrize(
    "announcement",
    [
        MEETINGS,
        DialogueAnnouncement(kind="written", registration_deadline="2026-06-01T12:00:00Z"),
    ],
)
def test_meetings_are_held_after_the_last_began_and_writing_after_its_time(announcement: DialogueAnnouncement) -> None:
    dialogue = announced(announcement, beside=(announced(),))
    begins = dialogues.begins_at(announcement)
    assert begins is not None
    with pytest.raises(Conflict, match="not begun"):
        moves.held(dialogue, at=begins - timedelta(seconds=1))
    assert moves.held(dialogue, at=begins)[0].state is DialogueState.HELD


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"starts_at": "2026-04-04T11:59:59Z"}, "begin in the past"),
        ({"registration_deadline": "2026-04-04T12:00:00Z"}, "end in the past"),
        ({"registration_deadline": "2026-05-04T09:00:01Z"}, "after the dialogue began"),
    ],
)
def test_nobody_is_asked_to_what_is_over(changes: dict[str, str], refusal: str) -> None:
    offer = DialogueAnnouncement(**({"kind": "webinar", "starts_at": "2026-05-04T09:00:00Z"} | changes))
    with pytest.raises(Refused, match=refusal):
        announced(offer)
    with pytest.raises(Refused, match=refusal):
        moves.changed(announced(), offer, at=BEFORE)


def test_what_was_announced_in_time_can_be_changed_after_its_deadline() -> None:
    offer = WEBINAR.model_copy(update={"registration_deadline": NOW - timedelta(days=3)})
    moved = offer.model_copy(update={"place": "Odense"})
    assert moves.changed(announced(offer), moved, at=NOW - timedelta(days=1)).own == moved


def test_the_open_part_stays_as_long_as_meetings_stand_on_it() -> None:
    part = announced()
    meetings = announced(MEETINGS, beside=(part,))
    with pytest.raises(Conflict, match="One-to-one meetings"):
        moves.cancelled(part, [part, meetings], reason=None)
    another = replace(announced(WEBINAR.model_copy(update={"place": "Odense"})), dialogue_id="another")
    assert moves.cancelled(part, [part, another, meetings], reason=None).called_off


def test_a_repeat_in_other_words_is_no_repeat() -> None:
    gone = in_state(DialogueState.CANCELLED)
    assert moves.cancelled(gone, reason="No speaker") == gone
    with pytest.raises(Conflict, match="it was cancelled"):
        moves.cancelled(gone, reason="No room")
    over, _ = moves.concluded(in_state(DialogueState.HELD), outcome="We specify.", at=NOW)
    assert moves.concluded(over, outcome="We specify.", at=NOW) == (over, None)
    with pytest.raises(Conflict, match="it is concluded"):
        moves.concluded(over, outcome="We buy.", at=NOW)


def test_what_fell_with_its_need_does_not_come_back_with_it() -> None:
    fallen, event = dialogues.advanced(dialogues.need_withdrawn(announced(), 1, reason=None), open_part=False, at=NOW)
    assert isinstance(event, DialogueCancelled)
    again = dialogues.need_published(fallen, 2, a_statement())
    assert dialogues.advanced(again, open_part=True, at=NOW) == (again, None)
    assert dialogues.open_offer(again) is None


def test_after_it_was_held_neither_the_need_nor_its_withdrawal_changes_it() -> None:
    own, _ = dialogues.advanced(of_the_need(a_statement(dialogue=WEBINAR)), open_part=False, at=NOW)
    held, _ = moves.held(own, at=NOW)
    moved = dialogues.need_published(held, 2, a_statement(dialogue=WEBINAR.model_copy(update={"place": "Elsewhere"})))
    for later in (moved, dialogues.need_withdrawn(held, 1, reason=None)):
        said, event = dialogues.advanced(later, open_part=False, at=NOW)
        assert (said.state, said.announcement, event) == (DialogueState.HELD, held.announcement, None)


def test_what_was_called_off_stays_so_whatever_its_need_says() -> None:
    cancelled = in_state(DialogueState.CANCELLED)
    again, event = dialogues.advanced(dialogues.need_published(cancelled, 2, a_statement()), open_part=False, at=NOW)
    assert (again.state, event) == (DialogueState.CANCELLED, None)


def test_a_change_says_what_changed_and_the_same_again_nothing() -> None:
    dialogue = announced()
    moved = moves.changed(dialogue, WEBINAR.model_copy(update={"place": "Odense"}), at=NOW)
    said, event = dialogues.advanced(moved, open_part=False, at=NOW)
    assert isinstance(event, DialogueChanged)
    assert event.changes == ("The place is now Odense; it was not given.",)
    assert moves.changed(said, replace(said).own, at=NOW) == said
