import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from samspil.intake import Outcome, RefusalKind, RefusedItem, Taken, TakenProfile, eforms, jsonl, read_paths, reader
from samspil.intake.eforms import tree
from tests.eforms_notices import NOTICE_ID, a_lot, a_notice
from tests.factories import a_profile, a_statement

Put = Callable[[str, bytes | str], Path]
OWN = json.dumps({"need_id": "need-1", "statement": json.loads(a_statement().model_dump_json())})
PROFILE = json.dumps({"supplier_id": "supplier-1", "profile": json.loads(a_profile().model_dump_json())})
FLAT = json.dumps(
    {"id": "r-1", "title": "Læk", "text": "Vand går tabt.", "lang": "da", "country": "DK", "buyer": "Nordby"}, ensure_ascii=False
)
OCDS = {"uri": "https://a.example", "releases": [{"ocid": "ocds-1", "tag": ["planning"]}]}


@pytest.fixture
def put(tmp_path: Path) -> Put:
    def write(name: str, content: bytes | str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def outcomes(*paths: Path) -> list[Outcome]:
    return list(read_paths(paths))


def refusal(path: Path) -> RefusedItem:
    (found,) = outcomes(path)
    assert isinstance(found, RefusedItem)
    assert found.path == path
    return found


def need(path: Path) -> Taken:
    (found,) = outcomes(path)
    assert isinstance(found, Taken)
    return found


@pytest.mark.parametrize("name", ["notice.xml", "notice.json", "notice", "notice.csv"])
def test_a_file_is_recognised_by_what_it_holds_not_by_its_name(put: Put, name: str) -> None:
    assert need(put(name, a_notice())).need_id == f"eforms:{NOTICE_ID}"
    assert need(put(name, OWN)).need_id == "need-1"


def test_every_line_has_an_outcome_and_a_broken_one_stops_nothing(put: Put) -> None:
    lines = (OWN, "", '{"need_id": "x", ', PROFILE, "   ", "[1]", "not json", FLAT)
    path = put("a.jsonl", "\n".join(lines))
    found = outcomes(path)
    assert [type(outcome) for outcome in found] == [Taken, RefusedItem, TakenProfile, RefusedItem, RefusedItem, Taken]
    assert [(outcome.line, outcome.kind) for outcome in found if isinstance(outcome, RefusedItem)] == [
        (3, RefusalKind.UNREADABLE),
        (6, RefusalKind.INVALID),
        (7, RefusalKind.UNREADABLE),
    ]
    assert isinstance(found[5], Taken)
    assert (found[5].source.path, found[5].source.line) == (path, 8)


def test_a_first_line_that_is_broken_is_one_refusal_too(put: Put) -> None:
    found = outcomes(put("a.jsonl", '{"need_id": "x", \n' + FLAT))
    assert [type(outcome) for outcome in found] == [RefusedItem, Taken]


def test_a_mark_at_the_beginning_of_utf8_is_no_part_of_the_text(put: Put) -> None:
    assert need(put("a.jsonl", b"\xef\xbb\xbf" + FLAT.encode())).statement.title == "Læk"
    assert need(put("a.xml", b"\xef\xbb\xbf" + a_notice())).need_id == f"eforms:{NOTICE_ID}"


def test_latin_1_is_refused_with_what_to_do(put: Put) -> None:
    found = refusal(put("a.jsonl", FLAT.encode("latin-1")))
    assert found.line == 1
    assert "iconv -f latin1 -t utf-8" in found.reason
    table = outcomes(put("a.csv", "title,text,lang,country,buyer\nT,X,da,DK,B\nLæk,X,da,DK,B\n".encode("latin-1")))
    assert any("iconv" in outcome.reason for outcome in table if isinstance(outcome, RefusedItem))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_text_is_refused_and_utf_16_xml_is_read(put: Put, encoding: str) -> None:
    assert refusal(put("a.jsonl", FLAT.encode(encoding))).kind is RefusalKind.UNREADABLE
    if encoding == "utf-16":
        xml = a_notice().decode().replace('encoding="UTF-8"', 'encoding="UTF-16"')
        assert need(put("a.xml", xml.encode(encoding))).need_id == f"eforms:{NOTICE_ID}"


def test_a_line_without_end_is_refused_and_the_next_is_taken(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "LINE_BYTES_MAX", 1000)
    found = outcomes(put("a.jsonl", FLAT + "\n" + '{"x": "' + "y" * 5000 + '"}\n' + OWN[:500] + "\n" + FLAT))
    assert [getattr(outcome, "kind", "taken") for outcome in found] == [
        "taken",
        RefusalKind.TOO_LARGE,
        RefusalKind.UNREADABLE,
        "taken",
    ]


def test_one_long_line_is_a_line(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_HEAD_BYTES", 50)
    assert need(put("a.jsonl", OWN)).need_id == "need-1"


@pytest.mark.parametrize(
    "document", [json.dumps(json.loads(OWN), indent=2), "[" + OWN + "]", json.dumps([json.loads(OWN)], indent=2)]
)
def test_one_document_of_our_own_shape_is_taken(put: Put, document: str) -> None:
    assert need(put("a.json", document)).need_id == "need-1"


@pytest.mark.parametrize(
    "text", [json.dumps(OCDS), json.dumps(OCDS, indent=1), json.dumps(OCDS["releases"], indent=1), json.dumps(OCDS["releases"])]
)
def test_ocds_is_refused_by_its_name(put: Put, text: str) -> None:
    found = refusal(put("a.json", text))
    assert found.kind is RefusalKind.UNSUPPORTED
    assert "OCDS" in found.reason


def test_a_broken_document_is_one_refusal_that_says_where(put: Put) -> None:
    found = refusal(put("a.json", json.dumps(OCDS, indent=1)[:-3]))
    assert found.kind is RefusalKind.UNREADABLE
    assert "line" in found.reason


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b" \n\t\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (gzip.compress(b"x", mtime=0), "gzip"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"%PDF-1.7", "PDF"),
        (b"\x00\x01\x02", "no text"),
        (b"just words", "no format that is read"),
        (b"a,b\n1,2\n", "no format that is read"),
        (b"<html><body>x</body></html>", "root element is html"),
        (b"<TED_EXPORT xmlns='http://publications.europa.eu/resource/schema/ted/R2.0.9/publication'/>", "TED_EXPORT"),
        (b"<ContractNotice/>", "no eForms notice"),
        (b"<a><b></a>", "broken"),
        (b"<", "broken"),
        (b"<?xml version='1.0' encoding='klingon'?><a/>", "encoding"),
        (b"<?xml version='1.0' encoding='big5'?><a/>", "encoding"),
        (b"{", "broken"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a": ' * 100_000, "nested too deeply"),
        (b'{"id": ' + b"9" * 10_000 + b"}", "number that is too long"),
        (b'{"need_id": "\\ud800", "statement": {}}', "title"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(put: Put, content: bytes, said: str) -> None:
    assert said in refusal(put("file", content)).reason


LAUGHS = (
    b"<!DOCTYPE l [<!ENTITY a 'ha'>"
    + b"".join(b"<!ENTITY a%d '%s'>" % (n, b"&a%d;" % (n - 1) * 10 if n else b"&a;" * 10) for n in range(9))
    + b"]><l>&a8;</l>"
)


@pytest.mark.parametrize(
    "content",
    [
        LAUGHS,
        b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>',
        b'<!DOCTYPE r SYSTEM "http://127.0.0.1:9/evil.dtd"><r/>',
        b'<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]><r/>',
        b"<!DOCTYPE r [<!ATTLIST r a CDATA 'x'>]><r/>",
        a_notice(before_root='<!DOCTYPE PriorInformationNotice [<!ENTITY e "x">]>'),
    ],
)
def test_document_types_and_entities_are_refused_unread(put: Put, content: bytes) -> None:
    assert "document type or entities" in refusal(put("a.xml", content)).reason


def test_xml_that_is_nested_too_deeply_is_refused(put: Put) -> None:
    assert "levels deep" in refusal(put("a.xml", b"<a>" * 100_000 + b"</a>" * 100_000)).reason
    assert "levels deep" in refusal(put("a.xml", b"<a>" * 1_000_000)).reason


def test_xml_with_too_many_elements_is_refused(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "_ELEMENTS_MAX", 1000)
    assert "elements" in refusal(put("a.xml", b"<a>" + b"<b/>" * 1001 + b"</a>")).reason


def test_a_huge_attribute_does_no_harm(put: Put) -> None:
    data = a_notice().replace(b'schemeName="notice-id"', b'schemeName="notice-id" x="' + b"y" * 5_000_000 + b'"', 1)
    assert need(put("a.xml", data)).need_id == f"eforms:{NOTICE_ID}"


@pytest.mark.parametrize(
    ("content", "limit"), [(a_notice(), (eforms, "XML_BYTES_MAX")), (b"{\n}", (jsonl, "DOCUMENT_BYTES_MAX"))]
)
def test_a_file_over_the_limit_is_refused(
    put: Put, monkeypatch: pytest.MonkeyPatch, content: bytes, limit: tuple[object, str]
) -> None:
    monkeypatch.setattr(*limit, 2)
    assert refusal(put("a", content)).kind is RefusalKind.TOO_LARGE


HEADER = "id,title,text,lang,country,buyer,cpv"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_table_is_read_whatever_its_delimiter(put: Put, delimiter: str, mark: str) -> None:
    header = HEADER.replace(",", delimiter)
    row = delimiter.join(["r-1", "Læk", '"Vand\ngår tabt."', "da", "DK", "Nordby", "90490000"])
    found = need(put("a.csv", f"{mark}{header}\r\n{row}\r\n\r\n"))
    assert (found.need_id, found.statement.description, found.statement.cpv) == ("r-1", "Vand\ngår tabt.", ("90490000",))
    assert found.source.line == 3


def test_a_table_of_suppliers_gives_profiles(put: Put) -> None:
    (found,) = outcomes(put("a.csv", "Name;Text;Lang;Country\nLyt ApS;Vi finder utætte rør;da;DK\n"))
    assert isinstance(found, TakenProfile)
    assert found.profile.name == "Lyt ApS"


def test_a_row_of_a_table_that_is_broken_stops_nothing(put: Put) -> None:
    rows = [
        HEADER,
        "r-1,T,X,da,DK,B,",
        "r-2,T,X,da,DK,B,,,,",
        "r-3,,,da,DK,B,",
        "r-4,T,X",
        'r-5,T,"X" y,da,DK,B,',
        "r-6,T,X,da,DK,B,",
    ]
    found = outcomes(put("a.csv", "\n".join(rows)))
    assert [type(outcome) for outcome in found] == [Taken, RefusedItem, RefusedItem, RefusedItem, RefusedItem, Taken]
    assert [outcome.line for outcome in found if isinstance(outcome, RefusedItem)] == [3, 4, 5, 6]


def test_a_quote_that_never_ends_is_refused(put: Put) -> None:
    assert refusal(put("a.csv", f'{HEADER}\nr-1,T,"X\n' + "y" * 200_000)).kind is RefusalKind.UNREADABLE


def test_folders_are_read_in_order_and_each_file_once(put: Put, tmp_path: Path) -> None:
    for name in ("b/2.jsonl", "b/1.jsonl", "a.jsonl", ".hidden/x.jsonl", ".DS_Store"):
        put(name, OWN)
    found = outcomes(tmp_path, tmp_path / "a.jsonl")
    assert [str(taken.source.path.relative_to(tmp_path)) for taken in found if isinstance(taken, Taken)] == [
        "a.jsonl",
        "b/1.jsonl",
        "b/2.jsonl",
    ]
    assert len(found) == 3


def test_a_link_out_of_a_folder_is_not_followed(put: Put, tmp_path: Path) -> None:
    outside = put("outside/secret.jsonl", OWN)
    put("inside/a.jsonl", OWN)
    inside = tmp_path / "inside"
    (inside / "out.jsonl").symlink_to(outside)
    (inside / "out").symlink_to(outside.parent)
    (inside / "in.jsonl").symlink_to(inside / "a.jsonl")
    (inside / "loop").symlink_to(inside)
    found = outcomes(inside)
    assert sorted(outcome.path.name for outcome in found if isinstance(outcome, RefusedItem)) == ["out", "out.jsonl"]
    assert [taken.source.path.name for taken in found if isinstance(taken, Taken)] == ["a.jsonl"]


def test_a_link_that_is_named_is_followed(put: Put, tmp_path: Path) -> None:
    link = tmp_path / "link.jsonl"
    link.symlink_to(put("a.jsonl", OWN))
    assert need(link).need_id == "need-1"


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert all(isinstance(outcome, RefusedItem) for outcome in outcomes(tmp_path))


def test_what_is_no_file_is_refused_unopened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe").reason == "It is no ordinary file."
    assert [outcome.reason for outcome in outcomes(tmp_path) if isinstance(outcome, RefusedItem)] == ["It is no ordinary file."]
    assert refusal(tmp_path / "missing").kind is RefusalKind.NO_FILE


def test_a_change_in_another_file_belongs_to_its_need(put: Put, tmp_path: Path) -> None:
    put(
        "1-change-of-change.xml",
        a_notice(notice_id="33333333-2222-4333-8444-555555555555", changes="22222222-2222-4333-8444-555555555555-01"),
    )
    put("2-change.xml", a_notice(notice_id="22222222-2222-4333-8444-555555555555", changes=f"{NOTICE_ID}-01"))
    put("3-first.xml", a_notice(lots=a_lot(answers_by="2026-04-15Z")))
    assert {taken.need_id for taken in outcomes(tmp_path) if isinstance(taken, Taken)} == {f"eforms:{NOTICE_ID}"}
