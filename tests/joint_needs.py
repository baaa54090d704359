"""Joint needs to test with: what bodies declare, and histories as they are recorded."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from samspil.domain import joint_rules
from samspil.domain.joint_needs import folded
from samspil.domain.joint_said import changes_of
from samspil.ports.joint_changes import Change, Commitment, Content, JointText, Proposed
from samspil.ports.joint_needs import JointNeed
from samspil_schemas import Buyer, Rung, Volume

JOINT = "joint:one"
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
OWNER = "buyer-1"


def a_text(**changes: Any) -> JointText:
    values: dict[str, Any] = {
        "title": "Know where drinking water leaks",
        "description": "We lose a fifth of our drinking water, and do not want to dig.",
        "language": "en",
        "cpv": ("90490000",),
    }
    return JointText(**(values | changes))


def a_commitment(buyer_id: str = OWNER, rung: str = "partner", *, volume: tuple[float, str] | None = None, **changes: Any):
    values: dict[str, Any] = {
        "rung": Rung(rung),
        "body": Buyer(id=buyer_id, name=f"Name of {buyer_id}", country="DK"),
        "undertaking": "We put the same requirement to the market." if rung in ("intent_signer", "first_buyer") else None,
        "volume": Volume(amount=volume[0], unit=volume[1]) if volume else None,
    }
    return Commitment(**(values | changes))


class History:
    """A history that grows by what the rules decide, an hour apart."""

    def __init__(self, *, commitment: Commitment | None = None, joint_need_id: str = JOINT) -> None:
        self.joint_need_id = joint_need_id
        self.changes: list[Change] = []
        proposal = Proposed(need_id="need-1", other_need_id="need-2", other_buyer_id="buyer-2", similar_id="s", score=0.8)
        self.record(joint_rules.proposed(proposal, a_text(), commitment or a_commitment(), stage="innovation need"), by=OWNER)

    @property
    def joint(self) -> JointNeed:
        return folded(self.joint_need_id, self.changes)

    def record(self, contents: Sequence[Content], *, by: str) -> int:
        """Append what was decided; returns how many changes that were."""
        joint = self.joint
        at = START + timedelta(hours=joint.revision)
        new = changes_of(joint, contents, by=by, at=at)
        self.changes += new
        return len(new)

    def ask(self, rule: Callable[..., Sequence[Content]], *arguments: Any, by: str, **named: Any) -> int:
        """Let the rule decide on what stands."""
        return self.record(rule(self.joint, *arguments, by=by, **named), by=by)

    def declare(self, buyer_id: str, rung: str = "partner", *, follows: int | None = None, **changes: Any) -> int:
        commitment = a_commitment(buyer_id, rung, **changes)
        return self.ask(joint_rules.declared, commitment, by=buyer_id, follows=follows)
