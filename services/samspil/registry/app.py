"""What the registry listens to."""

from samspil.clock import Clock
from samspil.ports import DEAD_LETTER_TOPICS, DeadLetterSubscription, Record, RegistryTransaction, Subscription
from samspil.registry.handlers import GROUP, Registry
from samspil_schemas import topics

# One transaction for so many; a report of 200 pairs is half a megabyte, so fewer of those.
MAX_RECORDS = 128
MAX_REPORTS = 32


def subscriptions(record: Record[RegistryTransaction], *, clock: Clock) -> tuple[Subscription, ...]:
    """Needs, profiles and verdicts."""
    registry = Registry(record, clock=clock)
    return (
        Subscription(group=GROUP, topics=(topics.NEEDS.name,), handle=registry.needs, max_records=MAX_RECORDS),
        Subscription(group=GROUP, topics=(topics.SUPPLIERS.name,), handle=registry.profiles, max_records=MAX_RECORDS),
        Subscription(group=GROUP, topics=(topics.MATCH_REPORTS.name,), handle=registry.reports, max_records=MAX_REPORTS),
    )


def dead_letter_subscriptions(record: Record[RegistryTransaction], *, clock: Clock) -> tuple[DeadLetterSubscription, ...]:
    """The dead letters of all groups."""
    registry = Registry(record, clock=clock)
    return (
        DeadLetterSubscription(group=GROUP, topics=DEAD_LETTER_TOPICS, handle=registry.dead_letters, max_records=MAX_RECORDS),
    )
