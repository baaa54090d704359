"""`samspil joint` against the application on loopback, each body with its own token."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from samspil.cli.app import app
from samspil.domain.joint_history import proofs
from samspil.ports.follow_ups import Candidate, PublishedNeed
from samspil.ports.joint_changes import Change
from samspil.ports.joint_service import Declaration
from samspil.settings import PREFIX, Settings
from samspil.web import serve
from samspil.web.joint_check import checked
from samspil_schemas import Buyer, Rung
from tests.component.web_fakes import World, a_twin
from tests.factories import a_statement
from tests.protocol import a_similar


class Shell:
    """Runs commands as one organisation or another."""

    def __init__(self, world: World, url: str, place: Path) -> None:
        self.world = world
        self.place = place
        self.environment = {
            f"{PREFIX}API_URL": url,
            f"{PREFIX}DATA_DIR": str(place / "data"),
            "NO_COLOR": "1",
            "COLUMNS": "200",
        }

    async def run(self, *arguments: str, who: str | None = "buyer-1", given: str | None = None) -> Result:
        token = {f"{PREFIX}API_TOKEN": await self.world.token(who)} if who else {}
        return await asyncio.to_thread(CliRunner(env=self.environment | token).invoke, app, ["joint", *arguments], input=given)

    async def json(self, *arguments: str, who: str | None = "buyer-1") -> Any:
        done = await self.run(*arguments, "--json", who=who)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)


@pytest.fixture
async def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shell]:
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)
    world = World()
    await world.publish("need-1")
    async with serve(world.app, port=0) as url:
        yield Shell(world, url, tmp_path)


async def test_a_joint_need_is_proposed_joined_moved_handed_over_and_closed(shell: Shell) -> None:
    shell.world.record.similar = [a_twin()]
    proposed = await shell.json("propose", "need-1", "--with", "need-2", "--volume", "1,200 water meters")
    joint = proposed["id"]
    body = ("--name", "Sample body 2", "--country", "SE", "--undertaking", "We ask the same.", "--volume", "3000 water meters")
    joined = await shell.run("join", joint, "--rung", "intent_signer", *body, who="buyer-2")
    assert f"{joint} is in revision 2." in joined.stdout
    again = await shell.run("join", joint, "--rung", "intent_signer", *body, who="buyer-2")
    assert "Nothing changed" in again.stdout
    await shell.json("join", joint, "--rung", "first_buyer", "--undertaking", "We buy.", "--horizon", "2028-01-01")
    await shell.json("stage", joint, "market dialogue", "--note", "As agreed")
    await shell.json("text", joint, "--title", "Leaks, without digging")
    await shell.json("offer", joint, "need_owner", "buyer-2")
    await shell.json("accept", joint, "need_owner", who="buyer-2")
    shown = await shell.run("show", joint, who=None)
    for words in ("Leaks, without digging", "stage: market dialogue", "1 body committed, 1 intends", "owner"):
        assert words in shown.stdout
    assert "We ask the same." in shown.stdout
    await shell.world.record.submit_need("need-3", a_statement(buyer={"id": "buyer-2", "name": "Sample body 2", "country": "SE"}))
    await shell.json("follow-up", joint, "need-3", who="buyer-2")
    await shell.json("withdraw", joint, "--reason", "Bought already")
    await shell.json("close", joint, "--reason", "All have bought", who="buyer-2")
    assert (await shell.json("list"))["joint_needs"] == []
    listed = await shell.run("list", "--closed", "--buyer", "buyer-2")
    assert "Leaks, without digging" in listed.stdout
    told = await shell.run("history", joint)
    assert "buyer-1 withdrew its commitment: Bought already." in told.stdout


async def test_who_followed_up_is_shown_and_a_suggestion_is_confirmed_or_rejected(shell: Shell) -> None:
    joint = (await shell.json("propose", "need-1"))["id"]
    said = ("--rung", "intent_signer", "--undertaking", "We ask the same.", "--country", "SE", "--name")
    assert "Nobody has signed an intent yet." in (await shell.run("follow-ups", joint, who=None)).stdout
    for number in (2, 3):
        await shell.json("join", joint, *said, f"Sample body {number}", who=f"buyer-{number}")
        own = Buyer(id=f"buyer-{number}", name=f"Sample body {number}", country="SE")
        await shell.world.record.submit_need(f"tender-{number}", a_statement(buyer=own))
        need = PublishedNeed(
            need_id=f"tender-{number}", version=1, buyer_id=own.id, title="Leaks", heard_at=shell.world.clock.now()
        )
        shell.world.joint_record.alike.append(Candidate(need=need, find=a_similar(joint, need.need_id)))
    asked = " ".join((await shell.run("follow-ups", joint, who="buyer-2")).stdout.split())
    assert "Does tender-2 (Leaks) carry out what you declared?" in asked
    assert f"samspil joint follow-up {joint} NEED" in asked
    await shell.json("follow-up", joint, "tender-2", who="buyer-2")
    await shell.json("follow-up", joint, "tender-3", "--reject", who="buyer-3")
    told = (await shell.run("follow-ups", joint, who="buyer-3")).stdout
    for words in ("1 of 2 that signed intent has followed up.", "confirmed", "not yet"):
        assert words in told
    assert "Does tender-3" not in told
    assert "1 of 2 that signed intent has followed up" in (await shell.run("show", joint, who=None)).stdout
    assert (await shell.json("follow-ups", joint))["totals"][0]["followed_up"] == 1


async def test_a_facilitator_is_asked_and_steps_down(shell: Shell) -> None:
    joint = (await shell.json("propose", "need-1"))["id"]
    await shell.json("join", joint, "--rung", "observer", "--name", "B", "--country", "SE", who="buyer-2")
    await shell.json("offer", joint, "facilitator", "buyer-2")
    assert "buyer-2 is asked to be facilitator." in (await shell.run("show", joint)).stdout
    await shell.json("offer", joint, "facilitator", "buyer-2", "--take-back")
    assert (await shell.run("accept", joint, "facilitator", who="buyer-2")).exit_code == 3
    await shell.json("offer", joint, "facilitator", "buyer-2")
    await shell.json("accept", joint, "facilitator", who="buyer-2")
    assert (await shell.json("step-down", joint, who="buyer-2"))["changed"]
    assert not (await shell.json("step-down", joint, "--buyer", "buyer-2"))["changed"]


async def test_an_undertaking_can_come_from_standard_input(shell: Shell) -> None:
    joint = (await shell.json("propose", "need-1"))["id"]
    said = ("--rung", "intent_signer", "--undertaking", "-", "--name", "B", "--country", "SE")
    assert (await shell.run("join", joint, *said, who="buyer-2", given="Vi ställer samma krav.\n")).exit_code == 0
    (_, member) = (await shell.json("show", joint))["joint_need"]["members"]
    assert member["undertaking"] == "Vi ställer samma krav."


@pytest.mark.parametrize(
    ("arguments", "who", "said", "code"),
    [
        (("propose", "need-9"), "buyer-1", "There is no open need need-9.", 3),
        (("propose", "need-1"), None, "Only an organisation's own token can do this, and none was given.", 3),
        (("propose", "need-1"), "supplier-1", "A supplier's token may not do this.", 3),
        (("propose", "need-1", "--volume", "many meters"), "buyer-1", "The volume is no amount with a unit.", 2),
        (("propose", "need-1", "--horizon", "soon"), "buyer-1", "/horizon:", 3),
        (("propose", "need-1", "--rung", "first_buyer"), "buyer-1", "declares what it undertakes", 3),
        (("show", "joint:none"), None, "There is no such joint need.", 3),
        (("show", "../needs"), None, "Nothing is at this address.", 3),
    ],
)
async def test_what_cannot_be_done_is_said_in_a_sentence(
    shell: Shell, arguments: tuple[str, ...], who: str | None, said: str, code: int
) -> None:
    done = await shell.run(*arguments, who=who)
    assert said in " ".join(done.stderr.split())
    assert done.exit_code == code
    assert "Traceback" not in done.output


async def test_an_export_is_written_and_a_forged_copy_is_found_out(shell: Shell) -> None:
    joint = (await shell.json("propose", "need-1", "--volume", "0.5 km of pipe"))["id"]
    early, late, page = shell.place / "early.json", shell.place / "late.json", shell.place / "page.html"
    digest = (await shell.json("export", joint, "--to", str(early)))["digest"]
    assert json.loads(early.read_text())["digest"] == digest
    await shell.json("join", joint, "--rung", "observer", "--name", "B", "--country", "SE", who="buyer-2")
    await shell.json("export", joint, "--to", str(late))
    assert (await shell.run("export", joint, "--to", str(page))).exit_code == 0
    assert page.read_text().startswith("<!doctype html>")
    assert "It is whole" in (await shell.run("verify", str(late))).stdout
    differ = await shell.run("verify", str(early), str(late))
    assert (differ.exit_code, "Their histories differ" in differ.stdout) == (1, True)
    forged = json.loads(late.read_text())
    forged["history"][0]["said"]["at"] = "2020-01-01T00:00:00Z"
    late.write_text(json.dumps(forged))
    found = await shell.run("verify", str(late))
    assert (found.exit_code, "entry 1 is not what was recorded" in found.stdout) == (1, True)
    late.write_text("[]")
    assert (await shell.run("verify", str(late))).exit_code == 2
    assert (await shell.run("export", joint, "--to", str(shell.place / "absent" / "x.json"))).exit_code == 3


@pytest.mark.parametrize("name", ["agreement.json", "agreement.html"])
async def test_the_digest_that_an_export_names_is_that_of_the_file(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    joint = await shell.world.joint_need()
    read, changes = shell.world.joint_record.joint_need_history, iter(range(9))

    async def changing(joint_need_id: str) -> list[Change]:
        """The history, which grows as soon as it was read."""
        found = await read(joint_need_id)
        said = Declaration(rung=Rung.OBSERVER, name="B", country="SE")
        await shell.world.services.joint_needs.declare(joint_need_id, said, by=f"buyer-{next(changes) + 5}")
        return found

    monkeypatch.setattr(shell.world.joint_record, "joint_need_history", changing)
    file = shell.place / name
    digest = (await shell.json("export", joint, "--to", str(file)))["digest"]
    assert digest in file.read_text()
    assert next(changes) == 1  # it was asked for once


async def full(shell: Shell) -> dict[str, Any]:
    """An export with all that one can hold."""
    joint = await shell.world.joint_need()
    await shell.json("accept", joint, "facilitator", who="buyer-2")
    await shell.json(
        "join", joint, "--rung", "first_buyer", "--undertaking", "We buy.", "--volume", "1200 meters", "--need", "need-1"
    )
    await shell.json("stage", joint, "market dialogue", "--note", "As agreed")
    await shell.world.record.submit_need("need-3", a_statement(buyer={"id": "buyer-2", "name": "Sample body 2", "country": "SE"}))
    await shell.json("follow-up", joint, "need-3", who="buyer-2")
    await shell.json("withdraw", joint, "--reason", "Not this year", who="buyer-2")
    file = shell.place / "full.json"
    await shell.json("export", joint, "--to", str(file))
    return json.loads(file.read_text())


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value in a document that is no list and no object."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, entry in entries:
        yield from places(entry, (*at, name))
    if not isinstance(value, dict | list):
        yield at


def forged(document: dict[str, Any], at: tuple[Any, ...]) -> dict[str, Any]:
    """A copy with another value of the same kind there."""
    copy = json.loads(json.dumps(document))
    holder = copy
    for name in at[:-1]:
        holder = holder[name]
    before = holder[at[-1]]
    holder[at[-1]] = (not before) if isinstance(before, bool) else before + 1 if isinstance(before, int | float) else f"{before}x"
    return copy


async def test_any_change_of_what_a_reader_sees_in_an_export_is_found_out(shell: Shell) -> None:
    document = await full(shell)
    assert checked(json.dumps(document)).problems == ()
    found, unseen = 0, []
    for at in places(document):
        try:
            whole = not checked(json.dumps(forged(document, at))).problems
        except ValueError:
            whole = False
        found += not whole
        unseen += [at] if whole else []
    assert found > 200
    # Which stages were configured stands in no history, as the export says.
    assert {at[0] for at in unseen} == {"configured_stages"}


@pytest.mark.parametrize(
    ("at", "value", "problem"),
    [
        (("parties", 0, "name"), "Another body", "/parties/0/name"),
        (("joint_need", "summary"), "99 bodies committed", "/joint_need/summary"),
        (("text", "title"), "Another title", "/text/title"),
        (("stages", 0, "by"), "buyer-9", "/stages/0/by"),
        (("history", 0, "sentence"), "Nothing happened.", "/history/0/sentence"),
        (("history", 0, "by"), "buyer-9", "/history/0/by"),
        (("history", 0, "at"), "2020-01-01T00:00:00Z", "/history/0/at"),
        (("history", -1, "revision"), 99, "revision"),
        (("joint_need", "added"), "by hand", "/joint_need/added"),
        (("digest",), "0" * 64, "/digest"),
        (("history", 0, "said", "by"), "buyer-9", "entry 1 is not what was recorded"),
    ],
)
async def test_a_forged_field_is_named(shell: Shell, at: tuple[Any, ...], value: Any, problem: str) -> None:
    document = await full(shell)
    holder: Any = document
    for name in at[:-1]:
        holder = holder[name]
    holder[at[-1]] = value
    file = shell.place / "forged.json"
    file.write_text(json.dumps(document))
    done = await shell.run("verify", str(file))
    assert (done.exit_code, problem in done.stdout) == (1, True), done.output


async def test_a_history_that_was_cut_at_its_beginning_is_none(shell: Shell) -> None:
    document = await full(shell)
    document["history"] = document["history"][1:]
    for entry, (id_, digest) in zip(document["history"], proofs(one["said"] for one in document["history"]), strict=True):
        entry |= {"id": id_, "digest": digest}
    assert checked(json.dumps(document)).problems == ("its history is none that this version of Samspil records.",)


@pytest.mark.parametrize("odd", ["surrogate", "nested", "twice", "text", "empty", "infinite"])
async def test_what_is_no_export_is_said_in_a_sentence(shell: Shell, odd: str) -> None:
    document = await full(shell)
    said = document["history"][0]["said"]
    said["odd"] = {"surrogate": "\ud800", "infinite": 10**400}.get(odd)
    text = json.dumps(document | ({"history": []} if odd == "empty" else {}))
    if odd == "nested":
        text = text.replace('"odd": null', '"odd": ' + '{"a":' * 600 + "1" + "}" * 600)
    elif odd == "infinite":
        text = text.replace('"odd": 1' + "0" * 400, '"odd": 1' + "0" * 5000)
    elif odd == "twice":
        text = text.replace('{"format"', '{"digest": "seen first", "format"', 1)
    elif odd == "text":
        text = "no JSON"
    file = shell.place / "odd.json"
    file.write_text(text)
    done = await shell.run("verify", str(file))
    assert (done.exit_code, "is no JSON export of a joint need" in " ".join(done.stderr.split())) == (2, True), done.output
    assert "Traceback" not in done.output


async def test_with_nothing_running_it_is_said_what_to_start(shell: Shell) -> None:
    del shell.environment[f"{PREFIX}API_URL"]
    done = await shell.run("list")
    assert "No Samspil with a web runs here." in done.stderr
    shell.environment[f"{PREFIX}API_URL"] = "http://127.0.0.1:9"
    done = await shell.run("list")
    assert "The Samspil that was asked does not answer." in done.stderr


@pytest.mark.parametrize("width", [60, 80])
async def test_nothing_is_cut_in_a_narrow_terminal(shell: Shell, width: int) -> None:
    body = "The Intermunicipal Waterworksassociation of Sampleshire"
    said = ("--rung", "intent_signer", "--undertaking", "We ask the same of everyone.", "--volume", "124,500 water meters")
    joint = (await shell.json("propose", "need-1"))["id"]
    await shell.json("join", joint, *said, "--horizon", "2028-01-01", "--name", body, "--country", "SE", who="buyer-2")
    await shell.world.record.submit_need("need-3-of-buyer-2", a_statement(buyer={"id": "buyer-2", "name": body, "country": "SE"}))
    await shell.json("follow-up", joint, "need-3-of-buyer-2", who="buyer-2")
    shell.environment["COLUMNS"] = str(width)
    for arguments, whole in (
        (("list",), [joint, "124,500 water meters"]),
        (("show", joint), ["intent signer", "need owner", "124,500", "2028-01-01", body]),
        (("follow-ups", joint), ["intent signer", "2028-01-01", "need-3-of-buyer-2", body]),
        (("history", joint), ["need-3-of-buyer-2"]),
    ):
        shown = (await shell.run(*arguments)).stdout
        assert "…" not in shown
        assert max(map(len, shown.splitlines())) <= width
        for words in whole:
            assert any("".join(words.split()) in column for column in columns(shown)), (words, shown)


def columns(shown: str) -> list[str]:
    """The text of each column from top to bottom, without the spaces between words and parts of words."""
    rows = [["".join(cell.split()) for cell in re.split("[│┃]", line)] for line in shown.splitlines()]
    return ["".join(row[place] for row in rows if len(row) > place) for place in range(max(map(len, rows)))]
