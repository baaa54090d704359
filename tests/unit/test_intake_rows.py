import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from samspil.intake import languages
from samspil.intake.identity import buyer_id, is_id, slug, usable_id
from samspil.intake.outcomes import Note, Notes, Parsed, Place, RefusalKind, Taken, TakenProfile, Unusable
from samspil.intake.rows import read_row
from samspil.intake.texts import cut, joined, masked, paragraph, tidy, title
from samspil_schemas import NeedStatement, Stage, SupplierProfile
from samspil_schemas.base import PARAGRAPH_MAX, TEXT_MAX, TITLE_MAX
from tests.factories import a_profile, a_statement

AT = Place(path=Path("rows.jsonl"), line=7)


def a_row(**changes: Any) -> dict[str, Any]:
    """A flat need; None leaves a field out."""
    values = {
        "id": "r-1",
        "title": "Find utætte vandrør",
        "text": "En femtedel af vandet går tabt.",
        "lang": "da",
        "country": "DK",
        "buyer": "Nordby Prøvekommune",
        "cpv": "90490000",
        "nuts": ["DK031"],
        "date": "2026-03-02",
    }
    return {key: value for key, value in (values | changes).items() if value is not None}


def read(row: object) -> Parsed:
    return read_row(row, source=AT, kind="jsonl")


def need(row: object) -> Taken:
    found = read(row)
    assert isinstance(found, Taken)
    return found


def profile(row: object) -> TakenProfile:
    found = read(row)
    assert isinstance(found, TakenProfile)
    return found


def refusal(row: object) -> Unusable:
    with pytest.raises(Unusable) as raised:
        read(row)
    return raised.value


def test_a_statement_in_our_own_shape_is_taken_as_it_stands() -> None:
    stated = a_statement()
    found = need({"need_id": "need-1", "statement": json.loads(stated.model_dump_json())})
    assert (found.need_id, found.statement, found.order, found.source) == ("need-1", stated, None, AT)
    assert not found.notes


def test_a_profile_in_our_own_shape_is_taken_as_it_stands() -> None:
    stated = a_profile()
    found = profile({"supplier_id": "supplier-1", "profile": json.loads(stated.model_dump_json())})
    assert (found.supplier_id, found.profile) == ("supplier-1", stated)


def test_the_source_of_a_statement_orders_its_versions() -> None:
    stated = json.loads(
        a_statement(source={"kind": "web", "reference": "1", "published_at": "2026-03-02T09:00:00Z"}).model_dump_json()
    )
    order = need({"need_id": "n", "statement": stated}).order
    assert order is not None
    assert order.published_at == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_emails_are_masked_and_codes_checked_in_our_own_shape_too() -> None:
    stated = json.loads(a_statement(cpv=("90490000", "99999999"), effects=("Write to ann@a.example",)).model_dump_json())
    found = need({"need_id": "n", "statement": stated | {"description": "Ask bo@b.example.", "situation": "See cy@c.example"}})
    assert "@" not in found.statement.model_dump_json()
    assert found.statement.cpv == ("90490000",)
    assert found.notes == {Note.EMAIL_MASKED: 3, Note.UNKNOWN_CPV: 1}
    supplier = json.loads(a_profile(references=("ann@a.example",), cpv=("99999999",)).model_dump_json())
    supplier["capabilities"][0] |= {"text": "Call bo@b.example", "cpv": ["99999998"]}
    assert "@" not in profile({"supplier_id": "s", "profile": supplier}).profile.model_dump_json()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"need_id": "n", "statement": {}}, "title"),
        ({"need_id": "n", "statement": []}, "whole"),
        ({"need_id": "n", "statement": {"title": 1}}, "title"),
        ({"need_id": "n", "statement": {"title": "t", "effects": "one"}}, "description"),
        ({"statement": json.loads(a_statement().model_dump_json())}, "need_id is missing"),
        ({"need_id": "?!", "statement": json.loads(a_statement().model_dump_json())}, "need_id is no id"),
        ({"need_id": True, "statement": json.loads(a_statement().model_dump_json())}, "need_id is missing"),
        ({"supplier_id": "s", "profile": None}, "whole"),
        ({"supplier_id": "s", "profile": {"name": "x"}}, "country"),
        ({"supplier_id": "", "profile": json.loads(a_profile().model_dump_json())}, "supplier_id is missing"),
        ({}, "neither"),
        ({"title": "t", "text": "x"}, "neither"),
        ({"name": "n"}, "neither"),
        ([], "no object"),
        (None, "no object"),
        (3, "no object"),
        ("text", "no object"),
        ({"ocid": "ocds-1", "statement": {}}, "OCDS"),
        ({"releases": []}, "OCDS"),
        ({"records": []}, "OCDS"),
    ],
)
def test_what_is_neither_a_need_nor_a_profile_is_refused_with_its_reason(row: object, said: str) -> None:
    assert said in refusal(row).message


def test_a_flat_need_becomes_a_statement() -> None:
    found = need(a_row(deadline="2026-04-01", url="https://nordby.example/1", stage="exploring"))
    stated = found.statement
    assert found.need_id == "r-1"
    assert found.order is not None
    assert found.order.published_at == datetime(2026, 3, 2, tzinfo=UTC)
    assert (stated.title, stated.description, stated.language) == ("Find utætte vandrør", "En femtedel af vandet går tabt.", "da")
    assert (stated.buyer.name, stated.buyer.country) == ("Nordby Prøvekommune", "DK")
    assert stated.buyer.id == buyer_id(name="nordby  PRØVEKOMMUNE", country="DK")
    assert (stated.cpv, stated.regions, stated.stage) == (("90490000",), ("DK031",), Stage.EXPLORING)
    assert stated.answer_deadline == datetime(2026, 4, 1, 23, 59, 59, tzinfo=UTC)
    assert stated.source is not None
    assert (stated.source.kind, stated.source.reference, stated.source.url) == ("jsonl", "r-1", "https://nordby.example/1")


def test_a_flat_supplier_becomes_a_profile_with_one_capability() -> None:
    found = profile(
        {"id": "s-1", "name": "Lyt ApS", "text": "Vi finder utætte rør.", "lang": "da", "country": "DK", "cpv": ["90490000"]}
    )
    assert found.supplier_id == "s-1"
    assert found.profile.name == "Lyt ApS"
    assert [capability.text for capability in found.profile.capabilities] == ["Vi finder utætte rør."]
    assert (found.profile.cpv, found.profile.languages, found.profile.regions) == (("90490000",), ("da",), ())


def test_a_supplier_that_says_too_much_is_cut_and_told() -> None:
    found = profile({"name": "Lyt", "text": "ord " * 2000, "lang": "da", "country": "DK"})
    assert len(found.profile.capabilities[0].text) <= PARAGRAPH_MAX
    assert found.notes[Note.TEXT_CUT] == 1
    assert is_id(found.supplier_id)


@pytest.mark.parametrize(
    ("cpv", "codes"),
    [
        ("90490000-8", ("90490000",)),
        (["90490000", "71630000"], ("90490000", "71630000")),
        ("90490000;71630000-3, 71000000|x", ("90490000", "71630000", "71000000")),
        ("99999999", ()),
        ("123", ()),
        ([None, 3, {"a": 1}], ()),
        ({}, ()),
    ],
)
def test_codes_are_read_however_they_are_listed(cpv: object, codes: tuple[str, ...]) -> None:
    assert need(a_row(cpv=cpv)).statement.cpv == codes


def test_codes_of_all_columns_are_joined_main_code_first() -> None:
    found = need(a_row(cpv="71630000", cpv_extra=["90490000"], cpv_all=["71630000", "71000000"]))
    assert found.statement.cpv == ("71630000", "90490000", "71000000")


def test_more_codes_than_the_contract_takes_are_cut_and_told() -> None:
    codes = [f"4{number:03}0000" for number in range(1000)] + [f"45{number:03}000" for number in range(1000)]
    found = need(a_row(cpv=codes))
    assert len(found.statement.cpv) == 100
    assert found.notes[Note.LIST_CUT] == 1


def test_the_title_is_not_said_again_at_the_beginning_of_the_text() -> None:
    assert need(a_row(text="Find utætte vandrør. Uden at grave.")).statement.description == "Uden at grave."
    assert need(a_row(text="Find utætte vandrør")).statement.description == "Find utætte vandrør"
    assert need(a_row(text="Find utætte vandrør.")).statement.description == "Find utætte vandrør"
    assert need(a_row(text="Find utætte vandrørene.")).statement.description == "Find utætte vandrørene."


def test_a_title_or_a_text_alone_is_enough_and_neither_is_not() -> None:
    assert need(a_row(text=None)).statement.description == "Find utætte vandrør"
    assert need(a_row(title=None)).statement.title == "En femtedel af vandet går tabt."
    assert refusal(a_row(title="", text=" \n ")).kind is RefusalKind.INCOMPLETE
    assert refusal(a_row(title="\x01", text="\x02")).kind is RefusalKind.INVALID


def test_too_long_texts_are_cut_and_told() -> None:
    found = need(a_row(title="langt ord " * 100, text="lang tekst " * 4000))
    assert len(found.statement.title) <= TITLE_MAX
    assert len(found.statement.description) <= TEXT_MAX
    assert found.notes == {Note.TITLE_CUT: 1, Note.TEXT_CUT: 1}


@pytest.mark.parametrize(
    ("country", "found"), [("DK", "DK"), ("dnk", "DK"), ("UK", "GB"), ("EL", "GR"), ("1A", "XK"), ("NOR", "NO")]
)
def test_countries_are_read_as_two_or_three_letters(country: str, found: str) -> None:
    assert need(a_row(country=country)).statement.buyer.country == found


def test_a_country_that_is_not_stated_comes_from_the_regions_or_the_language() -> None:
    near = need(a_row(country=None, nuts=["SE110", "SE12"]))
    spoken = need(a_row(country=None, nuts=None))
    assert (near.statement.buyer.country, near.notes[Note.COUNTRY_INFERRED]) == ("SE", 1)
    assert (spoken.statement.buyer.country, spoken.notes[Note.COUNTRY_INFERRED]) == ("DK", 1)
    assert "no country" in refusal(a_row(country=None, nuts=None, lang="en")).message
    assert "'Atlantis'" in refusal(a_row(country="Atlantis")).message


def test_a_language_that_is_not_stated_is_detected_and_told() -> None:
    found = need(
        a_row(lang=None, text="Kommunen ønsker at finde utætte vandrør, før gaderne bliver oversvømmet, og uden at grave.")
    )
    assert (found.statement.language, found.notes[Note.LANGUAGE_DETECTED]) == ("da", 1)


def test_a_language_that_is_unsure_is_refused() -> None:
    error = refusal(a_row(lang=None, title="IT 2026", text="HPC"))
    assert error.kind is RefusalKind.INCOMPLETE
    assert "add a language such as da" in error.message
    assert "'klingon'" in refusal(a_row(lang="klingon", title="IT 2026", text="HPC")).message


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Vi ønsker å finne lekkasjer i vannledninger før gatene oversvømmes, uten å grave opp veien.", "nb"),
        # Neither written form of Norwegian is sure by itself; together they are.
        ("Vi skal kjøpe inn nye busser til byen.", "nb"),
        ("Kommunen vill hitta läckor i vattenledningarna innan gatorna svämmar över.", "sv"),
        ("Kaupunki haluaa löytää vesijohtojen vuodot ennen kuin kadut tulvivat.", "fi"),
        ("Die Stadt möchte undichte Wasserleitungen finden, bevor die Straßen überflutet werden.", "de"),
    ],
)
def test_a_sentence_shows_its_language(text: str, language: str) -> None:
    assert languages.detect(text) == language


@pytest.mark.parametrize(
    ("stated", "code"), [("da", "da"), ("DAN", "da"), ("da-DK", "da"), ("en_GB", "en"), (" NOB ", "nb"), ("xx", None), ("", None)]
)
def test_codes_of_languages_are_known_or_not(stated: str, code: str | None) -> None:
    assert languages.code(stated) == code


def test_an_id_that_is_none_is_derived_the_same_each_time() -> None:
    spaced = need(a_row(id="CF: Castle Pool / 7"))
    missing = need(a_row(id=None))
    assert is_id(spaced.need_id)
    assert is_id(missing.need_id)
    assert (spaced.notes[Note.ID_DERIVED], missing.notes[Note.ID_DERIVED]) == (1, 1)
    assert spaced.need_id == need(a_row(id="CF: Castle Pool / 7", text="Changed.")).need_id
    assert missing.need_id == need(a_row(id=None, text="Changed.")).need_id
    assert missing.need_id != need(a_row(id=None, date="2026-03-03")).need_id
    assert usable_id("a b") != usable_id("a-b")


def test_a_number_is_an_id() -> None:
    assert need(a_row(id=17)).need_id == "17"


@pytest.mark.parametrize(
    ("row", "stage"),
    [
        ({}, Stage.IDEA),
        ({"stage": "TENDER"}, Stage.TENDER),
        ({"subtype": "4"}, Stage.PREPARING),
        ({"subtype": "29"}, Stage.IDEA),
        ({"stage": "x"}, Stage.IDEA),
    ],
)
def test_the_stage_is_stated_or_the_first(row: dict[str, str], stage: Stage) -> None:
    assert need(a_row(**row)).statement.stage is stage


@pytest.mark.parametrize(
    ("stated", "follows"),
    [
        ("joint:one; 2023/S 193-601506|https://nordby.example/1", ("joint:one", "2023/S 193-601506", "https://nordby.example/1")),
        (["need-1", 7, "need-1", " "], ("need-1",)),
        ("karen@nordby.example", ()),
        (None, ()),
    ],
)
def test_what_a_need_follows_is_read_however_it_is_listed(stated: object, follows: tuple[str, ...]) -> None:
    assert need(a_row(follows=stated)).statement.follows == follows


def test_more_references_than_the_contract_takes_are_cut_and_told() -> None:
    found = need(a_row(follows=[f"need-{number}" for number in range(51)]))
    assert len(found.statement.follows) == 50
    assert found.notes[Note.LIST_CUT] == 1


def test_bodies_of_one_name_in_two_countries_are_two() -> None:
    assert buyer_id(name="Nordby", country="DK") != buyer_id(name="Nordby", country="NO")


@pytest.mark.parametrize("name", ["Ελληνική Δημοκρατία", "Столична община", "東京", "!!!", "x" * 5000])
def test_every_name_makes_an_id(name: str) -> None:
    assert is_id(buyer_id(name=name, country="GR"))


def test_a_slug_can_be_read() -> None:
    assert slug("Århus Kommune – Teknik & Miljø") == "aarhus-kommune-teknik-miljoe"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ask ann.b+c@mail.example.org now", "ask [e-mail] now"),
        ("ask åse@kommune.no.", "ask [e-mail]."),
        ("a@b is none", "a@b is none"),
        ("@home and 5 @ 3", "@home and 5 @ 3"),
    ],
)
def test_addresses_are_masked_and_nothing_else(text: str, found: str) -> None:
    assert masked(text, notes=Notes()) == found


def test_masking_an_enormous_word_costs_little() -> None:
    assert paragraph("a" * 10_000_000, notes=Notes()).endswith("…")


def test_control_characters_and_surplus_space_are_gone() -> None:
    assert tidy(" a\x00b\u00a0\t c \r\n\r\n\r\n\r\n d\ud800 ") == "a b c\n\nd"
    assert title(" two\nlines ", notes=Notes()) == "two lines"


def test_a_cut_falls_between_words_where_it_can() -> None:
    assert cut("one two three", limit=9) == "one two…"
    assert cut("onetwothree", limit=9) == "onetwoth…"
    assert cut("one two", limit=9) == "one two"


def test_joining_says_each_thing_once() -> None:
    assert joined(["A b.", "", "a  B.", "C."]) == "A b.\n\nC."


def test_models_of_the_contract_take_what_is_read() -> None:
    assert NeedStatement.model_validate_json(need(a_row()).statement.model_dump_json()) == need(a_row()).statement
    flat = profile({"id": "s", "name": "Lyt", "text": "Vi lytter.", "lang": "da", "country": "DK"})
    assert SupplierProfile.model_validate_json(flat.profile.model_dump_json()) == flat.profile
