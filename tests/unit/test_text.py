import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil.domain.text import SENTENCE_MAX, overlap, sentences, shared_terms, shorten, terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We lose water. We want to know where.", ("We lose water.", "We want to know where.")),
        (
            "Vi mister vand, bl.a. under gaderne. Vi vil vide hvor.",
            ("Vi mister vand, bl.a. under gaderne.", "Vi vil vide hvor."),
        ),
        (
            "Wir suchen z.B. Sensoren im Netz. Sie messen den Druck.",
            ("Wir suchen z.B. Sensoren im Netz.", "Sie messen den Druck."),
        ),
        ("• find the leak early\n• tell the crew where", ("find the leak early", "tell the crew where")),
        ("We need it soon. Very soon.", ("We need it soon. Very soon.",)),
        ("One line\n\n  another line here  ", ("One line", "another line here")),
        ("Pumps fail at night. 24 hours pass unseen.", ("Pumps fail at night.", "24 hours pass unseen.")),
        ("", ()),
        ("…", ("…",)),
    ],
)
def test_a_text_is_cut_at_its_sentences(text, expected):
    assert sentences(text) == expected


@given(st.text(max_size=800))
def test_no_sentence_is_empty_or_too_long_to_show(text):
    assert all(sentence.strip() and len(sentence) <= SENTENCE_MAX for sentence in sentences(text))


@given(st.text(max_size=900), st.integers(min_value=20, max_value=400))
def test_a_shortened_text_fits(text, limit):
    assert len(shorten(text, limit=limit)) <= limit


def test_words_count_as_the_same_whatever_their_ending():
    assert shared_terms("Hitta läckor i ledningarna", "en läcka i ledningar", language="sv", other_language="sv") == (
        "ledningarna",
        "läckor",
    )


def test_the_two_written_forms_of_norwegian_share_words():
    assert shared_terms("drikkevann", "drikkevann", language="nb", other_language="nn") == ("drikkevann",)


def test_words_are_not_compared_across_languages():
    assert overlap("system", "system", language="en", other_language="de") is None
    assert shared_terms("system", "system", language="en", other_language="de") == ()


def test_function_words_and_numbers_say_nothing():
    assert terms("Kommunen ønsker en løsning til 2027", "da") == {}


@given(st.text(max_size=200), st.text(max_size=200), st.sampled_from(["da", "fi", "en", "de", "xx"]))
def test_overlap_is_symmetric_and_bounded(one, other, language):
    value = overlap(one, other, language=language, other_language=language)
    assert value is not None
    assert 0 <= value <= 1.0000001
    assert value == pytest.approx(overlap(other, one, language=language, other_language=language))
