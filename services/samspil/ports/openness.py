"""What is made public of a dialogue: questions and answers, documents, minutes, the note; and who took part."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from samspil.ports.dialogue import Dialogue
from samspil.ports.disclosures import DisclosureEntry, DisclosureTransaction, LedgerHead, StoredPublication
from samspil.ports.joint_service import JointNeedTransaction
from samspil_schemas import DisclosureKind, DisclosureMade, Model, SupplierSize
from samspil_schemas.base import Language, Text, Title


class QuestionStatus(StrEnum):
    """What became of a question."""

    OPEN = "open"
    ANSWERED = "answered"
    DECLINED = "declined"


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question to whoever leads a dialogue.

    asker: the organisation. It leaves the record for the asker itself alone, unless the asker is `named` to the leader.
    reason: why it was declined.
    """

    question_id: str
    dialogue_id: str
    asker: str
    text: str
    language: str
    asked_at: datetime
    named: bool = False
    status: QuestionStatus = QuestionStatus.OPEN
    reason: str | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PublishedFile:
    """The bytes of a file, and what they are."""

    name: str
    media_type: str
    content: bytes


class Words(Model):
    """What is published beside a file, or instead of one."""

    kind: DisclosureKind
    title: Title
    language: Language
    text: Text | None = None


@dataclass(frozen=True, kw_only=True)
class Publication:
    """One revision of what was published, with the name that it has within its dialogue."""

    document_id: str
    made: DisclosureMade


@dataclass(frozen=True, kw_only=True)
class RecordedDisclosure:
    """What became of a request: the revision that stands, and whether anything changed."""

    dialogue_id: str
    document_id: str
    revision: int
    changed: bool


@dataclass(frozen=True, kw_only=True)
class Participant:
    """A supplier that was invited to a dialogue or answered it.

    has_profile, size, regions: of its profile as it stands.
    newcomer: it was neither invited to an earlier dialogue of this buyer, nor did it answer one.
    """

    supplier_id: str
    size: SupplierSize | None = None
    regions: tuple[str, ...] = ()
    newcomer: bool = True
    has_profile: bool = False


class OpenQuestions(Protocol):
    """Counts what nobody has answered or declined."""

    async def open_questions(self, dialogue_id: str) -> int:
        """How many questions of a dialogue are open."""
        ...


class OpennessTransaction(DisclosureTransaction, JointNeedTransaction, Protocol):
    """One transaction that makes something public."""

    async def alone(self, name: str) -> None:
        """Wait until no other transaction of this name is open."""
        ...

    async def dialogue(self, dialogue_id: str) -> Dialogue | None:
        """The dialogue, held until the end of the transaction; None where nothing is known of it."""
        ...

    async def disclosure_head(self, dialogue_id: str) -> LedgerHead | None:
        """Where its ledger ends, held until the end of the transaction; None where it has no entry."""
        ...

    async def question(self, dialogue_id: str, question_id: str) -> Question | None:
        """The question, or None."""
        ...

    async def open_questions_of(self, dialogue_id: str, asker: str) -> list[Question]:
        """The questions of one organisation that nobody has answered or declined."""
        ...

    async def put_question(self, question: Question) -> None:
        """Store it."""
        ...

    async def publications_of(self, dialogue_id: str) -> int:
        """How many revisions were published in a dialogue."""
        ...

    async def newest_publication(self, dialogue_id: str, document_id: str) -> DisclosureMade | None:
        """Its highest revision, or None."""
        ...

    async def add_publication(self, publication: Publication, *, content: bytes | None = None) -> None:
        """Store a new revision with the bytes of its file."""
        ...


class DisclosureReadings(Protocol):
    """What can be read of openness."""

    async def ledger_head(self, dialogue_id: str) -> LedgerHead | None:
        """Where the ledger of a dialogue ends; None where it has no entry."""
        ...

    async def ledger_of(self, dialogue_id: str) -> list[DisclosureEntry]:
        """Every entry as it is stored, by number."""
        ...

    async def digest_at(self, dialogue_id: str, number: int) -> str | None:
        """The digest of one entry; None where there is no such entry."""
        ...

    async def ledgers(self) -> list[str]:
        """The dialogues that have a ledger, or a head of one."""
        ...

    async def publications(self, dialogue_id: str, *, limit: int = 100, offset: int = 0) -> list[Publication]:
        """What was published, every revision, the newest first."""
        ...

    async def file(self, dialogue_id: str, document_id: str, *, revision: int | None = None) -> PublishedFile | None:
        """The file of a revision, by default of the highest that has one; None where there is none."""
        ...

    async def stored_publications(self, dialogue_id: str) -> list[StoredPublication]:
        """Every revision as it is stored, with the digest of its bytes."""
        ...

    async def questions(self, dialogue_id: str, *, asker: str | None = None, limit: int = 100, offset: int = 0) -> list[Question]:
        """Questions, the oldest first: of one asker, or all."""
        ...

    async def participants(self, dialogue_id: str) -> list[Participant]:
        """The suppliers that the ledger of the dialogue names, by id."""
        ...


class Openness(Protocol):
    """Takes questions, and makes public. `by` is the organisation whose token asks.

    Each method raises NotFound, Forbidden, Conflict or Refused where a rule is against it, and RecordUnavailable where the
    database does not answer. The same again changes nothing.
    """

    async def ask(self, dialogue_id: str, text: str, *, language: str, by: str, named: bool = False) -> Question:
        """Ask a question. The same words again while it is open are the same question."""
        ...

    async def answer(
        self, dialogue_id: str, question_id: str, *, text: str, by: str, title: str | None = None, language: str | None = None
    ) -> RecordedDisclosure:
        """Answer it to everyone; `title` is the question as everyone reads it, by default in its own words."""
        ...

    async def decline(self, dialogue_id: str, question_id: str, *, reason: str, by: str) -> Question:
        """Say to its asker why it is not answered."""
        ...

    async def publish(
        self,
        dialogue_id: str,
        words: Words,
        *,
        by: str,
        document_id: str | None = None,
        file: PublishedFile | None = None,
    ) -> RecordedDisclosure:
        """Publish a document, minutes or the note; what stands under this name already gets a new revision."""
        ...
