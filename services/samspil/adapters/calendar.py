"""iCalendar files (RFC 5545, 5546), one entry each.

The method is PUBLISH, or CANCEL where it does not take place. It is never REQUEST: a client would offer to accept and mail the
answer to the organiser, and the supplier would think that it has answered. PUBLISH asks for an organiser all the same, and its
value need not be a mail address, so it is a URI that leads nowhere, and the buyer's name stands beside it. There is no attendee
and no alarm: nobody learns of others, and reminders are the reader's own business. Times are in UTC, so that no table of a zone
has to be right in two places; clients show them in the reader's zone.
"""

import re
from datetime import UTC, datetime
from urllib.parse import quote

from icalendar import Calendar, Event, vCalAddress, vText, vUri

from samspil.domain.zones import moved
from samspil.ports.calendar import Appointment, Words

MEDIA_TYPE = "text/calendar"
_PRODUCT = "-//Samspil//Samspil 1//EN"
# A scheme that nobody can follow; calendars have long written it for an organiser without a mailbox.
_NO_MAILBOX = "invalid:nomail"
# What readers take for the end of a line, though RFC 5545 does not.
_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
# What a URI may hold as it is (RFC 3986), and the sign of what is encoded already.
_OF_URIS = ":/?#[]@!$&'()*+,;=%~"


class ICalendarFiles:
    """Writes iCalendar files."""

    def write(self, appointment: Appointment) -> bytes:
        """The file, UTF-8, its lines folded at 75 octets; of the same appointment always the same bytes."""
        calendar = Calendar()
        calendar.add("VERSION", "2.0")
        calendar.add("PRODID", _PRODUCT)
        calendar.add("METHOD", "CANCEL" if appointment.cancelled else "PUBLISH")
        calendar.add_component(_event(appointment))
        return bytes(calendar.to_ical())


def _event(appointment: Appointment) -> Event:
    event = Event()
    event.add("UID", appointment.uid)
    event.add("SEQUENCE", appointment.sequence)
    event.add("DTSTAMP", _utc(appointment.stamped_at))
    event.add("DTSTART", _utc(appointment.starts_at))
    # An end that is no later than the start is no end (RFC 5545, 3.8.2.2); without one the event lasts a moment.
    if appointment.ends_at and _utc(appointment.ends_at) > _utc(appointment.starts_at):
        event.add("DTEND", _utc(appointment.ends_at))
    event.add("SUMMARY", _words(appointment.summary))
    event.add("DESCRIPTION", _words(appointment.description))
    event.add("ORGANIZER", _organiser(appointment.organiser))
    if appointment.location:
        event.add("LOCATION", vText(_lines(appointment.location)))
    if appointment.url:
        event.add("URL", vUri(quote(appointment.url, safe=_OF_URIS)))
    event.add("STATUS", "CANCELLED" if appointment.cancelled else "CONFIRMED")
    event.add("TRANSP", "OPAQUE" if appointment.busy and not appointment.cancelled else "TRANSPARENT")
    return event


def _utc(moment: datetime) -> datetime:
    """To the second, as RFC 5545 writes it."""
    return moved(moment).replace(microsecond=0, tzinfo=UTC)


def _words(words: Words) -> vText:
    return vText(_lines(words.text), params={"LANGUAGE": words.language})


def _organiser(name: str) -> vCalAddress:
    # A parameter knows no escape for a quotation mark or a line end (RFC 5545, 3.1).
    return vCalAddress(_NO_MAILBOX, params={"CN": _lines(name).replace('"', "'").replace("\n", " ")})


def _lines(text: str) -> str:
    return _LINE_ENDS.sub("\n", text)
