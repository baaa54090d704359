"""Who gets a place in a dialogue, over any history of answers, changes and delays."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil import ids
from samspil.domain.registrations import (
    Register,
    answered,
    dated,
    event_of,
    rearranged,
    refused,
    register_of,
    require_something,
)
from samspil.errors import Conflict, NotFound, Refused
from samspil.ports import Dialogue, DialogueState, Standing
from samspil_schemas import Answer, DialogueAnnouncement, RegistrationStatus, ResponseGiven, Slot

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
BEGINS = NOW + timedelta(days=10)
REGISTERED, WAITING = RegistrationStatus.REGISTERED, RegistrationStatus.WAITING


def slot(number: int, *, minutes: int = 30) -> Slot:
    """The so manieth half hour of the day of the meetings."""
    starts_at = BEGINS + timedelta(minutes=30 * number)
    return Slot(starts_at=starts_at, ends_at=starts_at + timedelta(minutes=minutes))


def start(number: int) -> datetime:
    return slot(number).starts_at


def conference(**changes: Any) -> DialogueAnnouncement:
    return DialogueAnnouncement(**({"kind": "conference", "starts_at": BEGINS} | changes))


def meetings(*numbers: int, **changes: Any) -> DialogueAnnouncement:
    values = {"kind": "one_to_one", "starts_at": BEGINS, "slots": [slot(number) for number in numbers]}
    return DialogueAnnouncement(**(values | changes))


class Desk:
    """The register of one dialogue, at which one answer comes after the other."""

    def __init__(self, announcement: DialogueAnnouncement) -> None:
        self.at = NOW
        self.dialogue = Dialogue(
            dialogue_id="d", need_id="n", standing=Standing(id="n"), revision=1, title="Leaks", announcement=announcement
        )
        self.register: Register = register_of(self.dialogue, [])
        self.told: list[tuple[str, str]] = []

    def say(self, supplier: str, answer: str, *slots: int, **changes: Any) -> None:
        known = self.register.entries.get(supplier)
        values = {"name": f"Sample {supplier}", "country": "DK", "slots": [start(number) for number in slots]} | changes
        response = ResponseGiven(
            dialogue_id="d",
            supplier_id=supplier,
            revision=known.answered + 1 if known else 1,
            answer=answer,
            given_at=self.at,
            **values,
        )
        self._take(answered(self.register, self.dialogue, response, profile=None, at=self.at))

    def change(self, announcement: DialogueAnnouncement) -> None:
        self.dialogue = replace(self.dialogue, announcement=announcement)
        before, self.register = self.register, replace(self.register, announcement=announcement)
        self._take(rearranged(self.register, at=self.at), before=before)

    def _take(self, after: Register, *, before: Register | None = None) -> None:
        self.register, told = dated(before or self.register, after, at=self.at)
        self.told = [(entry.supplier_id, event_of(self.register, entry).status.value) for entry in told]

    def stand(self, supplier: str) -> str:
        return self.register.entries[supplier].status.value

    def slot_of(self, supplier: str) -> datetime | None:
        held = self.register.entries[supplier].slot
        return held.starts_at if held else None

    def registered(self) -> list[str]:
        everybody = [placed.registration for placed in self.register.all_placed()]
        return [entry.supplier_id for entry in everybody if entry.status is REGISTERED]

    def waiting(self) -> list[str]:
        return [entry.supplier_id for entry in self.register.waiting]


def test_who_accepts_takes_a_place_while_there_is_one_and_then_waits_in_order() -> None:
    desk = Desk(conference(capacity=2))
    for supplier in "abcd":
        desk.say(supplier, "accept")
    assert (desk.registered(), desk.waiting()) == (["a", "b"], ["c", "d"])
    assert desk.register.placed(desk.register.entries["d"]).waiting_place == 2
    assert desk.register.places(at=desk.at).taken == 2


def test_without_a_capacity_everybody_has_a_place() -> None:
    desk = Desk(conference())
    for supplier in "abcd":
        desk.say(supplier, "accept")
    assert desk.registered() == list("abcd")
    assert desk.register.places(at=desk.at).capacity is None


@pytest.mark.parametrize("aside", ["withdrawn", "decline", "tentative"])
def test_who_stands_aside_frees_the_place_for_the_first_who_waits(aside: str) -> None:
    desk = Desk(conference(capacity=1))
    for supplier in "abc":
        desk.say(supplier, "accept")
    desk.say("a", aside)
    assert desk.registered() == ["b"]
    assert [supplier for supplier, _ in desk.told] == ["a", "b"]
    desk.say("a", "accept")
    assert desk.waiting() == ["c", "a"]


def test_the_same_answer_again_says_nothing_and_keeps_its_place() -> None:
    desk = Desk(conference(capacity=1))
    for supplier in "abc":
        desk.say(supplier, "accept")
    before = desk.register
    for supplier in "bac":
        desk.say(supplier, "accept")
        assert desk.told == []
    assert desk.waiting() == ["b", "c"]
    assert {one.revision for one in desk.register.entries.values()} == {one.revision for one in before.entries.values()} == {1}
    assert desk.register.entries["b"].answered == 2


def test_a_new_name_is_kept_without_a_word_and_without_losing_the_place() -> None:
    desk = Desk(conference(capacity=1))
    for supplier in "abc":
        desk.say(supplier, "accept")
    desk.say("b", "accept", name="Sample Renamed")
    assert (desk.told, desk.waiting(), desk.register.entries["b"].name) == ([], ["b", "c"], "Sample Renamed")


def test_a_one_to_one_gives_the_first_slot_that_suits_and_is_free() -> None:
    desk = Desk(meetings(1, 2, 3))
    desk.say("a", "accept", 2, 1)
    desk.say("b", "accept", 2, 3)
    desk.say("c", "accept", 2, 3)
    desk.say("d", "accept")
    assert [desk.slot_of(supplier) for supplier in "abcd"] == [start(2), start(3), None, start(1)]
    assert desk.waiting() == ["c"]


def test_a_free_slot_falls_to_the_first_whom_it_suits() -> None:
    desk = Desk(meetings(1, 2))
    desk.say("a", "accept", 1)
    desk.say("b", "accept", 2)
    desk.say("c", "accept", 2)
    desk.say("d", "accept", 1)
    desk.say("e", "accept")
    desk.say("a", "withdrawn")
    assert (desk.slot_of("d"), desk.waiting()) == (start(1), ["c", "e"])
    desk.say("b", "decline")
    assert (desk.slot_of("c"), desk.waiting()) == (start(2), ["e"])


def test_who_has_a_slot_moves_to_one_that_suits_better_and_never_loses_its_own_for_nothing() -> None:
    desk = Desk(meetings(1, 2, 3))
    desk.say("a", "accept", 1)
    desk.say("b", "accept", 2)
    desk.say("c", "accept", 1)
    with pytest.raises(Conflict, match="None of these slots is free"):
        desk.say("a", "accept", 2)
    assert desk.slot_of("a") == start(1)
    desk.say("a", "accept", 2, 3, 1)
    assert (desk.slot_of("a"), desk.slot_of("c")) == (start(3), start(1))
    desk.say("a", "accept")
    assert desk.slot_of("a") == start(3)


def test_who_waits_may_say_that_other_slots_suit_and_keeps_its_turn() -> None:
    desk = Desk(meetings(1, 2))
    desk.say("a", "accept", 1)
    desk.say("b", "accept", 1)
    desk.say("c", "accept", 1)
    desk.say("b", "accept", 1, 2)
    assert (desk.slot_of("b"), desk.waiting()) == (start(2), ["c"])


def test_more_places_promote_in_order_and_fewer_throw_nobody_out() -> None:
    desk = Desk(conference(capacity=1))
    for supplier in "abcd":
        desk.say(supplier, "accept")
    desk.change(conference(capacity=3))
    assert desk.told == [("b", "registered"), ("c", "registered")]
    desk.change(conference(capacity=1))
    assert (desk.told, desk.registered()) == ([], ["a", "b", "c"])
    desk.say("a", "withdrawn")
    assert (desk.registered(), desk.waiting()) == (["b", "c"], ["d"])
    desk.change(conference())
    assert desk.waiting() == []


def test_whose_slot_is_taken_away_waits_before_all_who_came_later_and_is_told() -> None:
    desk = Desk(meetings(1, 2))
    desk.say("a", "accept", 1)
    desk.say("b", "accept", 2)
    desk.say("c", "accept", 2)
    desk.change(meetings(1))
    assert desk.told == [("b", "waiting")]
    assert desk.waiting() == ["b", "c"]
    desk.change(meetings(1, 2))
    assert desk.told == [("b", "registered")]


def test_whose_slot_is_taken_away_gets_another_that_suits() -> None:
    desk = Desk(meetings(1, 2))
    desk.say("a", "accept", 1)
    desk.say("b", "accept")
    desk.change(meetings(2, 3))
    assert (desk.waiting(), desk.slot_of("b")) == (["a"], start(2))
    desk.change(meetings(3))
    assert (desk.told, desk.slot_of("b")) == ([("b", "registered")], start(3))


def test_a_slot_that_only_ends_later_stays_and_is_told() -> None:
    desk = Desk(meetings(1))
    desk.say("a", "accept")
    desk.change(meetings(slots=[slot(1, minutes=45)]))
    assert desk.told == [("a", "registered")]
    assert desk.register.entries["a"].slot == slot(1, minutes=45)


@pytest.mark.parametrize(
    ("announcement", "at", "why"),
    [
        (conference(registration_deadline=NOW + timedelta(days=1)), NOW + timedelta(days=1), "Registration ended on 2026-03-03"),
        (conference(), BEGINS, "The dialogue began on 2026-03-12"),
        (meetings(1, 2, starts_at=None), start(2), "The dialogue began on 2026-03-12"),
    ],
)
def test_what_comes_too_late_is_refused_but_one_can_still_step_back(
    announcement: DialogueAnnouncement, at: datetime, why: str
) -> None:
    desk = Desk(announcement)
    desk.say("a", "accept")
    desk.at = at
    for answer in ("accept", "tentative"):
        with pytest.raises(Conflict, match=why):
            desk.say("b", answer)
    desk.say("a", "accept")
    assert desk.registered() == ["a"]
    desk.say("b", "decline")
    desk.say("a", "withdrawn")
    assert desk.told == [("a", "withdrawn")]


def test_a_place_that_comes_free_after_the_deadline_still_falls_to_the_next_but_not_after_the_start() -> None:
    desk = Desk(conference(capacity=1, registration_deadline=NOW + timedelta(days=1)))
    for supplier in "abc":
        desk.say(supplier, "accept")
    desk.at = NOW + timedelta(days=2)
    desk.say("a", "withdrawn")
    assert desk.registered() == ["b"]
    desk.at = BEGINS
    desk.say("b", "withdrawn")
    assert (desk.registered(), desk.waiting()) == ([], ["c"])


def test_a_slot_that_has_begun_is_given_to_nobody() -> None:
    desk = Desk(meetings(1, 2))
    for supplier in "abcd":
        desk.say(supplier, "accept")
    desk.at = start(1)
    desk.say("a", "withdrawn")
    assert desk.waiting() == ["c", "d"]
    desk.say("b", "withdrawn")
    assert desk.slot_of("c") == start(2)


@pytest.mark.parametrize(
    "state",
    [
        {"cancelled": True},
        {"held_at": BEGINS},
        {"held_at": BEGINS, "concluded_at": BEGINS},
    ],
)
def test_a_dialogue_that_is_over_or_cancelled_takes_no_answer_and_leaves_all_as_they_stand(state: dict[str, Any]) -> None:
    desk = Desk(conference())
    desk.say("a", "accept")
    desk.dialogue = replace(desk.dialogue, **state)
    assert desk.dialogue.state is not DialogueState.ANNOUNCED
    for answer in Answer:
        with pytest.raises(Conflict, match=r"Nobody can (register for|withdraw from) this dialogue"):
            desk.say("a", answer)
    assert desk.registered() == ["a"]


def test_a_name_and_a_country_come_from_the_answer_or_from_the_profile_or_are_asked_for() -> None:
    desk = Desk(conference())
    with pytest.raises(Refused, match="no profile"):
        desk.say("a", "accept", name=None)
    desk.say("a", "decline", name=None, country=None)
    response = ResponseGiven(dialogue_id="d", supplier_id="b", revision=1, answer="accept", given_at=NOW)
    known = answered(desk.register, desk.dialogue, response, profile=("Sample b", "SE"), at=NOW)
    assert (known.entries["b"].name, known.entries["b"].country) == ("Sample b", "SE")


def test_a_slot_that_does_not_exist_is_refused_and_the_free_ones_are_named() -> None:
    desk = Desk(meetings(1, 2))
    with pytest.raises(Refused, match="There is no slot") as refusal:
        desk.say("a", "accept", 5)
    assert refusal.value.hint == "Free are: 2026-03-12 08:30 (UTC), 2026-03-12 09:00 (UTC)."
    with pytest.raises(Refused, match="has no slots"):
        Desk(conference()).say("a", "accept", 5)


def test_a_refused_answer_leaves_how_one_stood() -> None:
    desk = Desk(conference())
    desk.say("a", "accept")
    for supplier, stands in (("a", REGISTERED), ("b", RegistrationStatus.REFUSED)):
        response = ResponseGiven(dialogue_id="d", supplier_id=supplier, revision=7, answer="tentative", given_at=NOW)
        after, told = dated(desk.register, refused(desk.register, response, why="Too late.", at=NOW), at=NOW, also=[supplier])
        (entry,) = told
        event = event_of(after, entry, refusal="Too late.")
        assert (entry.status, entry.answered) == (stands, 7)
        assert (event.status, event.reason, event.slot) == (RegistrationStatus.REFUSED, "Too late.", None)
        assert event.registration_id == ids.registration_id(dialogue_id="d", supplier_id=supplier)


def test_only_what_was_answered_can_be_withdrawn() -> None:
    desk = Desk(conference())
    desk.say("a", "decline")
    require_something(desk.register, "a")
    with pytest.raises(NotFound):
        require_something(desk.register, "b")


SUPPLIERS = "abcdefgh"
NUMBERS = st.integers(1, 5)
OFFERS = st.one_of(
    st.builds(lambda capacity: conference(capacity=capacity), st.none() | st.integers(1, 4)),
    st.builds(lambda numbers: meetings(*sorted(numbers)), st.sets(NUMBERS, min_size=1)),
)
WISHES = st.lists(NUMBERS, max_size=3, unique=True)
STEPS = st.one_of(
    st.tuples(st.just("say"), st.sampled_from(SUPPLIERS), st.sampled_from(list(Answer)), WISHES),
    # Most of what is said is that one comes.
    st.tuples(st.just("say"), st.sampled_from(SUPPLIERS), st.just(Answer.ACCEPT), WISHES),
    st.tuples(st.just("change"), OFFERS),
)


def suits(desk: Desk, supplier: str, free: Iterable[datetime]) -> bool:
    wanted = desk.register.entries[supplier].slots
    return any(not wanted or one in wanted for one in free)


def run(desk: Desk, steps: Sequence[tuple[Any, ...]]) -> Iterable[tuple[Register, tuple[Any, ...]]]:
    """Take the steps, and show after each how all stood before."""
    for step in steps:
        before = desk.register
        try:
            desk.change(step[1]) if step[0] == "change" else desk.say(step[1], step[2], *step[3])
        except Refused:
            assert desk.register == before
        yield before, step


def test_the_time_that_one_had_is_kept_until_one_has_another() -> None:
    desk = Desk(meetings(0, 1))
    desk.say("a", "accept", 0)
    desk.change(meetings(1))
    assert (desk.stand("a"), desk.register.entries["a"].last_slot) == ("waiting", slot(0))
    desk.say("a", "withdrawn")
    assert desk.register.entries["a"].last_slot == slot(0)
    desk.say("a", "accept", 1)
    assert (desk.slot_of("a"), desk.register.entries["a"].last_slot) == (start(1), None)
    desk.say("a", "decline")
    assert desk.register.entries["a"].last_slot == slot(1)


@given(OFFERS, st.lists(STEPS, max_size=40))
def test_no_place_is_given_twice_left_free_or_given_out_of_turn(
    offer: DialogueAnnouncement, steps: list[tuple[Any, ...]]
) -> None:
    desk = Desk(offer)
    for before, step in run(desk, steps):
        register = desk.register
        holding = {id_: entry for id_, entry in register.entries.items() if entry.status is REGISTERED}
        had = {id_ for id_, entry in before.entries.items() if entry.status is REGISTERED}
        # Never more than places, except those who were in when there were more.
        if register.capacity is not None:
            assert len(holding) <= max(register.capacity, len(had))
        held = [entry.slot.starts_at for entry in holding.values() if entry.slot]
        assert len(held) == len(set(held))
        if register.announcement.slots:
            assert set(held) <= {one.starts_at for one in register.announcement.slots}
            assert len(held) == len(holding)
        # Nobody waits while a place that suits is free.
        if register.announcement.slots:
            free = {one.starts_at for one in register.free_slots(at=desk.at)}
            assert not [one for one in desk.waiting() if suits(desk, one, free)]
        elif register.capacity is None or register.taken < register.capacity:
            assert desk.waiting() == []
        # Who got a place now was passed over nobody who came earlier and whom it would have suited.
        for id_ in holding.keys() - had:
            entry = holding[id_]
            earlier = [one.supplier_id for one in register.waiting if one.number < entry.number]
            assert not [one for one in earlier if entry.slot is None or suits(desk, one, [entry.slot.starts_at])]
        # Nobody loses a place but by its own word, or with its slot.
        by_itself = {step[1]} if step[0] == "say" else set()
        for id_ in had - holding.keys() - by_itself:
            lost = before.entries[id_].slot
            gone = lost is None or lost.starts_at not in {one.starts_at for one in register.announcement.slots}
            assert step[0] == "change"
            assert gone
        # Each is told exactly when its stand changed.
        told = {id_ for id_, _ in desk.told} if register is not before else set()
        assert told == {
            id_
            for id_, entry in register.entries.items()
            if (one := before.entries.get(id_)) is None or (one.status, one.slot) != (entry.status, entry.slot)
        }


@given(st.integers(1, 4), st.lists(st.tuples(st.sampled_from(SUPPLIERS), st.sampled_from(list(Answer))), max_size=40))
def test_the_places_are_those_of_the_first_in_line(capacity: int, said: list[tuple[str, Answer]]) -> None:
    desk, line = Desk(conference(capacity=capacity)), list[str]()
    for supplier, answer in said:
        desk.say(supplier, answer)
        if answer is not Answer.ACCEPT:
            line = [one for one in line if one != supplier]
        elif supplier not in line:
            line.append(supplier)
        assert desk.registered() == line[:capacity]
        assert desk.waiting() == line[capacity:]


@given(OFFERS, st.lists(STEPS, max_size=30), st.permutations(SUPPLIERS))
def test_who_it_is_decides_nothing(offer: DialogueAnnouncement, steps: list[tuple[Any, ...]], others: list[str]) -> None:
    """Whoever stands in whose place, the best match or one that was never matched: each gets exactly the same."""
    swapped = dict(zip(SUPPLIERS, others, strict=True))
    one, other = Desk(offer), Desk(offer)
    for _ in run(one, steps):
        pass
    for _ in run(other, [(step[0], swapped[step[1]], *step[2:]) if step[0] == "say" else step for step in steps]):
        pass
    assert {swapped[id_]: (entry.status, entry.slot, entry.number) for id_, entry in one.register.entries.items()} == {
        id_: (entry.status, entry.slot, entry.number) for id_, entry in other.register.entries.items()
    }
