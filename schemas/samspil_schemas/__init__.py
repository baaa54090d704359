"""The event contract of Samspil: what is said on which topic.

Any client in any language can take part with these schemas alone. The models are frozen; unknown fields are ignored, so that a
reader of today reads the events of a later minor version.
"""

from samspil_schemas.base import Event, Model
from samspil_schemas.catalog import CATALOG, EventSpec, event_id, spec_of, spec_of_type
from samspil_schemas.dialogues import (
    DialogueAnnounced,
    DialogueAnnouncement,
    DialogueCancelled,
    DialogueChanged,
    DialogueKind,
    InvitationPolicy,
)
from samspil_schemas.invitations import InvitationCancelled, InvitationChanged, InvitationIssued
from samspil_schemas.joint_needs import (
    FormerMember,
    JointNeedChanged,
    JointNeedGrew,
    Member,
    MemberRole,
    Rung,
    RungTotal,
    SnapshotPart,
)
from samspil_schemas.matches import (
    Evidence,
    LanguageFit,
    Match,
    MatchFound,
    MatchWithdrawn,
    NeedMatched,
    RegionFit,
    SimilarNeed,
    SupplierMatched,
    TermPair,
    WithdrawalReason,
)
from samspil_schemas.needs import Buyer, NeedPublished, NeedStatement, NeedWithdrawn, Source, Stage, Volume
from samspil_schemas.notifications import Channel, NotificationDelivered, NotificationFailed
from samspil_schemas.responses import Answer, FeedbackGiven, FeedbackReason, PreferenceKind, PreferencesLifted, ResponseGiven
from samspil_schemas.similar_needs import SimilarNeedFound, SimilarNeedWithdrawn, SimilarWithdrawalReason
from samspil_schemas.suppliers import (
    CapabilityStatement,
    Certification,
    Exclusions,
    ProfilePublished,
    ProfileWithdrawn,
    SupplierProfile,
    SupplierSize,
)
from samspil_schemas.topics import TOPICS, Topic, dead_letter_topic

__all__ = [
    "CATALOG",
    "TOPICS",
    "Answer",
    "Buyer",
    "CapabilityStatement",
    "Certification",
    "Channel",
    "DialogueAnnounced",
    "DialogueAnnouncement",
    "DialogueCancelled",
    "DialogueChanged",
    "DialogueKind",
    "Event",
    "EventSpec",
    "Evidence",
    "Exclusions",
    "FeedbackGiven",
    "FeedbackReason",
    "FormerMember",
    "InvitationCancelled",
    "InvitationChanged",
    "InvitationIssued",
    "InvitationPolicy",
    "JointNeedChanged",
    "JointNeedGrew",
    "LanguageFit",
    "Match",
    "MatchFound",
    "MatchWithdrawn",
    "Member",
    "MemberRole",
    "Model",
    "NeedMatched",
    "NeedPublished",
    "NeedStatement",
    "NeedWithdrawn",
    "NotificationDelivered",
    "NotificationFailed",
    "PreferenceKind",
    "PreferencesLifted",
    "ProfilePublished",
    "ProfileWithdrawn",
    "RegionFit",
    "ResponseGiven",
    "Rung",
    "RungTotal",
    "SimilarNeed",
    "SimilarNeedFound",
    "SimilarNeedWithdrawn",
    "SimilarWithdrawalReason",
    "SnapshotPart",
    "Source",
    "Stage",
    "SupplierMatched",
    "SupplierProfile",
    "SupplierSize",
    "TermPair",
    "Topic",
    "Volume",
    "WithdrawalReason",
    "dead_letter_topic",
    "event_id",
    "spec_of",
    "spec_of_type",
]
