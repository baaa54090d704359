from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from samspil.intake.eforms import Chains, parse, read_notice
from samspil.intake.outcomes import Note, Place, RefusalKind, Taken, Unusable
from samspil_schemas import DialogueKind, NeedStatement, Stage
from samspil_schemas.base import TEXT_MAX, TITLE_MAX
from tests.eforms_notices import NOTICE_ID, a_lot, a_notice, a_place, a_project, an_organisation

OTHER_ID = "99999999-2222-4333-8444-555555555555"
THIRD_ID = "77777777-2222-4333-8444-555555555555"


def taken(data: bytes, *, chains: Chains | None = None) -> Taken:
    return read_notice(parse(data), source=Place(path=Path("notice.xml")), chains=chains or Chains())


def statement(data: bytes) -> NeedStatement:
    return taken(data).statement


def refusal(data: bytes) -> Unusable:
    with pytest.raises(Unusable) as raised:
        taken(data)
    return raised.value


def test_a_consultation_becomes_a_need_with_everything_that_it_says() -> None:
    need = taken(
        a_notice(
            planned="2026-09-01+02:00",
            project=a_project(
                title="Find utætte vandrør",
                description="En femtedel af vandet går tabt.",
                cpv=["90490000-8", "71630000"],
                places=a_place(nuts="DK031"),
                value=("2500000.50", "DKK"),
            ),
            lots=a_lot(
                answers_by="2026-04-15+02:00", documents=["https://nordby.example/udbud"], answer_languages=["DAN", "ENG"]
            ),
        )
    )
    found = need.statement
    assert need.need_id == f"eforms:{NOTICE_ID}"
    assert need.order is not None
    assert need.order.published_at == datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
    assert need.order.number == 1
    assert not need.withdraw
    assert (found.title, found.description, found.language) == ("Find utætte vandrør", "En femtedel af vandet går tabt.", "da")
    assert (found.buyer.id, found.buyer.name, found.buyer.country) == ("dk-dk12345679", "Nordby Prøvekommune", "DK")
    assert found.cpv == ("90490000", "71630000")
    assert found.regions == ("DK031",)
    assert found.volume is not None
    assert (found.volume.amount, found.volume.unit) == (2500000.5, "DKK")
    assert found.horizon == date(2026, 9, 1)
    assert found.stage is Stage.DIALOGUE
    assert found.answer_deadline == datetime(2026, 4, 15, 10, 0, tzinfo=UTC)
    assert found.documents == ("https://nordby.example/udbud",)
    assert found.source is not None
    assert (found.source.kind, found.source.reference) == ("eforms", f"{NOTICE_ID}-01")
    assert found.dialogue is not None
    assert found.dialogue.kind is DialogueKind.WRITTEN
    assert found.dialogue.registration_deadline == found.answer_deadline
    assert found.dialogue.languages == ("da", "en")


def test_no_contact_of_a_person_is_ever_part_of_a_statement() -> None:
    said = statement(
        a_notice(project=a_project(title="Skriv til karen@nordby.example", description="Eller til ole.post@nordby.example, tak."))
    ).model_dump_json()
    assert "Karen Kontakt" not in said
    assert '12345678"' not in said
    assert "@" not in said
    assert said.count("[e-mail]") == 2


@pytest.mark.parametrize(
    ("subtype", "stage"),
    [
        *[(str(number), Stage.PREPARING) for number in range(1, 10)],
        *[(str(number), Stage.TENDER) for number in range(10, 25)],
        ("E1", Stage.DIALOGUE), ("E2", Stage.PREPARING), ("E3", Stage.TENDER), ("CEI", Stage.TENDER),
        ("N4", Stage.PREPARING), ("N16", Stage.TENDER), (" e1 ", Stage.DIALOGUE),
    ],
)  # fmt: skip
def test_the_subtype_says_how_far_the_buyer_has_come(subtype: str, stage: Stage) -> None:
    assert statement(a_notice(subtype=subtype)).stage is stage


@pytest.mark.parametrize("subtype", [*map(str, range(25, 41)), "E4", "E5", "E6", "T01", "T02", "X01", "X02", "N29", "N38"])
def test_a_notice_without_an_open_need_is_refused_with_its_reason(subtype: str) -> None:
    error = refusal(a_notice(subtype=subtype))
    assert error.kind is RefusalKind.NO_OPEN_NEED
    assert f"(subtype {subtype})" in error.message


@pytest.mark.parametrize(
    ("root", "notice_type", "stage"),
    [
        ("PriorInformationNotice", None, Stage.PREPARING),
        ("PriorInformationNotice", "pmc", Stage.DIALOGUE),
        ("PriorInformationNotice", "pin-cfc-standard", Stage.TENDER),
        ("ContractNotice", None, Stage.TENDER),
        ("ContractNotice", "cn-desg", Stage.TENDER),
    ],
)
def test_without_a_subtype_the_type_or_the_root_tells(root: str, notice_type: str | None, stage: Stage) -> None:
    assert statement(a_notice(root=root, subtype=None, notice_type=notice_type)).stage is stage


@pytest.mark.parametrize(
    ("root", "notice_type"),
    [
        ("ContractAwardNotice", None),
        ("ContractAwardNotice", "can-modif"),
        ("ContractNotice", "can-standard"),
        ("PriorInformationNotice", "pin-tran"),
    ],
)
def test_without_a_subtype_an_award_is_still_refused(root: str, notice_type: str | None) -> None:
    assert refusal(a_notice(root=root, subtype=None, notice_type=notice_type)).kind is RefusalKind.NO_OPEN_NEED


def test_only_a_consultation_with_a_deadline_for_answers_announces_a_dialogue() -> None:
    assert statement(a_notice(subtype="E1")).dialogue is None
    assert statement(a_notice(subtype="4", lots=a_lot(answers_by="2026-04-15Z"))).dialogue is None


def test_the_official_language_is_preferred() -> None:
    both = a_project(title={"ENG": "Leaks", "DAN": "Utætheder"}, description={"ENG": "In pipes.", "DAN": "I rør."})
    assert statement(a_notice(languages=["DAN", "ENG"], project=both)).title == "Utætheder"
    assert statement(a_notice(languages=["ENG", "DAN"], project=both)).title == "Leaks"
    assert statement(a_notice(languages=["FIN"], project=both)).language in {"da", "en"}


def test_a_language_with_title_and_description_wins_over_one_with_less() -> None:
    project = a_project(title={"DAN": "Utætheder", "SWE": "Läckor"}, description={"SWE": "I rör."})
    found = statement(a_notice(languages=["DAN", "SWE"], project=project))
    assert (found.language, found.title, found.description) == ("sv", "Läckor", "I rör.")


@pytest.mark.parametrize(
    ("stated", "language"),
    [
        ("NOB", "nb"),
        ("NNO", "nn"),
        ("NOR", "no"),
        ("SWE", "sv"),
        ("FIN", "fi"),
        ("DEU", "de"),
        ("ELL", "el"),
        ("GLE", "ga"),
        ("RON", "ro"),
    ],
)
def test_three_letters_of_a_language_become_two(stated: str, language: str) -> None:
    project = a_project(title={stated: "X"}, description={stated: "Y"})
    assert statement(a_notice(languages=[stated], project=project)).language == language


def test_the_texts_of_lots_are_appended_and_nothing_is_said_twice() -> None:
    found = statement(
        a_notice(
            project=a_project(title="Møtemat", description="Mat til møter."),
            lots=a_lot(number="LOT-0001", title="Møtemat", description="Mat til møter.")
            + a_lot(number="LOT-0002", title="Kaker", description="Kaker  til\nmøter.")
            + a_lot(number="LOT-0003", title="Kaker", description="Kaker til møter.")
            + a_lot(number="GLO-0001", scheme="LotsGroup", title="Alt", description="Alle lotter."),
        )
    )
    assert found.description == "Mat til møter.\n\nKaker\nKaker til\nmøter."


def test_what_is_missing_is_taken_from_the_lots_or_from_the_rest() -> None:
    lot = a_lot(scheme="Part", title="Delkontrakt", description="Beskrivelse.")
    assert statement(a_notice(project="", lots=lot)).title == "Delkontrakt"
    assert statement(a_notice(project=a_project(title="Titel"), lots=lot)).description == "Delkontrakt\nBeskrivelse."
    assert statement(a_notice(project=a_project(title="Titel"))).description == "Titel"
    only = statement(a_notice(project=a_project(description="Vi vil finde utætte rør. Uden at grave.")))
    assert only.title == "Vi vil finde utætte rør."


def test_a_notice_without_any_text_is_refused() -> None:
    error = refusal(a_notice(project=a_project(cpv=["90490000"])))
    assert error.kind is RefusalKind.INCOMPLETE
    assert "no title and no description" in error.message


def test_what_is_too_long_is_cut_and_told() -> None:
    need = taken(a_notice(project=a_project(title="langt ord " * 100, description="lang tekst " * 4000)))
    assert len(need.statement.title) <= TITLE_MAX
    assert len(need.statement.description) <= TEXT_MAX
    assert need.statement.title.endswith("…")
    assert need.statement.description.endswith("…")
    assert need.notes[Note.TITLE_CUT] == need.notes[Note.TEXT_CUT] == 1


def test_codes_of_lots_follow_those_of_the_procedure_and_unknown_ones_are_told() -> None:
    need = taken(
        a_notice(
            project=a_project(title="T", description="D", cpv=["90490000", "99999999"]),
            lots=a_lot(cpv=["71630000", "90490000"]) + a_lot(cpv=["71000000"]),
        )
    )
    assert need.statement.cpv == ("90490000", "71630000", "71000000")
    assert need.notes[Note.UNKNOWN_CPV] == 1


@pytest.mark.parametrize(
    ("procedure", "lot", "regions"),
    [
        (a_place(nuts="DK031"), "", ("DK031",)),
        (a_place(nuts="DK031"), a_place(nuts="DK032"), ("DK032",)),
        (a_place(country="GRC"), "", ("EL",)),
        (a_place(anywhere="anyw-cou", country="GBR"), "", ("UK",)),
        (a_place(anywhere="anyw-eea"), "", ()),
        (a_place(nuts="DK031"), a_place(anywhere="anyw"), ()),
        (a_place(nuts="DK031"), a_place(nuts="DK032") + a_place(anywhere="anyw-eea"), ()),
        (a_place(nuts="NO082"), "", ("NO08",)),
        (a_place(nuts="nonsense"), "", ()),
        (a_place(country="USA"), "", ("US",)),
        ("", "", ()),
    ],
)  # fmt: skip
def test_the_places_are_those_of_the_lots_else_of_the_procedure(procedure: str, lot: str, regions: tuple[str, ...]) -> None:
    project = a_project(title="T", description="D", places=procedure)
    assert statement(a_notice(project=project, lots=a_lot(places=lot))).regions == regions


def test_more_regions_than_the_contract_takes_are_widened() -> None:
    places = "".join(a_place(nuts=f"DE{letter}{one}{two}") for letter in "AB" for one in "1234567" for two in "1234567899")
    found = statement(a_notice(project=a_project(title="T", description="D", places=places))).regions
    assert 0 < len(found) <= 100
    assert all(region.startswith("DE") for region in found)


def test_the_value_is_the_procedures_else_the_sum_of_the_lots() -> None:
    lots = a_lot(value=("100", "DKK")) + a_lot(value=("50.5", "DKK"))
    whole = statement(a_notice(project=a_project(title="T", description="D", value=("7", "EUR")), lots=lots)).volume
    summed = statement(a_notice(lots=lots)).volume
    assert whole is not None
    assert summed is not None
    assert (whole.amount, whole.unit, summed.amount, summed.unit) == (7, "EUR", 150.5, "DKK")


@pytest.mark.parametrize(
    "value", [("0", "DKK"), ("-5", "DKK"), ("NaN", "DKK"), ("inf", "DKK"), ("many", "DKK"), ("5", ""), ("5", "kr")]
)
def test_a_value_that_is_none_is_left_out(value: tuple[str, str]) -> None:
    assert statement(a_notice(project=a_project(title="T", description="D", value=value))).volume is None


def test_values_in_several_currencies_are_not_added() -> None:
    assert statement(a_notice(lots=a_lot(value=("100", "DKK")) + a_lot(value=("50", "EUR")))).volume is None


def test_the_deadline_is_that_of_the_first_step_and_the_earliest_lot() -> None:
    lots = a_lot(tenders_by="2026-05-01+02:00", requests_by="2026-04-20+02:00") + a_lot(requests_by="2026-04-10+02:00")
    assert statement(a_notice(subtype="16", lots=lots)).answer_deadline == datetime(2026, 4, 10, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "clock", "deadline"),
    [
        ("2026-05-01+02:00", None, datetime(2026, 5, 1, 21, 59, 59, tzinfo=UTC)),
        ("2026-05-01Z", "08:00:00", datetime(2026, 5, 1, 8, tzinfo=UTC)),
        ("2026-05-01", "08:00:00-05:00", datetime(2026, 5, 1, 13, tzinfo=UTC)),
        ("2026-05-01+02:00", "08:00:00.123+01:00", datetime(2026, 5, 1, 7, tzinfo=UTC)),
        ("2026-05-01+02:00", "late", datetime(2026, 5, 1, 21, 59, 59, tzinfo=UTC)),
        ("2026-13-01+02:00", "08:00:00Z", None),
        ("2026-05-01+99:00", "08:00:00", datetime(2026, 5, 1, 8, tzinfo=UTC)),
        ("0001-01-01+14:00", "00:00:00", None),
        ("9999-12-31-14:00", "23:59:59", None),
        ("soon", None, None),
        ("2099-01-01Z", "11:59:59Z", None),
    ],
)
def test_dates_are_read_with_their_zone_or_not_at_all(day: str, clock: str | None, deadline: datetime | None) -> None:
    assert statement(a_notice(subtype="16", lots=a_lot(tenders_by=day, clock=clock))).answer_deadline == deadline


def test_addresses_that_are_none_and_those_with_an_email_are_no_documents() -> None:
    urls = [
        "https://a.example/1",
        "ftp://a.example",
        "not a url",
        "https://a.example/?to=karen@nordby.example",
        "https://a.example/1",
    ]
    assert statement(a_notice(lots=a_lot(documents=urls))).documents == ("https://a.example/1",)


def test_the_leading_buyer_of_a_group_owns_the_need() -> None:
    organisations = an_organisation(number="ORG-0001", name="First") + an_organisation(
        number="ORG-0002", name="Leader", leads=True, country="SWE"
    )
    assert statement(a_notice(organisations=organisations, buyers=["ORG-0001", "ORG-0002"])).buyer.name == "Leader"
    assert statement(a_notice(organisations=organisations, buyers=["ORG-0001"])).buyer.name == "First"


def test_a_contact_point_stands_for_its_organisation() -> None:
    found = statement(a_notice(organisations=an_organisation(touch_point="TPO-0001"), buyers=["TPO-0001"])).buyer
    assert found.name == "Nordby Prøvekommune"


def test_the_buyers_name_is_in_the_language_of_the_text() -> None:
    organisation = an_organisation(name={"ENG": "Northby", "DAN": "Nordby"})
    assert statement(a_notice(organisations=organisation)).buyer.name == "Nordby"


@pytest.mark.parametrize("legal_id", [None, "xyz", "N/A", "000 000 000", "123 456 789", "t:03012345678", "-", "Kommune"])
def test_without_a_real_number_the_buyers_name_makes_its_id(legal_id: str | None) -> None:
    found = statement(a_notice(organisations=an_organisation(legal_id=legal_id))).buyer
    assert found.id.startswith("dk-nordby-proevekommune-")
    assert found == statement(
        a_notice(organisations=an_organisation(legal_id=None, name="NORDBY  prøvekommune"))
    ).buyer.model_copy(update={"name": found.name})


def test_the_country_of_a_buyer_may_come_from_its_region_or_the_place() -> None:
    here = an_organisation(country=None, nuts="EL303")
    nowhere = an_organisation(country=None)
    assert statement(a_notice(organisations=here)).buyer.country == "GR"
    project = a_project(title="T", description="D", places=a_place(nuts="DK031"))
    assert statement(a_notice(organisations=nowhere, project=project)).buyer.country == "DK"
    assert refusal(a_notice(organisations=nowhere)).kind is RefusalKind.INCOMPLETE


@pytest.mark.parametrize(
    "data",
    [
        a_notice(organisations=""),
        a_notice(buyers=[]),
        a_notice(buyers=["ORG-0009"]),
        a_notice(organisations=an_organisation(name=None)),
    ],
)
def test_a_need_without_an_owner_is_refused(data: bytes) -> None:
    assert "names no buyer" in refusal(data).message


@pytest.mark.parametrize("notice_id", [None, "", "with space", "<>", "x" * 300])
def test_a_notice_without_a_usable_id_is_refused(notice_id: str | None) -> None:
    assert "BT-701" in refusal(a_notice(notice_id=notice_id)).message


@pytest.mark.parametrize(
    ("version", "number"), [("01", 1), ("12", 12), (None, 1), ("", 1), ("x", 1), ("-3", 1), ("9" * 5000, 1), ("²", 1)]
)
def test_the_version_orders_editions_of_one_notice(version: str | None, number: int) -> None:
    order = taken(a_notice(version=version)).order
    assert order is not None
    assert order.number == number


def test_without_a_date_of_issue_there_is_no_order() -> None:
    assert taken(a_notice(issued=("${ISSUEDATE}", ""))).order is None


def test_a_change_belongs_to_the_need_of_the_notice_that_it_changes() -> None:
    changed = taken(a_notice(notice_id=OTHER_ID, changes=f"{NOTICE_ID.upper()}-01"))
    assert changed.need_id == f"eforms:{NOTICE_ID}"
    assert changed.statement.source is not None
    assert changed.statement.source.reference == f"{OTHER_ID}-01"


def test_a_chain_of_changes_is_one_need_in_whatever_order_it_is_read(tmp_path: Path) -> None:
    first, second, third = (
        a_notice(),
        a_notice(notice_id=OTHER_ID, changes=f"{NOTICE_ID}-01"),
        a_notice(notice_id=THIRD_ID, changes=f"{OTHER_ID}-02"),
    )
    files = [tmp_path / name for name in ("a.xml", "b.xml", "c.xml")]
    for file, data in zip(files, (third, first, second), strict=True):
        file.write_bytes(data)
    chains = Chains.among(files)
    assert {taken(data, chains=chains).need_id for data in (first, second, third)} == {f"eforms:{NOTICE_ID}"}


def test_notices_that_change_each_other_in_a_circle_are_one_need() -> None:
    chains = Chains({"a": "b", "b": "c", "c": "a", "d": "d"})
    assert {chains.first_of(name) for name in "abc"} == {"a"}
    assert chains.first_of("d") == "d"


def test_a_change_of_a_notice_that_is_named_otherwise_is_a_need_of_its_own_and_told() -> None:
    need = taken(a_notice(changes="123456-2026"))
    assert need.need_id == f"eforms:{NOTICE_ID}"
    assert need.notes[Note.CHANGE_UNRESOLVED] == 1


def test_a_change_that_cancels_withdraws() -> None:
    assert taken(a_notice(notice_id=OTHER_ID, changes=f"{NOTICE_ID}-01", change_reason="cancel")).withdraw
    assert not taken(a_notice(notice_id=OTHER_ID, changes=f"{NOTICE_ID}-01", change_reason="cor-buy")).withdraw


def test_a_tender_names_the_earlier_notices_that_it_follows_each_once() -> None:
    found = statement(
        a_notice(
            root="ContractNotice",
            subtype="16",
            follows=["601506-2023"],
            lots=a_lot(follows=[f"{OTHER_ID}-01", "601506-2023"])
            + a_lot(number="LOT-0002", follows=["k@nordby.example", "x" * 2001]),
        )
    )
    assert found.follows == ("601506-2023", f"{OTHER_ID}-01")


@pytest.mark.parametrize(("stated", "number"), [("522031-2023", "522031-2023"), ("n.a.", None), (None, None)])
def test_the_number_in_the_official_journal_is_kept_where_there_is_one(stated: str | None, number: str | None) -> None:
    found = statement(a_notice(journal_number=stated))
    assert found.source is not None
    assert found.source.number == number
