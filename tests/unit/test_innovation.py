"""How likely a need calls for what is not on the shelf is inferred, and says so."""

from hypothesis import given
from hypothesis import strategies as st

from samspil.domain.innovation import LIKELIHOODS, MEANINGS, Sign, innovation_of
from samspil.reasons import told_innovation
from samspil_schemas import Stage
from tests.factories import a_statement

PLAIN = {
    "title": "Office chairs",
    "description": "Delivery of 200 chairs.",
    "effects": (),
    "questions": (),
    "stage": Stage.TENDER,
}


def signs(**changes):
    return set(innovation_of(a_statement(**(PLAIN | changes))).signs)


def test_what_is_on_the_shelf_has_no_sign():
    assert signs() == set()


def test_each_sign_is_seen_by_itself():
    assert signs(cpv=("73110000",)) == {Sign.RESEARCH}
    assert signs(description="Vi ønsker en innovativ løsning.") == {Sign.NEW}
    assert signs(description="Wir suchen einen Weg, das zu messen.") == {Sign.OPEN}
    assert signs(effects=("Half the noise.",)) == {Sign.FUNCTIONS}
    assert signs(stage=Stage.DIALOGUE) == {Sign.ASKS_THE_MARKET}
    assert signs(questions=("How exact is it?",)) >= {Sign.ASKS_THE_MARKET}
    assert set(MEANINGS) == set(Sign)


def test_a_stage_that_nobody_stated_is_no_sign():
    assert signs(stage=Stage.IDEA) == set()


@given(st.lists(st.sampled_from(("a pilot", "show us how", "chairs")), max_size=3), st.booleans())
def test_more_signs_never_make_it_less_likely(words, asks):
    less = innovation_of(a_statement(**PLAIN))
    more = innovation_of(
        a_statement(**PLAIN | {"description": " ".join(words) or "x", "stage": Stage.DIALOGUE if asks else Stage.TENDER})
    )
    assert more.likelihood >= less.likelihood
    assert list(LIKELIHOODS) == sorted(LIKELIHOODS)


def test_it_is_always_told_as_inferred():
    for statement in (a_statement(**PLAIN), a_statement(**PLAIN | {"cpv": ("73000000",), "effects": ("x",)})):
        told = told_innovation(innovation_of(statement))
        assert "inferred, not stated by the buyer" in told
        assert "of 100" in told
