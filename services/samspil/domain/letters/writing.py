"""Writes the letters."""

from collections.abc import Sequence
from dataclasses import dataclass

from samspil.domain.dialogue_changes import Change, Changed
from samspil.domain.dialogue_reasons import Because
from samspil.domain.letters.changes import change_line
from samspil.domain.letters.facts import Occasion, details, key_facts, one_line, places
from samspil.domain.letters.reader import Reader
from samspil_schemas import DialogueKind, Evidence, RegistrationChanged, RegistrationStatus

# The strongest come first; more convince nobody.
EVIDENCE_SHOWN = 3
# Who stands so is still concerned with what is going to happen.
_CONCERNED = frozenset({RegistrationStatus.REGISTERED, RegistrationStatus.WAITING, RegistrationStatus.TENTATIVE})
_REASONS = {because.value: f"reason.{because.name.lower()}" for because in Because}


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A letter in plain text. `language` is the one it is written in, ISO 639; the subject is one line."""

    subject: str
    paragraphs: tuple[str, ...]
    language: str

    @property
    def text(self) -> str:
        """The paragraphs with an empty line between each two."""
        return "\n\n".join(self.paragraphs) + "\n"


def invitation(occasion: Occasion, *, reader: Reader, evidence: Sequence[Evidence] = ()) -> Letter:
    """What the supplier is invited to, why, and how it answers. `evidence` is that of its match, strongest first."""
    return _letter(
        "invitation",
        occasion,
        reader,
        *_why(evidence, reader),
        _headed("heading.facts", key_facts(occasion, reader), reader),
        *details(occasion, reader),
        fairness(occasion, reader),
        _headed("heading.answer", answering(occasion, reader), reader),
    )


def change(occasion: Occasion, *, reader: Reader, changes: Sequence[Change]) -> Letter:
    """What has changed, and how all of it is now."""
    # Where there are slots, their number is the capacity, and another one says nothing.
    told = [one for one in changes if not (one.what is Changed.CAPACITY and occasion.announcement.slots)]
    lines = [f"- {change_line(one, reader)}" for one in told]
    return _letter(
        "change",
        occasion,
        reader,
        *([_headed("heading.changes", lines, reader)] if lines else []),
        _headed("heading.facts", key_facts(occasion, reader), reader),
        *details(occasion, reader),
        fairness(occasion, reader),
        _headed("heading.answer", [reader.say("answer.again"), *answering(occasion, reader)], reader),
    )


def cancellation(occasion: Occasion, *, reader: Reader, reason: str | None = None) -> Letter:
    """That the dialogue does not take place, and why: one of `Because`, or the buyer's own words."""
    because = [_reason(reason, occasion, reader)] if reason else []
    return _letter("cancellation", occasion, reader, *because, _headed("heading.facts", key_facts(occasion, reader), reader))


def over(occasion: Occasion, *, reader: Reader, stands: RegistrationChanged | None = None) -> Letter:
    """That the dialogue took place, so that no answer is asked for; with the slot that the organisation had, if it had one."""
    return _letter(
        "over",
        occasion,
        reader,
        *(_standing(stands, occasion, reader) if stands and stands.status is RegistrationStatus.REGISTERED else []),
        _headed("heading.facts", key_facts(occasion, reader), reader),
        *details(occasion, reader),
        fairness(occasion, reader),
    )


def registration(occasion: Occasion, *, reader: Reader, stands: RegistrationChanged, promoted: bool = False) -> Letter:
    """How the organisation stands in the dialogue now. `promoted`: it was waiting, and a place fell to it."""
    promoted = promoted and stands.status is RegistrationStatus.REGISTERED
    concerned = stands.status in _CONCERNED
    registered = stands.status is RegistrationStatus.REGISTERED
    answers = [reader.say("answer.cancel")] if registered else []
    return _letter(
        "promoted" if promoted else stands.status.value,
        occasion,
        reader,
        *_standing(stands, occasion, reader),
        _headed("heading.facts", key_facts(occasion, reader), reader),
        *(details(occasion, reader) if concerned else []),
        fairness(occasion, reader),
        *([_headed("heading.answer", [*answers, *answering(occasion, reader)], reader)] if concerned else []),
    )


def answering(occasion: Occasion, reader: Reader) -> list[str]:
    """How to answer, a line each."""
    url = occasion.answer_url
    how = reader.say("answer.link", url=url) if url else reader.say("answer.reference", reference=occasion.dialogue_id)
    one_to_one = occasion.announcement.kind is DialogueKind.ONE_TO_ONE and occasion.announcement.slots
    return [how, reader.say("answer.slots")] if one_to_one else [how]


def _letter(name: str, occasion: Occasion, reader: Reader, *paragraphs: str) -> Letter:
    opening = reader.say(f"opening.{name}", buyer=one_line(occasion.buyer_name))
    return Letter(
        subject=reader.say(f"subject.{name}", title=occasion.one_line_title),
        paragraphs=(opening, reader.words(occasion.one_line_title, occasion.language), *paragraphs),
        language=reader.written,
    )


def _headed(heading: str, lines: Sequence[str], reader: Reader) -> str:
    return "\n".join([reader.say(heading), *lines])


def _why(evidence: Sequence[Evidence], reader: Reader) -> list[str]:
    lines = []
    for shown in evidence[:EVIDENCE_SHOWN]:
        need = reader.say("evidence.need", sentence=shown.need_sentence)
        answer = reader.say("evidence.profile", sentence=shown.answer)
        lines += [f"- {reader.words(need, shown.need_language)}", f"  {reader.words(answer, shown.answer_language)}"]
    return [_headed("heading.why", lines, reader)] if lines else []


def _standing(stands: RegistrationChanged, occasion: Occasion, reader: Reader) -> list[str]:
    lines = []
    if stands.slot:
        lines.append(reader.label("your_slot", reader.span(stands.slot.starts_at, stands.slot.ends_at)))
    if stands.waiting_place:
        lines.append(reader.label("waiting_place", reader.number(stands.waiting_place)))
    if stands.reason:
        lines.append(_reason(stands.reason, occasion, reader))
    return ["\n".join(lines)] if lines else []


def _reason(reason: str, occasion: Occasion, reader: Reader) -> str:
    if known := _REASONS.get(reason):
        return reader.label("reason", reader.say(known))
    return f"{reader.words(reader.say('label.reason'), occasion.language)}: {reason}"


def fairness(occasion: Occasion, reader: Reader) -> str:
    """What holds of every dialogue, whatever the buyer writes."""
    limited = places(occasion.announcement) is not None
    return " ".join([reader.say("fair.open"), *([reader.say("fair.order")] if limited else [])])
