"""The buyers of the sample fold the same needs into joint needs, on what the shipped matching finds and on nothing else."""

import asyncio

import pytest

from samspil.adapters.embedding import EmbeddingSettings, open_embedder
from samspil.adapters.sql import open_record
from samspil.adapters.vectors import open_index
from samspil.bootstrap import playing
from samspil.bootstrap.playing import fold_sample, needs_of, play_sample
from samspil.clock import ManualClock
from samspil.dialogue.joint_needs import KeptJointNeeds
from samspil.matching.handlers import Matching
from samspil.matching.rules import rules_for
from samspil.sample import SampleTruth, sample_needs, sample_scenario, sample_truth
from samspil.sample.folding import nearest
from samspil.settings import Settings
from samspil_schemas import NeedPublished
from tests.component.matching_parts import Published, received
from tests.component.web_fakes import FakeRecord

NEEDS = {need.need_id: need for need in sample_needs()}


@pytest.fixture(scope="module")
def finds():
    return asyncio.run(_finds())


async def _finds():
    embedder = await open_embedder(EmbeddingSettings(), cache_dir=Settings().cache_dir)
    index = await open_index(":memory:", space=embedder.space, dimension=embedder.dimension)
    published = Published()
    rules = rules_for(embedder.space)
    matching = Matching(embedder=embedder, index=index, publisher=published, clock=ManualClock(), rules=rules)
    needs = [NeedPublished(need_id=need.need_id, version=1, statement=need.statement) for need in NEEDS.values()]
    await matching.needs([received(need) for need in needs])
    await index.close()
    await embedder.close()
    return {verdict.need_id: verdict.similar for verdict in published.needs}


@pytest.fixture
async def readings(finds):
    found = FakeRecord()
    for need in NEEDS.values():
        await found.submit_need(need.need_id, need.statement)
    found.similar = [find for views in finds.values() for find in views]
    return found


@pytest.fixture
async def joint_needs(readings, tmp_path):
    """Kept in a real database, where those who act at the same instant exclude each other."""
    record = open_record(f"sqlite+aiosqlite:///{tmp_path / 'record.db'}")
    await record.migrate()
    yield KeptJointNeeds(record, readings=readings, joint_readings=record.joint_needs, clock=ManualClock())
    await record.close()


async def test_what_the_system_found_is_folded_with_each_member_on_its_rung(joint_needs, readings, finds):
    folded = await fold_sample(joint_needs, readings=readings)
    groups = sample_truth().shared
    assert {*folded.folding.whole, *folded.folding.torn} == set(groups)
    # All 22 with the scorer of today; another may miss a pair that lies at its threshold.
    assert len(folded.folding.whole) >= 20
    for group in folded.folding.torn:
        assert any(nearest(finds[need_id]) not in group for need_id in group), "found, and not folded"
    members = [member for one in folded.joint_needs for member in one.changed.members]
    scenario = sample_scenario()
    for member in members:
        said = scenario[member.need_id]
        assert (member.rung, member.undertaking, member.volume, member.horizon) == (
            said.rung,
            said.undertaking,
            said.volume,
            said.horizon,
        )
        assert member.buyer_id == NEEDS[member.need_id].statement.buyer.id
    assert len({member.need_id for member in members}) == len(members) == folded.members
    assert len(folded.folding.strangers) < len(members) / 4


async def test_the_planted_groups_decide_nothing(joint_needs, readings, monkeypatch):
    monkeypatch.setattr(playing, "sample_truth", lambda: SampleTruth(shared=(), near_misses=(), suppliers={}))
    folded = await fold_sample(joint_needs, readings=readings)
    assert len(folded.joint_needs) >= 20
    assert len(folded.folding.strangers) == folded.members


async def test_a_repeat_changes_nothing_and_what_was_done_by_hand_stays(joint_needs, readings):
    first = await play_sample(joint_needs, readings=readings)
    left, closed = first[0], first[1]
    gone = next(member.buyer_id for member in left.changed.members if member.buyer_id != left.owner_id)
    await joint_needs.withdraw(left.changed.joint_need_id, by=gone)
    await joint_needs.close(closed.changed.joint_need_id, by=closed.owner_id)
    again = {one.changed.joint_need_id: one for one in await play_sample(joint_needs, readings=readings)}
    assert again.keys() == {one.changed.joint_need_id for one in first if one is not closed}
    assert gone not in {member.buyer_id for member in again[left.changed.joint_need_id].changed.members}
    for one in first[2:]:
        assert again[one.changed.joint_need_id] == one
    assert all(needs_of(one) <= NEEDS.keys() for one in again.values())
