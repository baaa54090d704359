import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil.domain.evidence import Answering, best_answers, unanswered

ANSWERING = Answering(base=-5.0, weight=10.0, at=0.5)  # answered from a cosine of one half


def vectors(*rows):
    return np.asarray(rows, dtype=np.float32).reshape(len(rows), -1)


def test_each_sentence_and_each_answer_is_shown_once_strongest_first():
    sentences = vectors([1, 0], [0.8, 0.6], [0, 1])
    answers = vectors([1, 0], [0, 1])
    found = best_answers(sentences, answers, limit=3)
    assert [(answer.sentence, answer.answer) for answer in found] == [(0, 0), (2, 1)]


def test_equal_strengths_are_shown_in_the_order_of_the_text():
    same = vectors([1, 0], [1, 0])
    assert [(answer.sentence, answer.answer) for answer in best_answers(same, same)] == [(0, 0), (1, 1)]


def test_what_no_capability_answers_is_missing():
    assert unanswered(vectors([1, 0], [0, 1]), vectors([1, 0]), answering=ANSWERING) == [1]
    assert unanswered(vectors([1, 0], [0, 1]), np.empty((0, 2), dtype=np.float32), answering=ANSWERING) == [0, 1]
    assert unanswered(np.empty((0, 2), dtype=np.float32), vectors([1, 0]), answering=ANSWERING) == []


def test_the_least_answered_comes_first():
    sentences = vectors([0.3, 0.954], [0.1, 0.995], [1, 0])
    assert unanswered(sentences, vectors([1, 0]), answering=ANSWERING) == [1, 0]
    assert unanswered(sentences, vectors([1, 0]), answering=ANSWERING, limit=1) == [1]


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_a_nearer_text_never_answers_less(one, other):
    near, far = max(one, other), min(one, other)
    assert ANSWERING.strength(near) >= ANSWERING.strength(far)
    assert ANSWERING.answers(near) or not ANSWERING.answers(far)


@pytest.mark.parametrize("change", [{"weight": -0.1}, {"at": 0.0}, {"at": 1.0}], ids=str)
def test_what_would_answer_less_when_nearer_is_refused(change):
    with pytest.raises(ValueError, match="cosine"):
        Answering(**{"base": 0.0, "weight": 1.0, "at": 0.5} | change)


@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5))
def test_there_are_never_more_pairs_than_texts(sentences, answers, limit):
    random = np.random.default_rng(sentences * 36 + answers * 6 + limit)
    found = best_answers(
        random.normal(size=(sentences, 4)).astype(np.float32), random.normal(size=(answers, 4)).astype(np.float32), limit=limit
    )
    assert len(found) == min(sentences, answers, limit)
