"""Load the sample data that the package ships."""

from collections.abc import Callable
from dataclasses import dataclass

from samspil.ports import Submissions
from samspil.sample import sample_needs, sample_profiles


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What the sample holds; `changed` counts what was new to the record."""

    needs: int
    buyers: int
    profiles: int
    changed: int


async def load_sample(submissions: Submissions, *, done: Callable[[], None] = lambda: None) -> Loaded:
    """Submit every sample profile and need; a repeat changes nothing.

    Raises:
        RecordUnavailable: the database does not answer.
    """
    needs, profiles = sample_needs(), sample_profiles()
    changed = 0
    for supplier in profiles:
        changed += (await submissions.submit_profile(supplier.supplier_id, supplier.profile)).changed
        done()
    for need in needs:
        changed += (await submissions.submit_need(need.need_id, need.statement)).changed
        done()
    buyers = {need.statement.buyer.id for need in needs}
    return Loaded(needs=len(needs), buyers=len(buyers), profiles=len(profiles), changed=changed)
