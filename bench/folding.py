"""What joint needs come of the finds on the sample, by who may join. `python -m bench.folding`, about a minute.

The groups that were planted in the sample are looked at only to say how well it went.
"""

import asyncio
from collections.abc import Callable, Mapping
from itertools import combinations

from samspil.adapters.embedding import EmbeddingSettings, open_embedder
from samspil.adapters.vectors import open_index
from samspil.clock import SystemClock
from samspil.matching.handlers import Matching
from samspil.matching.rules import rules_for
from samspil.ports import Received
from samspil.sample import sample_needs, sample_truth
from samspil.sample.folding import compared
from samspil.settings import Settings
from samspil_schemas import Event, NeedMatched, NeedPublished, event_id, topics

Finds = Mapping[str, list[str]]  # by need, the needs that it was found to be the same as, the nearest first
Founders = frozenset[str]
May = Callable[[str, Founders, set[str], Finds], bool]
RULES: dict[str, May] = {
    "found to be the same as any member": lambda need, _, members, finds: bool(members & {*finds[need]}),
    "found to be the same as every member": lambda need, _, members, finds: members <= {*finds[need]},
    "nearest find a member, the same as more than half": lambda need, _, members, finds: (
        finds[need][0] in members and 2 * len(members & {*finds[need]}) > len(members)
    ),
    "nearest find a member": lambda need, _, members, finds: finds[need][0] in members,
    "nearest find a member, the same as one that proposed (played)": lambda need, founders, members, finds: (
        finds[need][0] in members and bool(founders & {*finds[need]})
    ),
}


class Kept:
    def __init__(self) -> None:
        self.verdicts: list[NeedMatched] = []

    async def publish(self, events: list[Event]) -> None:
        self.verdicts += [event for event in events if isinstance(event, NeedMatched)]


async def found_on_the_sample() -> tuple[str, dict[str, list[str]]]:
    embedder = await open_embedder(EmbeddingSettings(), cache_dir=Settings().cache_dir)
    index = await open_index(":memory:", space=embedder.space, dimension=embedder.dimension)
    kept, rules = Kept(), rules_for(embedder.space)
    matching = Matching(embedder=embedder, index=index, publisher=kept, clock=SystemClock(), rules=rules)
    events = [NeedPublished(need_id=need.need_id, version=1, statement=need.statement) for need in sample_needs()]
    await matching.needs(
        [Received(event=event, event_id=event_id(event), key=event.key, topic=topics.NEEDS.name) for event in events]
    )
    await index.close()
    await embedder.close()
    return rules.scorer_name, {one.need_id: [find.other_need_id for find in one.similar] for one in kept.verdicts}


def joint_needs(finds: Finds, may: May, *, buyers: Mapping[str, str]) -> list[set[str]]:
    """Two found one where each is the other's nearest; the others join, in the order of the sample, until nobody may any more."""
    nearest = {need: others[0] for need, others in finds.items() if others}
    founded = [frozenset((one, other)) for one, other in nearest.items() if one < other and nearest[other] == one]
    standing = [(founders, set(founders)) for founders in founded]
    moved = True
    while moved:
        moved = False
        for need in nearest:
            if any(need in members for _, members in standing):
                continue
            for founders, members in standing:
                if buyers[need] not in {buyers[one] for one in members} and may(need, founders, members, finds):
                    members.add(need)
                    moved = True
                    break
    return [members for _, members in standing]


def main() -> None:
    scorer, finds = asyncio.run(found_on_the_sample())
    groups = sample_truth().shared
    right = {frozenset(pair) for group in groups for pair in combinations(group, 2)}
    told = {frozenset((need, other)) for need, others in finds.items() for other in others}
    print(f"Scorer {scorer}: {len(told)} pairs told, {len(told & right)} of the {len(right)} right ones among them:")
    print(f"recall {len(told & right) / len(right):.2f}, precision {len(told & right) / len(told):.2f}.")
    print()
    print("| who joins | joint needs | members | groups whole in one | whole, and nobody else | of no group, or another |")
    print("|---|---|---|---|---|---|")
    buyers = {need.need_id: need.statement.buyer.id for need in sample_needs()}
    for name, may in RULES.items():
        joint = joint_needs(finds, may, buyers=buyers)
        folding = compared(groups, joint)
        alone = sum(set(group) in joint for group in groups)
        members = sum(map(len, joint))
        print(f"| {name} | {len(joint)} | {members} | {len(folding.whole)} | {alone} | {len(folding.strangers)} |")


if __name__ == "__main__":
    main()
