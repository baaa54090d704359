"""What may be asked and published in a dialogue, and what is said of it: to everyone at the same instant, and never who asked."""

from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from samspil import ids
from samspil.domain.dialogue_moves import Move, require
from samspil.errors import Conflict, Refused
from samspil.ports import Dialogue
from samspil.ports.disclosures import LedgerHead
from samspil.ports.openness import PublishedFile, Question, QuestionStatus, Words
from samspil_schemas import DisclosureKind, DisclosureMade
from samspil_schemas.base import TITLE_MAX

OPEN_QUESTIONS_MAX = 50  # of one organisation in one dialogue: more than a person reads, fewer than a script sends
PUBLICATIONS_MAX = 1_000  # revisions in one dialogue, each of at most a mebibyte


def require_askable(dialogue: Dialogue, *, open_already: int) -> None:
    """Let an organisation with so many open questions ask another.

    Raises:
        Conflict: the dialogue is in a state without questions, or there are too many.
    """
    require(dialogue, Move.ASK)
    if open_already >= OPEN_QUESTIONS_MAX:
        raise Conflict(
            f"You have {OPEN_QUESTIONS_MAX} questions that are not answered yet.", hint="Wait until some of them are answered."
        )


def require_none_open(questions: int) -> None:
    """Let a dialogue with so many open questions be concluded.

    Raises:
        Conflict: there are any.
    """
    if questions:
        are = "question is" if questions == 1 else "questions are"
        raise Conflict(f"{questions} {are} not answered yet.", hint="Answer or decline each, then conclude the dialogue.")


def require_publishable(dialogue: Dialogue, kind: DisclosureKind, *, published_already: int) -> None:
    """Let something of this kind be published in a dialogue with so many publications.

    Raises:
        Conflict: the dialogue is in a state that does not allow it, or there are too many.
    """
    require(dialogue, Move.PUBLISH_MINUTES if kind is DisclosureKind.MINUTES else Move.PUBLISH)
    if published_already >= PUBLICATIONS_MAX:
        raise Conflict(
            f"{PUBLICATIONS_MAX} revisions were published in this dialogue.", hint="Announce another dialogue about the need."
        )


def answer_to(question: Question, *, text: str, title: str | None, language: str | None) -> Words:
    """The answer as everyone reads it.

    Raises:
        Conflict: the question was declined.
        Refused: its words are too long for a title, and none was given.
    """
    if question.status is QuestionStatus.DECLINED:
        raise Conflict("The question was declined.", hint="Publish what you want to say of it as a document.")
    title = title or " ".join(question.text.split())
    if len(title) > TITLE_MAX:
        raise Refused(
            f"The question is longer than the {TITLE_MAX} characters of a title.", hint="Give it as a title in fewer words."
        )
    return Words(kind=DisclosureKind.ANSWER, title=title, language=language or question.language, text=text)


def settled(question: Question, status: QuestionStatus, *, at: datetime, reason: str | None = None) -> Question:
    """The question after it was answered or declined; it is settled once. An answer is corrected by a later revision of it.

    Raises:
        Conflict: it was settled otherwise, or declined for another reason.
    """
    if question.status is status:
        if question.reason != reason:
            raise Conflict("The question was declined for another reason.", hint="Its asker has read that one; it stands.")
        return question
    if question.status is not QuestionStatus.OPEN:
        raise Conflict(f"The question was {question.status} already.", hint="Look at what was published.")
    return replace(question, status=status, settled_at=at, reason=reason)


def made(
    dialogue_id: str,
    document_id: str,
    words: Words,
    *,
    file: PublishedFile | None,
    newest: DisclosureMade | None,
    head: LedgerHead | None,
    at: datetime,
) -> DisclosureMade | None:
    """What is said to everyone: the next revision of what stands under this name, or None if just that stands.

    Raises:
        Refused: there are neither words nor a file.
        Conflict: something of another kind stands under this name.
    """
    if words.text is None and file is None:
        raise Refused("There is nothing to publish.", hint="Give a text or a file.")
    if newest is not None and newest.kind is not words.kind:
        raise Conflict(f"There is something else of this name: {newest.kind}.", hint="Take another name.")
    event = DisclosureMade(
        disclosure_id=ids.disclosure_id(dialogue_id=dialogue_id, document_id=document_id),
        revision=newest.revision + 1 if newest else 1,
        dialogue_id=dialogue_id,
        kind=words.kind,
        title=words.title,
        text=words.text,
        language=words.language,
        file_name=file.name if file else None,
        media_type=file.media_type if file else None,
        sha256=sha256(file.content).hexdigest() if file else None,
        ledger_count=head.count if head else 0,
        ledger_digest=head.digest if head else None,
        made_at=at,
    )
    return None if newest is not None and _says(event) == _says(newest) else event


def _says(event: DisclosureMade) -> dict[str, object]:
    return event.model_dump(exclude={"revision", "made_at", "ledger_count", "ledger_digest"})
