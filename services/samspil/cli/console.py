"""How the command line speaks: one sentence of what happened, one of what to do, and never a traceback."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import datetime
from enum import Enum
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import structlog
import typer
from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.markup import escape

from samspil.bootstrap import log_where_there_is_a_place
from samspil.errors import SamspilError
from samspil.observability import log_file
from samspil.output import unblocked

OUT = Console(highlight=False)
ERR = Console(stderr=True, highlight=False)

EXIT_OK = 0
EXIT_SOME = 1
EXIT_NOTHING = 2
EXIT_ERROR = 3
EXIT_INTERRUPTED = 130

LOG = structlog.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def waiting_for_nobody(*, patient: bool = False) -> Iterator[None]:
    """Until the block ends, nothing that is printed can hold up the services: a slow reader misses lines instead.

    patient: at the end of the block, wait until a slow reader has what is left.
    """
    with unblocked(sys.stdout, patient=patient) as out, unblocked(sys.stderr) as err:
        OUT.file, ERR.file = out, err
        try:
            yield
        finally:
            OUT.file = ERR.file = None  # type: ignore[assignment]  # rich's word for whatever sys.stdout is then


def legible(text: str) -> str:
    """The text as it can be printed and kept: a file name or an argument may hold bytes that are no text."""
    try:
        return os.fsencode(text).decode("utf-8", "replace")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()


def shown(value: object) -> str:
    """Text of a person or a file as rich prints it: none of it is markup."""
    return escape(legible(str(value)))


def spaced(value: str) -> str:
    """A word of the contract as people read it: intent_signer is intent signer."""
    return value.replace("_", " ")


def plain(value: object) -> Any:
    """The value as JSON has it."""
    match value:
        case BaseModel():
            found: Any = value.model_dump(mode="json")
        case dict():
            found = {str(plain(key)): plain(entry) for key, entry in value.items()}
        case list() | tuple() | set() | frozenset():
            found = [plain(entry) for entry in value]
        case Enum():
            found = value.value
        case datetime():
            found = value.isoformat()
        case str() | Path():
            found = legible(str(value))
        case _:
            found = plain(asdict(value)) if is_dataclass(value) and not isinstance(value, type) else value
    return found


def print_json(value: object) -> None:
    """Print one JSON document to standard output."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False, indent=2) + "\n")
    sys.stdout.flush()


def fail(message: str, *, hint: str | None = None, code: int = EXIT_ERROR) -> typer.Exit:
    """Say what went wrong and what to do, and return the exit to raise."""
    ERR.print(f"[bold red]✗[/] {shown(message)}")
    if hint:
        ERR.print(f"  {shown(hint)}")
    return typer.Exit(code)


def command(run: Callable[P, Coroutine[Any, Any, int]]) -> Callable[P, None]:
    """Make a coroutine that returns an exit code into a command: errors become sentences, Ctrl-C ends quietly."""

    @wraps(run)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        log_where_there_is_a_place()
        try:
            code = asyncio.run(run(*args, **kwargs))
        except typer.Exit:
            raise
        except SamspilError as error:
            raise fail(error.message, hint=error.hint) from None
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in problem["loc"])
            raise fail(f"A setting or an argument is wrong: {where}: {problem['msg']}.", hint="See docs/settings.md.") from None
        except KeyboardInterrupt:
            raise typer.Exit(EXIT_INTERRUPTED) from None
        except BrokenPipeError:
            # The reader of our output has gone, as `head` does; that is no error.
            sys.stderr.close()
            raise typer.Exit(EXIT_OK) from None
        except Exception as error:
            LOG.exception("command.failed", error=type(error).__name__)
            more = f"{file} says more; " if (file := log_file()) else ""
            hint = f"{more}`samspil doctor` checks the installation."
            raise fail(f"Something went wrong that should not: {type(error).__name__}.", hint=hint) from None
        raise typer.Exit(code)

    return wrapper
