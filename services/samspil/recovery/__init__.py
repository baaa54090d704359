"""What becomes of a batch that fails: tried again, put to the dead letters, or given back. Knows no broker.

`Recovery` takes batches for one subscription; `RetryPolicy` and `BreakerSettings` are its settings; `DeadLetters` is where
it puts what it gives up; `Delivery`, `RawRecord`, `Unreadable` and `Failure` are what passes through; `Rewound` says that
the same batch must be delivered again; `GroupState` says whether the group is ready.

The rules, for each batch:

1. A record that could not be read goes to the dead letters; the others go to the handler, in order, together.
2. `Transient` from the handler: the same call again with growing waits, then `Rewound`.
3. Any other exception: each record alone, in order; those that fail again go to the dead letters.
4. The dead letters are written before the batch counts as taken. If they cannot be written: `Rewound`.
5. While nearly everything fails, nothing more goes to the dead letters, because then a deployment is broken, not the
   records: the breaker opens, consumption holds, and the group is not ready.
6. A cancellation passes through untouched, and nothing counts as taken.

The loop is our own: stamina and tenacity wait on the real clock and end in the last error, while this one waits on an
injected clock, can be told to stop in the middle of a wait, and ends in a rewind.
"""

from samspil.recovery.batches import GroupState, Recovery, RetryPolicy, Rewound
from samspil.recovery.breaker import Breaker, BreakerSettings, Outcome
from samspil.recovery.describe import describe, describe_validation, facts
from samspil.recovery.records import DeadLetters, Delivery, Failure, RawRecord, Unreadable

__all__ = [
    "Breaker",
    "BreakerSettings",
    "DeadLetters",
    "Delivery",
    "Failure",
    "GroupState",
    "Outcome",
    "RawRecord",
    "Recovery",
    "RetryPolicy",
    "Rewound",
    "Unreadable",
    "describe",
    "describe_validation",
    "facts",
]
