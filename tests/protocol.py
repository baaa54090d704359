"""A faithful simulation of matching: both sides write, then search, and any two evaluations may interleave between the two.

It knows the truth, so that what is joined from its reports can be held against it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from samspil import ids
from samspil.ports import Head
from samspil_schemas import Match, NeedMatched, RegionFit, SimilarNeed, SupplierMatched

NEEDS = ("need-a", "need-b", "need-c")
SUPPLIERS = ("supplier-x", "supplier-y")
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Evaluation:
    """What one search saw: the owner in this state, and the others that it matched with their versions."""

    owner: str
    head: Head
    at: datetime
    suppliers: Mapping[str, int] = field(default_factory=dict)
    needs: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class History:
    """All evaluations of a run in the order in which they ended, and the states that are in the index at the end."""

    evaluations: Sequence[Evaluation]
    heads: Mapping[str, Head]
    alike: frozenset[tuple[str, int, str, int]]

    def matching(self, one: str, other: str) -> tuple[int, int] | None:
        """The versions in which two match in truth; None if they do not."""
        if one not in self.heads or other not in self.heads:
            return None
        first, second = self.heads[one], self.heads[other]
        if first.withdrawn or second.withdrawn or not _alike(self.alike, one, first.version, other, second.version):
            return None
        return first.version, second.version


def _alike(table: frozenset[tuple[str, int, str, int]], one: str, version: int, other: str, other_version: int) -> bool:
    return (one, version, other, other_version) in table or (other, other_version, one, version) in table


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Runs of the protocol over three needs and two suppliers, with changes, withdrawals, reopenings and redeliveries."""
    owners = (*NEEDS, *SUPPLIERS)
    lives = {owner: draw(_life()) for owner in owners}
    versions = {owner: sorted({head.version for head in life}) for owner, life in lives.items()}
    pairs = [
        (one, version, other, other_version)
        for place, one in enumerate(owners)
        for other in owners[place + 1 :]
        if not (one in SUPPLIERS and other in SUPPLIERS)
        for version in versions[one]
        for other_version in versions[other]
    ]
    alike = frozenset(draw(st.lists(st.sampled_from(pairs), unique=True))) if pairs else frozenset()
    # Each evaluation takes two turns of its owner: write, then search.
    turns = draw(st.permutations([owner for owner, life in lives.items() for _ in range(2 * len(life))]))
    return _run(lives, alike=alike, turns=turns)


@st.composite
def _life(draw: st.DrawFn) -> list[Head]:
    """The states of one owner in order; the same state twice is a redelivery."""
    life: list[Head] = []
    version = 0
    for step in draw(st.lists(st.sampled_from(["publish", "withdraw", "again"]), max_size=4)):
        if step == "publish" or not life:
            version += 1
            life.append(Head(version))
        elif step == "withdraw":
            life.append(Head(version, withdrawn=True))
        else:
            life.append(life[-1])
    return life


def _run(lives: Mapping[str, list[Head]], *, alike: frozenset[tuple[str, int, str, int]], turns: Sequence[str]) -> History:
    index: dict[str, Head] = {}
    left = {owner: list(life) for owner, life in lives.items()}
    writing: dict[str, Head] = {}
    evaluations: list[Evaluation] = []
    for turn, owner in enumerate(turns):
        if owner not in writing:
            writing[owner] = index[owner] = left[owner].pop(0)
            continue
        head = writing.pop(owner)
        seen = {
            other: state.version
            for other, state in index.items()
            if other != owner
            and not (owner in SUPPLIERS and other in SUPPLIERS)
            and not head.withdrawn
            and not state.withdrawn
            and _alike(alike, owner, head.version, other, state.version)
        }
        evaluations.append(
            Evaluation(
                owner=owner,
                head=head,
                at=START + timedelta(seconds=turn),
                suppliers={other: version for other, version in seen.items() if other in SUPPLIERS},
                needs={other: version for other, version in seen.items() if other in NEEDS},
            )
        )
    return History(evaluations=evaluations, heads=index, alike=alike)


def shuffled(evaluations: Sequence[Evaluation]) -> st.SearchStrategy[list[Evaluation]]:
    """Any order of these, each at least once, some repeated."""
    if not evaluations:
        return st.just([])
    repeats = st.lists(st.sampled_from(list(evaluations)), max_size=4)
    return repeats.flatmap(lambda more: st.permutations([*evaluations, *more]))


def verdict(evaluation: Evaluation, *, keys: Mapping[str, tuple[str, ...]] | None = None) -> NeedMatched | SupplierMatched:
    """The report that matching publishes of an evaluation. `keys` are the fold keys of needs."""
    owner, version = evaluation.owner, evaluation.head.version
    about = {
        "withdrawn": evaluation.head.withdrawn,
        "caused_by": f"{owner} {version} {evaluation.head.withdrawn}",
        "space": "e5s-1f0c2a9b",
        "scorer": "v1",
        "evaluated_at": evaluation.at,
    }
    if owner in SUPPLIERS:
        matches = tuple(a_match(need, owner, of, version) for need, of in sorted(evaluation.needs.items()))
        return SupplierMatched(supplier_id=owner, profile_version=version, matches=matches, **about)
    return NeedMatched(
        need_id=owner,
        need_version=version,
        matches=tuple(a_match(owner, supplier, version, of) for supplier, of in sorted(evaluation.suppliers.items())),
        similar=tuple(a_similar(owner, other, version, of, keys=keys or {}) for other, of in sorted(evaluation.needs.items())),
        **about,
    )


def a_match(need_id: str, supplier_id: str, need_version: int = 1, profile_version: int = 1, *, score: float = 0.8) -> Match:
    """A match of a pair in these versions."""
    return Match(
        match_id=ids.match_id(need_id=need_id, supplier_id=supplier_id),
        need_id=need_id,
        need_version=need_version,
        need_title=f"Title of {need_id}",
        buyer_id=f"buyer-of-{need_id}",
        buyer_name=f"Buyer of {need_id}",
        supplier_id=supplier_id,
        supplier_name=f"Name of {supplier_id}",
        profile_version=profile_version,
        score=score,
        evidence=(),
        region=RegionFit.SERVED,
    )


def a_similar(
    need_id: str,
    other_id: str,
    version: int = 1,
    other_version: int = 1,
    *,
    score: float = 0.7,
    keys: Mapping[str, tuple[str, ...]] | None = None,
) -> SimilarNeed:
    """The same need at another buyer, as `need_id` sees it. `keys` are the fold keys of needs."""
    known = keys or {}
    return SimilarNeed(
        similar_id=ids.similar_id(need_id=need_id, other_need_id=other_id),
        need_id=need_id,
        need_version=version,
        buyer_id=f"buyer-of-{need_id}",
        other_need_id=other_id,
        other_need_version=other_version,
        other_title=f"Title of {other_id}",
        other_language="da",
        other_buyer_id=f"buyer-of-{other_id}",
        other_buyer_name=f"Buyer of {other_id}",
        other_country="DK",
        score=score,
        fold_keys=known.get(other_id, ()),
        need_fold_keys=known.get(need_id, ()),
    )
