"""What the dialogue service listens to."""

from typing import Protocol

from samspil.clock import Clock
from samspil.dialogue.handlers import GROUP, Dialogues
from samspil.dialogue.snapshots import Snapshots
from samspil.ports import DialogueTransaction, Record, Subscription
from samspil.ports.joint_needs import JointNeedTransaction
from samspil_schemas import topics


class _Transaction(DialogueTransaction, JointNeedTransaction, Protocol):
    """One transaction of dialogues or of joint needs."""


# One transaction for so many.
MAX_RECORDS = 128


def subscriptions(record: Record[_Transaction], *, clock: Clock) -> tuple[Subscription, ...]:
    """Needs, matches, what suppliers answer, and the snapshots of joint needs that it published itself."""
    dialogues = Dialogues(record, clock=clock)
    return (
        Subscription(group=GROUP, topics=(topics.NEEDS.name,), handle=dialogues.needs, max_records=MAX_RECORDS),
        Subscription(group=GROUP, topics=(topics.MATCHES.name,), handle=dialogues.matches, max_records=MAX_RECORDS),
        Subscription(group=GROUP, topics=(topics.JOINT_NEEDS.name,), handle=Snapshots(record).take, max_records=MAX_RECORDS),
        Subscription(group=GROUP, topics=(topics.RESPONSES.name,), handle=dialogues.responses, max_records=MAX_RECORDS),
    )
