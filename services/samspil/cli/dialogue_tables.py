"""What the command line draws of dialogues, from what the API answers."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from samspil.cli.console import shown, spaced
from samspil.cli.registration_tables import moment

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
        table.add_row(shown(one["id"]), shown(one["title"]), spaced(said["kind"]), moment(starts) if starts else "", one["state"])
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
        table.add_row(shown(one["id"]), shown(name), f"{100 * one['score']:.0f}", spaced(one["status"]))
    return table


def _facts(said: Answer) -> list[tuple[str, str]]:
    """What is announced, line by line."""
    found = [
        ("form", spaced(said["kind"])),
        ("starts", _given(said["starts_at"])),
        ("ends", _given(said["ends_at"])),
        ("register until", _given(said["registration_deadline"])),
        ("place", said["place"]),
        ("stream", said["stream_url"]),
        ("languages", ", ".join(said["languages"])),
        ("places", str(said["capacity"]) if said["capacity"] else None),
        ("purpose", said["purpose"]),
        ("programme", "\n".join(said["programme"])),
        ("slots", "\n".join(f"{moment(slot['starts_at'])} to {moment(slot['ends_at'])}" for slot in said["slots"])),
        ("note on", said["note_on"]),
        ("confidentiality", said["confidentiality"]),
        ("non-binding", said["non_binding"]),
    ]
    return [(name, value) for name, value in found if value]


def _given(text: str | None) -> str | None:
    return moment(text) if text else None
