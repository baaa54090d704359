"""What the command line draws of dialogues, from what the API answers."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from samspil.cli.console import shown

Answer = Mapping[str, Any]


def dialogues_table(found: Sequence[Answer]) -> Table:
    """Dialogues, the next first."""
    table = Table(expand=True)
    table.add_column("dialogue", ratio=3, overflow="fold")
    table.add_column("title", ratio=4, overflow="fold")
    table.add_column("form", no_wrap=True)
    table.add_column("starts", ratio=2, overflow="fold")
    table.add_column("state", no_wrap=True)
    for one in found:
        said = one["announcement"]
        starts = said["starts_at"] or (said["slots"][0]["starts_at"] if said["slots"] else None)
        table.add_row(shown(one["id"]), shown(one["title"]), _words(said["kind"]), _moment(starts), one["state"])
    return table


def dialogue_view(one: Answer) -> RenderableType:
    """One dialogue with all that is announced of it."""
    said = one["announcement"]
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _facts(said):
        table.add_row(name, shown(value))
    lines: list[RenderableType] = [
        Text(one["title"], style="bold"),
        Text(f"{one['id']}, revision {one['revision']}, {one['state']}, about {one['need_id']}", style="dim", overflow="fold"),
        table,
    ]
    if one["outcome"]:
        lines.append(Text(one["outcome"], style="green"))
    lines.append(Text("It is open to all. Taking part binds nobody and gives no advantage.", style="green"))
    return Group(*lines)


def invitations_table(found: Sequence[Answer]) -> Table:
    """Invitations, each with the match behind it."""
    table = Table(expand=True)
    table.add_column("invitation", ratio=4, overflow="fold")
    table.add_column("supplier", ratio=4, overflow="fold")
    table.add_column("of 100", no_wrap=True, justify="right")
    table.add_column("state", no_wrap=True)
    for one in found:
        name = f"{one['supplier_name']} ({one['supplier_id']})"
        table.add_row(shown(one["id"]), shown(name), f"{100 * one['score']:.0f}", _words(one["status"]))
    return table


def _facts(said: Answer) -> list[tuple[str, str]]:
    """What is announced, line by line."""
    found = [
        ("form", _words(said["kind"])),
        ("starts", _moment(said["starts_at"])),
        ("ends", _moment(said["ends_at"])),
        ("register until", _moment(said["registration_deadline"])),
        ("place", said["place"]),
        ("stream", said["stream_url"]),
        ("languages", ", ".join(said["languages"])),
        ("places", str(said["capacity"]) if said["capacity"] else None),
        ("purpose", said["purpose"]),
        ("programme", "\n".join(said["programme"])),
        ("slots", "\n".join(f"{_moment(slot['starts_at'])} to {_moment(slot['ends_at'])}" for slot in said["slots"])),
        ("note on", said["note_on"]),
        ("confidentiality", said["confidentiality"]),
        ("non-binding", said["non_binding"]),
    ]
    return [(name, value) for name, value in found if value]


def _moment(value: str | None) -> str:
    return value[:16].replace("T", " ") + _offset(value) if value else ""


def _offset(value: str) -> str:
    zone = "+00:00" if value.endswith("Z") else value[-6:]
    return f" (UTC{zone})"


def _words(value: str) -> str:
    return value.replace("_", " ")
