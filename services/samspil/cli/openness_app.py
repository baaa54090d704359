"""The commands of `samspil dialogue` about openness, each a thin line to the place where it is done."""

from pathlib import Path
from typing import Annotated

import typer

from samspil.cli import openness
from samspil.cli.console import command
from samspil_schemas import DisclosureKind

app = typer.Typer()

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of tables for people.")]
DialogueId = Annotated[str, typer.Argument(metavar="DIALOGUE", help="The dialogue's id.")]
QuestionId = Annotated[str, typer.Argument(metavar="QUESTION", help="The question's id.")]


@app.command()
def ask(
    dialogue_id: DialogueId,
    text: Annotated[str, typer.Argument(help="The question; - reads standard input. Do not write who you are.")],
    *,
    language: Annotated[str, typer.Option("--language", "-l", help="ISO 639 code of the question.")],
    named: Annotated[bool, typer.Option("--named", help="Let the leader of the dialogue know who asks.")] = False,
    as_json: Json = False,
) -> None:
    """Ask a question, invited or not: the answer goes to everyone, and who asked is not said."""
    command(openness.ask)(dialogue_id=dialogue_id, text=text, language=language, named=named, as_json=as_json)


@app.command()
def questions(dialogue_id: DialogueId, *, as_json: Json = False) -> None:
    """Show your own questions, or all of them if you lead the dialogue."""
    command(openness.questions)(dialogue_id=dialogue_id, as_json=as_json)


@app.command()
def answer(
    dialogue_id: DialogueId,
    question_id: QuestionId,
    text: Annotated[str, typer.Argument(help="The answer; - reads standard input.")],
    *,
    title: Annotated[str | None, typer.Option(help="The question, reworded so that it gives nobody away.")] = None,
    language: Annotated[str | None, typer.Option("--language", "-l", help="By default that of the question.")] = None,
    as_json: Json = False,
) -> None:
    """Answer a question, to everyone at the same instant."""
    command(openness.answer)(
        dialogue_id=dialogue_id, question_id=question_id, text=text, title=title, language=language, as_json=as_json
    )


@app.command()
def decline(
    dialogue_id: DialogueId,
    question_id: QuestionId,
    *,
    reason: Annotated[str, typer.Option(help="Why it is not answered; its asker alone reads it. - reads standard input.")],
    as_json: Json = False,
) -> None:
    """Decline a question, with a reason for its asker."""
    command(openness.decline)(dialogue_id=dialogue_id, question_id=question_id, reason=reason, as_json=as_json)


@app.command()
def publish(
    dialogue_id: DialogueId,
    *,
    kind: Annotated[DisclosureKind, typer.Option(help="document, minutes or note.")] = DisclosureKind.DOCUMENT,
    title: Annotated[str, typer.Option(help="What it is, for people.")],
    language: Annotated[str, typer.Option("--language", "-l", help="ISO 639 code.")],
    text: Annotated[str | None, typer.Option(help="Its words; - reads standard input.")] = None,
    file: Annotated[Path | None, typer.Option(help="Or a file: PDF, TXT, CSV, ODT, DOCX or XLSX.")] = None,
    name: Annotated[str | None, typer.Option(help="Its name within the dialogue: the same again is a new revision.")] = None,
    as_json: Json = False,
) -> None:
    """Publish a document, the minutes or the note, to everyone at the same instant."""
    command(openness.publish)(
        dialogue_id=dialogue_id,
        kind=kind,
        title=title,
        language=language,
        text=text,
        file=file,
        document_id=name,
        as_json=as_json,
    )


@app.command()
def disclosures(dialogue_id: DialogueId, *, as_json: Json = False) -> None:
    """Show all that was made public, the newest first, and where the disclosure ledger ends."""
    command(openness.disclosures)(dialogue_id=dialogue_id, as_json=as_json)


@app.command()
def case(
    dialogue_id: DialogueId,
    *,
    out: Annotated[Path, typer.Option(help="The file: a page to print if it ends in .html, else JSON.")],
    as_json: Json = False,
) -> None:
    """Write the case file: who was reached, what was shown to whom and when, and the ledger that proves it."""
    command(openness.case)(dialogue_id=dialogue_id, out=out, as_json=as_json)
