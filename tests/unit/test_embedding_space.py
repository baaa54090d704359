import re
from dataclasses import fields, replace

import numpy as np
import pytest

from samspil.adapters.embedding.space import CANARIES, VectorSpace, canary_vectors, check_against_first, check_canaries
from samspil.errors import Misconfigured
from samspil.ports import TextKind
from tests.unit.embedding_parts import LetterModel, letters


def a_space(**changes) -> VectorSpace:
    return replace(
        VectorSpace(
            model="multilingual-e5-small",
            revision="1",
            tokenizer="t",
            prompts={"query": "query: "},
            pooling="mean",
            length=512,
            dimension=384,
            precision="float",
            adapter="none",
        ),
        **changes,
    )


@pytest.mark.parametrize("name", ["multilingual-e5-small", "intfloat/Multilingual_E5.large", "/", "模型", "x" * 300, "-"])
def test_an_id_is_what_the_contract_allows(name):
    assert re.fullmatch(r"[a-z0-9-]{4,64}", a_space(model=name).id)


def test_an_id_begins_with_the_models_name():
    assert a_space(model="intfloat/Multilingual_E5.large").id.startswith("multilingual-e5-large-")


@pytest.mark.parametrize("name", [field.name for field in fields(VectorSpace)])
def test_whatever_decides_a_vector_changes_the_id(name):
    old = getattr(a_space(), name)
    new = {"query": ""} if name == "prompts" else old + 1 if isinstance(old, int) else f"{old}x"
    assert a_space(**{name: new}).id != a_space().id


def test_equal_spaces_have_equal_ids():
    assert a_space().id == a_space().id


@pytest.fixture
def reference():
    return canary_vectors(LetterModel())


def test_canaries_are_in_their_order_whatever_their_kind(reference):
    assert reference.tolist() == [letters(text, kind=kind).tolist() for kind, text in CANARIES]


def test_the_same_model_in_another_precision_passes(reference):
    check_canaries(reference.astype(np.float16).astype(np.float32), reference=reference, model="m", hint="h")


def test_one_canary_that_differs_is_enough_to_refuse(reference):
    vectors = reference.copy()
    vectors[3] = np.roll(vectors[3], 1)
    with pytest.raises(Misconfigured, match=r"1 of 10 test texts.*Städrobotar.*Do this") as refusal:
        check_canaries(vectors, reference=reference, model="m", hint="Do this.")
    assert refusal.value.hint == "Do this."


def test_a_vector_of_no_numbers_is_refused(reference):
    with pytest.raises(Misconfigured, match="10 of 10"):
        check_canaries(np.full_like(reference, np.nan), reference=reference, model="m", hint="h")


def test_vectors_of_another_length_are_refused(reference):
    with pytest.raises(Misconfigured, match="another length"):
        check_canaries(reference[:, :-1], reference=reference, model="m", hint="h")


def test_a_models_first_start_is_the_reference_of_its_later_ones(tmp_path, reference):
    folder = tmp_path / "canaries"
    for _ in range(2):
        check_against_first(reference, space=a_space(), folder=folder)
    with pytest.raises(Misconfigured, match="other vectors"):
        check_against_first(np.roll(reference, 1, axis=1), space=a_space(), folder=folder)
    check_against_first(np.roll(reference, 1, axis=1), space=a_space(revision="2"), folder=folder)


def test_a_damaged_reference_is_refused_with_its_place(tmp_path, reference):
    check_against_first(reference, space=a_space(), folder=tmp_path)
    path = tmp_path / f"{a_space().id}.npy"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(Misconfigured, match=re.escape(str(path))):
        check_against_first(reference, space=a_space(), folder=tmp_path)


def test_both_kinds_are_among_the_canaries():
    assert {kind for kind, _ in CANARIES} == set(TextKind)
