"""The register of one dialogue, and what an answer makes of it.

Places are given in the order in which answers were recorded. That is all the rules know: no match, score or invitation comes in,
so an organisation that was never matched gets exactly what a matched one gets in its place.

Who accepts joins the end of the waiting list; then each that waits, in order, takes what is free and suits. So nobody waits while
a place that suits is free, and nobody is passed over. Who stands aside (declines, is tentative, withdraws) holds no place, and
begins at the end when it accepts again. Nobody loses a place, except with a slot that the buyer takes away: then it waits in its
old order, before all who registered later.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from samspil import ids
from samspil.domain.dialogue_moves import Move, require
from samspil.domain.moments import moment_in_words
from samspil.errors import Conflict, NotFound, Refused
from samspil.ports import Dialogue, PlacedRegistration, Places, Registration, StoredDialogue
from samspil_schemas import (
    Answer,
    DialogueAnnouncement,
    DialogueState,
    RegistrationChanged,
    RegistrationStatus,
    ResponseGiven,
    Slot,
)

_STATUS = {
    Answer.TENTATIVE: RegistrationStatus.TENTATIVE,
    Answer.DECLINE: RegistrationStatus.DECLINED,
    Answer.WITHDRAWN: RegistrationStatus.WITHDRAWN,
}
# What it takes part with has to be known; who stands aside need not say who it is.
_TAKES_PART = frozenset({Answer.ACCEPT, Answer.TENTATIVE})
# Who stands so is concerned with whatever becomes of the dialogue.
_CONCERNED = frozenset({RegistrationStatus.REGISTERED, RegistrationStatus.WAITING, RegistrationStatus.TENTATIVE})
_IN_LINE = frozenset({RegistrationStatus.REGISTERED, RegistrationStatus.WAITING})
_SLOTS_NAMED = 5
NameAndCountry = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Register:
    """All registrations of one dialogue, by organisation, and what it offers now.

    revision, state: of the dialogue, as is said with each registration.
    """

    dialogue_id: str
    announcement: DialogueAnnouncement
    entries: Mapping[str, Registration]
    revision: int
    state: DialogueState

    @property
    def taken(self) -> int:
        """How many hold a place."""
        return sum(entry.status is RegistrationStatus.REGISTERED for entry in self.entries.values())

    @property
    def concerned(self) -> list[str]:
        """Whom it concerns what becomes of the dialogue: who is registered, waits or may come."""
        return [entry.supplier_id for entry in _in_order(self.entries.values()) if entry.status in _CONCERNED]

    @property
    def capacity(self) -> int | None:
        """How many places there are; None is without limit. Where there are slots, each is one."""
        return len(self.announcement.slots) or self.announcement.capacity

    @property
    def waiting(self) -> list[Registration]:
        """Who waits, the next first."""
        return _in_order(entry for entry in self.entries.values() if entry.status is RegistrationStatus.WAITING)

    def free_slots(self, *, at: datetime) -> list[Slot]:
        """The slots that nobody has and that have not begun, the earliest first."""
        held = {entry.slot.starts_at for entry in self.entries.values() if entry.slot is not None}
        free = [slot for slot in self.announcement.slots if slot.starts_at not in held and slot.starts_at > at]
        return sorted(free, key=lambda slot: slot.starts_at)

    def placed(self, entry: Registration) -> PlacedRegistration:
        """The registration with its place on the waiting list."""
        waiting = [one.supplier_id for one in self.waiting]
        place = waiting.index(entry.supplier_id) + 1 if entry.supplier_id in waiting else None
        return PlacedRegistration(registration=entry, waiting_place=place)

    def all_placed(self) -> list[PlacedRegistration]:
        """All registrations in order, each with its place on the waiting list."""
        places = {entry.supplier_id: place for place, entry in enumerate(self.waiting, 1)}
        return [
            PlacedRegistration(registration=entry, waiting_place=places.get(entry.supplier_id))
            for entry in _in_order(self.entries.values())
        ]

    def places(self, *, at: datetime) -> Places:
        """How full it is."""
        return Places(capacity=self.capacity, taken=self.taken, waiting=len(self.waiting), free=tuple(self.free_slots(at=at)))


def register_of(dialogue: Dialogue | StoredDialogue, entries: Iterable[Registration]) -> Register:
    """The register of a dialogue that was announced."""
    if dialogue.announcement is None or dialogue.state is None:
        raise AssertionError("a dialogue that was announced has an announcement")
    return Register(
        dialogue_id=dialogue.dialogue_id,
        announcement=dialogue.announcement,
        entries={entry.supplier_id: entry for entry in entries},
        revision=dialogue.revision,
        state=dialogue.state,
    )


def answered(
    register: Register, dialogue: Dialogue, response: ResponseGiven, *, profile: NameAndCountry | None, at: datetime
) -> Register:
    """The register after an answer that is newer than all before it. The same answer again changes no more than its revision.

    Args:
        register: how all stand.
        dialogue: decides what its state allows.
        response: the answer.
        profile: who the organisation is, where it has published that.
        at: the moment at which it is recorded; who gave it may have another clock.

    Raises:
        Conflict: the state, the deadline or the start does not allow it, or none of the slots that suit can be had instead.
        Refused: name or country are missing, or a slot is none of the dialogue's.
    """
    require(dialogue, Move.WITHDRAW if response.answer is Answer.WITHDRAWN else Move.REGISTER)
    before = register.entries.get(response.supplier_id)
    entry = _said(register, before, response, profile=profile, at=at)
    if before is not None and _same(before, entry, response.answer):
        return _with(register, replace(before, answered=response.revision))
    if response.answer in _TAKES_PART:
        _require_open(register.announcement, at=at)
        _require_known(entry)
        _require_slots(register, response.slots, at=at)
    if response.answer is Answer.ACCEPT:
        return _promoted(_with(register, _moved(register, entry, at=at)), at=at)
    return _promoted(_with(register, replace(entry, status=_STATUS[response.answer], slot=None)), at=at)


def rearranged(register: Register, *, at: datetime) -> Register:
    """The register after the announcement changed: who has a slot that is gone waits again, and what came free is given.

    With fewer places than were taken nobody loses one.
    """
    offered = {slot.starts_at: slot for slot in register.announcement.slots}
    entries = dict(register.entries)
    for id_, entry in entries.items():
        if entry.status is not RegistrationStatus.REGISTERED:
            continue
        slot = offered.get(entry.slot.starts_at) if entry.slot else None
        lost = bool(offered) and slot is None
        status = RegistrationStatus.WAITING if lost else entry.status
        entries[id_] = replace(entry, status=status, slot=slot)
    return _promoted(replace(register, entries=entries), at=at)


def refused(register: Register, response: ResponseGiven, *, why: str, at: datetime) -> Register:
    """The register after an answer that a rule is against; how the organisation stood before, it stands."""
    before = register.entries.get(response.supplier_id)
    if before is not None and before.status is not RegistrationStatus.REFUSED:
        return _with(register, replace(before, answered=response.revision))
    said = _said(register, before, response, profile=None, at=at)
    entry = replace(said, status=RegistrationStatus.REFUSED, reason=why)
    return _with(register, entry)


def dated(before: Register, after: Register, *, at: datetime, also: Iterable[str] = ()) -> tuple[Register, list[Registration]]:
    """The register with its new revisions, and those of whom something is to be said, in order.

    Args:
        before: how all stood.
        after: how they stand now.
        at: the moment of saying it.
        also: organisations of whom something is said although they stand as they did.
    """
    told = {id_ for id_, entry in after.entries.items() if id_ in also or _stand(before.entries.get(id_)) != _stand(entry)}
    remembered = {
        id_: replace(entry, last_slot=_last_slot(before.entries.get(id_), entry)) for id_, entry in after.entries.items()
    }
    entries = {
        id_: replace(entry, revision=entry.revision + 1, changed_at=at) if id_ in told else entry
        for id_, entry in remembered.items()
    }
    now = replace(after, entries=entries)
    return now, _in_order(entries[id_] for id_ in told)


def event_of(register: Register, entry: Registration, *, refusal: str | None = None) -> RegistrationChanged:
    """What is said of a registration; `refusal` is why its last answer changed nothing."""
    said_with: dict[str, object] = {"dialogue_revision": register.revision, "dialogue_state": register.state}
    if refusal is not None:
        said_with |= {"status": RegistrationStatus.REFUSED, "slot": None, "waiting_place": None, "reason": refusal}
    return stands(register.placed(entry)).model_copy(update=said_with)


def stands(placed: PlacedRegistration) -> RegistrationChanged:
    """How a registration stands, as it is said."""
    entry = placed.registration
    return RegistrationChanged(
        registration_id=ids.registration_id(dialogue_id=entry.dialogue_id, supplier_id=entry.supplier_id),
        revision=entry.revision,
        dialogue_id=entry.dialogue_id,
        supplier_id=entry.supplier_id,
        status=entry.status,
        slot=entry.slot,
        waiting_place=placed.waiting_place,
        reason=entry.reason if entry.status is RegistrationStatus.REFUSED else None,
        changed_at=entry.changed_at,
    )


def require_something(register: Register, supplier_id: str) -> None:
    """Let a withdrawal pass where something was answered.

    Raises:
        NotFound: nothing was.
    """
    entry = register.entries.get(supplier_id)
    if entry is None or entry.status is RegistrationStatus.REFUSED:
        raise NotFound("Your organisation has no registration to this dialogue.", hint="There is nothing to withdraw.")


def _said(
    register: Register,
    before: Registration | None,
    response: ResponseGiven,
    *,
    profile: NameAndCountry | None,
    at: datetime,
) -> Registration:
    """The registration with what the answer says; in line where it was, and otherwise at the end."""
    last = max((entry.number for entry in register.entries.values()), default=0)
    in_line = before is not None and before.status in _IN_LINE
    named, stated = (before.name, before.country) if before is not None else (None, None)
    name, country = profile or (None, None)
    return Registration(
        dialogue_id=register.dialogue_id,
        supplier_id=response.supplier_id,
        number=before.number if before is not None and in_line else last + 1,
        revision=before.revision if before is not None else 0,
        status=before.status if before is not None and in_line else RegistrationStatus.WAITING,
        slot=before.slot if before is not None else None,
        name=response.name or named or name,
        country=response.country or stated or country,
        slots=response.slots,
        reason=response.reason,
        answered=response.revision,
        changed_at=at,
    )


def _same(before: Registration, entry: Registration, answer: Answer) -> bool:
    """Whether the answer says what stands already."""
    stands = before.status in _IN_LINE if answer is Answer.ACCEPT else before.status is _STATUS[answer]
    return stands and _details(before) == _details(entry)


def _details(entry: Registration) -> tuple[object, ...]:
    return entry.name, entry.country, entry.slots, entry.reason


def _stand(entry: Registration | None) -> tuple[object, ...] | None:
    return (entry.status, entry.slot) if entry is not None else None


def _last_slot(before: Registration | None, entry: Registration) -> Slot | None:
    """The time that it had; None where it has one."""
    return None if entry.slot or before is None else before.slot or before.last_slot


def _with(register: Register, entry: Registration) -> Register:
    return replace(register, entries={**register.entries, entry.supplier_id: entry})


def _in_order(entries: Iterable[Registration]) -> list[Registration]:
    return sorted(entries, key=lambda entry: entry.number)


def _promoted(register: Register, *, at: datetime) -> Register:
    """Give what is free to those who wait, in order."""
    if register.announcement.slots:
        return _promoted_to_slots(register, at=at)
    starts_at = register.announcement.starts_at
    if starts_at is not None and starts_at <= at:
        return register
    free = len(register.entries) if register.capacity is None else max(0, register.capacity - register.taken)
    given = {entry.supplier_id: replace(entry, status=RegistrationStatus.REGISTERED) for entry in register.waiting[:free]}
    return replace(register, entries={**register.entries, **given})


def _promoted_to_slots(register: Register, *, at: datetime) -> Register:
    free = {slot.starts_at: slot for slot in register.free_slots(at=at)}
    given: dict[str, Registration] = {}
    for entry in register.waiting:
        start = _first_free(entry, free)
        if start is not None:
            given[entry.supplier_id] = replace(entry, status=RegistrationStatus.REGISTERED, slot=free.pop(start))
    return replace(register, entries={**register.entries, **given})


def _first_free(entry: Registration, free: Mapping[datetime, Slot]) -> datetime | None:
    return next((start for start in entry.slots or free if start in free), None)


def _moved(register: Register, entry: Registration, *, at: datetime) -> Registration:
    """Who has a slot, in the best that suits of its own and the free ones; it never loses its own for nothing."""
    if entry.slot is None or not entry.slots:
        return entry
    can_have = {slot.starts_at: slot for slot in (entry.slot, *register.free_slots(at=at))}
    start = _first_free(entry, can_have)
    if start is None:
        raise Conflict("None of these slots is free, so you keep the one that you have.", hint=_free_in_words(register, at=at))
    return replace(entry, slot=can_have[start])


def _require_open(announcement: DialogueAnnouncement, *, at: datetime) -> None:
    """Refuse what comes too late.

    Raises:
        Conflict: registration is over, or the dialogue has begun.
    """
    do = "Ask the buyer for what is said there: it is open to all."
    deadline = announcement.registration_deadline
    if deadline is not None and deadline <= at:
        raise Conflict(f"Registration ended on {moment_in_words(deadline)}.", hint=do)
    last_slot = max((slot.starts_at for slot in announcement.slots), default=None)
    begins = announcement.starts_at or last_slot
    if begins is not None and begins <= at:
        raise Conflict(f"The dialogue began on {moment_in_words(begins)}.", hint=do)


def _require_known(entry: Registration) -> None:
    if entry.name is None or entry.country is None:
        raise Refused("A registration says who takes part, and you have published no profile.", hint="Give a name and a country.")


def _require_slots(register: Register, starts: Iterable[datetime], *, at: datetime) -> None:
    offered = {slot.starts_at for slot in register.announcement.slots}
    unknown = [start for start in starts if start not in offered]
    if unknown and not offered:
        raise Refused("This dialogue has no slots.", hint="Register without any.")
    if unknown:
        raise Refused(f"There is no slot that starts on {moment_in_words(unknown[0])}.", hint=_free_in_words(register, at=at))


def _free_in_words(register: Register, *, at: datetime) -> str:
    free = register.free_slots(at=at)
    if not free:
        return "No slot is free; you can wait for one."
    named = ", ".join(moment_in_words(slot.starts_at) for slot in free[:_SLOTS_NAMED])
    return f"Free are: {named}{' and more' if len(free) > _SLOTS_NAMED else ''}."
