"""The disclosure ledger: what was shown of a dialogue to whom, and the transaction that writes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from samspil.ports.record import RecordTransaction
from samspil_schemas import Event

# What is shown to the asker of a question alone is shown to this with the question's id.
QUESTION = "question:"


class ShownKind(StrEnum):
    """What was shown."""

    ANNOUNCED = "announced"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    HELD = "held"
    CONCLUDED = "concluded"
    INVITED = "invited"
    INVITATION_CHANGED = "invitation_changed"
    INVITATION_CANCELLED = "invitation_cancelled"
    REGISTRATION = "registration"
    DOCUMENT = "document"
    ANSWER = "answer"
    MINUTES = "minutes"
    NOTE = "note"
    QUESTION_DECLINED = "question_declined"


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Something that is shown, before it stands in the ledger.

    to: None is everyone; otherwise a supplier's id, or `question:<id>` for who asked it, who is not named.
    channel: the topic's name, or `api`.
    content: all that is shown, as JSON.
    event_id: of the event that shows it, if one does.
    """

    dialogue_id: str
    kind: ShownKind
    to: str | None
    channel: str
    content: Mapping[str, Any]
    event_id: str | None = None


class LedgerHead(BaseModel):
    """Where the ledger of a dialogue ends: whoever keeps it can prove later that nothing before it was altered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int = Field(description="How many entries it has.")
    digest: str = Field(description="Of the last entry, and through it of all before.")
    at: AwareDatetime = Field(description="When the last entry was made.")


class DisclosureEntry(BaseModel):
    """One entry of the ledger of a dialogue, as it stands: what someone made of it is read too, so that it can be named."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dialogue_id: str
    number: int = Field(description="1, 2, and so on without a gap.")
    at: AwareDatetime
    kind: str = Field(description="What was shown.")
    to: str | None = Field(description="Null: everyone. Otherwise one supplier's id, or question:<id> for who asked it.")
    channel: str = Field(description="The topic, or api.")
    event_id: str | None = Field(description="Of the event that showed it; null where none did.")
    content: Any = Field(description="What was shown to everyone, an object; null where it was shown to one.")
    content_digest: str = Field(description="SHA-256 of what was shown.")
    previous: str = Field(description="The digest of the entry before; empty in the first.")
    digest: str = Field(description="SHA-256 of all of this entry except the content, which content_digest stands for.")


@dataclass(frozen=True, kw_only=True)
class StoredPublication:
    """A revision of something that was published, as it is stored: what was said, and the SHA-256 of the bytes of its file."""

    document_id: str
    revision: int
    content: Any
    sha256: str | None


class DisclosureTransaction(RecordTransaction, Protocol):
    """One transaction that shows something: it stands in the ledger if and only if the outbox has it."""

    async def disclose(self, events: Sequence[Event], *, also: Sequence[Shown] = ()) -> None:
        """Append to the ledgers of their dialogues what these events show; those that show nothing of a dialogue are passed over.

        also: what is shown without an event.
        """
        ...
