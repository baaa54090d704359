from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from samspil.domain.teams import TEAM_MAX, Coverage, suggested_teams

AT = 0.5


def supplier(name: str, *strengths: float) -> Coverage:
    return Coverage(supplier_id=name, strengths=strengths)


def test_two_that_cover_together_what_neither_covers_alone_are_suggested():
    [team] = suggested_teams([supplier("a", 0.8, 0.1, 0.1), supplier("b", 0.1, 0.9, 0.2)], at=AT)
    assert team.parts == (("a", (0,)), ("b", (1,)))
    assert team.open == (2,)


def test_who_covers_the_need_alone_needs_no_team():
    assert suggested_teams([supplier("a", 0.8, 0.8), supplier("b", 0.9, 0.1)], at=AT) == []


def test_a_third_joins_only_for_what_two_leave_open():
    three = [supplier("a", 0.9, 0.9, 0.1, 0.1), supplier("b", 0.1, 0.1, 0.9, 0.1), supplier("c", 0.9, 0.1, 0.1, 0.9)]
    best, *others = suggested_teams(three, at=AT)
    assert [name for name, _ in best.parts] == ["a", "b", "c"]
    assert best.open == ()
    assert [[name for name, _ in team.parts] for team in others] == [["a", "b"], ["a", "c"], ["b", "c"]]


def test_an_ask_that_both_answer_belongs_to_the_stronger():
    [team] = suggested_teams([supplier("a", 0.6, 0.9, 0.1), supplier("b", 0.8, 0.1, 0.9)], at=AT)
    assert team.parts == (("a", (1,)), ("b", (0, 2)))


def test_equal_teams_come_in_the_order_of_their_ids():
    found = suggested_teams([supplier("c", 0.1, 0.8), supplier("a", 0.8, 0.1), supplier("b", 0.1, 0.8)], at=AT)
    assert [[name for name, _ in team.parts] for team in found] == [["a", "b"], ["a", "c"]]


def test_nobody_and_nothing_asked_make_no_team():
    assert suggested_teams([], at=AT) == []
    assert suggested_teams([supplier("a"), supplier("b")], at=AT) == []


ASKS = 4
SUPPLIERS = st.lists(st.tuples(*[st.sampled_from([0.1, 0.4, 0.6, 0.8])] * ASKS), min_size=0, max_size=6).map(
    lambda rows: [supplier(f"s{number}", *row) for number, row in enumerate(rows)]
)


@given(SUPPLIERS)
def test_every_team_beats_each_supplier_alone_and_each_member_has_a_part(suppliers):
    alone = max((len(one.answered(at=AT)) for one in suppliers), default=0)
    for team in suggested_teams(suppliers, at=AT, limit=100):
        covered = sorted(ask for _, asks in team.parts for ask in asks)
        assert 2 <= len(team.parts) <= TEAM_MAX
        assert all(asks for _, asks in team.parts)
        assert len(covered) == len(set(covered)) > alone
        assert sorted([*covered, *team.open]) == list(range(ASKS))


@given(SUPPLIERS, st.randoms())
def test_the_order_of_the_suppliers_changes_nothing(suppliers, random):
    shuffled = random.sample(suppliers, len(suppliers))
    assert suggested_teams(shuffled, at=AT) == suggested_teams(suppliers, at=AT)


@given(SUPPLIERS)
def test_the_best_team_covers_as_much_as_any_two_or_three_can(suppliers):
    found = suggested_teams(suppliers, at=AT)
    alone = max((len(one.answered(at=AT)) for one in suppliers), default=0)
    possible = max(
        (
            len(frozenset().union(*(one.answered(at=AT) for one in members)))
            for size in (2, 3)
            for members in combinations(suppliers, size)
        ),
        default=0,
    )
    assert (ASKS - len(found[0].open) if found else alone) == max(alone, possible)
