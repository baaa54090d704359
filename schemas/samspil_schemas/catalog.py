"""Every event of the contract: its CloudEvents type, its model and its topic."""

from dataclasses import dataclass
from functools import cache
from uuid import UUID, uuid5

from samspil_schemas import topics
from samspil_schemas.base import Event
from samspil_schemas.dialogues import (
    DialogueAnnounced,
    DialogueCancelled,
    DialogueChanged,
    DialogueConcluded,
    DialogueHeld,
    DisclosureMade,
)
from samspil_schemas.invitations import InvitationCancelled, InvitationChanged, InvitationIssued
from samspil_schemas.joint_needs import JointNeedChanged, JointNeedGrew
from samspil_schemas.matches import MatchFound, MatchWithdrawn, NeedMatched, SupplierMatched
from samspil_schemas.needs import NeedPublished, NeedWithdrawn
from samspil_schemas.notifications import NotificationDelivered, NotificationFailed
from samspil_schemas.responses import FeedbackGiven, PreferencesLifted, RegistrationChanged, ResponseGiven
from samspil_schemas.similar_needs import SimilarNeedFound, SimilarNeedWithdrawn
from samspil_schemas.suppliers import ProfilePublished, ProfileWithdrawn
from samspil_schemas.topics import Topic

# The major stands in every CloudEvents type and topic name; the minor grows with each addition. See compatibility.py.
CONTRACT_VERSION = "1.0"

# Fixed for ever: every id that Samspil ever derived depends on it.
NAMESPACE = UUID("6f0d3c0e-8f4e-5c3b-9f8e-5a6d53616d73")


@dataclass(frozen=True, kw_only=True)
class EventSpec:
    """One kind of event. `ce_type` is the CloudEvents type and holds the major version of the schema."""

    ce_type: str
    model: type[Event]
    topic: Topic

    @property
    def name(self) -> str:
        """The file name of its JSON Schema, without the ending."""
        return self.ce_type.removeprefix("samspil.")

    @property
    def schema_uri(self) -> str:
        """The CloudEvents dataschema."""
        return f"urn:samspil:schema:{self.name}"


def _spec(type_: str, model: type[Event], topic: Topic) -> EventSpec:
    return EventSpec(ce_type=type_, model=model, topic=topic)


CATALOG: tuple[EventSpec, ...] = (
    _spec("samspil.need-published.v1", NeedPublished, topics.NEEDS),
    _spec("samspil.need-withdrawn.v1", NeedWithdrawn, topics.NEEDS),
    _spec("samspil.profile-published.v1", ProfilePublished, topics.SUPPLIERS),
    _spec("samspil.profile-withdrawn.v1", ProfileWithdrawn, topics.SUPPLIERS),
    _spec("samspil.match-found.v1", MatchFound, topics.MATCHES),
    _spec("samspil.match-withdrawn.v1", MatchWithdrawn, topics.MATCHES),
    _spec("samspil.joint-need-grew.v1", JointNeedGrew, topics.MATCHES),
    _spec("samspil.need-matched.v1", NeedMatched, topics.MATCH_REPORTS),
    _spec("samspil.supplier-matched.v1", SupplierMatched, topics.MATCH_REPORTS),
    _spec("samspil.similar-need-found.v1", SimilarNeedFound, topics.SIMILAR_NEEDS),
    _spec("samspil.similar-need-withdrawn.v1", SimilarNeedWithdrawn, topics.SIMILAR_NEEDS),
    _spec("samspil.joint-need-changed.v1", JointNeedChanged, topics.JOINT_NEEDS),
    _spec("samspil.dialogue-announced.v1", DialogueAnnounced, topics.DIALOGUES),
    _spec("samspil.dialogue-changed.v1", DialogueChanged, topics.DIALOGUES),
    _spec("samspil.dialogue-cancelled.v1", DialogueCancelled, topics.DIALOGUES),
    _spec("samspil.dialogue-held.v1", DialogueHeld, topics.DIALOGUES),
    _spec("samspil.dialogue-concluded.v1", DialogueConcluded, topics.DIALOGUES),
    _spec("samspil.disclosure-made.v1", DisclosureMade, topics.DISCLOSURES),
    _spec("samspil.invitation-issued.v1", InvitationIssued, topics.INVITATIONS),
    _spec("samspil.invitation-changed.v1", InvitationChanged, topics.INVITATIONS),
    _spec("samspil.invitation-cancelled.v1", InvitationCancelled, topics.INVITATIONS),
    _spec("samspil.registration-changed.v1", RegistrationChanged, topics.INVITATIONS),
    _spec("samspil.response-given.v1", ResponseGiven, topics.RESPONSES),
    _spec("samspil.feedback-given.v1", FeedbackGiven, topics.RESPONSES),
    _spec("samspil.preferences-lifted.v1", PreferencesLifted, topics.RESPONSES),
    _spec("samspil.notification-delivered.v1", NotificationDelivered, topics.NOTIFICATIONS),
    _spec("samspil.notification-failed.v1", NotificationFailed, topics.NOTIFICATIONS),
)


@cache
def _by_type() -> dict[str, EventSpec]:
    return {spec.ce_type: spec for spec in CATALOG}


@cache
def _by_model() -> dict[type[Event], EventSpec]:
    return {spec.model: spec for spec in CATALOG}


def spec_of(event: Event | type[Event]) -> EventSpec:
    """The spec of an event or of its class.

    Raises:
        KeyError: the class is not part of the contract.
    """
    return _by_model()[event if isinstance(event, type) else type(event)]


def spec_of_type(type_: str) -> EventSpec | None:
    """The spec of a CloudEvents type; None where this version of the contract does not know it."""
    return _by_type().get(type_)


def event_id(event: Event) -> str:
    """The CloudEvents id: UUID 5 of the type and the identity fields, so that a repeat has the same id."""
    parts = [spec_of(event).ce_type, *(str(getattr(event, field)) for field in event.IDENTITY)]
    return str(uuid5(NAMESPACE, "\x1f".join(parts)))
