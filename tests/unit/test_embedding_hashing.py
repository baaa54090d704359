import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil.adapters.embedding import EmbeddingSettings, open_embedder
from samspil.adapters.embedding.hashing import HashingEmbedder
from samspil.errors import Misconfigured, ModelUnavailable
from samspil.ports import EmbedText, TextKind


def a_text(text: str, *, language: str = "en", kind: TextKind = TextKind.QUERY) -> EmbedText:
    return EmbedText(text=text, language=language, kind=kind)


async def likeness(one: str, other: str, *, language: str = "en") -> float:
    first, second = await HashingEmbedder().embed([a_text(one, language=language), a_text(other, language=language)])
    return float(first @ second)


async def test_a_text_is_closer_to_one_that_shares_its_words_than_to_one_that_does_not():
    need = "find leaks in drinking water pipes"
    assert await likeness(need, "we find leaks in water pipes") > 0.6
    assert await likeness(need, "cooked meals for schools") < 0.2


async def test_forms_of_a_word_are_close():
    assert await likeness("pipes leaking", "pipe leaks") > 0.8
    assert await likeness("vattenläckor", "vattenläcka", language="sv") > 0.5


async def test_query_and_passage_of_equal_text_have_one_vector():
    first, second = await HashingEmbedder().embed([a_text("water"), a_text("water", kind=TextKind.PASSAGE)])
    assert first.tolist() == second.tolist()


@given(texts=st.lists(st.text(st.characters(codec=None)), max_size=5))
async def test_any_text_has_a_unit_vector(texts):
    vectors = await HashingEmbedder(dimension=64).embed([a_text(text) for text in texts])
    assert vectors.shape == (len(texts), 64)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


async def test_vectors_are_the_same_on_every_machine():
    (vector,) = await HashingEmbedder(dimension=16).embed([a_text("water pipes")])
    assert np.flatnonzero(vector).tolist() == [1, 3, 4, 5, 6, 9, 10, 12]


async def test_it_is_chosen_by_name(tmp_path):
    embedder = await open_embedder(EmbeddingSettings(model="hashing:128"), cache_dir=tmp_path)
    assert (embedder.space, embedder.dimension) == ("hashing-128", 128)
    await embedder.close()
    with pytest.raises(ModelUnavailable):
        await embedder.embed([a_text("water")])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["hashing:", "hashing:x", "hashing:-1", "hashing:1", "hashing:999999", "hashing:²"])
async def test_an_impossible_length_is_refused(tmp_path, name):
    with pytest.raises(Misconfigured, match="hashing:256"):
        await open_embedder(EmbeddingSettings(model=name), cache_dir=tmp_path)
