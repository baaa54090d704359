import pytest

from samspil.domain.pairs import CapabilitySide, NeedSide, eligible, pair_signals
from samspil.matching.sides import need_side
from tests.factories import a_need

NEED = {
    "need_id": "n",
    "version": 1,
    "title": "Leaks",
    "text": "Find leaks in pipes",
    "asks": ("Find leaks in pipes",),
    "language": "en",
    "buyer_id": "b",
    "buyer_name": "B",
    "country": "DK",
    "cpv": ("90490000", "45233120"),
    "regions": ("DK031",),
}
CAPABILITY = {
    "supplier_id": "s",
    "supplier_name": "S",
    "version": 1,
    "statement_id": "c",
    "text": "We hear leaks in pipes",
    "language": "en",
    "regions": ("DK",),
}


def need(**changes):
    return NeedSide(**(NEED | changes))


def capability(**changes):
    return CapabilitySide(**(CAPABILITY | changes))


def test_nothing_rules_out_a_plain_pair():
    assert eligible(need(), capability())


@pytest.mark.parametrize(
    ("need_changes", "capability_changes"),
    [
        ({"excluded_suppliers": frozenset({"s"})}, {}),
        ({}, {"excluded_buyers": frozenset({"b"})}),
        ({}, {"excluded_cpv": frozenset({"90490000"})}),
        ({}, {"excluded_cpv": frozenset({"90000000"})}),
        ({}, {"excluded_regions": ("DK0",)}),
        ({}, {"regions": ("SE",)}),
    ],
)
def test_an_exclusion_or_a_region_of_either_side_rules_a_pair_out(need_changes, capability_changes):
    assert not eligible(need(**need_changes), capability(**capability_changes))


@pytest.mark.parametrize(
    ("need_changes", "capability_changes"),
    [
        ({}, {"excluded_cpv": frozenset({"45000000"})}),  # a side code
        ({}, {"excluded_cpv": frozenset({"90491000"})}),  # below the need's code
        ({"regions": ("DK031", "SE224")}, {"excluded_regions": ("DK",)}),  # only a part of the need
        ({"regions": ()}, {"excluded_regions": ("DK",)}),
        ({"cpv": ()}, {"excluded_cpv": frozenset({"90000000"})}),
    ],
)
def test_a_part_that_is_excluded_does_not_hide_the_rest(need_changes, capability_changes):
    assert eligible(need(**need_changes), capability(**capability_changes))


def test_a_missing_code_is_unknown_and_not_a_mismatch():
    assert pair_signals(need(), capability(), meaning=0.5).cpv_levels is None
    assert pair_signals(need(), capability(cpv=("30000000",)), meaning=0.5).cpv_levels == 0
    assert pair_signals(need(), capability(cpv=("90490000",)), meaning=0.5).cpv_levels == 3


def test_a_title_that_the_description_repeats_stands_once():
    repeated = need_side(a_need(title="Find leaks", description="Find leaks. We do not want to dig."))
    assert repeated.text == "Find leaks. We do not want to dig."
    assert (
        need_side(a_need(title="Find leaks", description="We do not want to dig.")).text == "Find leaks\nWe do not want to dig."
    )
