"""Words become the same sparse vector everywhere, in the language that they are written in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil.adapters.vectors.bm25 import language_group, words_of_query, words_of_text

ENGLISH_FORMS = [("pipes", "pipe"), ("leaking", "leak"), ("cities", "city")]
languages = st.sampled_from(["da", "sv", "nb", "nn", "no", "fi", "en", "de", "ar", "el", "sl", "et", "xx", "abc"])
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@pytest.mark.parametrize(("form", "word"), ENGLISH_FORMS)
def test_a_stemmer_is_of_its_language_alone(form: str, word: str) -> None:
    assert words_of_query(form, language="en") == words_of_query(word, language="en")
    assert words_of_query(form, language="et") != words_of_query(word, language="et")


def test_a_query_weighs_each_word_once_and_a_text_by_how_often_it_stands() -> None:
    query = words_of_query("pump pump water", language="en")
    text = words_of_text("pump pump water", language="en", average_length=3)
    assert query.weights == (1.0, 1.0)
    assert query.tokens == text.tokens
    weight = dict(zip(text.tokens, text.weights, strict=True))
    [pump], [water] = words_of_query("pump", language="en").tokens, words_of_query("water", language="en").tokens
    # tf (k + 1) / (tf + k (1 - b + b · length / average)), with k 1.2, b 0.75 and three words, as many as usual
    assert weight[pump] == pytest.approx(2 * 2.2 / (2 + 1.2))
    assert weight[water] == pytest.approx(1 * 2.2 / (1 + 1.2))


def test_a_longer_text_weighs_a_word_less() -> None:
    short = words_of_text("pump", language="en", average_length=24)
    long = words_of_text("pump " + "water sensor radar bridge " * 10, language="en", average_length=24)
    weight = dict(zip(long.tokens, long.weights, strict=True))
    assert weight[short.tokens[0]] < short.weights[0]


def test_stop_words_leave_nothing_to_search_by() -> None:
    assert not words_of_query("och i att det", language="sv")
    assert words_of_query("och i att det", language="en")
    assert not words_of_query(" \n ?!", language="xx")


@pytest.mark.parametrize(("code", "group"), [("nb", "no"), ("nn", "no"), ("no", "no"), ("sv", "sv"), ("xx", "xx")])
def test_both_forms_of_norwegian_are_one_group(code: str, group: str) -> None:
    assert language_group(code) == group


@given(text=texts, language=languages)
def test_any_text_in_any_language_is_found_by_itself(text: str, language: str) -> None:
    indexed = words_of_text(text, language=language, average_length=24)
    assert set(words_of_query(text, language=language).tokens) == set(indexed.tokens)
    assert len(set(indexed.tokens)) == len(indexed.tokens) == len(indexed.weights)
    assert all(weight > 0 for weight in indexed.weights)
