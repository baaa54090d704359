"""Takes questions to a dialogue, and makes answers, documents, minutes and notes public: in one transaction, to everyone."""

from collections.abc import Callable
from uuid import uuid4

from samspil import ids
from samspil.clock import Clock
from samspil.dialogue.handlers import GROUP
from samspil.dialogue.keeping import require_leader
from samspil.domain.dialogue_moves import Move, require
from samspil.domain.disclosures import declined_question
from samspil.domain.openness import answer_to, made, require_askable, require_publishable, settled
from samspil.errors import Conflict, NotFound, Refused
from samspil.ports import Dialogue, Record
from samspil.ports.openness import (
    OpennessTransaction,
    Publication,
    PublishedFile,
    Question,
    QuestionStatus,
    RecordedDisclosure,
    Words,
)
from samspil_schemas import DisclosureKind


def random_id() -> str:
    """An id that says nothing: one derived from asker and words would let anyone try out who asked."""
    return str(uuid4())


class KeptOpenness:
    """Implements `Openness` over the record."""

    def __init__(self, record: Record[OpennessTransaction], *, clock: Clock, new_id: Callable[[], str] = random_id) -> None:
        self._record = record
        self._clock = clock
        self._new_id = new_id

    async def ask(self, dialogue_id: str, text: str, *, language: str, by: str, named: bool = False) -> Question:
        """Ask a question. The same words again while it is open are the same question.

        Raises:
            NotFound: there is no such dialogue.
            Conflict: it is in a state without questions, or the organisation has too many open ones.
        """
        async with self._record.begin() as transaction:
            dialogue = await _announced(transaction, dialogue_id)
            mine = await transaction.open_questions_of(dialogue_id, by)
            for one in mine:
                if (one.text, one.language, one.named) == (text, language, named):
                    return one
            require_askable(dialogue, open_already=len(mine))
            question = Question(
                question_id=self._new_id(),
                dialogue_id=dialogue_id,
                asker=by,
                text=text,
                language=language,
                named=named,
                asked_at=self._clock.now(),
            )
            await transaction.put_question(question)
            return question

    async def answer(
        self, dialogue_id: str, question_id: str, *, text: str, by: str, title: str | None = None, language: str | None = None
    ) -> RecordedDisclosure:
        """Answer it to everyone; `title` is the question as everyone reads it, by default in its own words.

        Raises:
            NotFound: there is no such dialogue or question.
            Forbidden: another than who leads the dialogue asks.
            Conflict: the dialogue is in a state that does not allow it, or the question was declined.
            Refused: its own words are too long for a title.
        """
        async with self._record.begin() as transaction:
            dialogue = await _led(transaction, dialogue_id, by=by)
            question = await _asked(transaction, dialogue_id, question_id)
            words = answer_to(question, text=text, title=title, language=language)
            recorded = await self._publish(transaction, dialogue, question_id, words, file=None)
            await transaction.put_question(settled(question, QuestionStatus.ANSWERED, at=self._clock.now()))
            return recorded

    async def decline(self, dialogue_id: str, question_id: str, *, reason: str, by: str) -> Question:
        """Say to its asker why it is not answered: in every state of the dialogue, so that no question is left without a word.

        Raises:
            NotFound: there is no such dialogue or question.
            Forbidden: another than who leads the dialogue asks.
            Conflict: the question was answered, or declined for another reason.
        """
        async with self._record.begin() as transaction:
            dialogue = await _led(transaction, dialogue_id, by=by)
            question = await _asked(transaction, dialogue_id, question_id)
            declined = settled(question, QuestionStatus.DECLINED, at=self._clock.now(), reason=reason)
            if declined == question:
                return question
            require(dialogue, Move.DECLINE_QUESTION)
            await transaction.put_question(declined)
            await transaction.disclose((), also=[declined_question(dialogue_id, question_id, reason=reason)])
            return declined

    async def publish(
        self,
        dialogue_id: str,
        words: Words,
        *,
        by: str,
        document_id: str | None = None,
        file: PublishedFile | None = None,
    ) -> RecordedDisclosure:
        """Publish a document, minutes or the note; what stands under this name already gets a new revision.

        Raises:
            NotFound: there is no such dialogue.
            Forbidden: another than who leads the dialogue asks.
            Conflict: the dialogue is in a state that does not allow it, or something of another kind or a question has this name.
            Refused: there is nothing to publish, or it is an answer.
        """
        if words.kind is DisclosureKind.ANSWER:
            raise Refused("An answer belongs to a question.", hint="Answer the question, or publish a document.")
        name = document_id or ids.document_id(kind=words.kind, title=words.title)
        async with self._record.begin() as transaction:
            dialogue = await _led(transaction, dialogue_id, by=by)
            # Its answer will stand under this name.
            if await transaction.question(dialogue_id, name) is not None:
                raise Conflict("A question of this dialogue has this name.", hint="Take another name, or answer the question.")
            return await self._publish(transaction, dialogue, name, words, file=file)

    async def _publish(
        self, transaction: OpennessTransaction, dialogue: Dialogue, name: str, words: Words, *, file: PublishedFile | None
    ) -> RecordedDisclosure:
        id_, now = dialogue.dialogue_id, self._clock.now()
        newest = await transaction.newest_publication(id_, name)
        event = made(id_, name, words, file=file, newest=newest, head=await transaction.disclosure_head(id_), at=now)
        if event is None:
            return RecordedDisclosure(dialogue_id=id_, document_id=name, revision=newest.revision if newest else 0, changed=False)
        require_publishable(dialogue, words.kind, published_already=await transaction.publications_of(id_))
        content = file.content if file else None
        await transaction.add_publication(Publication(document_id=name, made=event), content=content)
        await transaction.enqueue([event])
        await transaction.disclose([event])
        return RecordedDisclosure(dialogue_id=id_, document_id=name, revision=event.revision, changed=True)


async def _announced(transaction: OpennessTransaction, dialogue_id: str) -> Dialogue:
    """The dialogue, alone with it: what is said of dialogues is said in one order."""
    await transaction.alone(GROUP)
    dialogue = await transaction.dialogue(dialogue_id)
    if dialogue is None or dialogue.state is None:
        raise NotFound(f"There is no dialogue {dialogue_id}.", hint="Look for it at /v1/dialogues.")
    return dialogue


async def _led(transaction: OpennessTransaction, dialogue_id: str, *, by: str) -> Dialogue:
    dialogue = await _announced(transaction, dialogue_id)
    offer = dialogue.standing.content
    await require_leader(transaction, dialogue.need_id, buyer_id=offer.buyer_id if offer else None, by=by)
    return dialogue


async def _asked(transaction: OpennessTransaction, dialogue_id: str, question_id: str) -> Question:
    question = await transaction.question(dialogue_id, question_id)
    if question is None:
        raise NotFound("There is no such question in this dialogue.", hint="Look at its questions for their ids.")
    return question
