"""What the command line says when something goes wrong: a sentence, and never what is inside."""

import json
import logging
import os
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
import typer

from samspil.cli.console import OUT, command, fail, legible, print_json
from samspil.cli.tables import refusals_table
from samspil.intake import RefusalKind, RefusedItem

BAD_BYTES = os.fsdecode(b"a\xff")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data directory that is there; the logging of the other tests comes back afterwards."""
    monkeypatch.setenv("SAMSPIL_DATA_DIR", str(tmp_path))
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield tmp_path
    root.handlers, root.level = handlers, level
    structlog.configure(**configured)


async def surprise() -> int:
    value = "open-" + "sesame"
    assert value
    raise RuntimeError("nobody thought of this")


def ended(run: Callable[[], Coroutine[Any, Any, int]]) -> int:
    with pytest.raises(typer.Exit) as end:
        command(run)()
    return end.value.exit_code


def test_an_unexpected_error_is_a_sentence_that_names_the_log_and_the_log_has_no_values(
    place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert ended(surprise) == 3
    out, err = capfd.readouterr()
    assert out == ""
    assert "RuntimeError" in err
    assert str(place / "samspil.log") in err.replace("\n", "")
    assert "Traceback" not in err
    log = (place / "samspil.log").read_text(encoding="utf-8")
    assert "nobody thought of this" in log
    assert "open-sesame" not in log
    assert "Traceback" in json.loads(log.splitlines()[-1])["exception"]


@pytest.mark.parametrize("there", [True, False])
def test_the_log_for_people_shows_no_values_either_and_without_a_place_nothing_is_made(
    place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *, there: bool
) -> None:
    monkeypatch.setenv("SAMSPIL_LOG_FORMAT", "text")
    if not there:
        monkeypatch.setenv("SAMSPIL_DATA_DIR", str(place / "none"))
    assert ended(surprise) == 3
    out, err = capfd.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert "open-sesame" not in out + err
    if there:
        log = (place / "samspil.log").read_text(encoding="utf-8")
        assert "nobody thought of this" in log
        assert "open-sesame" not in log
    else:
        assert not list(place.iterdir())
        assert "says more" not in err


def test_a_name_that_is_no_text_is_printed_all_the_same(capfd: pytest.CaptureFixture[str]) -> None:
    assert legible(BAD_BYTES) == "a\ufffd"
    assert legible("\ud800") == "?"
    print_json({BAD_BYTES: [Path(BAD_BYTES)]})
    fail(f"There is no [/] {BAD_BYTES}.", hint="[bold")
    out, err = capfd.readouterr()
    assert json.loads(out) == {"a\ufffd": ["a\ufffd"]}
    assert "There is no [/] a\ufffd." in err


def test_what_looks_like_markup_in_a_file_is_shown_as_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    item = RefusedItem(path=Path(BAD_BYTES), line=1, kind=RefusalKind.INVALID, reason="[/] of [red]")
    OUT.print(refusals_table([item]))
    out = capfd.readouterr().out
    assert "[/] of [red]" in out
    assert "a\ufffd:1" in out
