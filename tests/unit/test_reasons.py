"""Reasons in plain words, on a telephone."""

from textwrap import wrap
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil.reasons import LENGTH_MAX, ROWS_MAX, WIDTH, in_words, of_hundred, told_score
from samspil.reference import cpv
from samspil_schemas import Evidence, Match
from tests.component.web_fakes import a_pair

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=80)
PARAGRAPHS = st.lists(WORDS, min_size=1, max_size=60).map(" ".join).filter(lambda text: bool(text.strip()))
LANGUAGES = st.sampled_from(("da", "de", "fi", "nn", "sv", "xx"))


def evidence(**changes: Any) -> Evidence:
    values = {
        "need_sentence": "Vi vil vide, hvor rørene lækker.",
        "answer": "Vi hittar läckor i rör.",
        "need_language": "da",
        "answer_language": "sv",
        "strength": 0.9,
    }
    return Evidence(**(values | changes))


@st.composite
def matches(draw: st.DrawFn) -> Match:
    pairs = st.builds(
        evidence,
        need_sentence=PARAGRAPHS,
        answer=PARAGRAPHS,
        need_language=LANGUAGES,
        answer_language=LANGUAGES,
        strength=st.floats(0, 1),
        shared_terms=st.lists(WORDS, max_size=8).map(tuple),
        term_pairs=st.lists(st.fixed_dictionaries({"need": WORDS, "answer": WORDS}), max_size=5).map(tuple),
    )
    signals = st.dictionaries(
        st.sampled_from(("base", "meaning", "words", "cpv", "breadth", "across", "uncoded")), st.floats(-99, 99)
    )
    return a_pair(
        score=draw(st.floats(0, 1)),
        evidence=tuple(draw(st.lists(pairs, max_size=3))),
        missing=tuple(draw(st.lists(PARAGRAPHS, max_size=3))),
        cpv_path=tuple(
            draw(st.sampled_from([(), ("90000000",), cpv.codes()[:1], ("31000000", "31100000", "31150000", "31158000")]))
        ),
        region=draw(st.sampled_from(("served", "unstated"))),
        language=draw(st.sampled_from((None, "spoken", "near", "other"))),
        languages=tuple(draw(st.lists(LANGUAGES, max_size=3))),
        signals=draw(signals),
    )


@given(matches())
def test_the_reasons_of_any_match_fit_on_a_telephone(match: Match) -> None:
    lines = in_words(match)
    rows = [row for line in lines for row in wrap(line, WIDTH, break_on_hyphens=False)]
    assert len(rows) <= ROWS_MAX
    assert sum(map(len, lines)) <= LENGTH_MAX
    assert all(line.strip() for line in lines)


@pytest.mark.parametrize("missing", [(), ("pipe " * 60,) * 3])
def test_when_everything_is_long_the_reasons_still_fit(missing: tuple[str, ...]) -> None:
    long = evidence(
        need_sentence="leak " * 60,
        answer="pipe " * 60,
        need_language="nn",
        shared_terms=tuple(f"word{number}" for number in range(30)),
    )
    signals = dict.fromkeys(("base", "meaning", "words", "cpv", "breadth", "across", "uncoded", "generality"), -99.9)
    match = a_pair(
        evidence=(long, long),
        missing=missing,
        cpv_path=("71000000", "71600000", "71630000", "71631000", "71631400"),
        region="unstated",
        language="other",
        languages=("lb",),
        signals=signals,
    )
    rows = [row for line in in_words(match) for row in wrap(line, WIDTH, break_on_hyphens=False)]
    assert ROWS_MAX - 1 <= len(rows) <= ROWS_MAX


def test_a_match_is_told_in_plain_words() -> None:
    match = a_pair(
        score=0.071,
        evidence=(evidence(term_pairs=({"need": "rørene", "answer": "rör"},)),),
        missing=("Der må ikke graves.", "Det skal være billigt."),
        cpv_path=("90000000", "90400000"),
        language="near",
        languages=("en", "sv"),
        signals={"base": -10.9, "meaning": 6.0, "across": 0.75, "uncoded": 2.1},
    )
    assert in_words(match) == (
        "7 of 100, worth a look",
        "Asked: “Vi vil vide, hvor rørene lækker.”",
        "Likely answer: “Vi hittar läckor i rör.”",
        "Same words: rørene = rör",
        "Seems unanswered and 1 more: “Der må ikke graves.”",
        "Both: Sewage services ‹ Sewage, refuse, cleaning and environmental services",
        "Region served. The need is in Danish, they read Swedish: near.",
        "Points: start -10.9, meaning +6.0, other language +0.8, no codes +2.1",
    )


def test_the_labels_of_codes_come_in_the_language_that_is_asked_for() -> None:
    assert any(
        "Kloakvæsen ‹ Tjenesteydelser" in line for line in in_words(a_pair(cpv_path=("90000000", "90400000")), language="da")
    )


def test_what_is_cut_says_so_and_closes_its_quotation_mark() -> None:
    [_, asked, answer, *_] = in_words(a_pair(evidence=(evidence(need_sentence="leak " * 60, answer="pipe " * 60),)))
    assert asked.endswith("…”")
    assert answer.endswith("…”")


def test_a_weak_answer_is_not_called_an_answer() -> None:
    told = " ".join(in_words(a_pair(evidence=(evidence(strength=0.3),))))
    assert "Nearest: “Vi hittar" in told
    assert "nswer" not in told


@pytest.mark.parametrize(
    ("score", "told"),
    [
        (0.0, "0 of 100"),
        (0.004, "<1 of 100"),
        (0.041, "4 of 100"),
        (0.5, "50 of 100"),
        (0.997, ">99 of 100"),
        (1.0, "100 of 100"),
    ],
)
def test_a_probability_is_a_number_of_a_hundred(score: float, told: str) -> None:
    assert of_hundred(score) == told


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_higher_score_is_never_told_as_less(one: float, other: float) -> None:
    bands = ("worth a look", "good", "strong")
    low, high = (bands.index(told_score(a_pair(score=score)).split(", ")[1]) for score in sorted((one, other)))
    assert low <= high


@pytest.mark.parametrize(
    ("score", "threshold", "band"),
    [
        (0.01, 0.01, "worth a look"),
        (0.02, 0.01, "good"),
        (0.04, 0.01, "strong"),
        (0.6, 0.5, "worth a look"),
        (0.7, 0.5, "good"),
        (0.9, 0.5, "strong"),
        (1.0, 0.99, "strong"),
    ],
)
def test_a_match_is_strong_by_how_far_it_is_above_the_threshold(score: float, threshold: float, band: str) -> None:
    assert told_score(a_pair(score=score, threshold=threshold)).endswith(band)
