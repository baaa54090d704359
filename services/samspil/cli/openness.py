"""`dialogue ask`, `questions`, `answer`, `decline`, `publish`, `disclosures`, `case`: openness, asked of the API."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from samspil.bootstrap import Api, Settings, opened_api
from samspil.cli.acting import given, path_of, words_of
from samspil.cli.console import EXIT_NOTHING, EXIT_OK, OUT, fail, legible, print_json, shown
from samspil.cli.openness_tables import disclosures_view, questions_table
from samspil.web.case_file import DIGEST_HEADER
from samspil.web.file_types import BY_ENDING
from samspil_schemas import DisclosureKind

_ROOT = "/v1/dialogues"


async def ask(*, dialogue_id: str, text: str, language: str, named: bool, as_json: bool) -> int:
    """Ask a question."""
    async with opened_api(Settings()) as api:
        await api.organisation()
        body = {"text": words_of(text), "language": language, "named": named}
        question = await api.ask("POST", path_of(_ROOT, dialogue_id, "questions"), body=body)
    if as_json:
        print_json(question)
    else:
        OUT.print(f"It is asked as {shown(question['id'])}. The answer goes to everyone; who asked is not said.")
    return EXIT_OK


async def questions(*, dialogue_id: str, as_json: bool) -> int:
    """Show one's own questions, or as the leader all of them."""
    async with opened_api(Settings()) as api:
        found = await api.all(path_of(_ROOT, dialogue_id, "questions"))
    if as_json:
        print_json({"questions": found})
    elif not found:
        OUT.print("There is no question. Ask one with `samspil dialogue ask DIALOGUE TEXT --language en`.")
    else:
        OUT.print(questions_table(found))
    return EXIT_OK


async def answer(*, dialogue_id: str, question_id: str, text: str, title: str | None, language: str | None, as_json: bool) -> int:
    """Answer a question, to everyone."""
    async with opened_api(Settings()) as api:
        await api.organisation()
        body = given({"text": words_of(text), "title": title, "language": language})
        path = path_of(_ROOT, dialogue_id, "questions", question_id, "answer")
        return _published(await api.ask("PUT", path, body=body), as_json=as_json)


async def decline(*, dialogue_id: str, question_id: str, reason: str, as_json: bool) -> int:
    """Say to its asker why a question is not answered."""
    async with opened_api(Settings()) as api:
        await api.organisation()
        path = path_of(_ROOT, dialogue_id, "questions", question_id, "refusal")
        question = await api.ask("PUT", path, body={"reason": words_of(reason)})
    if as_json:
        print_json(question)
    else:
        OUT.print(f"{shown(question['id'])} is declined; its asker alone reads why.")
    return EXIT_OK


async def publish(
    *,
    dialogue_id: str,
    kind: DisclosureKind,
    title: str,
    language: str,
    text: str | None,
    file: Path | None,
    document_id: str | None,
    as_json: bool,
) -> int:
    """Publish words or a file, to everyone."""
    if (text is None) == (file is None):
        raise fail("Words and a file are published one by one.", hint="Give either --text or --file.", code=EXIT_NOTHING)
    async with opened_api(Settings()) as api:
        await api.organisation()
        about = {"kind": kind.value, "title": title, "language": language}
        if file is not None:
            return _published(await _send(api, dialogue_id, file, document_id=document_id, about=about), as_json=as_json)
        body = given({**about, "text": words_of(text or ""), "document_id": document_id})
        return _published(await api.ask("POST", path_of(_ROOT, dialogue_id, "documents"), body=body), as_json=as_json)


async def _send(api: Api, dialogue_id: str, file: Path, *, document_id: str | None, about: Mapping[str, str]) -> Any:
    media_type = BY_ENDING.get(file.suffix.lower())
    if media_type is None:
        hint = f"Give one that ends in {', '.join(BY_ENDING)}."
        raise fail(f"{file} is of a kind that is not published.", hint=hint, code=EXIT_NOTHING)
    content = _read(file)
    name = document_id or "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in file.stem).strip("-")
    path = path_of(_ROOT, dialogue_id, "documents", name or about["kind"], "file")
    return await api.send_file(path, content, media_type=media_type, params={**about, "name": legible(file.name)})


async def disclosures(*, dialogue_id: str, as_json: bool) -> int:
    """Show all that was made public, and where the ledger ends."""
    async with opened_api(Settings()) as api:
        found = await api.all(path_of(_ROOT, dialogue_id, "disclosures"))
        end = await api.ask("GET", path_of(_ROOT, dialogue_id, "audit"))
    if as_json:
        print_json({"disclosures": found, "audit": end})
    else:
        OUT.print(disclosures_view(found, end))
    return EXIT_OK


async def case(*, dialogue_id: str, out: Path, as_json: bool) -> int:
    """Write the case file: a page if its name ends in .html, else JSON."""
    as_page = out.suffix.lower() in (".html", ".htm")
    async with opened_api(Settings()) as api:
        path = path_of(_ROOT, dialogue_id, "case.html" if as_page else "case")
        written, digest = await api.file(path, stated=DIGEST_HEADER)
    _write(out, written)
    if as_json:
        print_json({"file": str(out), "digest": digest})
    else:
        check = "" if as_page else f" `samspil audit verify --case {shown(out)}` checks it without the service."
        OUT.print(f"The case file is in {shown(out)}.{check}", soft_wrap=True)
    return EXIT_OK


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise fail(f"{file} cannot be read: {error.strerror}.", hint="Check the name.", code=EXIT_NOTHING) from None


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise fail(f"{out} cannot be written: {error.strerror}.", hint="Choose another file.", code=EXIT_NOTHING) from None


def _published(answer: Mapping[str, Any], *, as_json: bool) -> int:
    if as_json:
        print_json(answer)
    elif answer["changed"]:
        OUT.print(f"{shown(answer['id'])} is published to everyone, in revision {answer['revision']}.")
    else:
        OUT.print(f"Nothing changed: that is published already in revision {answer['revision']} of {shown(answer['id'])}.")
    return EXIT_OK
