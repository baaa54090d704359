import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil.domain.codes import cpv_path, nuts_path, regions_meet, shared_cpv_path

CPV = st.from_regex(r"\A[0-9]{8}\Z")
NUTS = st.from_regex(r"\A(DK|SE|NO)[0-9]{0,3}\Z")


def test_a_code_lies_below_its_division_group_and_class():
    assert cpv_path("45233120") == ("45000000", "45200000", "45230000", "45233000", "45233100", "45233120")
    assert cpv_path("45000000") == ("45000000",)
    assert cpv_path("03100000") == ("03000000", "03100000")


@given(CPV)
def test_a_path_ends_in_its_code_and_each_step_is_a_path_of_its_own(code):
    path = cpv_path(code)
    assert path[-1] == code
    assert all(cpv_path(step) == path[: number + 1] for number, step in enumerate(path))


@given(st.lists(CPV, max_size=4), st.lists(CPV, max_size=4))
def test_the_shared_path_is_the_same_from_both_sides(one, other):
    shared = shared_cpv_path(tuple(one), tuple(other))
    assert shared == shared_cpv_path(tuple(other), tuple(one))
    assert not shared or any(code.startswith(shared[-1].rstrip("0")) for code in one)


def test_the_deepest_shared_path_wins():
    assert shared_cpv_path(("90490000", "45233120"), ("45233100",)) == cpv_path("45233100")
    assert shared_cpv_path(("90490000",), ("45233100",)) == ()


def test_a_region_lies_in_its_country():
    assert nuts_path("DK031") == ("DK", "DK0", "DK03", "DK031")


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ((), ("DK031",), True),
        (("DK",), ("DK031",), True),
        (("DK031",), ("DK",), True),
        (("DK031",), ("DK032",), False),
        (("DK", "SE"), ("NO", "SE22"), True),
    ],
)
def test_regions_meet_if_one_holds_the_other(one, other, meet):
    assert regions_meet(one, other) is meet


@given(st.lists(NUTS, max_size=3), st.lists(NUTS, max_size=3))
def test_meeting_is_symmetric(one, other):
    assert regions_meet(tuple(one), tuple(other)) == regions_meet(tuple(other), tuple(one))
