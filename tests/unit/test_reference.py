from importlib.resources import files

import pytest

from samspil.domain.codes import cpv_path, nuts_path
from samspil.reference import countries, cpv, nuts

# Ancestors that the numbering implies and that CPV 2008 leaves out.
CPV_GAPS = {
    "30192120", "34511000", "35611000", "35612000", "35811000", "38527000",
    "39250000", "42924000", "44115300", "44613100", "60110000",
}  # fmt: skip


def test_cpv_2008_is_complete() -> None:
    assert len(cpv.codes()) == 9454
    assert all(len(code) == 8 and code.isdigit() for code in cpv.codes())


@pytest.mark.parametrize(
    ("code", "language", "label"),
    [
        ("03000000", "en", "Agricultural, farming, fishing, forestry and related products"),
        ("03000000", "da", "Produkter fra landbrug, husdyrbrug, fiskeri og skovbrug samt lignende produkter"),
        ("45000000", "sv", "Anläggningsarbete"),
        ("45000000", "de", "Bauarbeiten"),
        ("45000000", "fi", "Rakennustyöt"),
        ("98395000", "en", "Locksmith services"),
    ],
)
def test_a_code_has_its_label_in_each_language(code: str, language: str, label: str) -> None:
    assert cpv.label(code, language) == label


def test_every_code_has_a_label_in_every_language() -> None:
    assert [(code, language) for language in cpv.LANGUAGES for code in cpv.codes() if not cpv.label(code, language)] == []


@pytest.mark.parametrize("language", ["nb", "nn", "no"])
def test_norwegian_reads_danish_labels(language: str) -> None:
    assert all(cpv.label(code, language) == cpv.label(code, "da") for code in cpv.codes())


@pytest.mark.parametrize("language", ["ga", "is", "xx", "", "codes"])
def test_a_language_without_labels_reads_english(language: str) -> None:
    assert cpv.label("45000000", language) == "Construction work"


def test_no_norwegian_labels_are_shipped() -> None:
    assert cpv.LANGUAGES.isdisjoint({"no", "nb", "nn"})


@pytest.mark.parametrize("code", ["", "4500000", "450000000", "00000000", "99999999", "45000000-7", "abc"])
def test_an_unknown_code_has_no_label(code: str) -> None:
    assert not cpv.exists(code)
    assert cpv.label(code, "en") is None


def test_every_ancestor_of_a_code_exists_but_for_the_known_gaps() -> None:
    missing = {step for code in cpv.codes() for step in cpv_path(code) if not cpv.exists(step)}
    assert missing == CPV_GAPS


def test_path_labels_lead_from_the_division_to_the_code() -> None:
    assert cpv.path_labels("45233100", "en") == (
        "Construction work",
        "Works for complete or part construction and civil engineering work",
        "Construction work for pipelines, communication and power lines, for highways, roads, airfields and railways; flatwork",
        "Construction, foundation and surface works for highways, roads",
        "Construction work for highways, roads",
    )


def test_path_labels_skip_a_step_that_cpv_leaves_out() -> None:
    assert cpv_path("60112000")[-2] == "60110000"
    assert cpv.path_labels("60112000", "en") == (
        "Transport services (excl. Waste transport)",
        "Road transport services",
        "Public road transport services",
    )


def test_nuts_has_all_levels_of_the_nordic_countries() -> None:
    counts = {
        country: [sum(len(c) == 2 + level for c in nuts.codes() if c.startswith(country)) for level in range(4)]
        for country in ("DK", "SE", "FI", "NO")
    }
    # With the extra-regio codes (Z) that each country has on levels 1 to 3.
    assert counts == {"DK": [1, 2, 6, 12], "SE": [1, 4, 9, 22], "FI": [1, 3, 6, 20], "NO": [1, 2, 8, 18]}


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("DK", "Danmark"),
        ("DK0", "Danmark"),
        ("DK031", "Fyn"),
        ("NO081", "Oslo"),
        ("SE110", "Stockholms län"),
        ("EL30", "Aττική"),
        ("UKI", "London"),
    ],
)
def test_a_region_has_its_own_name(code: str, name: str) -> None:
    assert nuts.exists(code)
    assert nuts.name(code) == name


def test_every_region_lies_in_one_that_exists() -> None:
    orphans = {code for code in nuts.codes() if not all(nuts.exists(step) for step in nuts_path(code))}
    # Northern Ireland's NUTS 3 codes outgrew one digit in 2016, so their letters no longer name the region above them.
    assert orphans == {f"UKN1{digit}" for digit in range(7)}


@pytest.mark.parametrize(
    ("code", "nearest"), [("DK031", "DK031"), ("NO082", "NO08"), ("DK999", "DK"), ("UKN10", "UKN10"), ("US", None), ("", None)]
)
def test_an_old_code_belongs_to_the_nearest_region(code: str, nearest: str | None) -> None:
    assert nuts.nearest(code) == nearest


@pytest.mark.parametrize(
    ("code", "country"),
    [
        ("NOR", "NO"),
        ("GBR", "GB"),
        ("UK", "GB"),
        ("EL", "GR"),
        ("dk", "DK"),
        ("1A", "XK"),
        ("XKX", "XK"),
        ("ZZZ", None),
        ("", None),
        ("NORGE", None),
    ],
)
def test_countries_have_two_letters(code: str, country: str | None) -> None:
    assert countries.alpha2(code) == country


def test_every_country_of_nuts_is_a_country() -> None:
    for code in (code for code in nuts.codes() if len(code) == 2):
        country = countries.alpha2(code)
        assert country is not None
        assert countries.nuts_country(country) == code


def test_the_package_data_stay_compact() -> None:
    data = files("samspil.reference").joinpath("data")
    assert sum(len(file.read_bytes()) for file in data.iterdir()) < 2_000_000
