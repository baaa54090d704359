"""What the matching service listens to."""

from samspil.matching.handlers import Matching
from samspil.ports import Subscription
from samspil_schemas import topics

GROUP = "matching"
# A batch is embedded in one call and answered as a whole: 16 needs of 120 tokens are half a second of two cores.
MAX_RECORDS = 16


def subscriptions(matching: Matching, *, max_records: int = MAX_RECORDS) -> tuple[Subscription, ...]:
    """Needs and profiles, each in batches."""
    return (
        Subscription(group=GROUP, topics=(topics.NEEDS.name,), handle=matching.needs, max_records=max_records),
        Subscription(group=GROUP, topics=(topics.SUPPLIERS.name,), handle=matching.profiles, max_records=max_records),
    )
