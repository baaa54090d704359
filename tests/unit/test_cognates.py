from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil.domain.cognates import cognates, fold

LANGUAGES = st.sampled_from(("da", "de", "en", "fi", "nb", "nn", "sv"))


@pytest.mark.parametrize(
    ("language", "one", "other_language", "other", "pair"),
    [
        ("sv", "frivilliga vid disken", "da", "De frivillige mødes", ("frivilliga", "frivillige")),
        ("da", "Arbejdstøj til vask", "nb", "Vask av arbeidstøy", ("Arbejdstøj", "arbeidstøy")),
        ("nn", "Overskotsvarmen går til spille", "sv", "Vi tar vara på överskottsvärme", ("Overskotsvarmen", "överskottsvärme")),
        ("nb", "Prøver til laboratoriet", "en", "Results from the laboratory", ("laboratoriet", "laboratory")),
        ("de", "Die Dosis am Morgen", "da", "Den rette dosis", ("Dosis", "dosis")),
    ],
)
def test_a_word_that_both_languages_have_is_a_pair_whatever_its_spelling(language, one, other_language, other, pair):
    assert pair in cognates(one, other, language=language, other_language=other_language)


@pytest.mark.parametrize(
    ("language", "one", "other_language", "other"),
    [
        ("da", "Et tilbud om hjælp", "sv", "Ett tillbud på arbetsplatsen"),
        ("da", "Frokost til børn", "sv", "Frukost till barn"),
        ("de", "Die Fabrik am Fluss", "en", "A fabric for uniforms"),
        ("sv", "Brand i lokalen", "en", "A brand of coffee"),
        ("sv", "Ett barn leker", "en", "A red barn"),
        ("da", "Vandet løber", "sv", "Vandrar i bergen"),
    ],
)
def test_words_that_only_look_alike_are_no_pair(language, one, other_language, other):
    assert cognates(one, other, language=language, other_language=other_language) == ()


@pytest.mark.parametrize(("language", "other_language"), [("da", "da"), ("nb", "nn"), ("no", "nb")])
def test_within_a_language_there_are_no_pairs_for_there_words_are_shared(language, other_language):
    assert cognates("frivillige hjelper", "frivillige hjelper", language=language, other_language=other_language) == ()


@given(st.text(max_size=200), st.text(max_size=200), LANGUAGES, LANGUAGES)
def test_each_word_of_a_pair_stands_in_its_text_and_is_used_once(one, other, language, other_language):
    found = cognates(one, other, language=language, other_language=other_language, limit=3)
    assert len(found) <= 3
    assert all(mine in one and theirs in other for mine, theirs in found)
    assert len({mine for mine, _ in found}) == len({theirs for _, theirs in found}) == len(found)


@given(st.text(max_size=40))
def test_what_is_folded_is_folded_for_good(word):
    once = fold(word)
    assert not any(letter == following for letter, following in pairwise(once))
    assert once == once.casefold()
