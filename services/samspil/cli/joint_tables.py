"""What the command line draws of joint needs, from what the API answers."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from samspil.bootstrap import Folded
from samspil.cli.console import shown, spaced
from samspil.domain.follow_ups import followed_in_words
from samspil.domain.joint_words import figure
from samspil.ports.follow_ups import FollowUp
from samspil.ports.joint_needs import StoredJointNeed

Answer = Mapping[str, Any]
_FOLDED_SHOWN = 3


def joint_needs_table(found: Sequence[Answer]) -> Table:
    """Joint needs in short, each with its ladder in words."""
    table = Table(expand=True)
    table.add_column("joint need", ratio=4, overflow="fold")
    table.add_column("who", ratio=3, overflow="fold")
    for one in found:
        stage = "closed" if one["closed_at"] else one["stage"]
        table.add_row(f"[bold]{shown(one['title'])}[/]\n[dim]{shown(one['id'])}[/]\n{shown(stage)}", shown(one["summary"]))
    return table


def joint_need_view(one: Answer) -> RenderableType:
    """One joint need with its members."""
    joint = one["joint_need"]
    stage = f"closed: {joint['closed_because'] or 'no reason given'}" if joint["closed_at"] else f"stage: {joint['stage']}"
    lines: list[RenderableType] = [
        Text(joint["title"], style="bold"),
        Text(f"{one['id']}, revision {one['revision']}, {stage}", style="dim"),
        Text(one["summary"], style="green"),
        *([Text(one["follow_up_summary"])] if one["follow_up_summary"] else []),
        _members(joint["members"]),
    ]
    lines += [Text(f"{offer['buyer_id']} is asked to be {spaced(offer['role'])}.", style="yellow") for offer in one["offers"]]
    return Group(*lines)


def _members(members: Sequence[Answer]) -> Table:
    table = Table(expand=True)
    table.add_column("body", ratio=2, overflow="fold")
    table.add_column("rung", no_wrap=True)
    table.add_column("what it declares", ratio=5, overflow="fold")
    for member in members:
        rung = "\n".join(spaced(word) for word in (member["rung"], *member["roles"]))
        table.add_row(shown(f"{member['name']} ({member['country']})"), rung, shown(_declared(member)))
    return table


def _declared(member: Answer) -> str:
    """The undertaking, and on a line below how much by when."""
    volume = member["volume"]
    terms = [f"{figure(volume['amount'])} {volume['unit']}"] if volume else []
    terms += [f"horizon {member['horizon']}"] if member["horizon"] else []
    return "\n".join(part for part in (member["undertaking"], ", ".join(terms)) if part)


def follow_ups_view(found: Answer) -> RenderableType:
    """Who followed up, and what the organisation that asks may confirm."""
    sentence = found["sentence"]
    lines: list[RenderableType] = [Text(f"{sentence}." if sentence else "Nobody has signed an intent yet.", style="green")]
    if found["bodies"]:
        lines.append(_followers(found["bodies"]))
    asks = "Does {need_id} ({title}) carry out what you declared? It reads like the joint text."
    lines += [Text(asks.format(**one), style="yellow") for one in found["suggestions"]]
    if found["suggestions"]:
        lines.append(Text(f"Confirm one: samspil joint follow-up {found['id']} NEED, or say no with --reject.", style="dim"))
    return Group(*lines)


def _followers(bodies: Sequence[Answer]) -> Table:
    table = Table(expand=True)
    table.add_column("body", ratio=2, overflow="fold")
    table.add_column("declared", no_wrap=True)
    table.add_column("followed up by", ratio=3, overflow="fold")
    for body in bodies:
        followed = "\n".join(followed_in_words(FollowUp.model_validate(one)) for one in body["follow_ups"])
        rung = spaced(body["rung"]) if body["rung"] else "withdrawn"
        horizon = f"\nby {body['horizon']}" if body["horizon"] else ""
        table.add_row(
            shown(f"{body['name']} ({body['country']})"), f"{rung}\n{body['declared_on']}{horizon}", shown(followed or "not yet")
        )
    return table


def history_table(found: Sequence[Answer]) -> Table:
    """Who changed what, and when."""
    table = Table(expand=True)
    table.add_column("when", no_wrap=True)
    table.add_column("what", ratio=1, overflow="fold")
    table.add_column("digest", no_wrap=True)
    for entry in found:
        table.add_row(entry["at"][:16].replace("T", " "), shown(entry["sentence"]), entry["digest"][:12])
    return table


def folded_table(found: Sequence[StoredJointNeed]) -> Table:
    """The first joint needs, as suppliers read of them."""
    table = Table(title="Joint needs", title_justify="left", expand=True)
    table.add_column("need owner and title", ratio=1, overflow="fold")
    table.add_column("what the market sees", ratio=1, overflow="fold")
    for one in found[:_FOLDED_SHOWN]:
        owner = next((member.name for member in one.changed.members if member.buyer_id == one.owner_id), one.owner_id)
        table.add_row(shown(f"{owner}: {one.changed.title}"), shown(one.changed.summary))
    if len(found) > _FOLDED_SHOWN:
        table.add_row(f"[dim]… and {len(found) - _FOLDED_SHOWN} more[/]", "")
    return table


def told_folding(folded: Folded) -> str:
    """How many of the groups that were planted are one joint need, and who is in one that it has no part in."""
    folding = folded.folding
    groups = len(folding.whole) + len(folding.torn)
    told = (
        f"{folded.members} commitments of buyers stand in {len(folded.joint_needs)} joint needs. {len(folding.whole)} of the "
        f"{groups} groups of needs that a person calls the same are whole in one."
    )
    if folding.torn:
        told += f" Not whole: {'; '.join(', '.join(group) for group in folding.torn)}."
    if folding.strangers:
        told += f" {len(folding.strangers)} needs are in one that a person would not put them in: {', '.join(folding.strangers)}."
    return told
