"""The buyers of the sample, as they would act: each looks at what was found for its need, proposes a joint need, or joins one."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from pydantic import TypeAdapter

from samspil.errors import Conflict, NotFound
from samspil.ports import Readings
from samspil.ports.joint_needs import StoredJointNeed
from samspil.ports.joint_service import Declaration, JointNeeds, Proposal
from samspil.sample import SampleCommitment, SampleNeed, sample_needs, sample_scenario, sample_truth
from samspil.sample.folding import Folding, Join, Propose, Standing, choice, compared
from samspil_schemas import SimilarNeed
from samspil_schemas.base import MATCHES_MAX

_PAGE = 100


@dataclass(frozen=True, kw_only=True)
class Folded:
    """What became of the finds of the sample: the joint needs, and how a person sees them.

    Those come first in which nobody is a stranger, and of them those with most members.
    """

    joint_needs: tuple[StoredJointNeed, ...]
    folding: Folding

    @property
    def members(self) -> int:
        """How many commitments there are in all."""
        return sum(len(one.changed.members) for one in self.joint_needs)


async def fold_sample(joint_needs: JointNeeds, *, readings: Readings) -> Folded:
    """Let the buyers of the sample act on what was found, and only then look at the groups that were planted in it.

    Raises:
        RecordUnavailable: the database does not answer.
    """
    found = await play_sample(joint_needs, readings=readings)
    folding = compared(sample_truth().shared, [needs_of(one) for one in found])
    strangers = set(folding.strangers)
    found.sort(key=lambda one: (len(needs_of(one) & strangers), -len(one.changed.members), one.changed.joint_need_id))
    return Folded(joint_needs=tuple(found), folding=folding)


async def play_sample(joint_needs: JointNeeds, *, readings: Readings) -> list[StoredJointNeed]:
    """Let the buyers of the sample act until none has anything left to do, and return the open joint needs that they are in.

    All act at once, each for itself, by the same service as any buyer; whoever finds that another came first looks again. What a
    buyer has once done in a joint need, or a joint need that was closed, is left as it is: a repeat changes nothing.

    Raises:
        RecordUnavailable: the database does not answer.
    """
    needs, scenario = sample_needs(), sample_scenario()
    finds = {need.need_id: await readings.similar_to(need.need_id, limit=MATCHES_MAX) for need in needs}
    before, stored = None, await _all(joint_needs)
    while stored != before:
        acting = (_act(need, scenario[need.need_id], finds=finds, stored=stored, joint_needs=joint_needs) for need in needs)
        await asyncio.gather(*acting)
        before, stored = stored, await _all(joint_needs)
    return [one for one in stored if not one.changed.closed_at and not finds.keys().isdisjoint(needs_of(one))]


def needs_of(stored: StoredJointNeed) -> frozenset[str]:
    """The needs of its members."""
    return frozenset(member.need_id for member in stored.changed.members if member.need_id)


async def _act(
    need: SampleNeed,
    commitment: SampleCommitment,
    *,
    finds: Mapping[str, Sequence[SimilarNeed]],
    stored: Sequence[StoredJointNeed],
    joint_needs: JointNeeds,
) -> None:
    """Do what the buyer of the need does now."""
    if any(one.changed.closed_at and need.need_id in needs_of(one) for one in stored):
        return
    standing = [_standing(one) for one in stored if not one.changed.closed_at]
    buyer, said = need.statement.buyer.id, TypeAdapter(SampleCommitment).dump_python(commitment)
    # The other side came first, or the find does not hold any more.
    with suppress(Conflict, NotFound):
        match choice(need.need_id, finds=finds, standing=standing):
            case Propose(other_need_id=other):
                await joint_needs.propose(Proposal.model_validate(said | {"other_need_id": other}), by=buyer)
            case Join(joint_need_id=joint):
                history = await joint_needs.joint_need_history(joint)
                if all(change.by != buyer for change in history):
                    await joint_needs.declare(joint, Declaration.model_validate(said), by=buyer)


async def _all(joint_needs: JointNeeds) -> list[StoredJointNeed]:
    found: list[StoredJointNeed] = []
    while page := await joint_needs.joint_needs(open_only=False, limit=_PAGE, offset=len(found)):
        found += page
    return found


def _standing(stored: StoredJointNeed) -> Standing:
    proposal = stored.proposal
    founders = {proposal.need_id, *((proposal.other_need_id,) if proposal.other_need_id else ())}
    return Standing(joint_need_id=stored.changed.joint_need_id, need_ids=needs_of(stored), founders=frozenset(founders))
