"""Letters and calendar files: what an invited supplier reads, and what anyone puts into a calendar."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from samspil import ids
from samspil.domain import letters
from samspil.domain.appointments import of_dialogue, of_slot
from samspil.domain.registrations import stands
from samspil.ports import DialogueState, InvitationStatus, PlacedRegistration, Registration, StoredDialogue, StoredInvitation
from samspil.ports.calendar import Appointment
from samspil.web.problems import NOT_FOUND, ProblemError
from samspil.web.routes.dialogues import DialogueId, stored_dialogue
from samspil.web.routes.suppliers import SupplierId
from samspil.web.services import Services, WebServices
from samspil_schemas import RegistrationStatus
from samspil_schemas.base import Country, Id, Language

router = APIRouter(prefix="/v1", tags=["dialogues"])

InvitationId = Annotated[Id, Path(description="The invitation's id.")]
ReadIn = Annotated[Language | None, Query(description="What to write in: da, nb, nn, sv, fi, en or de; any other gets English.")]
_OVER = frozenset({DialogueState.HELD, DialogueState.CONCLUDED})
_CALENDAR: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/calendar": {"schema": {"type": "string"}}}, "description": "An iCalendar file."}
}
_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "The letter, subject first."}
}


@router.get(
    "/suppliers/{supplier_id:id}/invitations/{invitation_id:id}/letter",
    summary="An invitation as a letter",
    response_class=Response,
    responses=_TEXT,
)
async def letter(
    services: Services, *, supplier_id: SupplierId, invitation_id: InvitationId, language: ReadIn = None
) -> Response:
    """Read an invitation in your own language and your own time; the buyer's words are left as they are.

    The first line is the subject. By default it is in the first language of your profile, and in the time of your country.
    """
    invitation, dialogue = await _invited(services, supplier_id, invitation_id)
    reader = await _reader(services, supplier_id, dialogue, language=language)
    occasion = _occasion(dialogue)
    if invitation.status is InvitationStatus.CANCELLED:
        written = letters.cancellation(occasion, reader=reader, reason=dialogue.because)
    elif dialogue.state in _OVER:
        written = letters.over(occasion, reader=reader)
    else:
        written = letters.invitation(occasion, reader=reader, evidence=invitation.evidence)
    return _letter(written)


@router.get(
    "/suppliers/{supplier_id:id}/invitations/{invitation_id:id}/calendar.ics",
    summary="An invitation for the calendar",
    response_class=Response,
    responses=_CALENDAR,
)
async def invitation_calendar(
    services: Services, *, supplier_id: SupplierId, invitation_id: InvitationId, language: ReadIn = None
) -> Response:
    """Put the dialogue of an invitation into your calendar; the file after a change replaces the entry of the one before."""
    _, dialogue = await _invited(services, supplier_id, invitation_id)
    reader = await _reader(services, supplier_id, dialogue, language=language)
    return _file(services, _appointment(dialogue, reader))


@router.get(
    "/dialogues/{dialogue_id:id}/calendar.ics",
    summary="A dialogue for the calendar",
    response_class=Response,
    responses=_CALENDAR,
)
async def dialogue_calendar(
    services: Services,
    *,
    dialogue_id: DialogueId,
    language: ReadIn = None,
    country: Annotated[Country | None, Query(description="Whose time the description tells; by default UTC.")] = None,
) -> Response:
    """Put a dialogue into your calendar, invited or not."""
    dialogue = await stored_dialogue(services, dialogue_id)
    reader = letters.Reader(language=language or dialogue.language, country=country)
    return _file(services, _appointment(dialogue, reader))


@router.get(
    "/dialogues/{dialogue_id:id}/registrations/{supplier_id:id}/letter",
    summary="A registration as a letter",
    response_class=Response,
    responses=_TEXT,
)
async def registration_letter(
    services: Services, *, dialogue_id: DialogueId, supplier_id: SupplierId, language: ReadIn = None
) -> Response:
    """Read how your organisation stands in a dialogue, or that it was cancelled or held, in your language and your time."""
    dialogue, placed = await _registered(services, dialogue_id, supplier_id)
    reader = await _reader(services, supplier_id, dialogue, language=language, country=placed.registration.country)
    occasion = _occasion(dialogue)
    if dialogue.state is DialogueState.CANCELLED:
        return _letter(letters.cancellation(occasion, reader=reader, reason=dialogue.because))
    if dialogue.state in _OVER:
        return _letter(letters.over(occasion, reader=reader, stands=stands(placed)))
    return _letter(letters.registration(occasion, reader=reader, stands=stands(placed)))


@router.get(
    "/dialogues/{dialogue_id:id}/registrations/{supplier_id:id}/calendar.ics",
    summary="A registration for the calendar",
    response_class=Response,
    responses=_CALENDAR,
)
async def registration_calendar(
    services: Services, *, dialogue_id: DialogueId, supplier_id: SupplierId, language: ReadIn = None
) -> Response:
    """Put your own slot, or the dialogue that you are registered for, into your calendar. It names nobody else.

    Once you have lost or given up your slot, the file takes it out again.
    """
    dialogue, placed = await _registered(services, dialogue_id, supplier_id)
    registration = placed.registration
    reader = await _reader(services, supplier_id, dialogue, language=language, country=registration.country)
    slot = registration.slot
    if slot is None and registration.status is not RegistrationStatus.REGISTERED:
        slot = registration.last_slot
    if slot is None:
        return _file(services, _appointment(dialogue, reader, registration=registration))
    own = of_slot(
        _occasion(dialogue),
        reader=reader,
        slot=slot,
        registration_id=ids.registration_id(dialogue_id=dialogue_id, supplier_id=supplier_id),
        revisions=(dialogue.revision, registration.revision),
        said_at=max(dialogue.said_at, registration.changed_at),
        cancelled=registration.slot is None or dialogue.state is DialogueState.CANCELLED,
    )
    return _file(services, own)


async def _registered(services: WebServices, dialogue_id: str, supplier_id: str) -> tuple[StoredDialogue, PlacedRegistration]:
    dialogue = await stored_dialogue(services, dialogue_id)
    placed = await services.registrations.registration(dialogue_id, supplier_id)
    if placed is None:
        raise ProblemError(NOT_FOUND, "There is no such registration.", "Register for the dialogue first.")
    return dialogue, placed


async def _invited(services: WebServices, supplier_id: str, invitation_id: str) -> tuple[StoredInvitation, StoredDialogue]:
    """An invitation that the supplier was sent, and its dialogue; one that its own preferences withhold is its own to read."""
    invitation = await services.readings.invitation(invitation_id)
    if invitation is None or invitation.supplier_id != supplier_id or invitation.issued_at is None:
        raise ProblemError(NOT_FOUND, "There is no such invitation.", "Look for it among the supplier's invitations.")
    return invitation, await stored_dialogue(services, invitation.dialogue_id)


async def _reader(
    services: WebServices, supplier_id: str, dialogue: StoredDialogue, *, language: str | None, country: str | None = None
) -> letters.Reader:
    """Who reads: by what its profile says; without one, in the dialogue's language and in the time of `country`."""
    stored = await services.readings.profile(supplier_id)
    reads = stored.profile.languages[0] if stored is not None and stored.profile.languages else dialogue.language
    return letters.Reader(language=language or reads, country=stored.profile.country if stored is not None else country)


def _occasion(dialogue: StoredDialogue) -> letters.Occasion:
    return letters.Occasion(
        dialogue_id=dialogue.dialogue_id,
        title=dialogue.title,
        language=dialogue.language,
        buyer_name=dialogue.buyer_name,
        announcement=dialogue.announcement,
        takes_answers=dialogue.state is DialogueState.ANNOUNCED,
    )


def _letter(written: letters.Letter) -> Response:
    headers = {"Content-Language": written.language}
    return Response(f"{written.subject}\n\n{written.text}", media_type="text/plain; charset=utf-8", headers=headers)


def _appointment(
    dialogue: StoredDialogue, reader: letters.Reader, *, registration: Registration | None = None
) -> Appointment | None:
    return of_dialogue(
        _occasion(dialogue),
        reader=reader,
        revision=dialogue.revision,
        said_at=max(dialogue.said_at, registration.changed_at) if registration else dialogue.said_at,
        registration=registration.revision if registration else 0,
        cancelled=dialogue.state is DialogueState.CANCELLED,
        attends=registration is not None and registration.status is RegistrationStatus.REGISTERED,
    )


def _file(services: WebServices, appointment: Appointment | None) -> Response:
    if appointment is None:
        raise ProblemError(
            NOT_FOUND, "The dialogue has neither a time nor a deadline.", "Look at it again when the buyer has set one."
        )
    headers = {"Content-Disposition": 'attachment; filename="dialogue.ics"'}
    return Response(services.calendar.write(appointment), media_type="text/calendar; charset=utf-8", headers=headers)
