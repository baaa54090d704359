"""Every country that suppliers come from has its time."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from samspil.domain.zones import ZONES, moved, zone_of
from tests.unit.dialogue_parts import SAID_AT

EEA_AND_NEIGHBOURS = [
    "AT",
    "BE",
    "BG",
    "CY",
    "CZ",
    "DE",
    "DK",
    "EE",
    "ES",
    "FI",
    "FR",
    "GR",
    "HR",
    "HU",
    "IE",
    "IS",
    "IT",
    "LI",
    "LT",
    "LU",
    "LV",
    "MT",
    "NL",
    "NO",
    "PL",
    "PT",
    "RO",
    "SE",
    "SI",
    "SK",
    "CH",
    "GB",
    "UA",
    "US",
]


@pytest.mark.parametrize("country", sorted(ZONES))
def test_every_zone_of_the_table_is_one_that_can_be_opened(country: str) -> None:
    assert moved(SAID_AT, zone_of(country)) == SAID_AT


def test_no_country_of_the_european_economic_area_is_missing() -> None:
    assert set(EEA_AND_NEIGHBOURS) <= set(ZONES)


@pytest.mark.parametrize("country", [None, "AQ", "ZZ"])
def test_an_unknown_country_goes_by_utc(country: str | None) -> None:
    assert zone_of(country) == ZoneInfo("UTC")


def test_at_the_ends_of_the_calendar_a_moment_stays_as_it_was_given() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    assert moved(last, zone_of("JP")) is last
