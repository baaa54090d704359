"""The topics as data: what is created, with which partitions, and how long it is kept."""

from dataclasses import dataclass
from typing import Literal

DAY_MS = 86_400_000
PARTITIONS = 12
DEAD_LETTER_RETENTION_MS = 30 * DAY_MS


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A topic.

    `retention_ms` is None where compaction keeps the newest record of each key for ever. `clients_write` says that anyone with
    the right to may write events to it; all others are written by Samspil alone.
    """

    name: str
    key: str
    cleanup: Literal["compact", "delete"]
    retention_ms: int | None
    about: str
    partitions: int = PARTITIONS
    clients_write: bool = False

    def config(self) -> dict[str, str]:
        """The topic configuration of Apache Kafka."""
        if self.retention_ms is None:
            return {"cleanup.policy": self.cleanup}
        return {"cleanup.policy": self.cleanup, "retention.ms": str(self.retention_ms)}


def _compact(name: str, *, key: str, about: str, clients_write: bool = False) -> Topic:
    return Topic(name=name, key=key, cleanup="compact", retention_ms=None, about=about, clients_write=clients_write)


def _kept(name: str, *, key: str, days: int, about: str, clients_write: bool = False) -> Topic:
    return Topic(name=name, key=key, cleanup="delete", retention_ms=days * DAY_MS, about=about, clients_write=clients_write)


NEEDS = _compact(
    "samspil.needs.v1", key="need id", about="Open needs of public bodies; a tombstone withdraws.", clients_write=True
)
SUPPLIERS = _compact(
    "samspil.suppliers.v1", key="supplier id", about="Capability profiles; a tombstone withdraws.", clients_write=True
)
MATCHES = _kept(
    "samspil.matches.v1", key="supplier id", days=90, about="Pairs that hold, that no longer do, and that weigh more."
)
MATCH_REPORTS = _kept(
    "samspil.match-reports.v1", key="need or supplier id", days=90, about="The full verdict of each evaluation."
)
SIMILAR_NEEDS = _kept("samspil.similar-needs.v1", key="need id", days=90, about="The same need at another buyer.")
JOINT_NEEDS = _compact("samspil.joint-needs.v1", key="joint need id", about="Joint needs, their members and commitments.")
DIALOGUES = _compact("samspil.dialogues.v1", key="dialogue id", about="Market dialogues, open to all.")
DISCLOSURES = _compact(
    "samspil.disclosures.v1", key="disclosure id", about="Documents, answers, minutes and notes of dialogues, for all."
)
INVITATIONS = _kept(
    "samspil.invitations.v1", key="supplier id", days=90, about="Invitations to the matched, and what became of registrations."
)
RESPONSES = _kept(
    "samspil.responses.v1",
    key="dialogue or supplier id",
    days=365,
    about="Answers to dialogues, and what suppliers say of their matches.",
    clients_write=True,
)
NOTIFICATIONS = _kept("samspil.notifications.v1", key="recipient id", days=30, about="What was delivered.")

TOPICS: tuple[Topic, ...] = (
    NEEDS,
    SUPPLIERS,
    MATCHES,
    MATCH_REPORTS,
    SIMILAR_NEEDS,
    JOINT_NEEDS,
    DIALOGUES,
    DISCLOSURES,
    INVITATIONS,
    RESPONSES,
    NOTIFICATIONS,
)


def dead_letter_topic(topic: str, *, group: str) -> Topic:
    """The dead letters of one consumer group on one topic: the raw records, partitioned as the source."""
    return Topic(
        name=f"{topic}.{group}.dlt",
        key="as the source",
        cleanup="delete",
        retention_ms=DEAD_LETTER_RETENTION_MS,
        about=f"Records of {topic} that {group} could not take, and why.",
    )
