"""What the command line draws of registrations, from what the API answers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.table import Table

from samspil.cli.console import shown
from samspil.domain.moments import moment_in_words

Answer = Mapping[str, Any]
_SENTENCES = {
    "registered": "You are registered.",
    "tentative": "You are noted as tentative, which holds no place.",
    "declined": "You have declined.",
    "withdrawn": "Your registration is withdrawn.",
}


def standing(one: Answer) -> str:
    """How one's own organisation stands, in a sentence."""
    if one["waiting_place"]:
        return f"There is no place that suits: you wait, as number {one['waiting_place']}."
    if one["slot"]:
        return f"You are registered for {moment(one['slot']['starts_at'])}."
    return _SENTENCES[one["status"]]


def registrations_table(found: Sequence[Answer]) -> Table:
    """Registrations in their order."""
    table = Table(expand=True)
    table.add_column("organisation", ratio=4, overflow="fold")
    table.add_column("stands", no_wrap=True)
    table.add_column("slot", ratio=3, overflow="fold")
    table.add_column("says", ratio=3, overflow="fold")
    for one in found:
        who = f"{one['name']} ({one['country']})" if one["name"] else one["supplier_id"]
        stands = f"waiting ({one['waiting_place']})" if one["waiting_place"] else one["status"]
        slot = moment(one["slot"]["starts_at"]) if one["slot"] else ""
        table.add_row(shown(who), stands, slot, shown(one["reason"] or ""))
    return table


def moment(text: str) -> str:
    """A moment of the API as people read it."""
    return moment_in_words(datetime.fromisoformat(text))
