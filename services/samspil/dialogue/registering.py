"""Takes what organisations answer to dialogues: over the web, and from the topic.

One transaction holds the dialogue, decides, stores, and says how each stands whom it changed something for. Those who register at
the same instant come one after the other, in the order in which they got hold of the dialogue; no two get the same place.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from samspil.clock import Clock
from samspil.domain.registrations import Register, answered, dated, event_of, rearranged, refused, register_of, require_something
from samspil.errors import Conflict, NotFound, Refused
from samspil.ports import (
    Dialogue,
    DialogueTransaction,
    PlacedRegistration,
    Places,
    Readings,
    Record,
    RecordedRegistration,
    Registration,
    RegistrationReadings,
    Reply,
    readers_of,
)
from samspil_schemas import Answer, DialogueState, Event, ResponseGiven, topics
from samspil_schemas.base import VERSION_MAX

_READERS = readers_of(topics.RESPONSES)


class KeptRegistrations:
    """Implements `RegistrationKeeping` over the record."""

    def __init__(
        self, record: Record[DialogueTransaction], *, readings: Readings, registrations: RegistrationReadings, clock: Clock
    ) -> None:
        """Make the service.

        Args:
            record: opens transactions.
            readings: the dialogues as they are read.
            registrations: the registrations as they are read.
            clock: tells when an answer is recorded; deadlines are held against it.
        """
        self._record = record
        self._readings = readings
        self._registrations = registrations
        self._clock = clock

    async def answer(self, dialogue_id: str, supplier_id: str, reply: Reply) -> RecordedRegistration:
        """Record an answer. The same again changes nothing."""
        return await self._decide(dialogue_id, supplier_id, reply)

    async def withdraw(self, dialogue_id: str, supplier_id: str, *, reason: str | None = None) -> RecordedRegistration:
        """Withdraw what was answered; the place falls to the next."""
        return await self._decide(dialogue_id, supplier_id, Reply(answer=Answer.WITHDRAWN, reason=reason))

    async def registration(self, dialogue_id: str, supplier_id: str) -> PlacedRegistration | None:
        """How the organisation stands; None where it never answered."""
        register = await self._read(dialogue_id)
        entry = register.entries.get(supplier_id)
        return register.placed(entry) if entry is not None else None

    async def registrations(self, dialogue_id: str, *, limit: int = 100, offset: int = 0) -> list[PlacedRegistration]:
        """How all stand, in the order of registration."""
        return (await self._read(dialogue_id)).all_placed()[offset : offset + limit]

    async def places(self, dialogue_id: str) -> Places:
        """How full the dialogue is."""
        return (await self._read(dialogue_id)).places(at=self._clock.now())

    async def _read(self, dialogue_id: str) -> Register:
        stored = await self._readings.dialogue(dialogue_id)
        if stored is None:
            raise _unknown(dialogue_id)
        return register_of(stored, await self._registrations.registrations(dialogue_id))

    async def _decide(self, dialogue_id: str, supplier_id: str, reply: Reply) -> RecordedRegistration:
        now = self._clock.now()
        async with self._record.begin() as transaction:
            dialogue, before = await _held(transaction, dialogue_id)
            if reply.answer is Answer.WITHDRAWN:
                require_something(before, supplier_id)
            response = _response(before, supplier_id, reply, at=now)
            profile = (await transaction.organisations([supplier_id])).get(supplier_id)
            after = answered(before, dialogue, response, profile=profile, at=now)
            if _is_repeat(before, after, supplier_id):
                return _recorded(before, supplier_id, changed=False, at=now)
            after, told = dated(before, after, at=now)
            await transaction.put_registrations(_different(before, after))
            # Other clients of the topic see which revision the organisation has come to.
            await transaction.enqueue([response], awaiting=_READERS)
            events = [event_of(after, entry) for entry in told]
            await transaction.enqueue(events)
            await transaction.disclose(events)
            return _recorded(after, supplier_id, changed=True, at=now)


async def heed(transaction: DialogueTransaction, responses: Sequence[ResponseGiven], *, at: datetime) -> list[Event]:
    """Take answers from the topic in their order, and return what is to be said of them.

    Of one organisation's answers to one dialogue the highest revision holds; one that is not higher changes nothing. What a rule
    is against is answered with the reason.

    Raises:
        NotFound: there is no such dialogue.
    """
    events: list[Event] = []
    by_dialogue: dict[str, list[ResponseGiven]] = {}
    for response in responses:
        by_dialogue.setdefault(response.dialogue_id, []).append(response)
    # In the same order in every transaction, so that no two hold crosswise.
    for dialogue_id, given in sorted(by_dialogue.items()):
        dialogue, before = await _held(transaction, dialogue_id)
        profiles = await transaction.organisations({response.supplier_id for response in given})
        after = before
        for response in given:
            after, said = _heeded(after, dialogue, response, profile=profiles.get(response.supplier_id), at=at)
            events += said
        await transaction.put_registrations(_different(before, after))
    return events


async def follow(transaction: DialogueTransaction, dialogues: Iterable[Dialogue], *, at: datetime) -> list[Event]:
    """Let the registrations follow dialogues of which something new was said; returns what is to be said of them.

    Those of one that is announced are held against its announcement. Whom it concerns is told of each new revision by name,
    invited or not. The dialogues were stored in this transaction, which so holds them.
    """
    events: list[Event] = []
    for dialogue in sorted(dialogues, key=lambda one: one.dialogue_id):
        before = register_of(dialogue, await transaction.registrations(dialogue.dialogue_id))
        stand = rearranged(before, at=at) if dialogue.state is DialogueState.ANNOUNCED else before
        after, told = dated(before, stand, at=at, also=before.concerned)
        await transaction.put_registrations(_different(before, after))
        events += [event_of(after, entry) for entry in told]
    return events


def _heeded(
    before: Register, dialogue: Dialogue, response: ResponseGiven, *, profile: tuple[str, str] | None, at: datetime
) -> tuple[Register, list[Event]]:
    known = before.entries.get(response.supplier_id)
    if known is not None and response.revision <= known.answered:
        return before, []
    try:
        after, told = dated(before, answered(before, dialogue, response, profile=profile, at=at), at=at)
    except Refused as refusal:
        why = str(refusal)
        also = [response.supplier_id]
        after, told = dated(before, refused(before, response, why=why, at=at), at=at, also=also)
        return after, [event_of(after, entry, refusal=why) for entry in told]
    return after, [event_of(after, entry) for entry in told]


async def _held(transaction: DialogueTransaction, dialogue_id: str) -> tuple[Dialogue, Register]:
    """The dialogue and its register, which nobody else changes until the end of the transaction."""
    dialogue = await transaction.dialogue(dialogue_id)
    if dialogue is None or dialogue.state is None:
        raise _unknown(dialogue_id)
    return dialogue, register_of(dialogue, await transaction.registrations(dialogue_id))


def _unknown(dialogue_id: str) -> NotFound:
    return NotFound(f"There is no dialogue {dialogue_id}.", hint="Look for it at /v1/dialogues.")


def _response(before: Register, supplier_id: str, reply: Reply, *, at: datetime) -> ResponseGiven:
    known = before.entries.get(supplier_id)
    revision = known.answered + 1 if known is not None else 1
    if revision > VERSION_MAX:
        raise Conflict("Your answers to this dialogue have come to the highest revision.", hint="Write to the buyer.")
    return ResponseGiven(
        dialogue_id=before.dialogue_id,
        supplier_id=supplier_id,
        revision=revision,
        answer=reply.answer,
        name=reply.name,
        country=reply.country,
        slots=reply.slots,
        reason=reply.reason,
        given_at=at,
    )


def _is_repeat(before: Register, after: Register, supplier_id: str) -> bool:
    """Whether nothing but the revision of the answer is new."""
    known = before.entries.get(supplier_id)
    return known is not None and _without_revision(known) == _without_revision(after.entries[supplier_id])


def _without_revision(entry: Registration) -> tuple[object, ...]:
    return entry.status, entry.slot, entry.number, entry.name, entry.country, entry.slots, entry.reason


def _different(before: Register, after: Register) -> list[Registration]:
    return [entry for id_, entry in after.entries.items() if entry != before.entries.get(id_)]


def _recorded(register: Register, supplier_id: str, *, changed: bool, at: datetime) -> RecordedRegistration:
    placed = register.placed(register.entries[supplier_id])
    return RecordedRegistration(placed=placed, changed=changed, free=tuple(register.free_slots(at=at)))
