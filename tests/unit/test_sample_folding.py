"""The rule by which the buyers of the sample come together, whatever the order in which they act."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from samspil import ids
from samspil.sample.folding import Folding, Join, Propose, Standing, choice, compared, nearest
from samspil_schemas import SimilarNeed

A_JOINT_NEED = "joint:1"


def a_find(need_id: str, other: str, score: float = 0.5, also: tuple[str, ...] = ()) -> SimilarNeed:
    return SimilarNeed(
        similar_id=ids.similar_id(need_id=need_id, other_need_id=other),
        need_id=need_id,
        need_version=1,
        buyer_id=f"buyer-{need_id}",
        other_need_id=other,
        other_need_version=1,
        other_title="Leaks",
        other_language="en",
        other_buyer_id=f"buyer-{other}",
        other_buyer_name="Northby Sample",
        other_country="DK",
        score=score,
        also_published=also,
    )


def finds_of(scores: dict[tuple[str, str], float]) -> dict[str, list[SimilarNeed]]:
    """The finds of every need from the scores of pairs, as the record gives them: best first."""
    found: dict[str, list[SimilarNeed]] = {}
    for (one, other), score in scores.items():
        found.setdefault(one, []).append(a_find(one, other, score))
        found.setdefault(other, []).append(a_find(other, one, score))
    return {need_id: sorted(finds, key=lambda find: (-find.score, find.other_need_id)) for need_id, finds in found.items()}


def a_joint_need(*need_ids: str, founders: tuple[str, ...] | None = None) -> Standing:
    return Standing(joint_need_id=A_JOINT_NEED, need_ids=frozenset(need_ids), founders=frozenset(founders or need_ids))


FINDS = finds_of({("a", "b"): 0.9, ("b", "c"): 0.6, ("c", "d"): 0.5, ("d", "e"): 0.4})


def test_two_that_are_each_others_nearest_propose():
    assert choice("a", finds=FINDS, standing=()) == Propose(other_need_id="b")
    assert choice("b", finds=FINDS, standing=()) == Propose(other_need_id="a")


def test_whose_nearest_is_nearer_to_another_waits():
    assert choice("c", finds=FINDS, standing=()) is None


def test_a_body_joins_where_its_nearest_is_a_member():
    assert choice("c", finds=FINDS, standing=[a_joint_need("a", "b")]) == Join(joint_need_id=A_JOINT_NEED)


def test_nobody_is_drawn_in_over_a_chain_of_finds():
    assert choice("d", finds=FINDS, standing=[a_joint_need("a", "b", "c", founders=("a", "b"))]) is None


def test_the_other_side_of_a_proposal_joins_it():
    assert choice("b", finds=FINDS, standing=[a_joint_need("a", founders=("a", "b"))]) == Join(joint_need_id=A_JOINT_NEED)


def test_a_member_does_nothing_more_and_without_a_find_there_is_nothing_to_do():
    assert choice("b", finds=FINDS, standing=[a_joint_need("a", "b")]) is None
    assert choice("z", finds=FINDS, standing=[a_joint_need("a", "b")]) is None


def test_a_find_that_is_a_joint_need_too_counts_as_the_need_of_its_owner():
    assert nearest([a_find("a", "joint:1", also=("b",))]) == "b"
    assert nearest([a_find("a", "joint:1")]) == "joint:1"
    assert nearest([]) is None


def act_in_turn(finds: dict[str, list[SimilarNeed]], *, random: Random) -> set[frozenset[str]]:
    """The members of every joint need, once nobody has anything left to do; each time another one comes first."""
    standing: dict[str, Standing] = {}
    while True:
        able = [need_id for need_id in sorted(finds) if choice(need_id, finds=finds, standing=standing.values())]
        if not able:
            return {one.need_ids for one in standing.values()}
        need_id = random.choice(able)
        match choice(need_id, finds=finds, standing=standing.values()):
            case Propose(other_need_id=other):
                joint = f"joint:{need_id}"
                one = Standing(joint_need_id=joint, need_ids=frozenset({need_id}), founders=frozenset({need_id, other}))
                standing[joint] = one
            case Join(joint_need_id=joint):
                known = standing[joint]
                standing[joint] = Standing(joint_need_id=joint, need_ids=known.need_ids | {need_id}, founders=known.founders)


PAIRS = st.dictionaries(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")).filter(lambda pair: pair[0] < pair[1]),
    st.sampled_from([0.2, 0.4, 0.6, 0.8]),
    max_size=16,
)


@given(PAIRS, st.randoms(use_true_random=False), st.randoms(use_true_random=False))
def test_who_acts_first_changes_nothing_and_no_need_stands_in_two(scores, one, other):
    finds = finds_of(scores)
    found = act_in_turn(finds, random=one)
    assert found == act_in_turn(finds, random=other)
    assert sum(map(len, found)) == len(frozenset().union(*found))
    assert all(len(members) > 1 for members in found)


def test_joint_needs_are_compared_with_what_a_person_would_say():
    groups = (("a", "b"), ("c", "d", "e"), ("f", "g"))
    found = compared(groups, [{"a", "b", "x"}, {"c", "d"}, {"y", "z"}, {"f", "q"}])
    assert found == Folding(whole=(("a", "b"),), torn=(("c", "d", "e"), ("f", "g")), strangers=("f", "q", "x", "y", "z"))
