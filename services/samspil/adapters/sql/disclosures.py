"""The disclosure ledger, questions and publications within a transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, func, select

from samspil.adapters.sql.statements import Statements
from samspil.adapters.sql.tables import disclosure_heads, disclosures, publications, questions
from samspil.domain.disclosures import appended, head_of, shown_in
from samspil.ports.disclosures import LedgerHead, Shown
from samspil.ports.openness import Publication, Question, QuestionStatus
from samspil_schemas import DisclosureMade, Event


class DisclosureStatements(Statements):
    """Writes what was shown. Who appends to a ledger holds its head until the end of the transaction."""

    async def disclose(self, events: Sequence[Event], *, also: Sequence[Shown] = ()) -> None:
        """Append to the ledgers of their dialogues what these events show; those that show nothing of a dialogue are passed over.

        also: what is shown without an event.
        """
        by_dialogue: dict[str, list[Shown]] = {}
        for one in (*shown_in(events), *also):
            by_dialogue.setdefault(one.dialogue_id, []).append(one)
        # In order, so that two transactions never wait for each other crosswise.
        for dialogue_id, shown in sorted(by_dialogue.items()):
            entries = appended(await self.disclosure_head(dialogue_id), shown, at=self._clock.now())
            await self._connection.execute(disclosures.insert(), [entry.model_dump() for entry in entries])
            if head := head_of(entries):
                await self._upsert(disclosure_heads, [{"dialogue_id": dialogue_id, **head.model_dump()}])

    async def disclosure_head(self, dialogue_id: str) -> LedgerHead | None:
        """Where its ledger ends, held until the end of the transaction; None where it has no entry."""
        # A row to hold, even before the first entry.
        first = {"dialogue_id": dialogue_id, "count": 0, "digest": "", "at": self._clock.now()}
        await self._insert_new(disclosure_heads, [first])
        held = select(disclosure_heads).where(disclosure_heads.c.dialogue_id == dialogue_id).with_for_update()
        row = (await self._connection.execute(held)).mappings().one()
        return ledger_head(row)

    async def question(self, dialogue_id: str, question_id: str) -> Question | None:
        """The question, or None."""
        query = select(questions).where(questions.c.question_id == question_id, questions.c.dialogue_id == dialogue_id)
        row = (await self._connection.execute(query)).mappings().first()
        return question_of(row) if row is not None else None

    async def open_questions_of(self, dialogue_id: str, asker: str) -> list[Question]:
        """The questions of one organisation that nobody has answered or declined."""
        query = select(questions).where(questions.c.dialogue_id == dialogue_id, questions.c.asker == asker)
        query = query.where(questions.c.status == QuestionStatus.OPEN.value)
        return [question_of(row) for row in (await self._connection.execute(query)).mappings()]

    async def open_questions(self, dialogue_id: str) -> int:
        """How many questions of a dialogue are open."""
        query = select(func.count()).select_from(questions).where(questions.c.dialogue_id == dialogue_id)
        return (await self._connection.scalar(query.where(questions.c.status == QuestionStatus.OPEN.value))) or 0

    async def put_question(self, question: Question) -> None:
        """Store it."""
        await self._upsert(questions, [_question_row(question)])

    async def publications_of(self, dialogue_id: str) -> int:
        """How many revisions were published in a dialogue."""
        query = select(func.count()).select_from(publications).where(publications.c.dialogue_id == dialogue_id)
        return (await self._connection.scalar(query)) or 0

    async def newest_publication(self, dialogue_id: str, document_id: str) -> DisclosureMade | None:
        """Its highest revision, or None."""
        mine = (publications.c.dialogue_id == dialogue_id, publications.c.document_id == document_id)
        query = select(publications.c.content).where(*mine).order_by(publications.c.revision.desc()).limit(1)
        content = await self._connection.scalar(query)
        return DisclosureMade.model_validate(content) if content is not None else None

    async def add_publication(self, publication: Publication, *, content: bytes | None = None) -> None:
        """Store a new revision with the bytes of its file."""
        made = publication.made
        row = {
            "dialogue_id": made.dialogue_id,
            "document_id": publication.document_id,
            "revision": made.revision,
            "made_at": made.made_at,
            "content": made.model_dump(mode="json"),
            "file": content,
        }
        await self._connection.execute(publications.insert(), [row])


def ledger_head(row: RowMapping) -> LedgerHead | None:
    """The head in a row; None in one that only holds a lock."""
    return LedgerHead(count=row["count"], digest=row["digest"], at=row["at"]) if row["count"] or row["digest"] else None


def question_of(row: RowMapping) -> Question:
    """The question in a row."""
    values: dict[str, Any] = dict(row)
    return Question(**(values | {"status": QuestionStatus(row["status"])}))


def _question_row(question: Question) -> dict[str, Any]:
    return {
        "question_id": question.question_id,
        "dialogue_id": question.dialogue_id,
        "asker": question.asker,
        "named": question.named,
        "text": question.text,
        "language": question.language,
        "asked_at": question.asked_at,
        "status": question.status.value,
        "reason": question.reason,
        "settled_at": question.settled_at,
    }
