"""Suppliers that together answer what none of them answers alone."""

from dataclasses import replace

import pytest

from samspil.matching.adhoc import AdHocMatchmaker
from samspil.ports import NoTeams
from samspil_schemas import CapabilityStatement
from tests.component.matching_parts import RULES, matching_parts
from tests.factories import a_published_profile, a_statement

NEED = a_statement(
    title="Leaks, buses and meals",
    description="The street is wet.",
    effects=("We want to hear of every leak.", "Each bus must be on time.", "A warm meal should reach the school."),
    cpv=(),
)


def a_supplier(name, *texts, **changes):
    capabilities = tuple(CapabilityStatement(id=f"c{number}", text=text, language="en") for number, text in enumerate(texts))
    return a_published_profile(name, name=f"{name} Sample", cpv=(), capabilities=capabilities, **changes)


async def teams(*suppliers, need=NEED, rules=RULES, limit=5):
    parts = await matching_parts()
    await parts.take(*suppliers)
    return await AdHocMatchmaker(embedder=parts.embedder, index=parts.index, rules=rules).teams_for(need, limit=limit)


LEAKS = a_supplier("leaks", "We sell paint.", "We find a leak.")
BUSES = a_supplier("buses", "Every bus is tracked.")
MEALS = a_supplier("meals", "A meal for each school.")


async def test_who_covers_what_is_said_in_the_words_of_both():
    found = await teams(LEAKS, BUSES, MEALS)
    best = found.teams[0]
    said = {
        member.supplier_id: [(one.need_sentence, one.answer, one.answer_id) for one in member.covers] for member in best.members
    }
    assert said == {
        "buses": [("Each bus must be on time.", "Every bus is tracked.", "c0")],
        "leaks": [("We want to hear of every leak.", "We find a leak.", "c1")],
        "meals": [("A warm meal should reach the school.", "A meal for each school.", "c0")],
    }
    assert best.open == ()
    assert [member.supplier_name for member in best.members] == ["buses Sample", "leaks Sample", "meals Sample"]
    assert {len(team.members) for team in found.teams[1:]} == {2}
    assert found.why_none is None
    assert found.wishes == NEED.effects


async def test_what_stays_open_is_said_and_what_only_tells_how_things_are_is_not():
    [team] = (await teams(LEAKS, BUSES)).teams
    assert team.open == ("A warm meal should reach the school.",)


async def test_no_more_teams_come_than_are_asked_for():
    assert len((await teams(LEAKS, BUSES, MEALS, limit=2)).teams) == 2


async def test_who_is_excluded_or_serves_another_region_is_in_no_team():
    far = a_supplier("meals", "A meal for each school.", regions=("FI",))
    need = NEED.model_copy(update={"excluded_suppliers": ("buses",)})
    found = await teams(LEAKS, BUSES, far, need=need)
    assert (found.teams, found.why_none) == ((), NoTeams.NOBODY_ADDS)


@pytest.mark.parametrize(
    ("suppliers", "need", "why"),
    [
        ((), NEED, NoTeams.NOBODY_ANSWERS),
        ((a_supplier("paint", "We sell paint."),), NEED, NoTeams.NOBODY_ANSWERS),
        ((LEAKS,), NEED, NoTeams.NOBODY_ADDS),
        ((a_supplier("all", "A leak.", "A bus.", "A meal at school."), LEAKS), NEED, NoTeams.ONE_COVERS_ALL),
        ((LEAKS, BUSES), a_statement(description="The leak is there and the bus is late."), NoTeams.NOTHING_ASKED),
    ],
)
async def test_why_there_are_none_is_said(suppliers, need, why):
    found = await teams(*suppliers, need=need)
    assert (found.teams, found.why_none) == ((), why)


async def test_where_nobody_knows_what_an_answer_is_no_team_is_suggested():
    found = await teams(LEAKS, BUSES, MEALS, rules=replace(RULES, answering=None))
    assert (found.teams, found.why_none, found.wishes) == ((), NoTeams.UNKNOWN_SPACE, NEED.effects)
