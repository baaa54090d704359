"""What the dialogue service listens to."""

from collections.abc import Sequence
from typing import Protocol

from samspil.clock import Clock
from samspil.dialogue.follow_ups import FollowUps
from samspil.dialogue.handlers import GROUP, Dialogues
from samspil.dialogue.snapshots import Snapshots
from samspil.ports import DialogueTransaction, Handler, Received, Record, Subscription
from samspil.ports.joint_service import JointNeedTransaction
from samspil_schemas import topics


class _Transaction(DialogueTransaction, JointNeedTransaction, Protocol):
    """One transaction of dialogues or of joint needs."""


# One transaction for so many.
MAX_RECORDS = 128


def subscriptions(record: Record[_Transaction], *, clock: Clock) -> tuple[Subscription, ...]:
    """Needs, matches, what suppliers answer, and the snapshots of joint needs that it published itself."""
    dialogues, follow_ups, snapshots = Dialogues(record, clock=clock), FollowUps(record, clock=clock), Snapshots(record)
    # The second of each takes the records for the group, when the effects of the first stand.
    needs, joint_needs = _in_turn(follow_ups.needs, dialogues.needs), _in_turn(follow_ups.joint_needs, snapshots.take)
    return (
        Subscription(group=GROUP, topics=(topics.NEEDS.name,), handle=needs, max_records=MAX_RECORDS),
        Subscription(group=GROUP, topics=(topics.MATCHES.name,), handle=dialogues.matches, max_records=MAX_RECORDS),
        Subscription(group=GROUP, topics=(topics.JOINT_NEEDS.name,), handle=joint_needs, max_records=MAX_RECORDS),
        Subscription(group=GROUP, topics=(topics.RESPONSES.name,), handle=dialogues.responses, max_records=MAX_RECORDS),
    )


def _in_turn(first: Handler, second: Handler) -> Handler:
    async def handle(batch: Sequence[Received]) -> None:
        await first(batch)
        await second(batch)

    return handle
