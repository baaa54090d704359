"""What commands that act through the API share: its paths, its bodies, and what it answers."""

import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from samspil.cli.console import EXIT_OK, OUT, legible, print_json, shown

STDIN = "-"


def path_of(root: str, *parts: str) -> str:
    """The path of a thing below a root, whatever its id is made of."""
    return "/".join((root, *(quote(legible(part), safe=":@+") for part in parts)))


def given(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body without what was left out."""
    return {name: value for name, value in body.items() if value is not None}


def words_of(value: str) -> str:
    """The words of an option; - reads standard input."""
    return sys.stdin.buffer.read().decode("utf-8", "replace") if value == STDIN else legible(value)


def told_recorded(answer: Mapping[str, Any], *, as_json: bool) -> int:
    """Tell which revision stands, and whether anything changed."""
    if as_json:
        print_json(answer)
    elif answer["changed"]:
        OUT.print(f"{shown(answer['id'])} is in revision {answer['revision']}.")
    else:
        OUT.print(f"Nothing changed: that stands already in revision {answer['revision']} of {shown(answer['id'])}.")
    return EXIT_OK
