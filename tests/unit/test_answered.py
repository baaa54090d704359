"""The limit below which a sentence is called unanswered is fitted, and its errors are told."""

import csv

import numpy as np
import pytest

from samspil.matching.sides import need_side
from samspil.sample import sample_needs, sample_profiles
from samspil_schemas import NeedPublished
from scripts.answered import FILE, Read, auc, errors, fit


def read(nearest, answered, need=None):
    numbers = range(len(nearest)) if need is None else need
    return Read(nearest=np.asarray(nearest, dtype=float), answered=np.asarray(answered), need=np.asarray(list(numbers)))


@pytest.fixture
def overlapping():
    random = np.random.default_rng(1)
    answered = random.random(400) < 0.6
    return read(random.normal(0.6, 0.05, 400) + 0.08 * answered, answered)


def test_the_limit_keeps_nine_of_ten_answered_sentences(overlapping):
    answering = fit(overlapping)
    kept = [answering.answers(cosine) for cosine in overlapping.nearest[overlapping.answered]]
    assert np.mean(kept) == pytest.approx(0.9, abs=0.01)


def test_the_strength_is_the_share_that_is_answered(overlapping):
    answering = fit(overlapping)
    said = np.asarray([answering.strength(cosine) for cosine in overlapping.nearest])
    for low, high in ((0.0, 0.4), (0.4, 0.7), (0.7, 1.01)):
        inside = (said >= low) & (said < high)
        assert overlapping.answered[inside].mean() == pytest.approx(said[inside].mean(), abs=0.12)


def test_the_fit_follows_the_space(overlapping):
    moved = read(overlapping.nearest * 0.5 + 0.4, overlapping.answered)
    assert fit(moved).strength(0.75) == pytest.approx(fit(overlapping).strength(0.7), abs=0.02)


def test_where_nothing_tells_answers_apart_the_errors_say_so():
    found = errors(read(np.repeat(np.linspace(0.5, 0.8, 60), 2), [True, False] * 60, np.repeat(np.arange(60), 2)))
    assert found.auc == pytest.approx(0.5)
    assert found.false_missing == pytest.approx(found.found_missing, abs=0.05)


def test_the_chance_to_score_higher_is_counted_with_ties():
    assert auc(np.asarray([1.0, 2.0, 2.0, 3.0]), np.asarray([False, False, True, True])) == pytest.approx(0.875)


def test_what_was_read_stands_in_the_sample():
    with FILE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    sides = {
        row.need_id: need_side(NeedPublished(need_id=row.need_id, version=1, statement=row.statement)) for row in sample_needs()
    }
    suppliers = {row.supplier_id for row in sample_profiles()}
    assert [row for row in rows if row["sentence"] not in sides[row["need"]].sentences or row["supplier"] not in suppliers] == []
    assert {row["answered"] for row in rows} == {"0", "1"}
