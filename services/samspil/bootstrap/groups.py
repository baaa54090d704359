"""Every group with its topics, for looking at the log from outside."""

from collections.abc import Sequence

from samspil.ports import DEAD_LETTER_TOPICS, READS, DeadLetterSubscription, Received, Subscription


async def _nobody(_: Sequence[Received]) -> None:
    raise AssertionError("this subscription is only looked at")


async def _nobody_dead(_: Sequence[object]) -> None:
    raise AssertionError("this subscription is only looked at")


def all_subscriptions() -> tuple[Subscription | DeadLetterSubscription, ...]:
    """Every group with its topics; their handlers are never called."""
    readers = tuple(
        Subscription(group=group, topics=tuple(topic.name for topic in read), handle=_nobody) for group, read in READS.items()
    )
    return (*readers, DeadLetterSubscription(group="registry", topics=DEAD_LETTER_TOPICS, handle=_nobody_dead))
