"""What the command line draws of joint needs, from what the API answers."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from samspil.bootstrap import Folded
from samspil.cli.console import shown
from samspil.domain.follow_ups import followed_in_words
from samspil.domain.joint_words import figure
from samspil.ports.follow_ups import FollowUp
from samspil.ports.joint_needs import StoredJointNeed

Answer = Mapping[str, Any]
_FOLDED_SHOWN = 3


def joint_needs_table(found: Sequence[Answer]) -> Table:
    """Joint needs, each with its ladder in words."""
    table = Table(expand=True)
    table.add_column("joint need", ratio=3, overflow="fold")
    table.add_column("title", ratio=4)
    table.add_column("stage", ratio=2)
    table.add_column("who", ratio=4)
    for one in found:
        joint = one["joint_need"]
        stage = "closed" if joint["closed_at"] else joint["stage"]
        table.add_row(shown(one["id"]), shown(joint["title"]), shown(stage), shown(one["summary"]))
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
    lines += [Text(f"{offer['buyer_id']} is asked to be {_words(offer['role'])}.", style="yellow") for offer in one["offers"]]
    return Group(*lines)


def _members(members: Sequence[Answer]) -> Table:
    table = Table(expand=True)
    table.add_column("body", ratio=3, overflow="fold")
    table.add_column("rung", no_wrap=True)
    table.add_column("undertaking", ratio=6, overflow="fold")
    table.add_column("volume", ratio=2, overflow="fold")
    table.add_column("horizon", no_wrap=True)
    for member in members:
        volume = member["volume"]
        rung = "\n".join(_words(word) for word in (member["rung"], *member["roles"]))
        table.add_row(
            shown(f"{member['name']} ({member['country']})"),
            rung,
            shown(member["undertaking"] or ""),
            shown(f"{figure(volume['amount'])} {volume['unit']}") if volume else "",
            member["horizon"] or "",
        )
    return table


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
    for name, ratio in (("body", 3), ("rung", 2), ("declared", 2), ("horizon", 2), ("followed up by", 6)):
        table.add_column(name, ratio=ratio, overflow="fold")
    for body in bodies:
        followed = "\n".join(followed_in_words(FollowUp.model_validate(one)) for one in body["follow_ups"])
        rung = _words(body["rung"]) if body["rung"] else "withdrawn"
        table.add_row(
            shown(f"{body['name']} ({body['country']})"),
            rung,
            body["declared_on"],
            body["horizon"] or "",
            shown(followed or "not yet"),
        )
    return table


def history_table(found: Sequence[Answer]) -> Table:
    """Who changed what, and when."""
    table = Table(expand=True)
    table.add_column("when", no_wrap=True)
    table.add_column("what", ratio=1)
    table.add_column("digest", no_wrap=True)
    for entry in found:
        table.add_row(entry["at"][:16].replace("T", " "), shown(entry["sentence"]), entry["digest"][:12])
    return table


def folded_table(found: Sequence[StoredJointNeed]) -> Table:
    """The first joint needs, as suppliers read of them."""
    table = Table(title="Joint needs", title_justify="left", expand=True)
    table.add_column("need owner and title", ratio=1)
    table.add_column("what the market sees", ratio=1)
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


def _words(value: str) -> str:
    return value.replace("_", " ")
