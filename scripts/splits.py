"""Who may learn from what: the adapter, then the scorer, and nobody from what measures them.

The scorer must be fitted on needs that the adapter has not read, for it would trust the cosine too much otherwise. So the adapter
reads awards up to an earlier month, and no notices of a fifth of the codes (their labels it does read).
"""

import hashlib

# What came after these belongs to the evaluation sets.
SV_CUT, UK_CUT = "2021-09-01", "2020-06-01"
CUTS = {"SE": SV_CUT, "GB": UK_CUT}
# What came between these and the cuts is for the scorer.
ADAPTER_CUTS = {"SE": "2021-06-01", "GB": "2020-04-01"}
_PARTS = 5


def part_of(code: str) -> int:
    """The fifth, 0 to 4, that a CPV code belongs to."""
    return int(hashlib.sha256(code.encode()).hexdigest(), 16) % _PARTS


def is_kept_aside(code: str) -> bool:
    """True for a code whose labels and notices are for evaluation only."""
    return part_of(code) == 0


def is_for_scorer(code: str) -> bool:
    """True for a code whose notices the adapter does not read, so that the scorer can be fitted on them."""
    return part_of(code) == 1
