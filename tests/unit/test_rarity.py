import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil.domain.rarity import BUCKETS, Rarity, bucket_of, parts

EVEN = Rarity(bytes([100]) * BUCKETS)


def overlap(one: str, other: str, *, rarity=EVEN, language="sv", other_language="sv"):
    return rarity.overlap(one, other, language=language, other_language=other_language)


def test_compounds_share_parts_where_they_share_no_word():
    assert overlap("vinterväghållning", "väghållning") > 0.5
    assert overlap("vinterväghållning", "skolmat") == 0


def test_equal_words_in_any_order_are_one():
    assert overlap("snöröjning av vägar", "vägar, snöröjning") == pytest.approx(1)


def test_words_of_two_languages_are_not_compared_and_the_forms_of_norwegian_are():
    assert overlap("skole", "skole", language="da", other_language="sv") is None
    assert overlap("skole", "skole", language="nb", other_language="nn") == pytest.approx(1)


def test_no_words_share_nothing():
    assert overlap("", "snö") == overlap("och att", "snö") == 0


def test_rare_parts_say_more_than_common_ones():
    common = {bucket_of(part) for part in parts("ramavtal", "sv")}
    rarity = Rarity(bytes(1 if bucket in common else 200 for bucket in range(BUCKETS)))
    shares_the_rare, shares_the_common = ("ramavtal snöröjning", "snöröjning"), ("ramavtal snöröjning", "ramavtal skolmat")
    assert overlap(*shares_the_rare, rarity=rarity) > 0.9
    assert overlap(*shares_the_common, rarity=rarity) < 0.1


@given(st.text(max_size=60), st.text(max_size=60))
def test_an_overlap_is_a_share_and_the_same_from_either_side(one, other):
    found = overlap(one, other)
    assert 0 <= found <= 1
    assert found == overlap(other, one)


def test_a_part_is_the_same_on_every_machine():
    assert list(parts("snö", "sv")) == [1136579006, 1541790198]


def test_a_table_of_another_size_is_refused():
    with pytest.raises(ValueError, match="16384 bytes"):
        Rarity(b"\x01")
