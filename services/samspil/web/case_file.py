"""The case file of a dialogue: what the contracting authority keeps of its preliminary market consultation.

Articles 40 and 41 of Directive 2014/24/EU ask that what one participant learned is given to all, and that there is time to use
it. The file shows who was reached, what everyone was shown and when, and the ledger that proves it. It names organisations by
their ids alone, and never who asked a question.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from samspil.domain.disclosures import head_of
from samspil.ports import DialogueState, LedgerRow, StoredDialogue
from samspil.ports.disclosures import QUESTION, DisclosureEntry, LedgerHead, ShownKind
from samspil.ports.openness import Participant, Question, QuestionStatus
from samspil_schemas import NeedStatement, SupplierSize

DIGEST_HEADER = "Samspil-Ledger-Digest"
FORMAT = "samspil.dialogue-case.v1"
NOT_PROVEN = (
    "Not proven: that nobody wrote the whole ledger anew or left out its end, which only a last digest that someone else has "
    "kept shows; and what is not in the ledger: the needs, the state, the questions that were not answered, the sizes and "
    "regions of the suppliers as they stood when this copy was made, and which of them are new to the buyer."
)
HOW_TO_CHECK = (
    "Write `content` of an entry as JSON in UTF-8 with sorted names, without spaces, and whole numbers without a fraction: its "
    "SHA-256 is `content_digest`. Write the entry without `content` and `digest` in the same way, with the moment in UTC as in "
    "2026-03-02T09:00:00+00:00: its SHA-256 is `digest`, and `previous` of the next entry. The last digest is that of the head. "
    f"`samspil audit verify --case FILE` does this and makes all else that follows from the ledger anew. {NOT_PROVEN}"
)
_DOCUMENTS = frozenset({ShownKind.DOCUMENT, ShownKind.MINUTES, ShownKind.NOTE})
_SMALL = frozenset({SupplierSize.MICRO, SupplierSize.SMALL, SupplierSize.MEDIUM})


class CaseNeed(BaseModel):
    """A need that the dialogue is about, as it stood when this copy was made: the record keeps no text but the newest."""

    need_id: str
    version: int
    recorded_at: datetime = Field(description="When this version was recorded, or withdrawn.")
    version_when_held: int | None = Field(
        description="The version that stood when the dialogue was held; null where it was not, or where it is not on record."
    )
    statement: NeedStatement


class Step(BaseModel):
    """Something that was said to everyone of the dialogue itself: announced, changed, cancelled, held, concluded."""

    at: datetime
    kind: str
    said: dict[str, Any] = Field(description="The event in full.")
    entry: int = Field(description="The number of the entry of the ledger.")


class Reached(BaseModel):
    """How many suppliers something was shown to alone, through one channel."""

    channel: str
    suppliers: int


class Invited(BaseModel):
    """A supplier that was told of the dialogue by an invitation."""

    supplier_id: str
    at: datetime = Field(description="When it was first invited.")
    cancelled_at: datetime | None = Field(description="When its invitation was cancelled, if it was.")
    responded_at: datetime | None = Field(description="When its answer was first recorded.")


class Responded(BaseModel):
    """A supplier whose answer was recorded, invited or not."""

    supplier_id: str
    at: datetime = Field(description="When its answer was first recorded.")
    invited: bool


class PublishedDocument(BaseModel):
    """A document, the minutes or the note, in one revision."""

    disclosure_id: str
    revision: int
    kind: str
    title: str
    language: str
    text: str | None
    file_name: str | None
    media_type: str | None
    sha256: str | None = Field(description="Of the bytes of the file.")
    published_at: datetime
    entry: int


class PublishedAnswer(BaseModel):
    """A question as everyone reads it, with its answer. Who asked is not said."""

    disclosure_id: str
    revision: int
    question: str
    answer: str | None
    language: str
    published_at: datetime
    entry: int


class QuestionCounts(BaseModel):
    """How many questions were asked, and what became of them. Why one was declined is told to its asker alone."""

    asked: int
    answered: int
    declined: int
    open: int


class Figures(BaseModel):
    """Of the suppliers that were invited or answered. A share is of those whose profile says."""

    suppliers: int
    sme_known: int = Field(description="Of how many the size is known.")
    sme: int = Field(description="How many of those are micro, small or medium.")
    newcomers: int = Field(description="How many had neither invitation nor answer in an earlier dialogue of this buyer.")
    regions: dict[str, int] = Field(description="NUTS regions that their profiles say they serve, and how many serve each.")
    anywhere: int = Field(description="How many profiles name no region, which means anywhere.")


class LeadTimes(BaseModel):
    """How much time suppliers had, from the first announcement on, in seconds; null where there is no such moment."""

    announced_at: datetime | None
    to_registration_deadline: int | None
    to_start: int | None
    last_change_to_start: int | None = Field(description="From the last change of the announcement.")


class CaseFile(BaseModel):
    """All that is on record of the openness of a dialogue."""

    format: str = FORMAT
    made_at: datetime
    dialogue_id: str
    title: str
    buyer_id: str
    state: DialogueState
    needs: list[CaseNeed]
    announced: list[Step]
    lead_times: LeadTimes
    reach: list[Reached]
    invited: list[Invited]
    responded: list[Responded]
    documents: list[PublishedDocument]
    answers: list[PublishedAnswer]
    questions: QuestionCounts
    figures: Figures
    ledger: list[DisclosureEntry]
    head: LedgerHead | None
    how_to_check: str = HOW_TO_CHECK


@dataclass(frozen=True, kw_only=True)
class Course:
    """What follows from the ledger alone, and can be made from it again."""

    announced: list[Step]
    lead_times: LeadTimes
    reach: list[Reached]
    invited: list[Invited]
    responded: list[Responded]
    documents: list[PublishedDocument]
    answers: list[PublishedAnswer]
    head: LedgerHead | None


def case_file(
    dialogue: StoredDialogue,
    ledger: Sequence[DisclosureEntry],
    *,
    at: datetime,
    needs: Iterable[CaseNeed],
    questions: Sequence[Question],
    participants: Sequence[Participant],
) -> CaseFile:
    """The case file as of now, from what was read of the record."""
    return CaseFile(
        made_at=at,
        dialogue_id=dialogue.dialogue_id,
        title=dialogue.title,
        buyer_id=dialogue.buyer_id,
        state=dialogue.state,
        needs=list(needs),
        questions=_counted(questions),
        figures=_figures(participants),
        ledger=list(ledger),
        **vars(course_of(ledger)),
    )


def version_at(versions: Iterable[LedgerRow], moment: datetime) -> int | None:
    """The version of a need that stood at a moment: the highest that was recorded by then; None where none was."""
    return max((one.version for one in versions if one.accepted_at is not None and one.accepted_at <= moment), default=None)


def course_of(ledger: Sequence[DisclosureEntry]) -> Course:
    """What the ledger says happened."""
    announced = _steps(ledger)
    responded = _responded(ledger)
    return Course(
        announced=announced,
        lead_times=_lead_times(announced),
        reach=_reach(ledger),
        invited=_invited(ledger, responded={one.supplier_id: one.at for one in responded}),
        responded=responded,
        documents=[_document(entry) for entry in ledger if entry.kind in _DOCUMENTS],
        answers=[_answer(entry) for entry in ledger if entry.kind == ShownKind.ANSWER],
        head=head_of(ledger),
    )


def _steps(ledger: Sequence[DisclosureEntry]) -> list[Step]:
    kinds = (ShownKind.ANNOUNCED, ShownKind.CHANGED, ShownKind.CANCELLED, ShownKind.HELD, ShownKind.CONCLUDED)
    return [Step(at=entry.at, kind=entry.kind, said=entry.content, entry=entry.number) for entry in ledger if entry.kind in kinds]


def _lead_times(steps: Sequence[Step]) -> LeadTimes:
    stated = [step for step in steps if step.kind in (ShownKind.ANNOUNCED, ShownKind.CHANGED)]
    if not stated:
        return LeadTimes(announced_at=None, to_registration_deadline=None, to_start=None, last_change_to_start=None)
    first, last = stated[0], stated[-1]
    starts, deadline = _moment(last, "starts_at"), _moment(last, "registration_deadline")
    return LeadTimes(
        announced_at=first.at,
        to_registration_deadline=_seconds(first.at, deadline),
        to_start=_seconds(first.at, starts),
        last_change_to_start=_seconds(last.at, starts) if last is not first else None,
    )


def _moment(step: Step, name: str) -> datetime | None:
    stated = step.said["announcement"].get(name)
    return datetime.fromisoformat(stated) if stated else None


def _seconds(since: datetime, until: datetime | None) -> int | None:
    return int((until - since).total_seconds()) if until is not None else None


def _reach(ledger: Sequence[DisclosureEntry]) -> list[Reached]:
    reached: dict[str, set[str]] = {}
    for entry in _to_suppliers(ledger):
        reached.setdefault(entry.channel, set()).add(entry.to or "")
    return [Reached(channel=channel, suppliers=len(suppliers)) for channel, suppliers in sorted(reached.items())]


def _to_suppliers(ledger: Sequence[DisclosureEntry], *kinds: ShownKind) -> Iterable[DisclosureEntry]:
    return (
        entry
        for entry in ledger
        if entry.to is not None and not entry.to.startswith(QUESTION) and (not kinds or entry.kind in kinds)
    )


def _invited(ledger: Sequence[DisclosureEntry], *, responded: Mapping[str, datetime]) -> list[Invited]:
    invited, cancelled = dict[str, datetime](), dict[str, datetime]()
    for entry in _to_suppliers(ledger, ShownKind.INVITED, ShownKind.INVITATION_CANCELLED):
        if entry.kind == ShownKind.INVITED:
            invited.setdefault(entry.to or "", entry.at)
            cancelled.pop(entry.to or "", None)
        else:
            cancelled[entry.to or ""] = entry.at
    return [
        Invited(supplier_id=id_, at=at, cancelled_at=cancelled.get(id_), responded_at=responded.get(id_))
        for id_, at in invited.items()
    ]


def _responded(ledger: Sequence[DisclosureEntry]) -> list[Responded]:
    invited = {entry.to for entry in _to_suppliers(ledger, ShownKind.INVITED)}
    found: dict[str, Responded] = {}
    for entry in _to_suppliers(ledger, ShownKind.REGISTRATION):
        found.setdefault(entry.to or "", Responded(supplier_id=entry.to or "", at=entry.at, invited=entry.to in invited))
    return list(found.values())


def _document(entry: DisclosureEntry) -> PublishedDocument:
    said: dict[str, Any] = entry.content
    return PublishedDocument.model_validate(said | {"published_at": entry.at, "entry": entry.number})


def _answer(entry: DisclosureEntry) -> PublishedAnswer:
    said: dict[str, Any] = entry.content
    return PublishedAnswer.model_validate(
        said | {"question": said["title"], "answer": said["text"], "published_at": entry.at, "entry": entry.number}
    )


def _counted(questions: Sequence[Question]) -> QuestionCounts:
    counts = Counter(question.status for question in questions)
    return QuestionCounts(
        asked=len(questions),
        answered=counts[QuestionStatus.ANSWERED],
        declined=counts[QuestionStatus.DECLINED],
        open=counts[QuestionStatus.OPEN],
    )


def _figures(participants: Sequence[Participant]) -> Figures:
    sizes = [participant.size for participant in participants if participant.size is not None]
    served = Counter(region for participant in participants for region in set(participant.regions))
    return Figures(
        suppliers=len(participants),
        sme_known=len(sizes),
        sme=sum(size in _SMALL for size in sizes),
        newcomers=sum(participant.newcomer for participant in participants),
        regions=dict(sorted(served.items())),
        anywhere=sum(participant.has_profile and not participant.regions for participant in participants),
    )
