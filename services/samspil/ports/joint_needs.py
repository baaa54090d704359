"""Joint needs as they follow from their histories."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from samspil.ports.joint_changes import (
    Change,
    Closed,
    Commitment,
    JointText,
    Proposed,
    StageMoved,
)
from samspil_schemas import JointNeedChanged, MemberRole, Model, Rung
from samspil_schemas.base import Id


@dataclass(frozen=True, kw_only=True)
class JointMember:
    """One body that has ever been a member.

    commitment: None where it has withdrawn.
    version: of its commitment or withdrawal.
    since: since when it stands on its rung, or has left.
    changed_at: when it last said something.
    highest: the highest rung that it ever stood on.
    signed, signed_at: its first commitment on a rung that binds, and when that was recorded.
    named: the needs that it ever named as its own; `seeds` are those that it named by then, and what it had before it
        declared cannot carry the declaration out.
    """

    buyer_id: str
    commitment: Commitment | None
    version: int
    since: datetime
    changed_at: datetime
    highest: Rung
    signed: Commitment | None = None
    signed_at: datetime | None = None
    named: frozenset[str] = frozenset()
    seeds: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class JointNeed:
    """What follows from a history, or from a part of one, in whatever order it came.

    heads: the newest change of each subject.
    term: the version of the ownership.
    members: all who have ever been, by buyer id; those with a commitment are members now.
    offers: the roles that the owner offers, and to whom.
    follow_ups: by body and need; `unlinked` are those that their body said are none.
    """

    joint_need_id: str
    revision: int = 0
    heads: Mapping[str, Change] = field(default_factory=dict)
    proposal: Proposed | None = None
    text: JointText | None = None
    stage: StageMoved | None = None
    stage_since: datetime | None = None
    owner_id: str | None = None
    term: int = 0
    facilitators: frozenset[str] = frozenset()
    members: Mapping[str, JointMember] = field(default_factory=dict)
    offers: frozenset[tuple[MemberRole, str]] = frozenset()
    follow_ups: Mapping[tuple[str, str], Change] = field(default_factory=dict)
    unlinked: frozenset[tuple[str, str]] = frozenset()
    closed: Closed | None = None
    closed_at: datetime | None = None
    changed_at: datetime | None = None

    @property
    def commitments(self) -> dict[str, Commitment]:
        """What stands of those who are members now, by buyer id."""
        return {id_: member.commitment for id_, member in self.members.items() if member.commitment is not None}


class RoleOffer(Model):
    """A role that the need owner offers to a member."""

    role: MemberRole
    buyer_id: Id


class StoredJointNeed(Model):
    """A joint need as the record shows it: the event with every undertaking, and what only the API says."""

    changed: JointNeedChanged
    text: JointText
    proposal: Proposed
    owner_id: Id
    facilitators: tuple[Id, ...] = ()
    offers: tuple[RoleOffer, ...] = ()
