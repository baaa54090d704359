import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from samspil.domain.evidence import best_answers, unanswered


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
    assert unanswered(vectors([1, 0], [0, 1]), vectors([1, 0]), below=0.5) == [1]
    assert unanswered(vectors([1, 0], [0, 1]), np.empty((0, 2), dtype=np.float32)) == [0, 1]
    assert unanswered(np.empty((0, 2), dtype=np.float32), vectors([1, 0])) == []


@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5))
def test_there_are_never_more_pairs_than_texts(sentences, answers, limit):
    random = np.random.default_rng(sentences * 36 + answers * 6 + limit)
    found = best_answers(
        random.normal(size=(sentences, 4)).astype(np.float32), random.normal(size=(answers, 4)).astype(np.float32), limit=limit
    )
    assert len(found) == min(sentences, answers, limit)
