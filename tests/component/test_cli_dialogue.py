"""`samspil dialogue` against the application on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from samspil.cli.app import app
from samspil.ports import DialogueState
from samspil.settings import PREFIX, Settings
from samspil.web import serve
from samspil_schemas import DialogueAnnouncement
from tests.component.web_fakes import World, a_dialogue

MEETINGS = DialogueAnnouncement(
    kind="one_to_one",
    slots=[{"starts_at": "2026-05-05T09:00:00+02:00", "ends_at": "2026-05-05T09:30:00+02:00"}],
    place="Town hall, Northby",
    programme=("Show us", "Ask us"),
    confidentiality="We pass nothing on.",
)


class Shell:
    """Runs commands as one organisation or another."""

    def __init__(self, world: World, url: str, place: Path) -> None:
        self.world = world
        self.environment = {f"{PREFIX}API_URL": url, f"{PREFIX}DATA_DIR": str(place / "data"), "NO_COLOR": "1", "COLUMNS": "80"}

    async def run(self, *arguments: str, who: str | None = "buyer-1", given: str | None = None) -> Result:
        token = {f"{PREFIX}API_TOKEN": await self.world.token(who)} if who else {}
        return await asyncio.to_thread(CliRunner(env=self.environment | token).invoke, app, ["dialogue", *arguments], input=given)

    @property
    def asked(self) -> dict[str, Any]:
        return dict(self.world.services.dialogues.asked)  # type: ignore[attr-defined]


@pytest.fixture
async def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shell]:
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)
    world = World()
    await world.publish("need-1")
    world.record.stored_dialogues = [
        a_dialogue(announcement=MEETINGS),
        a_dialogue("dialogue-2", state=DialogueState.CONCLUDED, outcome="A functional specification."),
    ]
    async with serve(world.app, port=0) as url:
        yield Shell(world, url, tmp_path)


async def test_a_dialogue_is_announced_with_all_that_is_said_of_it(shell: Shell) -> None:
    said = ("--kind", "one_to_one", "--place", "Town hall, Northby", "--point", "Show us", "--point", "Ask us")
    slot = ("--slot", "2026-05-05T09:00:00+02:00/2026-05-05T09:30:00+02:00")
    done = await shell.run("announce", "need-1", *said, *slot, "--confidentiality", "-", given="We pass nothing on.")
    assert done.exit_code == 0, done.output
    assert "dialogue-new is in revision 2." in done.stdout
    assert shell.asked["announcement"] == MEETINGS
    assert (shell.asked["need_id"], shell.asked["by"]) == ("need-1", "buyer-1")


async def test_a_change_leaves_what_is_not_given(shell: Shell) -> None:
    done = await shell.run("change", "dialogue-1", "--place", "Library, Northby")
    assert done.exit_code == 0, done.output
    assert shell.asked["announcement"] == MEETINGS.model_copy(update={"place": "Library, Northby"})


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        (("cancel", "dialogue-1", "--reason", "No speaker"), {"reason": "No speaker"}),
        (("held", "dialogue-1"), {}),
        (("conclude", "dialogue-1", "--outcome", "We specify functions."), {"outcome": "We specify functions."}),
    ],
)
async def test_a_dialogue_is_led_to_its_end(shell: Shell, arguments: tuple[str, ...], asked: dict[str, str]) -> None:
    done = await shell.run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["id"] == "dialogue-1"
    assert shell.asked == {"dialogue_id": "dialogue-1", "by": "buyer-1"} | asked


async def test_another_body_is_refused_and_so_is_who_has_no_token(shell: Shell) -> None:
    refused = await shell.run("cancel", "dialogue-1", who="buyer-2")
    assert refused.exit_code == 3
    assert "another body" in refused.output
    assert (await shell.run("held", "dialogue-1", who=None)).exit_code == 3
    assert shell.asked == {}


async def test_a_slot_without_an_end_is_refused_with_an_example(shell: Shell) -> None:
    refused = await shell.run("announce", "need-1", "--kind", "one_to_one", "--slot", "2026-05-05T09:00:00+02:00")
    assert refused.exit_code == 2
    assert "--slot 2026-05-05T09:00:00+02:00/" in refused.output


async def test_dialogues_are_shown_whole_in_eighty_columns(shell: Shell) -> None:
    listed = await shell.run("list", who=None)
    assert "one to one" in listed.stdout
    assert "concluded" not in listed.stdout
    assert "concluded" in (await shell.run("list", "--past", who=None)).stdout
    shown = (await shell.run("show", "dialogue-1", who=None)).stdout
    for words in ("2026-05-05 09:00 (UTC+02:00) to 2026-05-05 09:30 (UTC+02:00)", "Town hall, Northby", "Ask us", "open to all"):
        assert words in shown
    assert max(len(line) for line in shown.splitlines()) <= 80
    assert "A functional specification." in (await shell.run("show", "dialogue-2", who=None)).stdout


async def test_invitations_are_reviewed_and_sent_off(shell: Shell) -> None:
    waiting = await shell.run("invitations", "dialogue-1", "--awaiting")
    assert "awaiting review" in waiting.stdout
    sent = await shell.run("approve", "dialogue-1", "--all")
    assert "1 invitation sent off." in sent.stdout
    assert shell.asked == {"dialogue_id": "dialogue-1", "invitation_id": "waits"}
    assert "Nobody is invited yet." in (await shell.run("invitations", "dialogue-1")).stdout


async def test_suppliers_register_wait_withdraw_and_are_promoted(shell: Shell) -> None:
    own = ("--name", "Sample A", "--country", "DK")
    done = await shell.run("register", "dialogue-1", *own, "--slot", "2026-05-05T09:00:00+02:00", who="supplier-1")
    assert (done.exit_code, " ".join(done.stdout.split())) == (0, "You are registered for 2026-05-05 09:00 (UTC+02:00).")
    again = await shell.run("register", "dialogue-1", "--slot", "2026-05-05T09:00:00+02:00", who="supplier-1")
    assert "Nothing changed. You are registered for" in again.stdout
    waits = await shell.run("register", "dialogue-1", "--name", "Sample B", "--country", "SE", who="supplier-2")
    assert "you wait, as number 1." in waits.stdout
    assert "1 of 1 places taken, 1 waiting." in (await shell.run("places", "dialogue-1", who=None)).stdout
    listed = (await shell.run("registrations", "dialogue-1")).stdout
    assert "Sample A (DK)" in listed
    assert "waiting (1)" in listed
    gone = await shell.run("withdraw", "dialogue-1", "--reason", "No time", who="supplier-1")
    assert "Your registration is withdrawn." in gone.stdout
    found = json.loads((await shell.run("registrations", "dialogue-1", "--json")).stdout)["registrations"]
    assert [(one["supplier_id"], one["status"], one["reason"]) for one in found] == [
        ("supplier-1", "withdrawn", "No time"),
        ("supplier-2", "registered", None),
    ]


async def test_whom_no_slot_suits_reads_which_are_free(shell: Shell) -> None:
    places = json.loads((await shell.run("places", "dialogue-1", "--json", who=None)).stdout)
    assert places["free_slots"] == ["2026-05-05T09:00:00+02:00"]
    shown = " ".join((await shell.run("places", "dialogue-1", who=None)).stdout.split())
    assert "Free slots: 2026-05-05 09:00 (UTC+02:00)." in shown
    wrong = await shell.run("register", "dialogue-1", "--slot", "2026-05-05T15:00:00+02:00", who="supplier-1")
    assert (wrong.exit_code, "Give a name and a country." in " ".join(wrong.output.split())) == (3, True)
    assert "Nobody has registered yet." in (await shell.run("registrations", "dialogue-1")).stdout
    for answer, says in (("tentative", "You are noted as tentative"), ("decline", "You have declined.")):
        own = ("--name", "Sample A", "--country", "DK", "--answer", answer)
        assert says in (await shell.run("register", "dialogue-1", *own, who="supplier-1")).stdout
    assert (await shell.run("register", "dialogue-1", who=None)).exit_code == 3
