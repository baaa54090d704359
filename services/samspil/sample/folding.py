"""Which joint needs come of the finds, by the rule of a careful buyer; and how that compares with what a person would say.

The rule looks at finds alone. Two bodies propose a joint need when each is the other's nearest find. A body joins the one that
its nearest find is a member of, if its own need was also found to be one of the two that it was proposed from. So nobody is drawn
in over a chain of finds. Who comes in does not depend on who acts first: members are only added, and what lets one in stays true.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from samspil.ids import JOINT_PREFIX
from samspil_schemas import SimilarNeed


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A joint need as a buyer sees it that thinks of joining: the needs of its members, and the two that it was proposed from."""

    joint_need_id: str
    need_ids: frozenset[str]
    founders: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Propose:
    """Propose a joint need from the find of this other need."""

    other_need_id: str


@dataclass(frozen=True, kw_only=True)
class Join:
    """Join this one."""

    joint_need_id: str


def nearest(finds: Sequence[SimilarNeed]) -> str | None:
    """The need that was found to be most alike; of one that was published again as a joint need, the body's own."""
    for find in finds[:1]:
        own = [need_id for need_id in _publications(find) if not need_id.startswith(JOINT_PREFIX)]
        return own[0] if own else find.other_need_id
    return None


def choice(need_id: str, *, finds: Mapping[str, Sequence[SimilarNeed]], standing: Collection[Standing]) -> Propose | Join | None:
    """What the buyer of a need does now; None: nothing, or nothing yet.

    Args:
        need_id: the buyer's need.
        finds: by need, the same need at other buyers, best first.
        standing: the open joint needs.
    """
    mine = finds.get(need_id, ())
    other = nearest(mine)
    if other is None or any(need_id in one.need_ids for one in standing):
        return None
    there = next((one for one in standing if other in (*one.need_ids, one.joint_need_id)), None)
    if there is not None:
        found = {known for find in mine for known in _publications(find)}
        return Join(joint_need_id=there.joint_need_id) if there.founders & {need_id, *found} else None
    return Propose(other_need_id=other) if nearest(finds.get(other, ())) == need_id else None


@dataclass(frozen=True, kw_only=True)
class Folding:
    """How joint needs compare with the groups that a person made.

    Attributes:
        whole: the groups that are in one joint need with all of their needs.
        torn: the others.
        strangers: needs in a joint need of which they are no part: most of it is another group's, or it is no group at all.
    """

    whole: tuple[tuple[str, ...], ...] = field(default=())
    torn: tuple[tuple[str, ...], ...] = field(default=())
    strangers: tuple[str, ...] = field(default=())


def compared(groups: Sequence[tuple[str, ...]], joint: Sequence[Collection[str]]) -> Folding:
    """Compare the needs of joint needs with the groups."""
    whole = tuple(group for group in groups if any(set(group) <= set(one) for one in joint))
    strangers: list[str] = []
    for one in joint:
        most = max((set(group) & set(one) for group in groups), key=len, default=set[str]())
        strangers += [need_id for need_id in one if need_id not in most or len(most) == 1]
    return Folding(whole=whole, torn=tuple(group for group in groups if group not in whole), strangers=tuple(sorted(strangers)))


def _publications(find: SimilarNeed) -> tuple[str, ...]:
    return (find.other_need_id, *find.also_published)
