"""The commands of `samspil dialogue`, each a thin line to the place where it is done."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from samspil.cli import dialogue, registering
from samspil.cli.console import command
from samspil_schemas import Answer, DialogueKind, InvitationPolicy

app = typer.Typer(
    help="Market dialogues: announced by buyers, open to all. Writing takes the organisation's token in SAMSPIL_API_TOKEN.",
    no_args_is_help=True,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of tables for people.")]
DialogueId = Annotated[str, typer.Argument(metavar="DIALOGUE", help="The dialogue's id.")]
Starts = Annotated[str | None, typer.Option(help="When it starts, RFC 3339 with an offset, as in 2026-05-04T09:00:00+02:00.")]
Ends = Annotated[str | None, typer.Option(help="When it ends.")]
Until = Annotated[str | None, typer.Option("--register-until", help="Until when one may register.")]
Place = Annotated[str | None, typer.Option(help="Where people meet.")]
Stream = Annotated[str | None, typer.Option(help="Where it can be followed from afar: an https address.")]
Languages = Annotated[list[str] | None, typer.Option("--language", help="A language spoken, as in da; the main one first.")]
Capacity = Annotated[int | None, typer.Option(min=1, help="How many can take part; no limit by default.")]
Programme = Annotated[list[str] | None, typer.Option("--point", help="A point of the programme; repeat it.")]
Slots = Annotated[list[str] | None, typer.Option("--slot", help="A time for one participant, START/END; repeat it.")]
Purpose = Annotated[str | None, typer.Option(help="What you want to learn; - reads standard input.")]
NoteOn = Annotated[str | None, typer.Option(help="When the dialogue note is to be published, YYYY-MM-DD.")]
Confidentiality = Annotated[str | None, typer.Option(help="How business secrets are kept; - reads standard input.")]
NonBinding = Annotated[str | None, typer.Option(help="Your own words that taking part binds nobody; - reads standard input.")]
Invitations = Annotated[InvitationPolicy | None, typer.Option(help="Who sends the invitations to the matched off.")]


# What the API calls an option of `announce` and `change`.
_FIELDS = {
    "kind": "kind",
    "starts": "starts_at",
    "ends": "ends_at",
    "until": "registration_deadline",
    "place": "place",
    "stream": "stream_url",
    "language": "languages",
    "capacity": "capacity",
    "point": "programme",
    "slot": "slots",
    "purpose": "purpose",
    "note_on": "note_on",
    "confidentiality": "confidentiality",
    "non_binding": "non_binding",
    "invitations": "invitations",
}


def _announcement(options: Mapping[str, Any]) -> dict[str, Any]:
    return {field: options[option] for option, field in _FIELDS.items()}


@app.command("list")
def list_all(
    *,
    need: Annotated[str | None, typer.Option(help="Only those about this need or joint need.")] = None,
    past: Annotated[bool, typer.Option("--past", help="Those that were held or cancelled, too.")] = False,
    as_json: Json = False,
) -> None:
    """Show the dialogues that anyone may register for."""
    command(dialogue.list_all)(need_id=need, past=past, as_json=as_json)


@app.command()
def show(dialogue_id: DialogueId, *, as_json: Json = False) -> None:
    """Show a dialogue with all that is announced of it."""
    command(dialogue.show)(dialogue_id=dialogue_id, as_json=as_json)


@app.command()
def announce(
    need_id: Annotated[str, typer.Argument(metavar="NEED", help="A need of your own, or a joint need that you lead.")],
    *,
    kind: Annotated[DialogueKind, typer.Option(help="Its form.")],
    starts: Starts = None,
    ends: Ends = None,
    until: Until = None,
    place: Place = None,
    stream: Stream = None,
    language: Languages = None,
    capacity: Capacity = None,
    point: Programme = None,
    slot: Slots = None,
    purpose: Purpose = None,
    note_on: NoteOn = None,
    confidentiality: Confidentiality = None,
    non_binding: NonBinding = None,
    invitations: Invitations = None,
    as_json: Json = False,
) -> None:
    """Announce a dialogue: the matched are invited, and anyone may come. One-to-one meetings come after an open part."""
    said = _announcement(locals())
    command(dialogue.announce)(need_id=need_id, said=said, as_json=as_json)


@app.command()
def change(
    dialogue_id: DialogueId,
    *,
    kind: Annotated[DialogueKind | None, typer.Option(help="Its form.")] = None,
    starts: Starts = None,
    ends: Ends = None,
    until: Until = None,
    place: Place = None,
    stream: Stream = None,
    language: Languages = None,
    capacity: Capacity = None,
    point: Programme = None,
    slot: Slots = None,
    purpose: Purpose = None,
    note_on: NoteOn = None,
    confidentiality: Confidentiality = None,
    non_binding: NonBinding = None,
    invitations: Invitations = None,
    as_json: Json = False,
) -> None:
    """Change or move a dialogue; what is not given stays, and those who were invited are told what changed."""
    said = _announcement(locals())
    command(dialogue.change)(dialogue_id=dialogue_id, said=said, as_json=as_json)


@app.command()
def cancel(
    dialogue_id: DialogueId,
    *,
    reason: Annotated[str | None, typer.Option(help="Why, for those who were invited.")] = None,
    as_json: Json = False,
) -> None:
    """Cancel a dialogue; those who were invited are told why."""
    command(dialogue.cancel)(dialogue_id=dialogue_id, reason=reason, as_json=as_json)


@app.command()
def invitations(
    dialogue_id: DialogueId,
    *,
    awaiting: Annotated[
        bool, typer.Option("--awaiting", help="Only those that await your review, the best match first.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show who is invited to a dialogue of yours."""
    command(dialogue.invitations)(dialogue_id=dialogue_id, awaiting=awaiting, as_json=as_json)


@app.command()
def approve(
    dialogue_id: DialogueId,
    invitation_ids: Annotated[list[str] | None, typer.Argument(metavar="INVITATION…", help="Those to send off.")] = None,
    *,
    everyone: Annotated[bool, typer.Option("--all", help="All that await review.")] = False,
    as_json: Json = False,
) -> None:
    """Send invitations off after your review."""
    command(dialogue.approve)(dialogue_id=dialogue_id, invitation_ids=invitation_ids or (), everyone=everyone, as_json=as_json)


@app.command()
def held(dialogue_id: DialogueId, *, as_json: Json = False) -> None:
    """Say that a dialogue took place; its minutes follow."""
    command(dialogue.hold)(dialogue_id=dialogue_id, as_json=as_json)


@app.command()
def conclude(
    dialogue_id: DialogueId,
    *,
    outcome: Annotated[str | None, typer.Option(help="What comes of it, in your words; - reads standard input.")] = None,
    as_json: Json = False,
) -> None:
    """Say that a dialogue that was held is over, and what comes of it."""
    command(dialogue.conclude)(dialogue_id=dialogue_id, outcome=outcome, as_json=as_json)


@app.command()
def register(
    dialogue_id: DialogueId,
    *,
    answer: Annotated[Answer, typer.Option(help="accept, tentative or decline.")] = Answer.ACCEPT,
    name: Annotated[str | None, typer.Option(help="Your organisation's name, if you have published no profile.")] = None,
    country: Annotated[str | None, typer.Option(help="Your country, ISO 3166-1, as in DK.")] = None,
    slot: Annotated[list[str] | None, typer.Option(help="Start of a slot that suits, the best first; repeat it.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why, for the buyer.")] = None,
    as_json: Json = False,
) -> None:
    """Register for a dialogue, invited or not; where no place is free you wait, in order of registration."""
    command(registering.register)(
        dialogue_id=dialogue_id, answer=answer, name=name, country=country, slots=slot or [], reason=reason, as_json=as_json
    )


@app.command()
def withdraw(
    dialogue_id: DialogueId,
    *,
    reason: Annotated[str | None, typer.Option(help="Why, for the buyer.")] = None,
    as_json: Json = False,
) -> None:
    """Withdraw your registration; your place falls to the next that waits."""
    command(registering.withdraw)(dialogue_id=dialogue_id, reason=reason, as_json=as_json)


@app.command()
def registrations(dialogue_id: DialogueId, *, as_json: Json = False) -> None:
    """Show who registered for a dialogue that you lead, in order."""
    command(registering.registrations)(dialogue_id=dialogue_id, as_json=as_json)


@app.command()
def places(dialogue_id: DialogueId, *, as_json: Json = False) -> None:
    """Show how full a dialogue is, and which slots are free."""
    command(registering.places)(dialogue_id=dialogue_id, as_json=as_json)
