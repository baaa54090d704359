import json
from importlib.resources import files

import pytest
from pydantic import ValidationError

from samspil import matching
from samspil.matching.learned import FILE, Learned, learned, packed, unpacked
from samspil.matching.rules import Rules, rules_for

SHIPPED = learned()


def test_the_shipped_scorer_says_where_it_comes_from():
    assert SHIPPED.made_by.keys() >= {"script", "seed", "data", "population", "ece"}
    assert SHIPPED.scorer.name == SHIPPED.similar_scorer.name
    assert len(files(matching).joinpath(FILE).read_bytes()) < 64_000


def test_the_probabilities_hold_on_the_later_awards():
    errors = SHIPPED.made_by["ece"]
    assert {name: error for name, error in errors.items() if name.startswith("suppliers/sv-2021-0") and error > 0.05} == {}


def test_in_its_space_the_learned_scorer_rules_and_in_another_one_the_weights_set_by_hand():
    rules = rules_for(SHIPPED.space)
    assert (rules.scorer, rules.similar_scorer, rules.rarity) == (SHIPPED.scorer, SHIPPED.similar_scorer, SHIPPED.rarity)
    assert (rules.threshold, rules.similar_threshold) == (SHIPPED.threshold, SHIPPED.similar_threshold)
    assert rules_for("another-space") == Rules()


def test_a_threshold_that_is_set_wins_over_the_scorers_own():
    rules = rules_for(SHIPPED.space, threshold=0.4, limit=7)
    assert (rules.threshold, rules.similar_threshold, rules.limit) == (0.4, SHIPPED.similar_threshold, 7)
    assert rules.scorer_name == f"{SHIPPED.scorer.name}/0.4/{SHIPPED.similar_scorer.name}/{SHIPPED.similar_threshold:g}"


def test_a_table_survives_being_packed():
    table = bytes(range(256)) * 64
    assert unpacked(packed(table)) == table


@pytest.mark.parametrize("change", [{"rarity": packed(b"short")}, {"scorer": {"name": "x"}}, {"more": 1}], ids=str)
def test_a_broken_artefact_is_refused(change):
    content = json.loads(files(matching).joinpath(FILE).read_text(encoding="utf-8"))
    with pytest.raises(ValidationError):
        Learned.model_validate_json(json.dumps(content | change))
