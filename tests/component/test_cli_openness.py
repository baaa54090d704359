"""Openness from the command line: publishing through the API, and the audit of the record itself."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import text
from typer.testing import CliRunner

from samspil.adapters.sql import open_record
from samspil.cli.app import app
from samspil.clock import ManualClock
from samspil.dialogue.openness import KeptOpenness
from samspil.settings import PREFIX, Settings
from samspil.web import serve
from tests.component.test_dialogue_keeping import Kept
from tests.component.test_web_on_sql import Joined
from tests.component.web_fakes import World


class Shell:
    """Runs commands as one organisation or another, on a record with one dialogue of buyer-1."""

    def __init__(self, kept: Kept, world: World, url: str, place: Path) -> None:
        self.kept, self.world, self.place = kept, world, place
        self.dialogue = ""
        self.environment = {
            f"{PREFIX}API_URL": url,
            f"{PREFIX}RECORD_URL": f"sqlite+aiosqlite:///{place / 'record.db'}",
            f"{PREFIX}DATA_DIR": str(place / "data"),
            "NO_COLOR": "1",
            "COLUMNS": "80",
        }

    async def run(self, *arguments: str, who: str | None = "buyer-1", given: str | None = None) -> Result:
        token = {f"{PREFIX}API_TOKEN": await self.world.token(who)} if who else {}
        return await asyncio.to_thread(CliRunner(env=self.environment | token).invoke, app, list(arguments), input=given)

    async def done(self, *arguments: str, who: str | None = "buyer-1", given: str | None = None) -> str:
        result = await self.run(*arguments, who=who, given=given)
        assert result.exit_code == 0, result.output
        return result.stdout


@pytest.fixture
async def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: ManualClock) -> AsyncIterator[Shell]:
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)
    record = open_record(f"sqlite+aiosqlite:///{tmp_path / 'record.db'}", clock=clock)
    await record.migrate()
    kept = Kept(record, clock)
    world = World(
        record=Joined(record.submissions, record.readings, record.feedback, record.tokens),
        joint_record=record,
        joint_readings=record.joint_needs,
        dialogues=kept.dialogues,
        openness=KeptOpenness(record, clock=clock),
        disclosures=record.disclosures,
        clock=clock,
    )
    await kept.need()
    async with serve(world.app, port=0) as url:
        opened = Shell(kept, world, url, tmp_path)
        opened.dialogue = await kept.announce()
        yield opened
    await record.close()


async def test_a_question_is_asked_answered_and_read_by_everyone(shell: Shell) -> None:
    asked = json.loads(
        await shell.done("dialogue", "ask", shell.dialogue, "-", "--language", "en", "--json", who="supplier-9", given="Why?")
    )
    assert "Why?" in await shell.done("dialogue", "questions", shell.dialogue)
    title = ("--title", "Why now?")
    assert "published to everyone" in await shell.done("dialogue", "answer", shell.dialogue, asked["id"], "Pipes age.", *title)
    shown = await shell.done("dialogue", "disclosures", shell.dialogue, who=None)
    assert "Why now?" in shown
    assert "Pipes age." in shown
    assert "4 entries" in shown
    other = json.loads(await shell.done("dialogue", "ask", shell.dialogue, "Who?", "-l", "en", "--json", who="supplier-9"))
    assert "declined" in await shell.done("dialogue", "decline", shell.dialogue, other["id"], "--reason", "No names.")
    assert "No names." in await shell.done("dialogue", "questions", shell.dialogue, who="supplier-9")


async def test_words_and_files_are_published_and_others_are_refused_with_a_word(shell: Shell) -> None:
    about = ("--title", "Draft", "--language", "en")
    file, odd = shell.place / "the draft.txt", shell.place / "draft.exe"
    file.write_text("Find leaks.")
    odd.write_bytes(b"MZ")
    assert "the-draft" in await shell.done("dialogue", "publish", shell.dialogue, *about, "--file", str(file))
    assert "Nothing changed" in await shell.done("dialogue", "publish", shell.dialogue, *about, "--file", str(file))
    note = ("--kind", "note", "--text", "We learned much.")
    assert "revision 1" in await shell.done("dialogue", "publish", shell.dialogue, *about, *note)
    for wrong in (("--file", str(odd)), ("--file", str(shell.place / "none.pdf")), ()):
        refused = await shell.run("dialogue", "publish", shell.dialogue, *about, *wrong)
        assert refused.exit_code == 2, refused.output
    minutes = await shell.run("dialogue", "publish", shell.dialogue, *about, "--kind", "minutes", "--text", "M")
    assert minutes.exit_code == 3
    assert "minutes" in minutes.output


async def test_the_audit_says_what_it_checked_and_names_the_place_that_is_broken(shell: Shell) -> None:
    whole = await shell.done("audit", "verify", who=None)
    assert f"{shell.dialogue}: 3 entries" in whole
    assert "1 whole, 0 not" in whole
    assert whole.count("0011-the-disclosure-ledger.md") == 1
    assert "Not proven" not in whole
    head = await shell.kept.record.disclosures.ledger_head(shell.dialogue)
    assert head is not None
    await shell.done("audit", "verify", shell.dialogue, "--head", f"3:{head.digest}", who=None)
    other = await shell.run("audit", "verify", shell.dialogue, "--head", f"2:{'0' * 64}", who=None)
    assert other.exit_code == 1
    assert "entry 2" in other.output
    async with shell.kept.record.begin() as transaction:
        altered = text("UPDATE disclosures SET channel = 'api' WHERE number = 2")
        await transaction.run(lambda connection: connection.execute(altered))
    broken = await shell.run("audit", "verify", "--json", who=None)
    assert broken.exit_code == 1
    said = json.loads(broken.stdout)
    assert said["whole"] is False
    assert said["ledgers"][0]["problem"] == "entry 2: it is not what was recorded"


async def test_a_case_file_is_written_and_checked_without_the_service(shell: Shell) -> None:
    case, page = shell.place / "case.json", shell.place / "case.html"
    assert "audit verify --case" in await shell.done("dialogue", "case", shell.dialogue, "--out", str(case))
    await shell.done("dialogue", "case", shell.dialogue, "--out", str(page))
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    shell.environment = {f"{PREFIX}DATA_DIR": str(shell.place / "nothing"), "NO_COLOR": "1"}
    assert "It is whole: 3 entries" in await shell.done("audit", "verify", "--case", str(case), who=None)
    document = json.loads(case.read_text(encoding="utf-8"))
    document["ledger"][1]["channel"] = "api"
    case.write_text(json.dumps(document), encoding="utf-8")
    broken = await shell.run("audit", "verify", "--case", str(case), who=None)
    assert broken.exit_code == 1
    assert "entry 2" in broken.output
    for arguments in (("--case", str(page)), ("--head", "x"), ("--head", f"1:{'0' * 64}")):
        assert (await shell.run("audit", "verify", *arguments, who=None)).exit_code == 2
