from hypothesis import given
from hypothesis import strategies as st

from bench.quality.statements import STATEMENT_MAX, statements
from samspil_schemas.base import CAPABILITIES_MAX, PARAGRAPH_MAX


def test_an_industry_and_each_contract_are_statements_of_their_own():
    text = "Bransch: Partihandel med verktyg. Tidigare uppdrag: Snöröjning 2020; Halkbekämpning; Snöröjning 2020"
    assert statements(text) == ("Partihandel med verktyg", "Snöröjning 2020", "Halkbekämpning")


def test_bars_part_contracts_and_semicolons_within_them_do_not():
    text = "Earlier contracts: Cleaning of schools; daily. Two years. | Window cleaning"
    assert statements(text) == ("Cleaning of schools; daily. Two years.", "Window cleaning")


def test_a_text_of_its_own_stays_whole():
    assert statements("We find leaks; we repair pipes.") == ("We find leaks; we repair pipes.",)


def test_a_long_contract_is_cut_between_sentences():
    found = statements("A sentence of some words stands here. " * 100)
    assert len(found) == 1 or all(len(part) <= STATEMENT_MAX for part in found)
    assert all(part.endswith(".") for part in found)


@given(st.text(min_size=1).filter(str.strip))
def test_there_is_always_a_statement_and_never_too_many(text):
    found = statements(text)
    assert 1 <= len(found) <= CAPABILITIES_MAX


def test_what_is_too_much_for_a_profile_is_kept_together():
    found = statements(" | ".join(f"Contract number {number}" for number in range(90)))
    assert len(found) == CAPABILITIES_MAX
    assert found[-1].endswith("Contract number 89")
    assert len(found[-1]) <= PARAGRAPH_MAX
