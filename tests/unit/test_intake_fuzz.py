"""Whatever a file holds, every part of it is taken, as the contract wants it, or refused with a reason; nothing else happens."""

import json
import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from samspil.intake import Outcome, RefusedItem, Taken, read_paths
from samspil.intake.identity import is_id
from samspil_schemas import NeedStatement, SupplierProfile
from tests.eforms_notices import a_lot, a_notice, a_place, a_project, an_organisation
from tests.factories import a_profile, a_statement

FULL = a_notice(
    subtype="E1",
    changes="22222222-2222-4333-8444-555555555555-01",
    change_reason="cor-buy",
    planned="2026-09-01+02:00",
    languages=["DAN", "ENG"],
    organisations=an_organisation(name={"DAN": "Nordby", "ENG": "Northby"}, leads=True, touch_point="TPO-0001"),
    project=a_project(
        title={"DAN": "Læk", "ENG": "Leak"},
        description={"DAN": "Vand går tabt.", "ENG": "Water is lost."},
        cpv=["90490000-8", "71630000"],
        places=a_place(nuts="DK031"),
        value=("100", "DKK"),
    ),
    lots=a_lot(answers_by="2026-04-15Z", tenders_by="2026-05-15Z", documents=["https://a.example/x"], answer_languages=["DAN"])
    + a_lot(
        number="LOT-0002", title={"DAN": "Del"}, description={"DAN": "To."}, value=("5", "DKK"), places=a_place(country="DNK")
    ),
)
OWN = {"need_id": "need-1", "statement": json.loads(a_statement().model_dump_json())}
PROFILE = {"supplier_id": "supplier-1", "profile": json.loads(a_profile().model_dump_json())}
FLAT = {
    "id": "r",
    "title": "Læk",
    "text": "Vand.",
    "lang": "da",
    "country": "DK",
    "buyer": "Nordby",
    "cpv": "90490000",
    "nuts": ["DK0"],
}
SUPPLIER = {"id": "s", "name": "Lyt", "text": "Vi lytter.", "lang": "da", "country": "DK", "cpv": ["90490000"], "nuts": "DK031"}

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["da", "DK", "90490000", "a@b.example"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)


def outcomes(data: bytes) -> list[Outcome]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(data)
        return list(read_paths([path]))


def check(data: bytes) -> list[Outcome]:
    """Read the data and hold every outcome against the contract."""
    found = outcomes(data)
    for outcome in found:
        if isinstance(outcome, RefusedItem):
            assert outcome.reason.endswith(".")
            assert outcome.reason.encode()
        elif isinstance(outcome, Taken):
            assert is_id(outcome.need_id)
            assert NeedStatement.model_validate_json(outcome.statement.model_dump_json()) == outcome.statement
        else:
            assert is_id(outcome.supplier_id)
            assert SupplierProfile.model_validate_json(outcome.profile.model_dump_json()) == outcome.profile
    return found


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=300))
@example(b"")
@example(b"\xff\xfe<")
@example(b"{\r}")
@example(b"title,buyer\n\x00")
def test_any_bytes_have_an_outcome(data: bytes) -> None:
    assert check(data)


@settings(deadline=None, max_examples=200)
@given(st.integers(0, len(FULL) - 1))
def test_a_notice_cut_short_is_refused(length: int) -> None:
    (found,) = check(FULL[:length])
    assert isinstance(found, RefusedItem)


@settings(deadline=None, max_examples=400)
@given(st.lists(st.tuples(st.integers(0, len(FULL) - 1), st.binary(max_size=6), st.integers(0, 40)), min_size=1, max_size=6))
def test_a_notice_with_damage_has_one_outcome(damages: list[tuple[int, bytes, int]]) -> None:
    data = FULL
    for place, put, removed in damages:
        data = data[:place] + put + data[place + removed :]
    assert check(data)


PIECES = [piece for piece in FULL.decode().replace("><", ">\n<").split("\n") if piece]


@settings(deadline=None, max_examples=300)
@given(
    text=st.sampled_from([piece for piece in PIECES if piece.startswith(("<cbc:", "<efbc:"))]),
    content=st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="<&"), max_size=40)
    | st.sampled_from(
        ["9" * 400, "-1", "NaN", "2026-02-30", "9999-12-31-14:00", "0001-01-01+14:00", "ORG-0001", "http://x", "@", "²"]
    ),
)
def test_a_notice_with_any_text_anywhere_has_one_outcome(text: str, content: str) -> None:
    opening, _, rest = text.partition(">")
    changed = f"{opening}>{content}</{rest.rpartition('</')[2]}"
    (found,) = check(FULL.decode().replace(text, changed).encode())
    assert found


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_a_notice_without_any_of_its_elements_has_one_outcome(data: st.DataObject) -> None:
    kept = [piece for piece in PIECES if not piece.startswith("<cbc:") or data.draw(st.booleans())]
    (found,) = check("".join(kept).encode())
    assert found


@settings(deadline=None, max_examples=400)
@given(
    row=st.sampled_from([OWN, PROFILE, FLAT, SUPPLIER]),
    changes=st.dictionaries(
        st.sampled_from(sorted({*FLAT, *OWN, *PROFILE, "name", "date", "deadline", "stage", "url"})), json_values, max_size=3
    ),
)
def test_a_row_with_anything_in_any_field_has_one_outcome(row: dict[str, object], changes: dict[str, object]) -> None:
    (found,) = check(json.dumps(row | changes).encode())
    assert found


@settings(deadline=None, max_examples=300)
@given(field=st.sampled_from(sorted(NeedStatement.model_fields)), value=json_values)
def test_a_statement_with_anything_in_any_field_has_one_outcome(field: str, value: object) -> None:
    statement = json.loads(a_statement().model_dump_json()) | {field: value}
    (found,) = check(json.dumps({"need_id": "n", "statement": statement}).encode())
    assert found


@settings(deadline=None, max_examples=200)
@given(st.lists(st.text(max_size=60), max_size=8))
def test_any_rows_under_the_header_of_a_table_have_outcomes(rows: list[str]) -> None:
    table = "\n".join(["id,title,text,lang,country,buyer", *rows, "r,T,X,da,DK,B"])
    check(table.encode("utf-8", "surrogatepass"))


@settings(deadline=None, max_examples=100)
@given(st.text(st.sampled_from("ab@. c-"), max_size=200), st.integers(0, 30))
def test_paragraphs_fit_the_contract_after_masking_too(text: str, count: int) -> None:
    long = (text + " a@b.c" * 700)[:4000]
    profile = json.loads(a_profile().model_dump_json())
    profile["capabilities"][0]["text"] = f"x{long}"[:4000]
    assert check(json.dumps({"supplier_id": "s", "profile": profile | {"references": [f"y{long}"[: 4000 - count]]}}).encode())
