"""The facts of a dialogue, line by line, for a reader."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from samspil.domain.letters.reader import Reader
from samspil_schemas import DialogueAnnouncement, DialogueKind, Slot

# Enough to see whether any suits; who wants them all reads the dialogue itself.
SLOTS_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """The dialogue that a letter is about.

    language: of the buyer's own words: the title, the purpose, the programme and so on. ISO 639.
    answer_url: where one answers; None where one answers in Samspil by the id.
    takes_answers: whether one can still answer; not once it was cancelled or took place.
    """

    dialogue_id: str
    title: str
    language: str
    buyer_name: str
    announcement: DialogueAnnouncement
    answer_url: str | None = None
    takes_answers: bool = True

    @property
    def one_line_title(self) -> str:
        """For a subject or a heading."""
        return one_line(self.title)


def one_line(text: str) -> str:
    """The text without line breaks and other runs of white space."""
    return " ".join(text.split())


def key_facts(occasion: Occasion, reader: Reader) -> list[str]:
    """Who, what form, when, until when one may register, where: one line each."""
    announcement = occasion.announcement
    lines = [
        reader.label("buyer", one_line(occasion.buyer_name)),
        reader.label("kind", reader.say(f"kind.{announcement.kind.value}")),
    ]
    if when := _when(announcement, reader):
        lines.append(reader.label("when", when))
    if announcement.registration_deadline:
        lines.append(reader.label("registration_deadline", reader.moment(announcement.registration_deadline)))
    if announcement.place:
        lines.append(reader.label("place", one_line(announcement.place)))
    if announcement.stream_url:
        lines.append(reader.label("stream_url", announcement.stream_url))
    lines.append(reader.label("reference", occasion.dialogue_id))
    return lines


def details(occasion: Occasion, reader: Reader) -> list[str]:
    """What else the buyer announces, a paragraph each."""
    return [*_terms(occasion.announcement, reader), *_own_words(occasion, reader)]


def places(announcement: DialogueAnnouncement) -> int | None:
    """How many can take part; None where there is no limit."""
    return len(announcement.slots) or announcement.capacity


def _when(announcement: DialogueAnnouncement, reader: Reader) -> str | None:
    if announcement.starts_at:
        return reader.span(announcement.starts_at, announcement.ends_at)
    return reader.say("when.until", end=reader.moment(announcement.ends_at)) if announcement.ends_at else None


def _terms(announcement: DialogueAnnouncement, reader: Reader) -> Iterator[str]:
    if announcement.languages:
        yield reader.label("languages", reader.language_names(announcement.languages))
    count = places(announcement)
    yield reader.label("capacity", reader.number(count) if count else reader.say("value.no_limit"))
    if announcement.kind is DialogueKind.ONE_TO_ONE and announcement.slots:
        yield _listed(reader.say("label.slots"), _slots(announcement.slots, reader))
    if announcement.note_on:
        yield reader.label("note_on", reader.day(announcement.note_on))


def _slots(slots: Sequence[Slot], reader: Reader) -> list[str]:
    in_order = sorted(slots, key=lambda slot: slot.starts_at)
    lines = [reader.span(slot.starts_at, slot.ends_at) for slot in in_order[:SLOTS_SHOWN]]
    if len(in_order) > SLOTS_SHOWN:
        lines.append(reader.say("value.more", count=reader.number(len(in_order) - SLOTS_SHOWN)))
    return lines


def _own_words(occasion: Occasion, reader: Reader) -> Iterator[str]:
    announcement = occasion.announcement
    for field in ("purpose", "programme", "confidentiality", "non_binding"):
        words = getattr(announcement, field)
        label = reader.words(reader.say(f"label.{field}"), occasion.language)
        if isinstance(words, str):
            yield f"{label}: {words}"
        elif words:
            yield _listed(label, words)


def _listed(label: str, lines: Sequence[str]) -> str:
    return "\n".join([f"{label}:", *(f"- {line}" for line in lines)])
