"""What the API shows of questions, publications and the disclosure ledger."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from samspil.ports.disclosures import LedgerHead
from samspil.ports.openness import Publication, Question, QuestionStatus
from samspil.web.addresses import segment
from samspil_schemas import DisclosureMade


class QuestionView(BaseModel):
    """A question: to who asked it, and to who leads the dialogue."""

    id: str
    text: str
    language: str
    asked_at: datetime
    status: QuestionStatus
    reason: str | None = Field(description="Why it was declined.")
    settled_at: datetime | None
    named: bool = Field(description="Whether the asker lets the leader know who asks.")
    asker: str | None = Field(description="Who asks, where the leader may know; everyone else never does.")

    @classmethod
    def of(cls, question: Question) -> Self:
        """Show a question."""
        return cls(
            id=question.question_id,
            text=question.text,
            language=question.language,
            asked_at=question.asked_at,
            status=question.status,
            reason=question.reason,
            settled_at=question.settled_at,
            named=question.named,
            asker=question.asker if question.named else None,
        )


class DisclosureView(BaseModel):
    """What was made public, in one revision."""

    document_id: str = Field(description="Its name within the dialogue.")
    disclosure: DisclosureMade
    file: str | None = Field(description="Where its file is, if it has one.")

    @classmethod
    def of(cls, publication: Publication) -> Self:
        """Show a publication."""
        made, name = publication.made, publication.document_id
        dialogue = f"/v1/dialogues/{segment(made.dialogue_id)}"
        file = f"{dialogue}/documents/{segment(name)}/file?revision={made.revision}" if made.file_name else None
        return cls(document_id=name, disclosure=made, file=file)


class AuditView(BaseModel):
    """Where the disclosure ledger of a dialogue ends. Keep it: it proves later that nothing before it was altered."""

    dialogue_id: str
    count: int = Field(description="How many entries there are; 0 before the first.")
    digest: str | None = Field(description="Of the last entry, and through it of all before.")
    at: datetime | None = Field(description="When the last entry was made.")
    asked_count: int | None = Field(default=None, description="The number that was asked about.")
    asked_digest: str | None = Field(default=None, description="The digest of that entry; null where there is none.")

    @classmethod
    def of(cls, dialogue_id: str, head: LedgerHead | None, *, asked: int | None, digest: str | None) -> Self:
        """Show the end of a ledger, and the digest of the entry that was asked about."""
        count, last, at = (head.count, head.digest, head.at) if head else (0, None, None)
        return cls(dialogue_id=dialogue_id, count=count, digest=last, at=at, asked_count=asked, asked_digest=digest)


class RecordedDisclosureView(BaseModel):
    """What became of a publication."""

    id: str = Field(description="Its name within the dialogue.")
    revision: int
    changed: bool = Field(description="False where just that stands already.")
    location: str
