"""The record of registrations in memory, for what the database does not matter to."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any

from samspil.ports import Dialogue, DialogueState, Registration, Standing, StoredDialogue
from samspil.ports.disclosures import Shown
from samspil_schemas import Event


class FakeRegistrations:
    """A `Record` of transactions of registrations, and `RegistrationReadings`, beside a record of the dialogues and profiles."""

    def __init__(self, record: Any) -> None:
        self.record = record
        self.stored: dict[tuple[str, str], Registration] = {}
        self.events: list[Event] = []
        self.disclosed: list[Event] = []

    @asynccontextmanager
    async def begin(self) -> AsyncIterator["FakeRegistrations"]:
        yield self

    async def dialogue(self, dialogue_id: str) -> Dialogue | None:
        stored = await self.record.dialogue(dialogue_id)
        return _dialogue(stored) if stored else None

    async def registrations(self, dialogue_id: str) -> list[Registration]:
        found = [one for (of, _), one in self.stored.items() if of == dialogue_id]
        return sorted(found, key=lambda one: one.number)

    async def put_registrations(self, registrations: Sequence[Registration]) -> None:
        self.stored |= {(one.dialogue_id, one.supplier_id): one for one in registrations}

    async def organisations(self, supplier_ids: Collection[str]) -> dict[str, tuple[str, str]]:
        found = {id_: await self.record.profile(id_) for id_ in supplier_ids}
        return {id_: (one.profile.name, one.profile.country) for id_, one in found.items() if one and not one.withdrawn}

    async def enqueue(self, events: Sequence[Event], *, awaiting: Sequence[str] = ()) -> None:
        self.events += events

    async def disclose(self, events: Sequence[Event], *, also: Sequence[Shown] = ()) -> None:
        self.disclosed += events


def _dialogue(stored: StoredDialogue) -> Dialogue:
    return Dialogue(
        dialogue_id=stored.dialogue_id,
        need_id=stored.need_id,
        standing=Standing(id=stored.need_id),
        revision=stored.revision,
        title=stored.title,
        announcement=stored.announcement,
        cancelled=stored.state is DialogueState.CANCELLED,
        held_at=stored.held_at,
        concluded_at=stored.concluded_at,
    )
