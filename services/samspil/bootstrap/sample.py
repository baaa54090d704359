"""Load the sample data that the package ships."""

from dataclasses import dataclass

from samspil.ports import Submissions
from samspil.sample import sample_needs, sample_profiles


@dataclass(frozen=True, kw_only=True)
class SampleSize:
    """How much the sample holds."""

    needs: int
    buyers: int
    profiles: int


def sample_size() -> SampleSize:
    """How much the sample holds."""
    needs = sample_needs()
    buyers = {need.statement.buyer.id for need in needs}
    return SampleSize(needs=len(needs), buyers=len(buyers), profiles=len(sample_profiles()))


async def load_sample(submissions: Submissions) -> int:
    """Submit every sample profile and need; a repeat changes nothing. Returns how many changed something.

    Raises:
        RecordUnavailable: the database does not answer.
    """
    changed = 0
    for supplier in sample_profiles():
        changed += (await submissions.submit_profile(supplier.supplier_id, supplier.profile)).changed
    for need in sample_needs():
        changed += (await submissions.submit_need(need.need_id, need.statement)).changed
    return changed
