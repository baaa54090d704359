"""The ladder in figures and in words."""

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil.domain.joint_words import figure, summary, totals, volume_of
from samspil_schemas import Rung
from tests.joint_needs import a_commitment

IN_2028 = date(2028, 6, 1)


def body(number: int, rung: str, volume=None, horizon=None):
    return a_commitment(f"buyer-{number}", rung, volume=volume, horizon=horizon)


def test_the_line_that_suppliers_read_counts_bodies_and_adds_what_they_need():
    ladder = [body(0, "first_buyer", (300, "units"), IN_2028)]
    ladder += [body(number, "intent_signer", (300, "units"), date(2027, 1, 1)) for number in range(1, 14)]
    ladder += [body(20, "partner", (5000, "units"), date(2040, 1, 1)), body(21, "observer")]
    assert summary(ladder) == "1 body committed, 13 intend: 4,200 units by 2028"


@pytest.mark.parametrize(
    ("ladder", "said"),
    [
        ([], "Nobody is committed yet"),
        ([body(1, "partner")], "Nobody is committed yet: 1 partner"),
        ([body(1, "partner"), body(2, "partner"), body(3, "observer")], "Nobody is committed yet: 2 partners and 1 observer"),
        ([body(1, "first_buyer"), body(2, "first_buyer"), body(3, "intent_signer")], "2 bodies committed, 1 intends"),
        ([body(1, "intent_signer"), body(2, "partner")], "1 body intends"),
        ([body(1, "intent_signer"), body(2, "intent_signer", (12.5, "km of pipe"))], "2 bodies intend: 12.5 km of pipe"),
        (
            [body(1, "first_buyer", (1200, "meters"), IN_2028), body(2, "intent_signer", (3000, "meters"))],
            "1 body committed, 1 intends: 4,200 meters (1,200 of them by 2028)",
        ),
        (
            [body(1, "first_buyer", (2, "pumps"), IN_2028), body(2, "first_buyer", (7, "meters"))],
            "2 bodies committed: 7 meters and 2 pumps by 2028",
        ),
        (
            [body(number, "intent_signer", (1, unit)) for number, unit in enumerate("abcde")],
            "5 bodies intend: 1 a, 1 b, 1 c and 2 more units",
        ),
    ],
)
def test_the_line_says_no_more_than_was_declared(ladder, said):
    assert summary(ladder) == said


def test_different_units_are_never_added_and_one_unit_is_however_it_is_spelt():
    ladder = [
        body(1, "intent_signer", (1, "km of pipe")),
        body(2, "intent_signer", (2, "Km  of pipe")),
        body(3, "intent_signer", (4, "pipes")),
        body(4, "first_buyer", (8, "km of pipe"), IN_2028),
    ]
    intent, first = totals(ladder)
    assert (intent.rung, intent.bodies) == (Rung.INTENT_SIGNER, 3)
    assert [(volume.amount, volume.unit) for volume in intent.volumes] == [(3, "Km  of pipe"), (4, "pipes")]
    assert [(volume.amount, volume.unit) for volume in first.volumes] == [(8, "km of pipe")]
    assert (intent.horizon, first.horizon) == (None, IN_2028)


@given(st.lists(st.floats(min_value=1e-9, max_value=1e12), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_no_order_of_the_bodies_shows_in_the_sum(amounts: list[float], order: random.Random):
    ladder = [body(number, "intent_signer", (amount, "units")) for number, amount in enumerate(amounts)]
    shuffled = order.sample(ladder, len(ladder))
    assert totals(shuffled) == totals(ladder)
    assert summary(shuffled) == summary(ladder)


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("4,200 water meters", 4200, "water meters"),
        ("4200 water meters", 4200, "water meters"),
        (" 0.5  km of pipe", 0.5, "km of pipe"),
        ("1,200,000.25 DKK", 1200000.25, "DKK"),
    ],
)
def test_a_volume_is_read_as_it_is_written(text, amount, unit):
    volume = volume_of(text)
    assert (volume.amount, volume.unit) == (amount, unit)
    assert volume_of(f"{figure(volume.amount)} {volume.unit}") == volume


@pytest.mark.parametrize("text", ["", "many", "4200", "1,5 km", "12,00 km", "0 km", "-3 km", "1e5 km", "1 " + "x" * 301])
def test_what_is_no_plain_volume_is_none(text):
    assert volume_of(text) is None
