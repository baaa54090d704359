"""What is learned from feedback: at once, within bounds, and the same in any order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil import ids
from samspil.domain.preferences import (
    STRICTEST,
    STRICTEST_ODDS,
    checked,
    checked_lift,
    field_of,
    learned,
    lift_of,
    listed,
    newest_lifts,
    newest_words,
    odds_at,
    opinion_of,
    region_covers,
    withheld,
)
from samspil.errors import Refused
from samspil.ports import Lift, Opinion, Preference, Prospect
from samspil_schemas import FeedbackGiven, FeedbackReason, PreferenceKind, PreferencesLifted
from tests.protocol import START

FIELD, REGION, SIZE, KNOWN, OTHER = FeedbackReason
NEED, OF_FIELD, OF_REGION, STRICTNESS, ALL = PreferenceKind
LEAKS, ROADS, BUILDING = "90490000", "45233140", "45000000"


def says(
    need_id: str,
    reason: FeedbackReason | None = None,
    *,
    relevant: bool = False,
    at: int = 0,
    revision: int = 1,
    cpv: str | None = LEAKS,
    regions: tuple[str, ...] = ("DK031",),
) -> Opinion:
    return Opinion(
        supplier_id="s",
        match_id=ids.match_id(need_id=need_id, supplier_id="s"),
        need_id=need_id,
        revision=revision,
        relevant=relevant,
        reason=reason,
        given_at=START + timedelta(minutes=at),
        cpv=cpv,
        regions=regions,
    )


def lifts(kind: PreferenceKind, value: str | None = None, *, at: int) -> Lift:
    return Lift(supplier_id="s", kind=kind, value=value, lifted_at=START + timedelta(minutes=at))


def another(
    cpv: str | None = LEAKS, regions: tuple[str, ...] = ("DK031",), *, score: float = 0.9, need_id: str = "another"
) -> Prospect:
    return Prospect(need_id=need_id, cpv=cpv, regions=regions, score=score, threshold=0.5)


def why(opinions: Sequence[Opinion], prospect: Prospect, *lifted: Lift) -> tuple[PreferenceKind, str | None] | None:
    found: Preference | None = withheld(learned(opinions, lifted), prospect)
    return (found.kind, found.value) if found else None


@pytest.mark.parametrize("reason", [*FeedbackReason, None])
def test_what_was_not_relevant_is_not_sent_again_and_says_why(reason: FeedbackReason | None) -> None:
    assert why([says("n", reason)], another(need_id="n")) == (NEED, "n")
    assert Preference(kind=NEED, value="n", because=says("n", reason)) in listed(learned([says("n", reason)], []))


def test_a_field_that_the_contract_gains_is_no_obstacle_to_what_is_known() -> None:
    class Said(FeedbackGiven):
        mood: str = "fine"

    class Lifted(PreferencesLifted):
        mood: str = "fine"

    said = Said(
        supplier_id="s", match_id="m", need_id="n", need_version=3, revision=2, relevant=False, reason=SIZE, given_at=START
    )
    assert opinion_of(said) == Opinion(
        supplier_id="s", match_id="m", need_id="n", need_version=3, revision=2, relevant=False, reason=SIZE, given_at=START
    )
    lifted = Lifted(supplier_id="s", kind=OF_FIELD, value=LEAKS, lifted_at=START)
    assert lift_of(lifted) == Lift(supplier_id="s", kind=OF_FIELD, value=LEAKS, lifted_at=START)


def test_the_wrong_field_mutes_the_class_and_nothing_else() -> None:
    said = [says("n", FIELD, cpv="90491000")]
    assert why(said, another("90492000", ("SE",))) == (OF_FIELD, "90490000")
    assert why(said, another("90500000")) is None
    assert why(said, another(None)) is None


def test_a_field_broader_than_a_class_mutes_only_itself() -> None:
    assert why([says("n", FIELD, cpv=BUILDING)], another(ROADS)) is None
    assert why([says("n", FIELD, cpv=BUILDING)], another(BUILDING)) == (OF_FIELD, BUILDING)


@pytest.mark.parametrize(
    ("code", "field"),
    [
        ("90491234", "90490000"),
        ("90490000", "90490000"),
        ("90400000", "90400000"),
        ("45000000", "45000000"),
        ("30100000", "30100000"),
    ],
)
def test_a_field_is_a_class(code: str, field: str) -> None:
    assert field_of(code) == field


def test_the_wrong_field_of_a_need_without_codes_mutes_that_need_alone() -> None:
    assert why([says("n", FIELD, cpv=None)], another(None)) is None
    assert why([says("n", FIELD, cpv=None)], another(None, need_id="n")) == (NEED, "n")


def test_the_wrong_region_mutes_it_and_what_lies_within_but_never_a_need_that_is_elsewhere_too() -> None:
    said = [says("n", REGION, regions=("DK03",))]
    assert why(said, another(ROADS, ("DK031",))) == (OF_REGION, "DK03")
    assert why(said, another(ROADS, ("DK031", "DK041"))) is None
    assert why(said, another(ROADS, ("DK",))) is None
    assert why(said, another(ROADS, ())) is None
    assert why([says("n", REGION, regions=())], another(ROADS, ())) is None


@pytest.mark.parametrize(("muted", "covers"), [("DK", False), ("DK0", False), ("DK03", True), ("DK031", True)])
def test_a_word_on_a_country_says_nothing_of_its_parts(muted: str, *, covers: bool) -> None:
    assert region_covers(muted, muted)
    assert region_covers(muted, "DK031") == covers


def test_a_need_that_was_known_already_teaches_nothing_of_others() -> None:
    found = learned([says("n", KNOWN)], [])
    assert [(one.kind, one.value) for one in listed(found)] == [(NEED, "n")]


def test_the_newest_word_wins() -> None:
    said = [says("n", FIELD, at=1), says("m", relevant=True, at=2)]
    assert why(said, another()) is None
    assert why([*said, says("o", FIELD, at=3)], another()) == (OF_FIELD, LEAKS)


def test_a_relevant_need_opens_its_region_in_a_muted_one() -> None:
    said = [says("n", REGION, regions=("DK03",), at=1), says("m", relevant=True, regions=("DK031",), at=2)]
    assert why(said, another(regions=("DK031",))) is None
    assert why(said, another(regions=("DK032",))) == (OF_REGION, "DK03")


def test_a_need_that_was_called_relevant_is_sent_whatever_is_said_of_others() -> None:
    said = [says("n", relevant=True, at=1), says("m", FIELD, at=2), says("o", REGION, at=3)]
    assert why(said, another(need_id="n")) is None


def test_a_later_revision_takes_the_word_on_a_match_back() -> None:
    said = [says("n", FIELD, at=1), says("n", relevant=True, revision=2, at=0)]
    assert listed(learned(said, [])) == []


def test_a_lift_opens_and_what_is_said_after_it_mutes_again() -> None:
    said = [says("n", FIELD, at=1)]
    assert why(said, another(), lifts(OF_FIELD, LEAKS, at=1)) is None
    assert why(said, another(need_id="n"), lifts(OF_FIELD, LEAKS, at=1)) == (NEED, "n")
    assert why([*said, says("m", FIELD, at=2)], another(), lifts(OF_FIELD, LEAKS, at=1)) == (OF_FIELD, LEAKS)


@pytest.mark.parametrize("lift", [lifts(OF_FIELD, at=9), lifts(ALL, at=9)])
def test_all_mutes_of_a_kind_and_all_there_is_can_be_lifted_at_once(lift: Lift) -> None:
    assert why([says("n", FIELD)], another(), lift) is None
    assert why([says("n", FIELD)], another(), lifts(OF_REGION, at=9)) == (OF_FIELD, LEAKS)


def test_other_reasons_make_the_threshold_stricter_in_steps_up_to_the_bound_and_relevant_needs_take_a_step_back() -> None:
    reasons = [SIZE, OTHER, None, SIZE, SIZE, SIZE]
    said = [says(f"n{number}", reason, at=number) for number, reason in enumerate(reasons)]
    assert [learned(said[:number], []).level for number in range(len(said) + 1)] == [0, 1, 2, 3, 4, 4, 4]
    assert learned([*said, says("m", relevant=True, at=9)], []).level == STRICTEST - 1
    assert learned(said, [lifts(STRICTNESS, at=9)]).level == 0
    strict = listed(learned(said, []))[-1]
    assert (strict.kind, strict.value, strict.because.need_id) == (STRICTNESS, None, "n3")


def test_strictness_withholds_the_weak_and_never_what_has_twice_the_odds() -> None:
    said = [says(f"n{number}", SIZE, at=number) for number in range(10)]
    assert why(said[:1], another(score=0.5)) == (STRICTNESS, None)
    assert why(said, another(score=0.66)) == (STRICTNESS, None)
    assert why(said, another(score=0.67)) is None
    assert why(said, replace(another(score=0.5), threshold=None)) is None
    assert (odds_at(0), odds_at(STRICTEST)) == (1, STRICTEST_ODDS)


def test_feedback_on_a_match_of_somebody_else_is_refused() -> None:
    with pytest.raises(Refused, match="is not one of n and s"):
        checked(replace(says("n"), match_id=ids.match_id(need_id="n", supplier_id="t")), now=START)
    assert checked(says("n"), now=START) == says("n")


def test_what_was_said_in_the_future_is_refused_for_it_would_win_for_ever() -> None:
    soon, later = START + timedelta(hours=23), START + timedelta(hours=25)
    assert checked(replace(says("n"), given_at=soon), now=START)
    assert checked_lift(replace(lifts(ALL, at=0), lifted_at=soon), now=START)
    with pytest.raises(Refused, match="in the future"):
        checked(replace(says("n"), given_at=later), now=START)
    with pytest.raises(Refused, match="in the future"):
        checked_lift(replace(lifts(ALL, at=0), lifted_at=later), now=START)


CODES = st.sampled_from([None, LEAKS, "90491000", ROADS, BUILDING])
REGIONS = st.lists(st.sampled_from(["DK", "DK03", "DK031", "DK032", "SE232"]), max_size=2).map(tuple)
NEEDS = ["n", "m", "o"]
FACTS = st.fixed_dictionaries({need: st.tuples(CODES, REGIONS) for need in NEEDS})


@st.composite
def opinions(draw: st.DrawFn) -> list[Opinion]:
    """What one supplier says of three needs; each need says the same in all of it."""
    facts = draw(FACTS)
    found = []
    for _ in range(draw(st.integers(0, 8))):
        need = draw(st.sampled_from(NEEDS))
        relevant = draw(st.booleans())
        found.append(
            says(
                need,
                None if relevant else draw(st.sampled_from([*FeedbackReason, None])),
                relevant=relevant,
                at=draw(st.integers(0, 4)),
                revision=draw(st.integers(1, 3)),
                cpv=facts[need][0],
                regions=facts[need][1],
            )
        )
    return found


LIFTS = st.lists(
    st.builds(
        lifts,
        st.sampled_from([*PreferenceKind]),
        st.sampled_from([None, "n", LEAKS, "DK03", "DK031"]),
        at=st.integers(0, 4),
    ),
    max_size=4,
)


@given(said=opinions(), lifted=LIFTS, data=st.data())
def test_order_and_repeats_change_nothing(said: list[Opinion], lifted: list[Lift], data: st.DataObject) -> None:
    again = data.draw(st.permutations([*said, *said[:3]]))
    lifted_again = data.draw(st.permutations([*lifted, *lifted[:2]]))
    assert learned(again, lifted_again) == learned(said, lifted)


@given(said=opinions(), lifted=LIFTS, cut=st.integers(0, 8))
def test_what_is_kept_of_a_history_teaches_the_same_as_all_of_it(said: list[Opinion], lifted: list[Lift], cut: int) -> None:
    """A record keeps only the newest word on each match, and joins each batch into it."""
    kept = newest_words([*newest_words(said[:cut]).values(), *said[cut:]]).values()
    kept_lifts = newest_lifts([*newest_lifts(lifted[:cut]), *lifted[cut:]])
    assert learned(kept, kept_lifts) == learned(said, lifted)


@given(said=opinions(), lifted=LIFTS, cpv=CODES, regions=REGIONS, threshold=st.floats(0.01, 0.9))
def test_learning_alone_never_silences_a_strong_match(
    said: list[Opinion], lifted: list[Lift], cpv: str | None, regions: tuple[str, ...], threshold: float
) -> None:
    odds = threshold / (1 - threshold) * STRICTEST_ODDS
    strong = Prospect(need_id="new", cpv=cpv, regions=regions, score=min(odds / (1 + odds) + 1e-9, 1), threshold=threshold)
    found = withheld(learned(said, lifted), strong)
    assert found is None or found.kind is not STRICTNESS


@given(said=opinions(), lifted=LIFTS, cpv=CODES, regions=REGIONS, score=st.floats(0.5, 1))
def test_whatever_withholds_is_listed_and_lifting_it_all_sends(
    said: list[Opinion], lifted: list[Lift], cpv: str | None, regions: tuple[str, ...], score: float
) -> None:
    preferences, prospect = learned(said, lifted), another(cpv, regions, score=score)
    found = withheld(preferences, prospect)
    assert found is None or found in listed(preferences)
    assert withheld(learned(said, [*lifted, lifts(ALL, at=9)]), prospect) is None
    assert listed(learned(said, [*lifted, lifts(ALL, at=9)])) == []


@given(said=opinions(), lifted=LIFTS)
def test_each_thing_that_is_listed_can_be_lifted_by_itself(said: list[Opinion], lifted: list[Lift]) -> None:
    before = listed(learned(said, lifted))
    for one in before:
        left = listed(learned(said, [*lifted, lifts(one.kind, one.value, at=9)]))
        assert left == [other for other in before if (other.kind, other.value) != (one.kind, one.value)]
