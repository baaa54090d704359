"""Openness over the record, on both databases: what is published, to whom it is shown, and what the ledger proves of it."""

import asyncio
import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import text

from samspil import ids
from samspil.adapters.sql import SqlRecord, open_record
from samspil.bootstrap import audit_ledgers
from samspil.clock import ManualClock
from samspil.dialogue.openness import KeptOpenness
from samspil.dialogue.registering import KeptRegistrations
from samspil.domain.disclosures import first_fault, first_unlike
from samspil.domain.openness import OPEN_QUESTIONS_MAX
from samspil.errors import Conflict, Forbidden, NotFound, Refused
from samspil.ports.openness import PublishedFile, QuestionStatus, Words
from samspil.ports.registrations import Reply
from samspil.settings import Settings
from samspil.web.case_file import course_of
from samspil_schemas import Answer, DisclosureKind, DisclosureMade, InvitationIssued, ResponseGiven
from tests.component.test_dialogue import received
from tests.component.test_dialogue_keeping import WEBINAR, Kept
from tests.factories import a_profile

PDF = PublishedFile(name="Fråga.pdf", media_type="application/pdf", content=b"%PDF-1.7 sample")
SPECIFICATION = Words(kind="document", title="Draft specification", language="en", text="Find leaks without digging.")
MINUTES = Words(kind="minutes", title="Minutes", language="en", text="We talked.")


class Open(Kept):
    """The services over one record, and a dialogue of buyer-1 that two suppliers are invited to."""

    def __init__(self, record: SqlRecord, clock: ManualClock) -> None:
        super().__init__(record, clock)
        self.openness = KeptOpenness(record, clock=clock)
        self.dialogue = ids.dialogue_id(need_id="n", number=1)

    @property
    def readings(self):
        return self.record.disclosures

    async def problem(self, dialogue_id: str | None = None) -> str | None:
        id_ = dialogue_id or self.dialogue
        entries, head = await self.readings.ledger_of(id_), await self.readings.ledger_head(id_)
        fault = first_fault(id_, entries, head)
        return f"{fault.number}: {fault.what}" if fault else first_unlike(entries, await self.readings.stored_publications(id_))

    async def kinds(self) -> list[tuple[str, str | None]]:
        return [(entry.kind, entry.to) for entry in await self.readings.ledger_of(self.dialogue)]

    async def sql(self, statement: str) -> None:
        async with self.record.begin() as transaction:
            await transaction.run(lambda connection: connection.execute(text(statement)))


@pytest.fixture
async def kept(record: SqlRecord, clock: ManualClock) -> Open:
    opened = Open(record, clock)
    await opened.need()
    await opened.announce()
    return opened


async def hold(kept: Open) -> None:
    kept.clock.advance(WEBINAR.starts_at - kept.clock.now())
    await kept.dialogues.hold(kept.dialogue, by="buyer-1")


async def test_what_is_said_of_a_dialogue_stands_in_its_ledger_as_it_is_said(kept: Open) -> None:
    # Invitations go out in the order of their ids.
    assert await kept.kinds() == [("announced", None), ("invited", "t"), ("invited", "s")]
    await kept.dialogues.change(kept.dialogue, WEBINAR.model_copy(update={"place": "Town hall, Northby"}), by="buyer-1")
    assert (await kept.kinds())[3:] == [("changed", None), ("invitation_changed", "t"), ("invitation_changed", "s")]
    await kept.dialogues.cancel(kept.dialogue, by="buyer-1")
    assert (await kept.kinds())[6:] == [("cancelled", None), ("invitation_cancelled", "t"), ("invitation_cancelled", "s")]
    said = {event.key for event in await kept.told() if isinstance(event, InvitationIssued)}
    assert said == {entry[1] for entry in await kept.kinds() if entry[0] == "invited"}
    assert await kept.problem() is None


async def test_an_answer_is_one_event_and_one_entry_to_everyone_and_never_says_who_asked(kept: Open) -> None:
    await kept.told()
    question = await kept.openness.ask(kept.dialogue, "Do you take\nsensors?", language="en", by="supplier-nobody-matched")
    recorded = await kept.openness.answer(kept.dialogue, question.question_id, text="Any method.", by="buyer-1")
    assert (recorded.revision, recorded.changed) == (1, True)
    (event,) = await kept.told()
    assert isinstance(event, DisclosureMade)
    assert (event.kind, event.title, event.text) == ("answer", "Do you take sensors?", "Any method.")
    (published,) = await kept.readings.publications(kept.dialogue)
    assert published.made == event
    entry = (await kept.readings.ledger_of(kept.dialogue))[-1]
    assert (entry.kind, entry.to, entry.content) == ("answer", None, event.model_dump(mode="json"))
    assert "nobody-matched" not in event.model_dump_json() + entry.model_dump_json() + published.document_id
    (asked,) = await kept.readings.questions(kept.dialogue, asker="supplier-nobody-matched")
    assert asked.status is QuestionStatus.ANSWERED
    assert await kept.problem() is None


async def test_what_was_published_names_the_end_of_the_ledger_before_it(kept: Open) -> None:
    before = await kept.readings.ledger_head(kept.dialogue)
    await kept.told()
    await kept.openness.publish(kept.dialogue, SPECIFICATION, by="buyer-1")
    (event,) = await kept.told()
    assert before is not None
    assert (event.ledger_count, event.ledger_digest) == (before.count, before.digest)


async def test_the_id_of_a_question_does_not_follow_from_who_asked(kept: Open) -> None:
    one = await kept.openness.ask(kept.dialogue, "Same?", language="en", by="s")
    other = Open(kept.record, kept.clock)
    await other.openness.decline(kept.dialogue, one.question_id, reason="Asked before.", by="buyer-1")
    again = await other.openness.ask(kept.dialogue, "Same?", language="en", by="s")
    assert again.question_id != one.question_id


async def test_the_same_question_again_is_the_same_while_it_is_open_and_there_is_a_bound(kept: Open) -> None:
    one = await kept.openness.ask(kept.dialogue, "Same?", language="en", by="s")
    assert await kept.openness.ask(kept.dialogue, "Same?", language="en", by="s") == one
    for number in range(1, OPEN_QUESTIONS_MAX):
        await kept.openness.ask(kept.dialogue, f"Question {number}?", language="en", by="s")
    with pytest.raises(Conflict, match="not answered yet"):
        await kept.openness.ask(kept.dialogue, "One more?", language="en", by="s")
    assert (await kept.openness.ask(kept.dialogue, "One more?", language="en", by="t")).status is QuestionStatus.OPEN


async def test_a_declined_question_is_told_to_its_asker_alone_and_stands_in_the_ledger_without_its_name(kept: Open) -> None:
    await kept.told()
    question = await kept.openness.ask(kept.dialogue, "Your budget?", language="en", by="s")
    declined = await kept.openness.decline(kept.dialogue, question.question_id, reason="It is not decided.", by="buyer-1")
    assert declined.reason == "It is not decided."
    again = await kept.openness.decline(kept.dialogue, question.question_id, reason="It is not decided.", by="buyer-1")
    assert again == declined
    with pytest.raises(Conflict, match="another reason"):
        await kept.openness.decline(kept.dialogue, question.question_id, reason="Otherwise.", by="buyer-1")
    assert await kept.told() == []
    entry = (await kept.readings.ledger_of(kept.dialogue))[-1]
    assert (entry.kind, entry.to, entry.content) == ("question_declined", f"question:{question.question_id}", None)
    with pytest.raises(Conflict, match="was declined"):
        await kept.openness.answer(kept.dialogue, question.question_id, text="Yes.", by="buyer-1")
    assert await kept.problem() is None


async def test_a_correction_is_a_higher_revision_and_the_old_one_stays_readable(kept: Open) -> None:
    other = PublishedFile(name="Fråga.pdf", media_type="application/pdf", content=b"%PDF-1.7 corrected")
    words = Words(kind="document", title="Questionnaire", language="sv")
    for file, revision, changed in ((PDF, 1, True), (PDF, 1, False), (other, 2, True)):
        done = await kept.openness.publish(kept.dialogue, words, by="buyer-1", document_id="form", file=file)
        assert (done.revision, done.changed) == (revision, changed)
    assert await kept.readings.file(kept.dialogue, "form") == other
    assert await kept.readings.file(kept.dialogue, "form", revision=1) == PDF
    assert await kept.readings.file(kept.dialogue, "form", revision=3) is None
    revisions = [one.made.revision for one in await kept.readings.publications(kept.dialogue)]
    assert revisions == [2, 1]
    newest = (await kept.readings.publications(kept.dialogue))[0].made
    assert newest.sha256 == hashlib.sha256(other.content).hexdigest()
    assert await kept.problem() is None


async def test_names_of_documents_are_those_of_one_dialogue(kept: Open) -> None:
    second = await kept.announce(WEBINAR.model_copy(update={"place": "Elsewhere"}))
    await kept.told()
    for dialogue in (kept.dialogue, second):
        await kept.openness.publish(dialogue, SPECIFICATION, by="buyer-1", document_id="draft")
    assert [event.dialogue_id for event in await kept.told()] == [kept.dialogue, second]
    note = Words(kind="note", title="N", language="en", text="N")
    with pytest.raises(Conflict, match="something else"):
        await kept.openness.publish(second, note, by="buyer-1", document_id="draft")


async def test_minutes_come_after_it_was_held_and_nothing_after_it_was_concluded(kept: Open) -> None:
    with pytest.raises(Conflict, match="minutes"):
        await kept.openness.publish(kept.dialogue, MINUTES, by="buyer-1")
    question = await kept.openness.ask(kept.dialogue, "When?", language="en", by="s")
    await kept.openness.answer(kept.dialogue, question.question_id, text="In May.", by="buyer-1")
    await hold(kept)
    assert (await kept.openness.publish(kept.dialogue, MINUTES, by="buyer-1")).changed
    await kept.dialogues.conclude(kept.dialogue, by="buyer-1")
    for refused in (
        kept.openness.publish(kept.dialogue, SPECIFICATION, by="buyer-1"),
        kept.openness.answer(kept.dialogue, question.question_id, text="Soon.", by="buyer-1"),
        kept.openness.ask(kept.dialogue, "Another?", language="en", by="s"),
    ):
        with pytest.raises(Conflict, match="concluded"):
            await refused
    assert (await kept.kinds())[-3:] == [("held", None), ("minutes", None), ("concluded", None)]
    assert await kept.problem() is None


async def test_a_dialogue_is_concluded_when_no_question_is_open(kept: Open) -> None:
    asked = [await kept.openness.ask(kept.dialogue, text, language="en", by=by) for text, by in (("When?", "s"), ("Who?", "t"))]
    await hold(kept)
    with pytest.raises(Conflict, match="2 questions are not answered yet"):
        await kept.dialogues.conclude(kept.dialogue, by="buyer-1")
    await kept.openness.answer(kept.dialogue, asked[0].question_id, text="In May.", by="buyer-1")
    with pytest.raises(Conflict, match="1 question is not answered yet"):
        await kept.dialogues.conclude(kept.dialogue, by="buyer-1")
    await kept.openness.decline(kept.dialogue, asked[1].question_id, reason="No names.", by="buyer-1")
    assert (await kept.dialogues.conclude(kept.dialogue, by="buyer-1")).changed
    assert await kept.problem() is None


async def test_a_question_is_declined_after_its_dialogue_was_cancelled(kept: Open) -> None:
    question = await kept.openness.ask(kept.dialogue, "When?", language="en", by="s")
    await kept.dialogues.cancel(kept.dialogue, by="buyer-1")
    with pytest.raises(Conflict, match="cancelled"):
        await kept.openness.answer(kept.dialogue, question.question_id, text="In May.", by="buyer-1")
    declined = await kept.openness.decline(kept.dialogue, question.question_id, reason="It is called off.", by="buyer-1")
    assert declined.status is QuestionStatus.DECLINED
    assert (await kept.kinds())[-1] == ("question_declined", f"question:{question.question_id}")
    assert await kept.problem() is None


async def test_another_answer_later_is_a_higher_revision_and_the_same_again_changes_nothing(kept: Open) -> None:
    question = await kept.openness.ask(kept.dialogue, "When?", language="en", by="s")
    for words, revision, changed in (("In May.", 1, True), ("In May.", 1, False), ("In June.", 2, True)):
        done = await kept.openness.answer(kept.dialogue, question.question_id, text=words, by="buyer-1")
        assert (done.revision, done.changed) == (revision, changed)


async def test_no_document_takes_the_name_of_a_question_so_that_its_answer_has_its_place(kept: Open) -> None:
    question = await kept.openness.ask(kept.dialogue, "When?", language="en", by="s")
    with pytest.raises(Conflict, match="A question of this dialogue has this name"):
        await kept.openness.publish(kept.dialogue, SPECIFICATION, by="buyer-1", document_id=question.question_id)
    assert (await kept.openness.answer(kept.dialogue, question.question_id, text="In May.", by="buyer-1")).changed


async def test_only_who_leads_the_dialogue_publishes(kept: Open) -> None:
    question = await kept.openness.ask(kept.dialogue, "When?", language="en", by="s")
    for refused in (
        kept.openness.publish(kept.dialogue, SPECIFICATION, by="s"),
        kept.openness.answer(kept.dialogue, question.question_id, text="Soon.", by="buyer-2"),
        kept.openness.decline(kept.dialogue, question.question_id, reason="No.", by="s"),
    ):
        with pytest.raises(Forbidden):
            await refused
    with pytest.raises(NotFound):
        await kept.openness.ask("nowhere", "When?", language="en", by="s")
    with pytest.raises(NotFound):
        await kept.openness.answer(kept.dialogue, "no-question", text="Soon.", by="buyer-1")
    with pytest.raises(Refused, match="belongs to a question"):
        await kept.openness.publish(kept.dialogue, SPECIFICATION.model_copy(update={"kind": DisclosureKind.ANSWER}), by="buyer-1")
    with pytest.raises(Refused, match="nothing to publish"):
        await kept.openness.publish(kept.dialogue, SPECIFICATION.model_copy(update={"text": None}), by="buyer-1")
    assert len(await kept.kinds()) == 3


async def test_what_is_rolled_back_was_shown_to_nobody(kept: Open) -> None:
    before, said = await kept.readings.ledger_head(kept.dialogue), await kept.told()
    with pytest.raises(RuntimeError, match="power"):  # noqa: PT012 - the error is raised within the transaction
        async with kept.record.begin() as transaction:
            await transaction.disclose(said)
            raise RuntimeError("power cut")
    assert await kept.readings.ledger_head(kept.dialogue) == before
    assert await kept.problem() is None


async def test_a_newcomer_was_in_no_earlier_dialogue_of_this_buyer(kept: Open) -> None:
    await kept.record.submissions.submit_profile("s", a_profile(size="small", regions=("DK031", "SE22")))
    kept.clock.advance(WEBINAR.starts_at - kept.clock.now())
    await kept.need("m", suppliers=("s", "u"))
    again = WEBINAR.model_copy(update={"starts_at": kept.clock.now() + timedelta(days=30)})
    later = await kept.announce(again, need_id="m")
    first = {one.supplier_id: one for one in await kept.readings.participants(kept.dialogue)}
    second = {one.supplier_id: one.newcomer for one in await kept.readings.participants(later)}
    assert {id_: one.newcomer for id_, one in first.items()} == {"s": True, "t": True}
    assert second == {"s": False, "u": True}
    assert (first["s"].size, first["s"].regions, first["s"].has_profile) == ("small", ("DK031", "SE22"), True)
    assert (first["t"].size, first["t"].has_profile) == (None, False)


TAMPERED = {
    "an altered content": ("UPDATE disclosures SET content = '{\"a\": 1}' WHERE number = 1", "1: what was shown is not"),
    "another recipient": ("UPDATE disclosures SET \"to\" = 'x' WHERE number = 2", "2: it is not what was recorded"),
    "everyone instead of one": ('UPDATE disclosures SET "to" = NULL WHERE number = 2', "2: it is not what was recorded"),
    "another channel": ("UPDATE disclosures SET channel = 'api' WHERE number = 3", "3: it is not what was recorded"),
    "an earlier moment": ("UPDATE disclosures SET at = '2020-01-01 00:00:00.000000' WHERE number = 1", "1: it is not"),
    "a deleted entry": ("DELETE FROM disclosures WHERE number = 2", "2: it is missing"),
    "an end that is cut off": ("DELETE FROM disclosures WHERE number = 4", "4: the end is cut off"),
    "a ledger that is gone": ("DELETE FROM disclosures", "1: the end is cut off"),
    "a head that is gone": ("DELETE FROM disclosure_heads", "1: it was added past the recorded end"),
    "altered bytes": ("UPDATE publications SET file = CAST('x' AS BLOB)", "the publication form in revision 1 is not"),
    "altered words": ("UPDATE publications SET content = '{\"revision\": 1}'", "the publication form in revision 1 is not"),
    "a publication that is gone": ("DELETE FROM publications", "what entry 4 says was published is missing"),
}


@pytest.mark.parametrize("tampering", TAMPERED)
async def test_whoever_writes_the_database_by_hand_is_found_by_the_audit(kept: Open, record_url: str, tampering: str) -> None:
    words = Words(kind="document", title="Questionnaire", language="sv")
    await kept.openness.publish(kept.dialogue, words, by="buyer-1", document_id="form", file=PDF)
    settings = Settings(record_url=record_url)
    (before,) = await audit_ledgers(settings)
    assert (before.problem, before.entries) == (None, 4)
    statement, expected = TAMPERED[tampering]
    await kept.sql(statement.replace("BLOB", "bytea") if "postgres" in record_url else statement)
    (after,) = await audit_ledgers(settings, dialogue_id=kept.dialogue)
    assert after.problem is not None
    assert expected in after.problem


async def test_a_ledger_written_anew_is_found_by_who_kept_its_end(kept: Open, record_url: str) -> None:
    settings = Settings(record_url=record_url)
    head = await kept.readings.ledger_head(kept.dialogue)
    assert head is not None
    await kept.openness.publish(kept.dialogue, SPECIFICATION, by="buyer-1")
    (grown,) = await audit_ledgers(settings, dialogue_id=kept.dialogue, kept=(head.count, head.digest))
    assert grown.problem is None
    await kept.sql("DELETE FROM disclosures")
    await kept.sql("DELETE FROM disclosure_heads")
    await kept.sql("DELETE FROM publications")
    assert await audit_ledgers(settings) == []
    (gone,) = await audit_ledgers(settings, dialogue_id=kept.dialogue, kept=(head.count, head.digest))
    assert gone.problem is not None
    with pytest.raises(NotFound):
        await audit_ledgers(settings, dialogue_id=kept.dialogue)


async def test_two_that_publish_at_once_make_one_chain(kept: Open, record_url: str) -> None:
    other = open_record(record_url, clock=kept.clock)
    try:
        publishing = [
            KeptOpenness(record, clock=kept.clock).publish(
                kept.dialogue, SPECIFICATION.model_copy(update={"title": f"Part {number} of {name}"}), by="buyer-1"
            )
            for number in range(3)
            for name, record in (("one", kept.record), ("two", other))
        ]
        await asyncio.gather(*publishing)
        assert len(await kept.kinds()) == 9
        assert await kept.problem() is None
    finally:
        await other.close()


async def test_an_answer_of_a_supplier_is_shown_to_it_and_stands_in_the_ledger(kept: Open) -> None:
    registrations = KeptRegistrations(
        kept.record, readings=kept.record.readings, registrations=kept.record.registrations, clock=kept.clock
    )
    reply = Reply(answer=Answer.ACCEPT, name="Nobody Matched Sample", country="DK")
    await registrations.answer(kept.dialogue, "u", reply)
    await registrations.answer(kept.dialogue, "u", reply)
    await kept.service.responses(
        received(
            ResponseGiven(dialogue_id=kept.dialogue, supplier_id="s", revision=1, answer="decline", given_at=kept.clock.now())
        )
    )
    assert (await kept.kinds())[3:] == [("registration", "u"), ("registration", "s")]
    assert {one.supplier_id for one in await kept.readings.participants(kept.dialogue)} == {"s", "t", "u"}
    course = course_of(await kept.readings.ledger_of(kept.dialogue))
    assert [(one.supplier_id, one.invited) for one in course.responded] == [("u", False), ("s", True)]
    assert await kept.problem() is None
