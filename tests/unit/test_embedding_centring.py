from importlib.resources import files

import numpy as np
import pytest

from samspil.adapters.embedding.bundled import NAME
from samspil.adapters.embedding.centring import LanguageMeans
from samspil.adapters.embedding.shipped import shipped_data
from samspil.adapters.embedding.space import CANARIES
from samspil.ports import EmbedText, TextKind
from samspil.reference import cpv

DIMENSION = 8
RANDOM = np.random.default_rng(1)
MEANS = {kind: (RANDOM.normal(size=(3, DIMENSION)) * 0.2).astype(np.float32) for kind in TextKind}


def unit(rows: int) -> np.ndarray:
    vectors = RANDOM.normal(size=(rows, DIMENSION)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def texts(*languages: str, kind: TextKind = TextKind.QUERY) -> list[EmbedText]:
    return [EmbedText(text="x", language=language, kind=kind) for language in languages]


@pytest.fixture
def means():
    return LanguageMeans(languages=("da", "sv"), means=MEANS, strength=0.5)


@pytest.mark.parametrize("kind", TextKind)
def test_the_mean_of_a_texts_language_and_kind_is_subtracted(means, kind):
    vectors = unit(2)
    expected = vectors - 0.5 * MEANS[kind][:2]
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(means.subtract(vectors, texts("da", "sv", kind=kind)), expected, rtol=1e-5)


def test_an_unknown_language_loses_the_mean_of_all(means):
    (vector,) = vectors = unit(1)
    expected = vector - 0.5 * MEANS[TextKind.QUERY][2]
    np.testing.assert_allclose(means.subtract(vectors, texts("xx"))[0], expected / np.linalg.norm(expected), rtol=1e-5)


@pytest.mark.parametrize("norwegian", ["nb", "nn", "no"])
def test_norwegian_is_taken_for_danish(means, norwegian):
    vectors = unit(1)
    assert means.subtract(vectors, texts(norwegian)).tolist() == means.subtract(vectors, texts("da")).tolist()


def test_vectors_keep_unit_length_and_type(means):
    vectors = means.subtract(unit(50), texts(*["da", "sv", "xx", "nb", "fi"] * 10))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    assert vectors.dtype == np.float32


def test_a_vector_does_not_depend_on_its_neighbours(means):
    vectors, languages = unit(20), ["da", "sv", "xx", "nb"] * 5
    together = means.subtract(vectors, texts(*languages))
    alone = [means.subtract(vectors[row : row + 1], texts(languages[row]))[0] for row in range(20)]
    assert together.tolist() == [vector.tolist() for vector in alone]


def test_what_is_subtracted_names_the_adapter(means):
    assert means.id == LanguageMeans(languages=("da", "sv"), means=MEANS, strength=0.5).id
    assert means.id != LanguageMeans(languages=("da", "sv"), means=MEANS, strength=0.6).id
    assert means.id != LanguageMeans(languages=("da", "fi"), means=MEANS, strength=0.5).id


def test_the_shipped_means_cover_the_languages_of_cpv_and_are_small():
    data = shipped_data(NAME)
    assert set(data.languages) == cpv.LANGUAGES
    assert all(means.shape == (len(data.languages) + 1, 384) for means in data.means.values())
    assert data.canaries.shape == (len(CANARIES), 384)
    np.testing.assert_allclose(np.linalg.norm(data.canaries, axis=1), 1, atol=1e-3)
    assert len((files("samspil.adapters.embedding") / "data" / f"{NAME}.npz").read_bytes()) < 200_000


def test_the_shipped_mean_of_all_languages_is_that_of_the_means():
    for means in shipped_data(NAME).means.values():
        np.testing.assert_allclose(means[-1], means[:-1].mean(axis=0), atol=1e-3)
