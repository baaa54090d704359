"""What the commands say where something else than Samspil answers: a proxy's page, nothing, a part of an answer."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from samspil.bootstrap import ask_codes, ask_match, ask_similar, ask_teams
from samspil.bootstrap.instance import Runtime
from samspil.cli.app import app
from samspil.errors import Misconfigured, SamspilError, Transient
from samspil.settings import PREFIX, Settings
from tests.factories import a_statement

PAGE = b"<!doctype html><title>Sign in, secret-user</title>"
NO_SAMSPIL = "The answer is none that Samspil gives: status "
FOREIGN = {
    "a page": (b"200 OK", b"text/html; charset=utf-8", PAGE, f"{NO_SAMSPIL}200, text/html, 50 bytes."),
    "nothing": (b"200 OK", b"application/json", b"", f"{NO_SAMSPIL}200, application/json, 0 bytes."),
    "half an answer": (b"200 OK", b"application/json", b'{"items": [', f"{NO_SAMSPIL}200, application/json, 11 bytes."),
    "a list": (b"200 OK", b"application/json", b"[]", f"{NO_SAMSPIL}200, application/json, 2 bytes."),
    "nested too deep": (b"200 OK", b"application/json", b"[" * 200_000, f"{NO_SAMSPIL}200, application/json, 200000 bytes."),
    "a redirect": (b"302 Found", b"text/html", PAGE, f"{NO_SAMSPIL}302, text/html, 50 bytes."),
    "a proxy's error": (b"502 Bad Gateway", b"text/html", PAGE, f"{NO_SAMSPIL}502, text/html, 50 bytes."),
    "a proxy's refusal": (b"403 Forbidden", b"text/html", PAGE, f"{NO_SAMSPIL}403, text/html, 50 bytes."),
    "another problem": (b"400 Bad Request", b"application/json", b"[]", f"{NO_SAMSPIL}400, application/json, 2 bytes."),
}


@asynccontextmanager
async def answering(status: bytes, kind: bytes, body: bytes, *, short_of: int = 0) -> AsyncIterator[str]:
    """Something on loopback that answers every request so; `short_of`: how many bytes less than it says."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        length = str(len(body) + short_of).encode()
        head = b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %s\r\nConnection: close\r\n\r\n" % (status, kind, length)
        writer.write(head + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def said(url: str, place: Path, *arguments: str) -> tuple[int, str, str]:
    """The exit code of `samspil joint …`, and what it wrote to standard output and, on one line, to standard error."""
    env = {f"{PREFIX}API_URL": url, f"{PREFIX}DATA_DIR": str(place / "data"), f"{PREFIX}API_TOKEN": "t", "NO_COLOR": "1"}
    done = await asyncio.to_thread(CliRunner(env=env).invoke, app, ["joint", *arguments])
    return done.exit_code, done.stdout, " ".join(done.stderr.split())


@pytest.mark.parametrize("foreign", FOREIGN)
async def test_an_answer_that_is_none_of_samspils_is_said_in_a_sentence_and_a_hint(tmp_path: Path, foreign: str) -> None:
    *answer, sentence = FOREIGN[foreign]
    file = tmp_path / "agreement.html"
    async with answering(*answer) as url:
        for arguments in (("list",), ("close", "joint:one"), ("export", "joint:one", "--to", str(file))):
            code, out, err = await said(url, tmp_path, *arguments)
            assert (code, out) == (3, "")
            assert sentence in err
            assert "See whether a proxy stands before it" in err
            assert "secret-user" not in err
    assert not file.exists()


async def test_an_answer_that_breaks_off_is_none(tmp_path: Path) -> None:
    async with answering(b"200 OK", b"application/json", b'{"items": [], "next": null}', short_of=9) as url:
        code, _, err = await said(url, tmp_path, "list")
    assert (code, "does not answer" in err) == (3, True)


Ask = Callable[[Settings], Coroutine[Any, Any, Any]]
ASKED: dict[str, Ask] = {
    "match": lambda settings: ask_match(settings, a_statement(), limit=3),
    "similar": lambda settings: ask_similar(settings, a_statement(), limit=3),
    "teams": lambda settings: ask_teams(settings, a_statement(), limit=3),
    "codes": lambda settings: ask_codes(settings, "Find leaks.", language="en", limit=3),
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("foreign", FOREIGN)
async def test_questions_to_the_instance_on_this_machine_are_told_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str, foreign: str
) -> None:
    *answer, sentence = FOREIGN[foreign]
    async with answering(*answer) as url:
        runtime = Runtime(pid=1, broker="127.0.0.1:1", web=url, token="t")
        monkeypatch.setattr("samspil.bootstrap.asking.running_on", lambda _: runtime)
        with pytest.raises(SamspilError, match=sentence.replace(".", r"\.")) as raised:
            await ASKED[asked](Settings(data_dir=tmp_path))
    assert isinstance(raised.value, Transient if answer[0].startswith(b"5") else Misconfigured)
    assert raised.value.hint
