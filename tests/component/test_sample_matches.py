"""Every match of the sample, with the model that is shipped: its reasons fit on a telephone."""

import asyncio
from textwrap import wrap

import pytest

from samspil.adapters.embedding import EmbeddingSettings, open_embedder
from samspil.adapters.vectors import open_index
from samspil.matching.adhoc import AdHocMatchmaker
from samspil.matching.rules import rules_for
from samspil.matching.sides import capability_sides, supplier_entry
from samspil.ports import EmbedText, Entity, TextKind
from samspil.reasons import LENGTH_MAX, ROWS_MAX, WIDTH, in_words
from samspil.sample import sample_needs, sample_profiles, sample_truth
from samspil.settings import Settings
from samspil_schemas import LanguageFit, ProfilePublished


@pytest.fixture(scope="module")
def answered():
    return asyncio.run(_answered())


@pytest.fixture
def found(answered):
    return answered[0]


async def _answered():
    embedder = await open_embedder(EmbeddingSettings(), cache_dir=Settings().cache_dir)
    index = await open_index(":memory:", space=embedder.space, dimension=embedder.dimension)
    sides = [
        capability_sides(ProfilePublished(supplier_id=row.supplier_id, version=1, profile=row.profile))
        for row in sample_profiles()
    ]
    texts = [EmbedText(text=side.text, language=side.language, kind=TextKind.PASSAGE) for one in sides for side in one]
    vectors = iter(await embedder.embed(texts))
    await index.put(Entity.SUPPLIERS, [supplier_entry(one, [next(vectors) for _ in one]) for one in sides])
    matchmaker = AdHocMatchmaker(embedder=embedder, index=index, rules=rules_for(embedder.space))
    matches = [match for need in sample_needs() for match in await matchmaker.suppliers_for(need.statement, limit=100)]
    teams = {need.need_id: await matchmaker.teams_for(need.statement) for need in sample_needs()}
    await index.close()
    await embedder.close()
    return matches, teams


def test_the_reasons_of_every_match_fit_on_a_telephone(found):
    assert len(found) > 50
    for match in found:
        lines = in_words(match)
        assert sum(len(wrap(line, WIDTH, break_on_hyphens=False)) for line in lines) <= ROWS_MAX
        assert sum(map(len, lines)) <= LENGTH_MAX


def test_every_match_says_what_answers_it_and_whether_its_language_is_spoken(found):
    assert all(match.evidence and match.language for match in found)
    assert {match.language for match in found} == set(LanguageFit)


def test_what_asks_for_nothing_is_not_missing_and_what_is_missing_is_no_evidence(found):
    missing = [match for match in found if match.missing]
    assert missing
    for match in missing:
        assert not {pair.need_sentence for pair in match.evidence if pair.strength > 0.8} & set(match.missing)


def test_teams_are_made_of_suppliers_that_a_person_would_name(answered):
    _, teams = answered
    suggested = {need_id: one.teams[0] for need_id, one in teams.items() if one.teams}
    assert suggested
    assert all(bool(one.teams) is not bool(one.why_none) for one in teams.values())
    named = sample_truth().suppliers
    members = [(need_id, member.supplier_id) for need_id, team in suggested.items() for member in team.members]
    assert sum(supplier_id in named.get(need_id, ()) for need_id, supplier_id in members) > 0.6 * len(members)
