import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import normalizers

from samspil.adapters.embedding.charsmap import build_charsmap, composed_pairs

SINGLE = st.characters(categories=["L", "N", "P", "S"])


@settings(deadline=None)
@given(rules=st.dictionaries(SINGLE, st.text(SINGLE, max_size=4), min_size=1), others=st.text(SINGLE, max_size=20))
def test_each_character_with_a_rule_is_replaced_and_each_other_one_stays(rules, others):
    normaliser = normalizers.Precompiled(build_charsmap(rules))
    characters = [*others, *rules]
    # On lines of their own: some characters, such as skin tones, join their neighbour, and what is looked up is both.
    assert normaliser.normalize_str("\n".join(characters)) == "\n".join(rules.get(one, one) for one in characters)


def test_a_rule_without_a_target_deletes_its_character():
    assert normalizers.Precompiled(build_charsmap({"\x01": "", "b": "c"})).normalize_str("a\x01b") == "ac"


@pytest.mark.parametrize("letter", "äöåÄÖÅéèüñčšžőřąęÿΐйЇ")
def test_a_letter_written_as_two_characters_is_the_same_letter(letter):
    normaliser = normalizers.Precompiled(build_charsmap(composed_pairs(())))
    two = unicodedata.normalize("NFD", letter)
    expected = letter if len(two) == 2 else normaliser.normalize_str(two)
    assert normaliser.normalize_str(f"x{two}y") == f"x{expected}y"


def test_a_letter_with_a_rule_of_its_own_hides_its_pairs():
    assert "a\u0308" in composed_pairs(())
    assert "a\u0308" not in composed_pairs({"a": "b"})


def test_a_mark_that_unicode_replaces_composes_like_the_one_it_stands_for():
    pairs = composed_pairs(())
    assert pairs["a\u0300"] == pairs["a\u0340"] == "à"
