"""Openness of dialogues: questions and answers, documents and minutes, for everyone at the same instant, and the ledger."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import ConfigDict, Field

from samspil import ids
from samspil.errors import Refused
from samspil.ports import StoredDialogue, StoredNeed
from samspil.ports.openness import PublishedFile, RecordedDisclosure, Words
from samspil.web.addresses import file_stem, segment
from samspil.web.body import FileBody, JsonBody, SentFile
from samspil.web.case_file import DIGEST_HEADER, CaseFile, CaseNeed, case_file, version_at
from samspil.web.case_page import page_of
from samspil.web.file_types import wrong_with_name
from samspil.web.gate import Allowed
from samspil.web.openness_views import AuditView, DisclosureView, QuestionView, RecordedDisclosureView
from samspil.web.paging import Page, Paged
from samspil.web.problems import NOT_FOUND, ProblemError
from samspil.web.routes.dialogues import DialogueId, stored_dialogue
from samspil.web.services import Services, WebServices
from samspil_schemas import DisclosureKind, Model
from samspil_schemas.base import Id, Label, Language, Paragraph, Text, Title

router = APIRouter(prefix="/v1/dialogues/{dialogue_id:id}", tags=["openness of dialogues"])

QuestionId = Annotated[Id, Path(description="The question's id.")]
DocumentId = Annotated[Id, Path(description="The document's name within the dialogue; your own choice.")]
Revision = Annotated[int | None, Query(ge=1, description="An older revision; by default the newest with a file.")]
_QUESTIONS_MAX = 100_000  # of one dialogue, in its case file: more than its askers may have
_VERSIONS_MAX = 10_000  # of one need, the newest: more than any has
# A file of another is shown by no browser as a page of ours.
_AS_DOWNLOAD = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
}

_DIGEST = {DIGEST_HEADER: {"description": "The last digest of the ledger that the answer holds.", "schema": {"type": "string"}}}


class QuestionBody(Model):
    """A question to whoever leads the dialogue."""

    model_config = ConfigDict(extra="forbid")

    text: Paragraph = Field(description="Do not write who you are: the answer goes to everyone with the question.")
    language: Language
    named: bool = Field(default=False, description="Let the leader know who asks. Nobody else is told in any case.")


class AnswerBody(Model):
    """An answer, which goes to everyone."""

    model_config = ConfigDict(extra="forbid")

    text: Text
    title: Title | None = Field(
        default=None, description="The question, reworded so that it gives nobody away; by default its own words."
    )
    language: Language | None = Field(default=None, description="By default that of the question.")


class RefusalBody(Model):
    """Why a question is not answered; its asker alone reads it."""

    model_config = ConfigDict(extra="forbid")

    reason: Label


class DocumentBody(Model):
    """Words to publish to everyone."""

    model_config = ConfigDict(extra="forbid")

    kind: DisclosureKind = Field(description="document, minutes or note.")
    title: Title
    language: Language
    text: Text
    document_id: Id | None = Field(
        default=None, description="Its name within the dialogue; by default one made of kind and title."
    )


def _recorded(recorded: RecordedDisclosure, response: Response) -> RecordedDisclosureView:
    location = f"/v1/dialogues/{segment(recorded.dialogue_id)}/disclosures"
    response.headers["Location"] = location
    return RecordedDisclosureView(
        id=recorded.document_id, revision=recorded.revision, changed=recorded.changed, location=location
    )


@router.get("/questions", summary="Questions, the oldest first")
async def list_questions(services: Services, *, access: Allowed, dialogue_id: DialogueId, paging: Paged) -> Page[QuestionView]:
    """List your own questions. Whoever leads the dialogue sees all of them, without who asked."""
    asker = None if access.sees_all else access.who.organisation
    return await paging.page(
        lambda limit, offset: services.disclosures.questions(dialogue_id, asker=asker, limit=limit, offset=offset),
        show=QuestionView.of,
    )


@router.post("/questions", status_code=202, summary="Ask a question")
async def ask(
    services: Services,
    *,
    access: Allowed,
    dialogue_id: DialogueId,
    body: Annotated[QuestionBody, Depends(JsonBody(QuestionBody))],
) -> QuestionView:
    """Ask whoever leads the dialogue, matched or not. You stay unnamed: to the leader unless you say otherwise, to others always.

    The same words again, while nobody has answered, are the same question.
    """
    by = access.who.organisation
    question = await services.openness.ask(dialogue_id, body.text, language=body.language, by=by, named=body.named)
    return QuestionView.of(question)


@router.put("/questions/{question_id:id}/answer", status_code=202, summary="Answer a question, to everyone")
async def answer(
    services: Services,
    *,
    access: Allowed,
    dialogue_id: DialogueId,
    question_id: QuestionId,
    body: Annotated[AnswerBody, Depends(JsonBody(AnswerBody))],
    response: Response,
) -> RecordedDisclosureView:
    """Publish the answer with the question to everyone at the same instant. Another answer later is a new revision of it."""
    recorded = await services.openness.answer(
        dialogue_id, question_id, text=body.text, title=body.title, language=body.language, by=access.who.organisation
    )
    return _recorded(recorded, response)


@router.put("/questions/{question_id:id}/refusal", status_code=202, summary="Decline a question")
async def decline(
    services: Services,
    *,
    access: Allowed,
    dialogue_id: DialogueId,
    question_id: QuestionId,
    body: Annotated[RefusalBody, Depends(JsonBody(RefusalBody))],
) -> QuestionView:
    """Say why the question is not answered, to its asker alone. Tell nobody anything of the matter in it: answer instead.

    It can be said as long as the dialogue is on record, once: another reason later is refused.
    """
    declined = await services.openness.decline(dialogue_id, question_id, reason=body.reason, by=access.who.organisation)
    return QuestionView.of(declined)


@router.post("/documents", status_code=202, summary="Publish words")
async def publish(
    services: Services,
    *,
    access: Allowed,
    dialogue_id: DialogueId,
    body: Annotated[DocumentBody, Depends(JsonBody(DocumentBody))],
    response: Response,
) -> RecordedDisclosureView:
    """Publish a document, the minutes or the note to everyone at the same instant. Minutes come after it was held.

    What stands under this name already gets a new revision; the old one stays readable. The same again changes nothing.
    """
    words = Words(kind=body.kind, title=body.title, language=body.language, text=body.text)
    by = access.who.organisation
    return _recorded(await services.openness.publish(dialogue_id, words, by=by, document_id=body.document_id), response)


@router.put("/documents/{document_id:id}/file", status_code=202, summary="Publish a file")
async def publish_file(
    services: Services,
    *,
    access: Allowed,
    dialogue_id: DialogueId,
    document_id: DocumentId,
    file: Annotated[SentFile, Depends(FileBody())],
    name: Annotated[Label, Query(description="The name of the file, with the ending of its type; no path.")],
    title: Annotated[Title, Query(description="What it is, for people.")],
    kind: Annotated[DisclosureKind, Query(description="document, minutes or note.")],
    language: Annotated[Language, Query(description="The language of the file and the title.")],
    response: Response,
) -> RecordedDisclosureView:
    """Publish a file to everyone at the same instant: PDF, plain text, CSV, ODT, DOCX or XLSX, without macros.

    What stands under this name already gets a new revision; the old one stays readable. The same again changes nothing.
    """
    if wrong := wrong_with_name(name, media_type=file.media_type):
        raise Refused(f"The name of the file {wrong}.", hint="Give another `name`, such as questionnaire.pdf for a PDF.")
    recorded = await services.openness.publish(
        dialogue_id,
        Words(kind=kind, title=title, language=language),
        by=access.who.organisation,
        document_id=document_id,
        file=PublishedFile(name=name, media_type=file.media_type, content=file.content),
    )
    return _recorded(recorded, response)


@router.get("/documents/{document_id:id}/file", summary="The file of a document", response_class=Response)
async def read_file(
    services: Services, *, dialogue_id: DialogueId, document_id: DocumentId, revision: Revision = None
) -> Response:
    """Download a file that was published."""
    file = await services.disclosures.file(dialogue_id, document_id, revision=revision)
    if file is None:
        raise ProblemError(NOT_FOUND, "There is no such file.", "Look at the disclosures of the dialogue for what there is.")
    # RFC 6266: the name as ASCII for old readers, and as it is.
    plain = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in file.name)
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
    # Not as `media_type`, so that no parameter is guessed; texts were checked to be UTF-8.
    kind = f"{file.media_type}; charset=utf-8" if file.media_type.startswith("text/") else file.media_type
    headers = {**_AS_DOWNLOAD, "Content-Type": kind, "Content-Disposition": disposition}
    return Response(file.content, headers=headers)


@router.get("/disclosures", summary="All that was made public, the newest first")
async def list_disclosures(services: Services, *, dialogue_id: DialogueId, paging: Paged) -> Page[DisclosureView]:
    """List documents, answers, minutes and notes, each revision of them. Everyone reads the same from the same instant on."""
    await stored_dialogue(services, dialogue_id)
    return await paging.page(
        lambda limit, offset: services.disclosures.publications(dialogue_id, limit=limit, offset=offset), show=DisclosureView.of
    )


@router.get("/audit", summary="Where the disclosure ledger ends")
async def audit(
    services: Services,
    *,
    dialogue_id: DialogueId,
    count: Annotated[
        int | None, Query(ge=1, description="Also the digest of this entry, to hold against one kept earlier.")
    ] = None,
) -> AuditView:
    """Read how many entries the ledger has and its last digest. Who keeps them can prove later that nothing was altered."""
    await stored_dialogue(services, dialogue_id)
    digest = await services.disclosures.digest_at(dialogue_id, count) if count is not None else None
    return AuditView.of(dialogue_id, await services.disclosures.ledger_head(dialogue_id), asked=count, digest=digest)


@router.get("/case", summary="The case file", responses={200: {"headers": _DIGEST}})
async def case(services: Services, *, dialogue_id: DialogueId, response: Response) -> CaseFile:
    """All that is on record of the openness of the dialogue, with the ledger that proves it. It names no person."""
    made = await _case(services, dialogue_id)
    response.headers.update(_as_file(made, "json"))
    return made


@router.get("/case.html", summary="The same, to read and print", response_class=Response, responses={200: {"headers": _DIGEST}})
async def case_page(services: Services, *, dialogue_id: DialogueId) -> Response:
    """The case file as one page that needs nothing else: to read, to print, to keep."""
    made = await _case(services, dialogue_id)
    page = page_of(made)
    page.headers.update(_as_file(made, "html"))
    return page


async def _case(services: WebServices, dialogue_id: str) -> CaseFile:
    dialogue = await stored_dialogue(services, dialogue_id)
    return case_file(
        dialogue,
        await services.disclosures.ledger_of(dialogue_id),
        at=services.clock.now(),
        needs=await _needs(services, dialogue),
        questions=await services.disclosures.questions(dialogue_id, limit=_QUESTIONS_MAX),
        participants=await services.disclosures.participants(dialogue_id),
    )


async def _needs(services: WebServices, dialogue: StoredDialogue) -> list[CaseNeed]:
    """The need, and where it is a joint one, those of the members."""
    need_id = dialogue.need_id
    joint = await services.joint_needs.joint_need(need_id) if need_id.startswith(ids.JOINT_PREFIX) else None
    members = [member.need_id for member in joint.changed.members if member.need_id] if joint else []
    found = [await services.readings.need(id_) for id_ in dict.fromkeys([need_id, *members])]
    return [
        CaseNeed(
            need_id=need.need_id,
            version=need.version,
            recorded_at=need.changed_at,
            version_when_held=await _version_when_held(services, need, dialogue),
            # Whom a buyer excludes is for nobody's files but its own.
            statement=need.statement.model_copy(update={"excluded_suppliers": ()}),
        )
        for need in found
        if need is not None
    ]


async def _version_when_held(services: WebServices, need: StoredNeed, dialogue: StoredDialogue) -> int | None:
    if dialogue.held_at is None:
        return None
    return version_at(await services.readings.ledger(need_id=need.need_id, limit=_VERSIONS_MAX), dialogue.held_at)


def _as_file(made: CaseFile, ending: str) -> dict[str, str]:
    digest = made.head.digest if made.head else ""
    return {"Content-Disposition": f'inline; filename="case-{file_stem(made.dialogue_id)}.{ending}"', DIGEST_HEADER: digest}
