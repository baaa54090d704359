"""A verdict that would be larger than a record may be carries the best of its pairs, and says that there are more."""

import pytest

from samspil.matching.fitting import fitted
from samspil.ports.log import RECORD_BYTES_MAX
from samspil_schemas import NeedMatched, SupplierMatched
from samspil_schemas.base import MATCHES_MAX
from tests.protocol import START, a_match, a_similar

ABOUT = {"caused_by": "cause", "space": "e5s-1f0c2a9b", "scorer": "v1", "evaluated_at": START}


def size(verdict):
    return len(verdict.model_dump_json().encode())


def on_need(number, **more):
    matches = tuple(a_match("n", f"s{place:03}").model_copy(update=more) for place in range(number))
    return NeedMatched(need_id="n", need_version=1, matches=matches, **ABOUT)


def test_a_verdict_that_fits_is_left_as_it_is():
    verdict = on_need(20)
    assert fitted(verdict) is verdict


@pytest.mark.parametrize("most", [1_000, 5_000, 20_000])
def test_the_best_are_kept_and_the_cut_is_told(most):
    verdict = on_need(100)
    cut = fitted(verdict, most=most)
    assert size(cut) <= most
    assert cut.truncated
    assert cut.matches == verdict.matches[: len(cut.matches)]


def test_similar_needs_and_a_suppliers_verdict_are_cut_too():
    similar = tuple(a_similar("n", f"m{place}") for place in range(50))
    cut = fitted(NeedMatched(need_id="n", need_version=1, similar=similar, **ABOUT), most=5_000)
    assert size(cut) <= 5_000
    assert 0 < len(cut.similar) < 50
    matches = tuple(a_match(f"n{place}", "s") for place in range(50))
    assert fitted(SupplierMatched(supplier_id="s", profile_version=1, matches=matches, **ABOUT), most=5_000).truncated


def test_the_largest_report_of_the_widest_letters_fits_into_a_record():
    title = "需" * 400
    verdict = on_need(MATCHES_MAX, need_title=title, missing=("需" * 280,) * 9, buyer_name="需" * 200, supplier_name="需" * 200)
    assert size(verdict) > RECORD_BYTES_MAX
    assert size(fitted(verdict)) <= RECORD_BYTES_MAX
