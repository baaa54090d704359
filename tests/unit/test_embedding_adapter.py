import hashlib

import numpy as np
import pytest
from safetensors.numpy import save

from samspil.adapters.embedding.adapter import NO_ADAPTER, SHIPPED, Source, adapter_id, read_adapter
from samspil.adapters.embedding.bundled import NAME
from samspil.adapters.embedding.shipped import shipped_canaries
from samspil.adapters.embedding.space import CANARIES
from samspil.errors import Misconfigured

LAYER = "encoder.layer.0.output.dense.weight"
RANDOM = np.random.default_rng(3)
SHAPES = {LAYER: (6, 4), "embeddings.word_embeddings.weight": (10, 4)}


def factors(*, rank: int = 2, outputs: int = 6, inputs: int = 4) -> dict[str, np.ndarray]:
    return {
        f"{LAYER}.a": RANDOM.normal(size=(rank, inputs)).astype(np.float16),
        f"{LAYER}.b": RANDOM.normal(size=(outputs, rank)).astype(np.float16),
    }


def written(path, content: bytes) -> Source:
    path.write_bytes(content)
    return Source(path=path, sha256=hashlib.sha256(content).hexdigest())


def test_the_product_of_the_two_matrices_is_added(tmp_path):
    parts = factors()
    adapter = read_adapter(written(tmp_path / "a", save(parts)), shapes=SHAPES)
    weights = RANDOM.normal(size=(6, 4)).astype(np.float32)
    expected = weights + parts[f"{LAYER}.b"].astype(np.float32) @ parts[f"{LAYER}.a"].astype(np.float32)
    np.testing.assert_allclose(adapter.merged(LAYER, weights.reshape(-1)).reshape(6, 4), expected, rtol=1e-6)


def test_parts_of_a_layer_are_merged_as_the_whole_is(tmp_path):
    adapter = read_adapter(written(tmp_path / "a", save(factors())), shapes=SHAPES)
    weights = RANDOM.normal(size=24).astype(np.float32)
    parts = [adapter.merged(LAYER, weights[start : start + 7], start=start) for start in range(0, 24, 7)]
    assert np.concatenate(parts).tolist() == adapter.merged(LAYER, weights).tolist()


def test_a_layer_without_an_update_stays_as_it_is(tmp_path):
    adapter = read_adapter(written(tmp_path / "a", save(factors())), shapes=SHAPES)
    weights = RANDOM.normal(size=40).astype(np.float32)
    assert adapter.merged("embeddings.word_embeddings.weight", weights) is weights
    assert NO_ADAPTER.merged(LAYER, weights) is weights


def test_an_update_of_zeros_changes_nothing(tmp_path):
    parts = factors()
    parts[f"{LAYER}.b"][:] = 0
    adapter = read_adapter(written(tmp_path / "a", save(parts)), shapes=SHAPES)
    weights = RANDOM.normal(size=24).astype(np.float32)
    assert adapter.merged(LAYER, weights).tolist() == weights.tolist()


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(Misconfigured, match=r"gone\.safetensors, cannot be read.*Install Samspil again"):
        read_adapter(Source(path=tmp_path / "gone.safetensors", sha256="0" * 64), shapes=SHAPES)


def test_a_single_wrong_bit_is_noticed(tmp_path):
    source = written(tmp_path / "a", save(factors()))
    content = bytearray(source.path.read_bytes())
    content[-1] ^= 1
    source.path.write_bytes(content)
    with pytest.raises(Misconfigured, match="is damaged"):
        read_adapter(source, shapes=SHAPES)


@pytest.mark.parametrize("content", [b"", b"no safetensors at all", save(factors())[:-8]])
def test_what_is_no_safetensors_file_is_refused(tmp_path, content):
    with pytest.raises(Misconfigured, match="is no safetensors file"):
        read_adapter(written(tmp_path / "a", content), shapes=SHAPES)


@pytest.mark.parametrize(
    ("parts", "complaint"),
    [
        ({f"{LAYER}.a": np.ones((2, 4), np.float16)}, "no pair of matrices"),
        (factors() | {f"{LAYER}.a": np.ones((3, 4), np.float16)}, "no pair of matrices"),
        (factors(outputs=5), "does not fit"),
        ({f"other.{side}": np.ones((2, 2), np.float16) for side in "ab"}, "does not fit the model's other"),
        (factors() | {f"{LAYER}.b": np.full((6, 2), np.nan, np.float16)}, "no number"),
    ],
)
def test_an_update_that_does_not_fit_is_refused(tmp_path, parts, complaint):
    with pytest.raises(Misconfigured, match=complaint):
        read_adapter(written(tmp_path / "a", save(parts)), shapes=SHAPES)


def test_the_shipped_adapter_is_small_and_the_one_that_is_named():
    content = SHIPPED.path.read_bytes()
    assert len(content) < 3_000_000
    assert hashlib.sha256(content).hexdigest() == SHIPPED.sha256


def test_the_shipped_canaries_are_unit_vectors_of_the_canaries():
    canaries = shipped_canaries(NAME)
    assert canaries.shape == (len(CANARIES), 384)
    np.testing.assert_allclose(np.linalg.norm(canaries, axis=1), 1, atol=1e-3)


def test_another_file_is_another_adapter(tmp_path):
    one, other = (written(tmp_path / name, save(factors())) for name in "ab")
    assert adapter_id(one.sha256) != adapter_id(other.sha256)
