"""The API of openness over the real record: what each asker sees, and what a case file shows and proves."""

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest

from samspil.adapters.sql import SqlRecord
from samspil.clock import ManualClock
from samspil.dialogue.openness import KeptOpenness
from samspil.ports import LedgerRow, NeedStatus
from samspil.web import WebLimits
from samspil.web.case_check import checked_case
from samspil.web.case_file import version_at
from samspil.web.file_types import BY_ENDING, MEDIA_TYPES, is_what_it_says
from samspil_schemas import Buyer
from tests.component.test_dialogue_keeping import WEBINAR, Kept
from tests.component.test_web_on_sql import Joined
from tests.component.web_fakes import World
from tests.factories import a_profile, a_statement
from tests.protocol import START

CSV = "text/csv"
WHAT = {"name": "Fråga 1.pdf", "title": "Questionnaire", "kind": "document", "language": "sv"}
PDF = {"content": b"%PDF-1.7 sample", "headers": {"Content-Type": "application/pdf"}}


class Web:
    """The application over a record in memory, with a dialogue of buyer-1."""

    def __init__(self, kept: Kept, world: World, dialogue: str) -> None:
        self.kept, self.world = kept, world
        self.path = f"/v1/dialogues/{dialogue}"

    async def ask(self, method: str, path: str, who: str | None = None, **request: Any) -> Any:
        return await self.world.ask(method, self.path + path, who=who, **request)

    async def json(self, method: str, path: str, who: str | None = None, **request: Any) -> Any:
        answer = await self.ask(method, path, who, **request)
        assert answer.is_success, answer.text
        return answer.json()


@pytest.fixture
async def web(memory_record: SqlRecord, clock: ManualClock) -> Web:
    kept = Kept(memory_record, clock)
    await memory_record.submissions.submit_profile("supplier-1", a_profile(size="small", regions=("DK031",)))
    await kept.need(suppliers=("supplier-1", "supplier-2"))
    dialogue = await kept.announce()
    world = World(
        record=Joined(memory_record.submissions, memory_record.readings, memory_record.feedback, memory_record.tokens),
        joint_record=memory_record,
        joint_readings=memory_record.joint_needs,
        dialogues=kept.dialogues,
        openness=KeptOpenness(memory_record, clock=clock),
        disclosures=memory_record.disclosures,
        limits=WebLimits(body_bytes=5_000),
        clock=clock,
    )
    return Web(kept, world, dialogue)


async def test_the_asker_sees_its_own_questions_and_the_leader_all_without_who_asked(web: Web) -> None:
    for who, text in (("supplier-1", "From where?"), ("supplier-9", "Until when?"), ("buyer-2", "May bodies join?")):
        asked = await web.json("POST", "/questions", who, json={"text": text, "language": "en"})
        assert (asked["status"], asked["asker"]) == ("open", None)
    assert [one["text"] for one in (await web.json("GET", "/questions", "supplier-9"))["items"]] == ["Until when?"]
    for who in ("buyer-1", "operator"):
        seen = await web.ask("GET", "/questions", who)
        assert len(seen.json()["items"]) == 3
        assert not any(name in seen.text for name in ("supplier-1", "supplier-9", "buyer-2"))
    assert (await web.json("GET", "/questions", "buyer-3"))["items"] == []


async def test_who_says_so_is_named_to_the_leader_and_to_nobody_else(web: Web) -> None:
    asked = await web.json("POST", "/questions", "supplier-1", json={"text": "Visit us?", "language": "en", "named": True})
    assert (await web.json("GET", "/questions", "buyer-1"))["items"][0]["asker"] == "supplier-1"
    await web.json("PUT", f"/questions/{asked['id']}/answer", "buyer-1", json={"text": "Gladly."})
    for path in ("/disclosures", "/audit"):
        assert "supplier-1" not in (await web.ask("GET", path)).text


async def test_an_answer_is_public_from_the_instant_of_its_publication_with_the_words_of_the_leader(web: Web) -> None:
    asked = await web.json("POST", "/questions", "supplier-1", json={"text": "Is our L7 too loud?", "language": "en"})
    assert (await web.json("GET", "/disclosures"))["items"] == []
    body = {"title": "How loud may a sensor be?", "text": "40 decibels."}
    done = await web.json("PUT", f"/questions/{asked['id']}/answer", "buyer-1", json=body)
    assert (done["revision"], done["changed"]) == (1, True)
    (shown,) = (await web.json("GET", "/disclosures"))["items"]
    assert (shown["disclosure"]["title"], shown["disclosure"]["text"]) == ("How loud may a sensor be?", "40 decibels.")
    assert "L7" not in (await web.ask("GET", "/disclosures")).text
    case = (await web.ask("GET", "/case", "buyer-1")).text
    assert "L7" not in case


async def test_a_file_is_downloaded_as_it_was_sent_and_never_shown_as_a_page(web: Web) -> None:
    done = await web.json("PUT", "/documents/form/file", "buyer-1", params=WHAT, **PDF)
    assert done["id"] == "form"
    (shown,) = (await web.json("GET", "/disclosures"))["items"]
    answer = await web.world.ask("GET", shown["file"])
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, PDF["content"], "application/pdf")
    assert answer.headers["content-disposition"] == ("attachment; filename=\"Fr_ga_1.pdf\"; filename*=UTF-8''Fr%C3%A5ga%201.pdf")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert (await web.ask("GET", "/documents/other/file")).status_code == 404


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b"<html><script>1</script>", "text/html", 415),
        (b"<html>", "application/pdf", 415),
        (b"MZ\x90\x00", "text/plain", 415),
        (b"", "text/plain", 400),
        (b"%PDF-" + b"x" * 5_001, "application/pdf", 413),
        (b"a;b\r\n1;2\r\n", CSV, 202),
    ],
)
async def test_only_files_that_are_what_they_say_are_taken(web: Web, content: bytes, media_type: str, status: int) -> None:
    named = WHAT | {"name": "x.csv" if media_type == CSV else "x.pdf"}
    answer = await web.ask(
        "PUT", "/documents/x/file", "buyer-1", params=named, content=content, headers={"Content-Type": media_type}
    )
    assert answer.status_code == status, answer.text
    assert len((await web.json("GET", "/disclosures"))["items"]) == (status == 202)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("..", "begins with a dot"),
        (".hidden.pdf", "begins with a dot"),
        ("invoice.exe", "does not end in .pdf"),
        ("invoice.pdf.exe", "does not end in .pdf"),
        ("invoice.html", "does not end in .pdf"),
        ("pdf", "does not end in .pdf"),
        ("invoice\u202efdp.pdf", "not seen"),
        ("in\u200bvoice.pdf", "not seen"),
        ("one\u2028two.pdf", "not seen"),
        ("one\r\nX-Other: two.pdf", "not seen"),
        ("../invoice.pdf", "path"),
        ("c:\\invoice.pdf", "path"),
        (" .pdf", None),
        ("", None),
        ("invoice.PDF", "is taken"),
        ("Fråga 1.2.pdf", "is taken"),
    ],
)
async def test_the_name_of_a_file_says_what_it_is_and_hides_nothing(web: Web, name: str, what: str | None) -> None:
    answer = await web.ask("PUT", "/documents/x/file", "buyer-1", params=WHAT | {"name": name}, **PDF)
    assert answer.status_code == (202 if what == "is taken" else 422), answer.text
    if what not in (None, "is taken"):
        assert what in answer.json()["detail"]


async def test_a_question_of_a_dialogue_that_is_over_is_declined_all_the_same(web: Web) -> None:
    asked = await web.json("POST", "/questions", "supplier-1", json={"text": "When?", "language": "en"})
    await web.json("DELETE", "", "buyer-1")
    refusal = f"/questions/{asked['id']}/refusal"
    assert (await web.json("PUT", refusal, "buyer-1", json={"reason": "It is called off."}))["status"] == "declined"
    assert (await web.json("PUT", refusal, "buyer-1", json={"reason": "It is called off."}))["status"] == "declined"
    other = await web.ask("PUT", refusal, "buyer-1", json={"reason": "We forgot."})
    assert other.status_code == 409
    (mine,) = (await web.json("GET", "/questions", "supplier-1"))["items"]
    assert mine["reason"] == "It is called off."


def _archive(*names: str, first: str = "") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        if first:
            archive.writestr("mimetype", first)
        for name in names:
            archive.writestr(name, "<x/>")
    return file.getvalue()


def test_archives_are_looked_into_and_macros_are_refused() -> None:
    odt, docx, xlsx = (BY_ENDING[ending] for ending in (".odt", ".docx", ".xlsx"))
    assert is_what_it_says(_archive("content.xml", first=odt), media_type=odt)
    assert is_what_it_says(_archive("[Content_Types].xml", "word/document.xml"), media_type=docx)
    assert is_what_it_says(_archive("[Content_Types].xml", "xl/workbook.xml"), media_type=xlsx)
    assert not is_what_it_says(_archive("[Content_Types].xml", "xl/workbook.xml"), media_type=docx)
    assert not is_what_it_says(_archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), media_type=docx)
    assert not is_what_it_says(_archive("Basic/Standard/Module1.xml", first=odt), media_type=odt)
    assert not is_what_it_says(_archive("evil.exe"), media_type=odt)
    for media_type in MEDIA_TYPES:
        assert not is_what_it_says(b"PK\x03\x04" + b"\x00" * 40, media_type=media_type)


async def test_anyone_reads_where_the_ledger_ends_and_what_its_digest_was_before(web: Web) -> None:
    first = await web.json("GET", "/audit")
    assert first["count"] == 3
    await web.json("POST", "/documents", "buyer-1", json={"kind": "note", "title": "N", "language": "en", "text": "W"})
    later = await web.json("GET", f"/audit?count={first['count']}")
    assert (later["count"], later["asked_digest"]) == (4, first["digest"])
    assert (await web.json("GET", "/audit?count=99"))["asked_digest"] is None


async def a_case(web: Web) -> str:
    asked = await web.json("POST", "/questions", "supplier-9", json={"text": "Until when?", "language": "en"})
    await web.json("PUT", f"/questions/{asked['id']}/answer", "buyer-1", json={"text": "Until <May>."})
    declined = await web.json("POST", "/questions", "supplier-9", json={"text": "Who else?", "language": "en"})
    await web.json("PUT", f"/questions/{declined['id']}/refusal", "buyer-1", json={"reason": "We say nothing of others."})
    await web.json("PUT", "/documents/form/file", "buyer-1", params=WHAT, **PDF)
    moved = WEBINAR.model_copy(update={"place": "Town hall, Northby"})
    await web.kept.dialogues.change(web.path.rsplit("/", 1)[1], moved, by="buyer-1")
    return (await web.ask("GET", "/case", "buyer-1")).text


async def test_a_case_file_shows_reach_what_was_shown_and_what_time_there_was(web: Web) -> None:
    text = await a_case(web)
    case = json.loads(text)
    assert [need["need_id"] for need in case["needs"]] == ["n"]
    assert [step["kind"] for step in case["announced"]] == ["announced", "changed"]
    assert case["reach"] == [{"channel": "samspil.invitations.v1", "suppliers": 2}]
    assert {one["supplier_id"] for one in case["invited"]} == {"supplier-1", "supplier-2"}
    assert case["responded"] == []
    assert [(one["title"], one["sha256"] is not None) for one in case["documents"]] == [("Questionnaire", True)]
    assert [(one["question"], one["answer"]) for one in case["answers"]] == [("Until when?", "Until <May>.")]
    assert case["questions"] == {"asked": 2, "answered": 1, "declined": 1, "open": 0}
    figures = case["figures"]
    assert (figures["suppliers"], figures["sme"], figures["sme_known"], figures["newcomers"]) == (2, 1, 1, 2)
    assert figures["regions"] == {"DK031": 1}
    assert WEBINAR.starts_at is not None
    seconds = (WEBINAR.starts_at - web.kept.clock.now()).total_seconds()
    assert case["lead_times"]["to_start"] == seconds
    assert "supplier-9" not in text
    assert "Who else?" not in text
    # A reason is told to its asker alone.
    assert "We say nothing of others." not in text


async def test_a_case_file_says_which_version_of_the_need_stood_when_the_dialogue_was_held(web: Web) -> None:
    record, clock = web.kept.record, web.kept.clock
    own = Buyer(id="buyer-1", name="Body buyer-1", country="DK")

    async def the_need() -> tuple[int, int | None, str]:
        case = await web.json("GET", "/case", "buyer-1")
        (need,) = case["needs"]
        page = (await web.ask("GET", "/case.html", "buyer-1")).text
        assert checked_case((await web.ask("GET", "/case", "buyer-1")).text).problems == ()
        return need["version"], need["version_when_held"], page

    await record.submissions.submit_need("n", a_statement(buyer=own, description="The second words."))
    version, held, page = await the_need()
    assert (version, held) == (2, None)
    assert "when the dialogue was held" not in page.lower()
    assert WEBINAR.starts_at is not None
    clock.advance(WEBINAR.starts_at - clock.now())
    await web.json("PUT", "/held", "buyer-1")
    version, held, page = await the_need()
    assert (version, held) == (2, 2)
    assert "It stood when the dialogue was held." in page
    clock.advance(timedelta(days=1))
    await record.submissions.submit_need("n", a_statement(buyer=own, description="The third words."))
    version, held, page = await the_need()
    assert (version, held) == (3, 2)
    assert "When the dialogue was held, version 2 stood; its text is not kept." in page


def test_a_version_that_was_not_recorded_by_a_moment_did_not_stand_then() -> None:
    rows = [
        LedgerRow(need_id="n", version=version, status=NeedStatus.SUPERSEDED, accepted_at=at)
        for version, at in ((1, START), (2, None), (3, START + timedelta(hours=1)))
    ]
    before, after = START - timedelta(seconds=1), START + timedelta(hours=2)
    assert [version_at(rows, at) for at in (before, START, after)] == [None, 1, 3]


async def test_a_case_file_is_checked_alone_and_every_change_in_it_that_the_ledger_knows_of_is_found(web: Web) -> None:
    text = await a_case(web)
    whole = checked_case(text)
    assert whole.problems == ()
    assert whole.entries == len(json.loads(text)["ledger"])
    assert checked_case(text, kept=(whole.entries, whole.digest)).problems == ()
    assert checked_case(text, kept=(whole.entries, "0" * 64)).problems
    for name in ("announced", "lead_times", "reach", "invited", "documents", "answers", "head", "how_to_check", "dialogue_id"):
        case = json.loads(text)
        one = case[name][0] if isinstance(case[name], list) else case[name]
        if isinstance(one, dict):
            key = next(key for key, value in one.items() if isinstance(value, str | int) and key != "at")
            one[key] = one[key] + 1 if isinstance(one[key], int) else f"{one[key]}x"
        else:
            case[name] = f"{one}x"
        try:
            found = checked_case(json.dumps(case)).problems
        except ValueError:
            continue
        assert found, name
    for number in range(whole.entries):
        case = json.loads(text)
        del case["ledger"][number]
        assert checked_case(json.dumps(case)).problems[0].startswith(f"entry {number + 1}:")
    for nothing in ("", "[]", "{}", '{"format": "samspil.dialogue-case.v1"}', text[:-20]):
        with pytest.raises(ValueError, match="no case file"):
            checked_case(nothing)


async def test_the_page_of_a_case_file_escapes_what_people_wrote_and_loads_nothing(web: Web) -> None:
    await a_case(web)
    answer = await web.ask("GET", "/case.html", "buyer-1")
    page = answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "Until &lt;May&gt;." in page
    assert "<May>" not in page
    for words in (
        "Town hall, Northby",
        "everyone, invited or not",
        "1 of the 1 whose size is known",
        "2 asked: 1 answered, 1 declined, 0 open",
    ):
        assert words in page
    assert "We say nothing of others." not in page
    assert not any(tag in page for tag in ("<script", "<img", "<link", "http"))


@pytest.mark.parametrize("path", ["/audit", "/disclosures"])
async def test_there_is_nothing_of_a_dialogue_that_does_not_exist(web: Web, path: str) -> None:
    assert (await web.world.ask("GET", f"/v1/dialogues/nowhere{path}")).status_code == 404
    for path_ in ("case", "case.html", "questions"):
        assert (await web.world.ask("GET", f"/v1/dialogues/nowhere/{path_}", who="operator")).status_code == 404
