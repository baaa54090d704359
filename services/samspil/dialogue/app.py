"""What the dialogue service listens to."""

from samspil.clock import Clock
from samspil.dialogue.handlers import GROUP, Dialogues
from samspil.ports import DialogueTransaction, Record, Subscription
from samspil_schemas import topics

# One transaction for so many.
MAX_RECORDS = 128


def subscriptions(record: Record[DialogueTransaction], *, clock: Clock) -> tuple[Subscription, ...]:
    """Needs and matches."""
    dialogues = Dialogues(record, clock=clock)
    return (
        Subscription(group=GROUP, topics=(topics.NEEDS.name,), handle=dialogues.needs, max_records=MAX_RECORDS),
        Subscription(group=GROUP, topics=(topics.MATCHES.name,), handle=dialogues.matches, max_records=MAX_RECORDS),
    )
