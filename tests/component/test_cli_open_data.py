"""`samspil ocds` against the application on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from samspil.cli.app import app
from samspil.settings import PREFIX, Settings
from samspil.web import serve
from tests.component.web_fakes import World, an_invitation


class Shell:
    """Runs the command as one organisation or another, or as nobody."""

    def __init__(self, world: World, url: str, place: Path) -> None:
        self.world = world
        self.place = place
        self.environment = {f"{PREFIX}API_URL": url, f"{PREFIX}DATA_DIR": str(place / "data"), "NO_COLOR": "1", "COLUMNS": "80"}

    async def run(self, *arguments: str, who: str | None = None) -> Result:
        token = {f"{PREFIX}API_TOKEN": await self.world.token(who)} if who else {}
        return await asyncio.to_thread(CliRunner(env=self.environment | token).invoke, app, ["ocds", *arguments])


@pytest.fixture
async def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shell]:
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)
    world = World()
    await world.publish("need-1", title="Find leaks in drinking water pipes")
    world.record.stored_invitations = [an_invitation()]
    async with serve(world.app, port=0) as url:
        yield Shell(world, url, tmp_path)


async def test_a_need_is_printed_as_the_api_gives_it(shell: Shell) -> None:
    done = await shell.run("need-1")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == (await shell.world.ask("GET", "/v1/needs/need-1/ocds")).json()


async def test_the_file_has_the_bytes_of_the_api_and_the_own_token_adds_who_was_invited(shell: Shell) -> None:
    file = shell.place / "need-1.json"
    done = await shell.run("need-1", "--out", str(file), who="buyer-1")
    assert done.exit_code == 0, done.output
    assert "holds the release ocds-test01-need-1-" in done.stdout
    assert file.read_bytes() == (await shell.world.ask("GET", "/v1/needs/need-1/ocds", who="buyer-1")).content
    assert b"supplier-1" in file.read_bytes()


async def test_a_joint_need_is_asked_for_at_its_own_address(shell: Shell) -> None:
    joint = await shell.world.joint_need()
    done = await shell.run(joint, "--out", str(shell.place / "joint.json"), "--json")
    assert json.loads(done.stdout)["ocid"] == f"ocds-test01-{joint}"


async def test_what_cannot_be_had_or_written_is_one_sentence_and_what_to_do(shell: Shell) -> None:
    unknown = await shell.run("need-9")
    assert unknown.exit_code == 3
    assert "There is no such need" in unknown.output
    nowhere = await shell.run("need-1", "--out", str(shell.place / "none" / "x.json"))
    assert nowhere.exit_code == 3
    assert "Name another file with --out" in nowhere.output
