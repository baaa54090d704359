"""The commands, each a thin line to the place where it is done."""

from pathlib import Path
from typing import Annotated

import typer

from samspil import __version__
from samspil.bootstrap import ANSWERS_MAX
from samspil.cli import auditing, importing, looking, open_data, running, tokens
from samspil.cli.console import OUT, command
from samspil.cli.dialogue_app import app as dialogue_app
from samspil.cli.joint_app import app as joint_app
from samspil.cli.openness_app import app as openness_app
from samspil.ports import NeedStatus, Role

app = typer.Typer(
    name="samspil",
    help="Public needs meet the suppliers who can answer them, and the other bodies that share them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
token_app = typer.Typer(help="API tokens: who may publish and read what.", no_args_is_help=True)
app.add_typer(token_app, name="token")
app.add_typer(joint_app, name="joint")
dialogue_app.add_typer(openness_app)
app.add_typer(dialogue_app, name="dialogue")
audit_app = typer.Typer(help="Proof: whether what was recorded of a dialogue is what was shown.", no_args_is_help=True)
app.add_typer(audit_app, name="audit")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of tables for people.")]


def _version(value: bool) -> None:  # noqa: FBT001 - typer calls it with the flag
    if value:
        OUT.print(f"samspil {__version__}")
        raise typer.Exit


@app.callback()
def root(
    *, version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False
) -> None:
    """Samspil."""


@app.command()
def up(
    *,
    sample: Annotated[bool, typer.Option("--sample", help="Load the sample needs and profiles first.")] = False,
    as_json: Json = False,
) -> None:
    """Start everything in one process and stay up until Ctrl-C."""
    command(running.up)(sample=sample, as_json=as_json)


@app.command()
def demo(*, as_json: Json = False) -> None:
    """Run the sample data through everything, in a fresh place; exit 0 only if every need is accounted for."""
    command(running.demo)(as_json=as_json)


@app.command()
def serve(
    names: Annotated[list[str], typer.Argument(metavar="NAME…", help="matching, registry, dialogue, web")],
    *,
    as_json: Json = False,
) -> None:
    """Run the named services against the broker, index and database that the settings name."""
    command(running.serve)(names=names, as_json=as_json)


@app.command("import")
def import_(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Files or folders: eForms XML, JSONL, CSV.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and report only; write nothing.")] = False,
    wait: Annotated[bool, typer.Option(help="Wait until every need is accounted for.")] = True,
    as_json: Json = False,
) -> None:
    """Import needs and profiles; exit 0 if all were taken, 1 if some were refused, 2 if nothing was usable."""
    command(importing.import_files)(paths=paths, dry_run=dry_run, wait=wait, as_json=as_json)


@app.command()
def match(
    text: Annotated[str, typer.Argument(help="The need in free text; - reads standard input.")],
    *,
    language: Annotated[str | None, typer.Option("--language", "-l", help="ISO 639 code; found out if not given.")] = None,
    cpv: Annotated[list[str] | None, typer.Option(help="CPV code; may be repeated.")] = None,
    region: Annotated[list[str] | None, typer.Option(help="NUTS code; may be repeated.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=ANSWERS_MAX)] = 10,
    as_json: Json = False,
) -> None:
    """Show which suppliers a text would match, and why; nothing is published."""
    command(looking.match)(text=text, language=language, cpv=cpv or [], regions=region or [], limit=limit, as_json=as_json)


@app.command()
def similar(
    text: Annotated[str, typer.Argument(help="The draft of a need, in free text; - reads standard input.")],
    *,
    language: Annotated[str | None, typer.Option("--language", "-l", help="ISO 639 code; found out if not given.")] = None,
    cpv: Annotated[list[str] | None, typer.Option(help="CPV code; may be repeated.")] = None,
    region: Annotated[list[str] | None, typer.Option(help="NUTS code; may be repeated.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=ANSWERS_MAX)] = 10,
    as_json: Json = False,
) -> None:
    """Show which other buyers have the same need, before it is published; nobody is told."""
    command(looking.similar)(text=text, language=language, cpv=cpv or [], regions=region or [], limit=limit, as_json=as_json)


@app.command()
def teams(
    text: Annotated[str, typer.Argument(help="The need in free text; - reads standard input.")],
    *,
    language: Annotated[str | None, typer.Option("--language", "-l", help="ISO 639 code; found out if not given.")] = None,
    cpv: Annotated[list[str] | None, typer.Option(help="CPV code; may be repeated.")] = None,
    region: Annotated[list[str] | None, typer.Option(help="NUTS code; may be repeated.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=ANSWERS_MAX)] = 5,
    as_json: Json = False,
) -> None:
    """Show which two or three suppliers could meet a text together, and who covers what; nothing is published."""
    command(looking.teams)(text=text, language=language, cpv=cpv or [], regions=region or [], limit=limit, as_json=as_json)


@app.command("suggest-cpv")
def suggest_cpv(
    text: Annotated[str, typer.Argument(help="What is needed, in free text; - reads standard input.")],
    *,
    language: Annotated[str | None, typer.Option("--language", "-l", help="ISO 639 code; found out if not given.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=ANSWERS_MAX)] = 5,
    as_json: Json = False,
) -> None:
    """Suggest the CPV codes that a text is about, with their labels in its language."""
    command(looking.suggest_cpv)(text=text, language=language, limit=limit, as_json=as_json)


@app.command()
def ocds(
    need_id: Annotated[str, typer.Argument(metavar="NEED", help="The id of a need or joint need.")],
    *,
    to: Annotated[Path | None, typer.Option("--out", help="The file to write; by default it is printed.")] = None,
    as_json: Json = False,
) -> None:
    """Publish a need or joint need with its dialogues as open data (OCDS); your own token adds who was invited."""
    command(open_data.ocds)(need_id=need_id, to=to, as_json=as_json)


@app.command()
def ledger(
    need_id: Annotated[str | None, typer.Argument(help="Only this need.")] = None,
    *,
    status: Annotated[NeedStatus | None, typer.Option(help="Only versions with this status.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000)] = 50,
    as_json: Json = False,
) -> None:
    """Show what became of every version of every need; exit 1 while one is not accounted for."""
    command(looking.ledger)(need_id=need_id, status=status, limit=limit, as_json=as_json)


@app.command()
def feedback(*, as_json: Json = False) -> None:
    """Show how relevant suppliers find their matches, by the language of the need, and why the others are not."""
    command(looking.feedback)(as_json=as_json)


@app.command()
def topics(*, as_json: Json = False) -> None:
    """Show the topics: records written, and the lag of each group."""
    command(looking.topics)(as_json=as_json)


@app.command()
def doctor(*, as_json: Json = False) -> None:
    """Check this installation part by part; exit 1 if something is wrong."""
    command(looking.doctor)(as_json=as_json)


@app.command()
def migrate(*, as_json: Json = False) -> None:
    """Bring the database up to date and create the topics; safe to repeat."""
    command(running.migrate)(as_json=as_json)


@token_app.command("issue")
def token_issue(
    organisation: Annotated[str, typer.Argument(help="The buyer's or supplier's id; any id for an operator.")],
    role: Annotated[Role, typer.Argument()],
    *,
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    as_json: Json = False,
) -> None:
    """Make a token and print it once; only its hash is kept."""
    command(tokens.issue)(organisation=organisation, role=role, label=label, as_json=as_json)


@token_app.command("list")
def token_list(*, as_json: Json = False) -> None:
    """Show every token that was issued, without its secret."""
    command(tokens.list_all)(as_json=as_json)


@token_app.command("revoke")
def token_revoke(
    token_id: Annotated[str, typer.Argument(help="The id that was shown when it was issued.")], *, as_json: Json = False
) -> None:
    """End a token at once."""
    command(tokens.revoke)(token_id=token_id, as_json=as_json)


@audit_app.command("verify")
def audit_verify(
    dialogue_id: Annotated[str | None, typer.Argument(metavar="[DIALOGUE]", help="Only the ledger of this dialogue.")] = None,
    *,
    case: Annotated[Path | None, typer.Option(help="Check this case file alone, without the record.")] = None,
    head: Annotated[str | None, typer.Option(help="COUNT:DIGEST of an end of the ledger that you kept.")] = None,
    as_json: Json = False,
) -> None:
    """Check the disclosure ledgers, entry by entry; exit 1, naming the place, if one is not what was recorded."""
    command(auditing.verify)(dialogue_id=dialogue_id, case=case, head=head, as_json=as_json)


def main() -> None:
    """Run the command line."""
    app()
