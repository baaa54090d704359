"""What the command line draws of questions and publications, from what the API answers."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from samspil.cli.console import shown

Answer = Mapping[str, Any]


def questions_table(found: Sequence[Answer]) -> Table:
    """Questions, the oldest first."""
    table = Table(expand=True)
    table.add_column("question", ratio=3, overflow="fold")
    table.add_column("words", ratio=5, overflow="fold")
    table.add_column("state", no_wrap=True)
    for one in found:
        who = f"\n{shown(one['asker'])} lets you know who asks" if one["asker"] else ""
        why = f"\nDeclined: {shown(one['reason'])}" if one["reason"] else ""
        table.add_row(shown(one["id"]), f"{shown(one['text'])}{who}{why}", one["status"])
    return table


def disclosures_view(found: Sequence[Answer], end: Answer) -> RenderableType:
    """What was made public, the newest first, and where the ledger ends."""
    lines: list[RenderableType] = []
    for one in found:
        made = one["disclosure"]
        lines.append(Text(made["title"], style="bold"))
        about = f"{made['kind']}, revision {made['revision']} of {one['document_id']}, {made['made_at']}"
        lines.append(Text(about, style="dim", overflow="fold"))
        lines += [Text(text, overflow="fold") for text in (made.get("text"), one["file"]) if text]
    if not found:
        lines.append(Text("Nothing was published yet."))
    if end["count"]:
        lines.append(Text(f"Disclosure ledger: {end['count']} entries, the last digest is", style="dim"))
        lines.append(Text(end["digest"], style="dim", overflow="fold"))
    return Group(*lines)
