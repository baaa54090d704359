"""What a dialogue, or a supplier's own time in it, looks like in a calendar."""

from datetime import datetime

from samspil.domain.letters.facts import Occasion, details, key_facts, one_line
from samspil.domain.letters.reader import Reader
from samspil.domain.letters.writing import answering, fairness
from samspil.ports.calendar import Appointment, Words
from samspil_schemas import DialogueAnnouncement, Slot

# Both ids are the same in every event about the same thing.
_UID = "{id}@samspil"


def of_dialogue(
    occasion: Occasion,
    *,
    reader: Reader,
    revision: int,
    said_at: datetime,
    registration: int = 0,
    cancelled: bool = False,
    attends: bool = False,
) -> Appointment | None:
    """The dialogue in a calendar; None where it has neither a time nor a registration deadline.

    A dialogue without a time is entered as its registration deadline. That is an event and no task (VTODO), for Google Calendar
    and Outlook show no tasks of a file. It is a moment and not an all-day event: a deadline at noon is not one at midnight, and
    which day it is depends on the zone of the reader.

    Args:
        occasion: the dialogue.
        reader: who will read it.
        revision: that of the dialogue, whichever event says it: a client keeps the entry with the highest.
        said_at: the moment of the event that says it, of the dialogue or of the registration.
        registration: the revision of the reader's registration, which may say something new, too; 0 where it is about none.
        cancelled: it does not take place.
        attends: the reader is registered; only then its time is blocked.
    """
    announcement = occasion.announcement
    title = Words(text=occasion.one_line_title, language=occasion.language)
    uid = _UID.format(id=occasion.dialogue_id)
    if time := _time(announcement):
        return Appointment(
            uid=uid,
            sequence=revision - 1 + registration,
            stamped_at=said_at,
            starts_at=time[0],
            ends_at=time[1],
            summary=title,
            description=_description(occasion, reader),
            organiser=one_line(occasion.buyer_name),
            location=_location(announcement),
            url=announcement.stream_url,
            cancelled=cancelled,
            busy=attends,
        )
    if announcement.registration_deadline is None:
        return None
    return Appointment(
        uid=uid,
        sequence=revision - 1 + registration,
        stamped_at=said_at,
        starts_at=announcement.registration_deadline,
        summary=Words(text=reader.say("subject.deadline", title=title.text), language=reader.written),
        description=_description(occasion, reader),
        organiser=one_line(occasion.buyer_name),
        location=_location(announcement),
        url=announcement.stream_url,
        cancelled=cancelled,
    )


def of_slot(
    occasion: Occasion,
    *,
    reader: Reader,
    slot: Slot,
    registration_id: str,
    revisions: tuple[int, int],
    said_at: datetime,
    cancelled: bool = False,
) -> Appointment:
    """A supplier's own time in a dialogue of one-to-one meetings.

    Args:
        occasion: the dialogue.
        reader: who will read it.
        slot: the time; of one that is cancelled, the time that it was.
        registration_id: of the registration that holds the time.
        revisions: that of the dialogue and that of the registration. Either may say something new, so the sequence counts both.
        said_at: the moment of the later of the two events.
        cancelled: the supplier withdrew, or the dialogue does not take place.
    """
    return Appointment(
        uid=_UID.format(id=registration_id),
        sequence=sum(revision - 1 for revision in revisions),
        stamped_at=said_at,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        summary=Words(text=occasion.one_line_title, language=occasion.language),
        description=_description(occasion, reader, reader.label("your_slot", reader.span(slot.starts_at, slot.ends_at))),
        organiser=one_line(occasion.buyer_name),
        location=_location(occasion.announcement),
        url=occasion.announcement.stream_url,
        cancelled=cancelled,
        busy=True,
    )


def _time(announcement: DialogueAnnouncement) -> tuple[datetime, datetime | None] | None:
    """From when to when it takes place; one-to-one meetings without a time of the whole last from the first slot to the last."""
    if announcement.starts_at:
        return announcement.starts_at, announcement.ends_at
    if announcement.slots:
        return min(slot.starts_at for slot in announcement.slots), max(slot.ends_at for slot in announcement.slots)
    return None


def _location(announcement: DialogueAnnouncement) -> str | None:
    """The place; else the address of the stream, which clients then show where people look for where to go."""
    return one_line(announcement.place) if announcement.place else announcement.stream_url


def _description(occasion: Occasion, reader: Reader, *first: str) -> Words:
    paragraphs = [
        *first,
        "\n".join(key_facts(occasion, reader)),
        *details(occasion, reader),
        fairness(occasion, reader),
        *(["\n".join(answering(occasion, reader))] if occasion.takes_answers else []),
    ]
    return Words(text="\n\n".join(paragraphs), language=reader.written)
