"""What the API shows of registrations."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, Field

from samspil.ports import PlacedRegistration, Places, RecordedRegistration
from samspil_schemas import RegistrationStatus, Slot


class RegistrationView(BaseModel):
    """How one organisation stands in a dialogue."""

    dialogue_id: str
    supplier_id: str
    revision: int = Field(description="Of the registration, as in RegistrationChanged.")
    status: RegistrationStatus
    slot: Slot | None = Field(description="Its time, where the dialogue is one-to-one.")
    waiting_place: int | None = Field(description="Its place on the waiting list; 1 is the next.")
    name: str | None
    country: str | None
    slots: tuple[datetime, ...] = Field(description="Starts of the slots that suit, the best first; none means any.")
    reason: str | None = Field(description="What it said; of a refused answer, why it was refused.")
    changed_at: datetime

    @classmethod
    def of(cls, placed: PlacedRegistration) -> Self:
        """Show a registration."""
        return cls(**_shown(placed))


class AnsweredView(RegistrationView):
    """What became of an answer."""

    changed: bool = Field(description="False where that stood already.")
    free_slots: tuple[datetime, ...] = Field(description="Starts of the slots that can still be had.")

    @classmethod
    def of_answer(cls, recorded: RecordedRegistration) -> Self:
        """Show what became of an answer."""
        free = tuple(slot.starts_at for slot in recorded.free)
        return cls(**_shown(recorded.placed), changed=recorded.changed, free_slots=free)


class PlacesView(BaseModel):
    """How full a dialogue is."""

    capacity: int | None = Field(description="How many can take part; null is without limit.")
    taken: int
    waiting: int
    free_slots: tuple[datetime, ...] = Field(description="Starts of the one-to-one slots that can still be had.")

    @classmethod
    def of(cls, places: Places) -> Self:
        """Show the places."""
        free = tuple(slot.starts_at for slot in places.free)
        return cls(capacity=places.capacity, taken=places.taken, waiting=places.waiting, free_slots=free)


def _shown(placed: PlacedRegistration) -> dict[str, Any]:
    entry = placed.registration
    return {
        "dialogue_id": entry.dialogue_id,
        "supplier_id": entry.supplier_id,
        "revision": entry.revision,
        "status": entry.status,
        "slot": entry.slot,
        "waiting_place": placed.waiting_place,
        "name": entry.name,
        "country": entry.country,
        "slots": entry.slots,
        "reason": entry.reason,
        "changed_at": entry.changed_at,
    }
