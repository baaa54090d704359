"""Each adapter against a plain dictionary: whatever is put, withdrawn and asked, in any order, both answer alike."""

from collections.abc import Iterable
from math import log

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from samspil.adapters.vectors.bm25 import language_group, words_of_query, words_of_text
from samspil.adapters.vectors.layout import AVERAGE_WORDS, SCORE_DECIMALS
from samspil.domain.codes import cpv_path, regions_meet
from samspil.ports import Entity, Entry, Head, Hit, Point, Search, Vectors, Where
from tests.contract.vector_indexes import ADAPTERS, Opened, a_vector

SUPPLIERS = Entity.SUPPLIERS
OWNERS = ("s-1", "s-2", "s-3", "s-4")
# Their cosines are exact to six decimals, and many are equal.
VECTORS = ((1, 0, 0, 0), (0, 1, 0, 0), (3, 4, 0, 0), (4, 3, 0, 0), (-1, 0, 0, 0), (0, 0, 0, 2))
TEXTS = ("läcka i rör", "läckor", "pumpar och rör", "lekkasje i rør", "radar", "och i att", "")
LANGUAGES = ("sv", "nb", "no", "pl")
CODES = ("45000000", "45233100", "45233000", "90490000")
REGIONS = ("DK", "DK03", "DK031", "SE")
BUYERS = ("b-1", "b-2")

points = st.builds(
    Point,
    part=st.sampled_from(["a", "b", "c"]),
    text=st.sampled_from(TEXTS),
    language=st.sampled_from(LANGUAGES),
    vector=st.sampled_from(VECTORS).map(lambda numbers: a_vector(*numbers)),
    cpv=st.lists(st.sampled_from(CODES), max_size=2).map(tuple),
    regions=st.lists(st.sampled_from(REGIONS), max_size=2).map(tuple),
    buyer_id=st.none() | st.sampled_from(BUYERS),
    members=st.lists(st.sampled_from(BUYERS), max_size=2).map(tuple),
    payload=st.dictionaries(st.text(max_size=3), st.none() | st.booleans() | st.integers() | st.text(max_size=3), max_size=2),
)
entries = st.builds(
    Entry,
    owner_id=st.sampled_from(OWNERS),
    version=st.integers(1, 5),
    points=st.lists(points, max_size=3, unique_by=lambda point: point.part).map(tuple),
) | st.builds(Entry, owner_id=st.sampled_from(OWNERS), version=st.integers(1, 5), withdrawn=st.just(True))
filters = st.builds(
    Where,
    regions=st.lists(st.sampled_from((*REGIONS, "DK012")), max_size=2).map(tuple),
    language=st.sampled_from(LANGUAGES),
    cpv=st.lists(st.sampled_from((*CODES, "45230000")), max_size=2).map(tuple),
    without_owners=st.lists(st.sampled_from(OWNERS), max_size=2).map(tuple),
    without_buyers=st.lists(st.sampled_from(BUYERS), max_size=2).map(tuple),
    buyers=st.lists(st.sampled_from(BUYERS), max_size=1).map(tuple),
    members=st.lists(st.sampled_from(BUYERS), max_size=1).map(tuple),
)
any_language = st.sampled_from([Where(), Where(without_owners=("s-1",)), Where(regions=("DK03",)), Where(cpv=("45230000",))])


class Model:
    """What an index should hold: the newest entry of each owner."""

    def __init__(self) -> None:
        self.newest: dict[str, Entry] = {}

    def put(self, entry: Entry) -> None:
        known = self.newest.get(entry.owner_id)
        if known is None or head(entry) >= head(known):
            self.newest[entry.owner_id] = entry

    def heads(self) -> dict[str, Head]:
        return {owner: head(entry) for owner, entry in self.newest.items()}

    def open_points(self, where: Where) -> Iterable[tuple[str, Point]]:
        for owner, entry in self.newest.items():
            for point in entry.points:
                if owner not in where.without_owners and passes(point, where):
                    yield owner, point

    def by_vector(self, vector: Vectors, where: Where) -> dict[tuple[str, str], float]:
        unit = vector / np.linalg.norm(vector)
        return {
            (owner, point.part): round(float(unit @ (point.vector / np.linalg.norm(point.vector))), SCORE_DECIMALS)
            for owner, point in self.open_points(where)
        }

    def by_words(self, words: str, where: Where) -> dict[tuple[str, str], float]:
        corpus = [read(point) for _, point in self.open_points(Where(language=where.language)) if read(point)]
        asked = words_of_query(words, language=where.language or "").tokens
        scores = {}
        for owner, point in self.open_points(where):
            weights = read(point)
            if terms := [token for token in asked if token in weights]:
                scores[owner, point.part] = sum(weights[token] * rarity(token, corpus) for token in terms)
        return scores


def head(entry: Entry) -> Head:
    return Head(entry.version, entry.withdrawn)


def read(point: Point) -> dict[int, float]:
    words = words_of_text(point.text, language=point.language, average_length=AVERAGE_WORDS[SUPPLIERS])
    return dict(zip(words.tokens, words.weights, strict=True))


def rarity(token: int, corpus: list[dict[int, float]]) -> float:
    holding = sum(token in document for document in corpus)
    return log(1 + (len(corpus) - holding + 0.5) / (holding + 0.5))


def passes(point: Point, where: Where) -> bool:
    paths = {step for code in point.cpv for step in cpv_path(code)}
    return (
        (where.language is None or language_group(point.language) == language_group(where.language))
        and (not where.cpv or bool(paths & set(where.cpv)))
        and regions_meet(point.regions, where.regions)
        and point.buyer_id not in where.without_buyers
        and (not where.buyers or point.buyer_id in where.buyers)
        and (not where.members or bool(set(point.members) & set(where.members)))
    )


def as_found(hits: list[Hit]) -> list[tuple[tuple[str, str], float]]:
    return [((hit.owner_id, hit.part), hit.score) for hit in hits]


def best_first(scores: dict[tuple[str, str], float]) -> list[tuple[tuple[str, str], float]]:
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


class IndexAgainstModel(RuleBasedStateMachine):
    """The rules, for one adapter."""

    adapter: str

    def __init__(self) -> None:
        super().__init__()
        self.session = Opened(self.adapter)
        self.model = Model()

    def teardown(self) -> None:
        self.session.close()

    def search(self, search: Search) -> list[Hit]:
        [hits] = self.session.run(self.session.index.search(SUPPLIERS, [search]))
        return hits

    @rule(batch=st.lists(entries, min_size=1, max_size=4))
    def put(self, batch: list[Entry]) -> None:
        self.session.run(self.session.index.put(SUPPLIERS, batch))
        for entry in batch:
            self.model.put(entry)

    @rule(vector=st.sampled_from(VECTORS), where=any_language | filters, limit=st.integers(0, 6))
    def search_by_vector(self, vector: tuple[int, ...], where: Where, limit: int) -> None:
        hits = self.search(Search(vector=a_vector(*vector), where=where, limit=limit))
        assert as_found(hits) == best_first(self.model.by_vector(a_vector(*vector), where))[:limit]

    @rule(words=st.sampled_from([*TEXTS, "läckan radar", "rør pump"]), where=filters)
    def search_by_words(self, words: str, where: Where) -> None:
        hits = as_found(self.search(Search(words=words, where=where)))
        assert dict(hits) == pytest.approx(self.model.by_words(words, where), abs=1e-5)
        assert hits == best_first(dict(hits))

    @rule()
    def reopen(self) -> None:
        self.session.reopen()

    @invariant()
    def everything_open_comes_back_whole(self) -> None:
        hits = self.search(Search(vector=a_vector(), limit=100))
        expected = {(owner, point.part): point for owner, point in self.model.open_points(Where())}
        assert {(hit.owner_id, hit.part) for hit in hits} == set(expected)
        for hit in hits:
            point = expected[hit.owner_id, hit.part]
            assert (hit.text, hit.language, hit.cpv, hit.regions) == (point.text, point.language, point.cpv, point.regions)
            assert (hit.buyer_id, hit.payload) == (point.buyer_id, point.payload)
            assert hit.version == self.model.newest[hit.owner_id].version

    @invariant()
    def heads_and_count_agree(self) -> None:
        assert self.session.run(self.session.index.heads(SUPPLIERS, OWNERS)) == self.model.heads()
        opened = sum(not entry.withdrawn for entry in self.model.newest.values())
        assert self.session.run(self.session.index.count(SUPPLIERS)) == opened


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_an_index_answers_as_a_dictionary_would(adapter: str) -> None:
    machine = type("Machine", (IndexAgainstModel,), {"adapter": adapter})
    # Few but long: what goes wrong needs a history. The wire is slow, and adds only the encoding.
    examples = 20 if adapter in ("memory", "edge") else 5
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=25, deadline=None))  # type: ignore[no-untyped-call]
