"""The commands of `samspil joint`, each a thin line to the place where it is done."""

from pathlib import Path
from typing import Annotated

import typer

from samspil.cli import joint
from samspil.cli.console import command
from samspil_schemas import MemberRole, Rung

app = typer.Typer(
    help="Joint needs: bodies that put the same requirement to the market. Writing takes a buyer's token in SAMSPIL_API_TOKEN.",
    no_args_is_help=True,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of tables for people.")]
JointNeedId = Annotated[str, typer.Argument(metavar="JOINT_NEED", help="The joint need's id.")]
Reason = Annotated[str | None, typer.Option(help="Why, for the others; it stands in the history.")]
Undertaking = Annotated[
    str | None, typer.Option(help="What you declare, in your own words; - reads standard input. Needed from intent_signer on.")
]
Volume = Annotated[str | None, typer.Option(help='How much you expect to need, as in "4,200 water meters".')]
Horizon = Annotated[str | None, typer.Option(help="When you expect to buy, YYYY-MM-DD.")]
SignedOn = Annotated[str | None, typer.Option(help="The date on your declaration, YYYY-MM-DD.")]


@app.command("list")
def list_all(
    *,
    buyer: Annotated[str | None, typer.Option(help="Only those of this member, or proposed from a find of its need.")] = None,
    need: Annotated[str | None, typer.Option(help="Only those of this need.")] = None,
    closed: Annotated[bool, typer.Option("--closed", help="Those that were closed, too.")] = False,
    as_json: Json = False,
) -> None:
    """Show the joint needs that anybody may join."""
    command(joint.list_all)(buyer_id=buyer, need_id=need, closed=closed, as_json=as_json)


@app.command()
def show(joint_need_id: JointNeedId, *, as_json: Json = False) -> None:
    """Show a joint need: who stands on which rung, with what they undertake."""
    command(joint.show)(joint_need_id=joint_need_id, as_json=as_json)


@app.command()
def propose(
    need_id: Annotated[str, typer.Argument(metavar="NEED", help="A need of your own.")],
    *,
    other: Annotated[str | None, typer.Option("--with", help="The same need at another buyer, as it was found.")] = None,
    rung: Annotated[Rung, typer.Option(help="Where you stand yourself.")] = Rung.PARTNER,
    undertaking: Undertaking = None,
    volume: Volume = None,
    horizon: Horizon = None,
    signed_on: SignedOn = None,
    as_json: Json = False,
) -> None:
    """Propose a joint need; you are its need owner."""
    said = {"undertaking": undertaking, "volume": volume, "horizon": horizon, "signed_on": signed_on}
    command(joint.propose)(need_id=need_id, other_need_id=other, rung=rung, said=said, as_json=as_json)


@app.command()
def join(
    joint_need_id: JointNeedId,
    *,
    rung: Annotated[Rung, typer.Option(help="Where you stand.")],
    name: Annotated[str | None, typer.Option(help="Your body's name, if you have published no need.")] = None,
    country: Annotated[str | None, typer.Option(help="Your country, ISO 3166-1, as in DK.")] = None,
    need: Annotated[str | None, typer.Option(help="Your own need, if you have published one.")] = None,
    undertaking: Undertaking = None,
    volume: Volume = None,
    horizon: Horizon = None,
    signed_on: SignedOn = None,
    follows_version: Annotated[int | None, typer.Option(min=0, help="Only if yours is still in this version; 0: none.")] = None,
    as_json: Json = False,
) -> None:
    """Join, or change what you undertake: all of it is said anew."""
    said = {
        "name": name,
        "country": country,
        "need_id": need,
        "undertaking": undertaking,
        "volume": volume,
        "horizon": horizon,
        "signed_on": signed_on,
    }
    command(joint.join)(joint_need_id=joint_need_id, rung=rung, said=said, follows_version=follows_version, as_json=as_json)


@app.command()
def withdraw(joint_need_id: JointNeedId, *, reason: Reason = None, as_json: Json = False) -> None:
    """Withdraw your commitment; what you had undertaken stays in the history."""
    command(joint.withdraw)(joint_need_id=joint_need_id, reason=reason, as_json=as_json)


@app.command("follow-up")
def follow_up(
    joint_need_id: JointNeedId,
    need_id: Annotated[str, typer.Argument(metavar="NEED", help="A later need of your own.")],
    *,
    reject: Annotated[bool, typer.Option("--reject", help="Say that it does not; it is not suggested again.")] = False,
    as_json: Json = False,
) -> None:
    """Say which later need of yours carries out what you declared, or confirm or reject one that is suggested."""
    command(joint.follow_up)(joint_need_id=joint_need_id, need_id=need_id, reject=reject, as_json=as_json)


@app.command("follow-ups")
def follow_ups(joint_need_id: JointNeedId, *, as_json: Json = False) -> None:
    """Show who of those that signed the intent has followed up; with your token also what you may confirm."""
    command(joint.follow_ups)(joint_need_id=joint_need_id, as_json=as_json)


@app.command()
def text(
    joint_need_id: JointNeedId,
    *,
    title: Annotated[str | None, typer.Option(help="What the members need, in one line.")] = None,
    description: Annotated[str | None, typer.Option(help="The requirement; - reads standard input.")] = None,
    as_json: Json = False,
) -> None:
    """Change the joint text, as the need owner; what is not given stays."""
    command(joint.text)(joint_need_id=joint_need_id, title=title, description=description, as_json=as_json)


@app.command()
def stage(
    joint_need_id: JointNeedId,
    to: Annotated[str, typer.Argument(metavar="STAGE", help="One of the configured stages.")],
    *,
    note: Annotated[str | None, typer.Option(help="Why, or what was agreed.")] = None,
    as_json: Json = False,
) -> None:
    """Go into another stage, as the need owner or a facilitator."""
    command(joint.stage)(joint_need_id=joint_need_id, to=to, note=note, as_json=as_json)


@app.command()
def offer(
    joint_need_id: JointNeedId,
    role: MemberRole,
    buyer_id: Annotated[str, typer.Argument(metavar="BUYER", help="The member that is asked.")],
    *,
    take_back: Annotated[bool, typer.Option("--take-back", help="Take the offer back.")] = False,
    as_json: Json = False,
) -> None:
    """Offer a role to a member, as the need owner."""
    command(joint.offer)(joint_need_id=joint_need_id, role=role, buyer_id=buyer_id, take_back=take_back, as_json=as_json)


@app.command()
def accept(joint_need_id: JointNeedId, role: MemberRole, *, as_json: Json = False) -> None:
    """Take on a role that was offered to you."""
    command(joint.accept)(joint_need_id=joint_need_id, role=role, as_json=as_json)


@app.command("step-down")
def step_down(
    joint_need_id: JointNeedId,
    *,
    buyer: Annotated[str | None, typer.Option(help="Another facilitator, as the need owner.")] = None,
    as_json: Json = False,
) -> None:
    """End a facilitator's role: your own, or another's as the need owner."""
    command(joint.step_down)(joint_need_id=joint_need_id, buyer_id=buyer, as_json=as_json)


@app.command()
def close(joint_need_id: JointNeedId, *, reason: Reason = None, as_json: Json = False) -> None:
    """Close a joint need for good, as the need owner."""
    command(joint.close)(joint_need_id=joint_need_id, reason=reason, as_json=as_json)


@app.command()
def history(joint_need_id: JointNeedId, *, as_json: Json = False) -> None:
    """Show who changed what, and when."""
    command(joint.history)(joint_need_id=joint_need_id, as_json=as_json)


@app.command()
def export(
    joint_need_id: JointNeedId,
    *,
    to: Annotated[Path, typer.Option(help="The file: a page to print if it ends in .html, else JSON.")],
    as_json: Json = False,
) -> None:
    """Write all of a joint need to a file, for the files of its parties."""
    command(joint.export)(joint_need_id=joint_need_id, to=to, as_json=as_json)


@app.command()
def verify(files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="JSON exports.")], *, as_json: Json = False) -> None:
    """Check that exports are whole, and whether their histories are the same; exit 1 if not."""
    command(joint.verify)(files=files, as_json=as_json)
