"""Which group reads which topics, for looking at the log from outside; a test holds it against what the services subscribe to."""

from collections.abc import Sequence

from samspil.ports import DeadLetterSubscription, Received, Subscription
from samspil_schemas import topics
from samspil_schemas.topics import dead_letter_topic

MATCHING = (topics.NEEDS.name, topics.SUPPLIERS.name)
REGISTRY = (topics.NEEDS.name, topics.SUPPLIERS.name, topics.MATCH_REPORTS.name)
DIALOGUE = (topics.NEEDS.name, topics.MATCHES.name)
READS = {"matching": MATCHING, "registry": REGISTRY, "dialogue": DIALOGUE}
DEAD_LETTERS = tuple(dead_letter_topic(topic, group=group).name for group, read in READS.items() for topic in read)


async def _nobody(_: Sequence[Received]) -> None:
    raise AssertionError("this subscription is only looked at")


async def _nobody_dead(_: Sequence[object]) -> None:
    raise AssertionError("this subscription is only looked at")


def all_subscriptions() -> tuple[Subscription | DeadLetterSubscription, ...]:
    """Every group with its topics; their handlers are never called."""
    readers = tuple(Subscription(group=group, topics=read, handle=_nobody) for group, read in READS.items())
    return (*readers, DeadLetterSubscription(group="registry", topics=DEAD_LETTERS, handle=_nobody_dead))
