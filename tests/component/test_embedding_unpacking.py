"""A model file of a few kilobytes goes the whole way: unpacked, loaded by sentence-transformers, embedding texts."""

import json
import re

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from samspil.adapters.embedding import EmbeddingSettings, open_embedder
from samspil.adapters.embedding.adapter import Source
from samspil.adapters.embedding.bundled import ensure_bundled
from samspil.adapters.embedding.folders import file_hash
from samspil.adapters.embedding.quantised import read_model
from samspil.errors import Misconfigured
from samspil.ports import EmbedText, TextKind
from tests.unit.embedding_parts import HIDDEN, INNER, POSITIONS, VOCABULARY, no_progress, tiny_source

transformers_logging.disable_progress_bar()


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Source:
    return tiny_source(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def folder(source, tmp_path_factory):
    return ensure_bundled(source, cache_dir=tmp_path_factory.mktemp("cache"), progress=no_progress)


def a_text(text: str, kind: TextKind = TextKind.PASSAGE) -> EmbedText:
    return EmbedText(text=text, language="en", kind=kind)


async def test_an_unpacked_folder_is_an_ordinary_model_of_the_family(folder):
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    vectors = model.encode(["a pipe", "water"], prompt_name="query")
    assert vectors.shape == (2, HIDDEN)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    assert model.max_seq_length == POSITIONS
    assert model.prompts["query"] == "query: "
    assert model.prompts["passage"] == "passage: "


def test_the_weights_are_those_of_the_file(source, folder):
    stored = load_file(folder / "model.safetensors")
    model = read_model(source.path)
    words = model.tensor("emb.word", count=VOCABULARY * HIDDEN).reshape(VOCABULARY, HIDDEN)
    np.testing.assert_allclose(stored["embeddings.word_embeddings.weight"].astype(np.float32), words, rtol=1e-3, atol=1e-6)
    norm = model.tensor("l1.oln.w", count=HIDDEN)
    assert stored["encoder.layer.1.output.LayerNorm.weight"].tolist() == norm.tolist()
    assert not stored["pooler.dense.weight"].any()


def test_exact_weights_are_kept_to_the_last_bit(source, tmp_path):
    exact = load_file(ensure_bundled(source, cache_dir=tmp_path, exact=True, progress=no_progress) / "model.safetensors")
    words = read_model(source.path).tensor("emb.word", count=VOCABULARY * HIDDEN)
    assert exact["embeddings.word_embeddings.weight"].reshape(-1).tolist() == words.tolist()


def an_adapter(path) -> Source:
    layer = "encoder.layer.1.intermediate.dense.weight"
    random = np.random.default_rng(5)
    factors = {f"{layer}.a": random.normal(size=(2, HIDDEN)), f"{layer}.b": random.normal(size=(INNER, 2))}
    save_file({name: factor.astype(np.float16) for name, factor in factors.items()}, path)
    return Source(path=path, sha256=file_hash(path))


def test_an_adapter_is_merged_into_the_weights_of_its_layers_alone(source, folder, tmp_path):
    adapter = an_adapter(tmp_path / "adapter.safetensors")
    merged = ensure_bundled(source, cache_dir=tmp_path, adapter=adapter, progress=no_progress)
    raw, updated = load_file(folder / "model.safetensors"), load_file(merged / "model.safetensors")
    parts = load_file(adapter.path)
    (changed,) = [name for name, weights in raw.items() if weights.tobytes() != updated[name].tobytes()]
    product = parts[f"{changed}.b"].astype(np.float32) @ parts[f"{changed}.a"].astype(np.float32)
    np.testing.assert_allclose(updated[changed].astype(np.float32), raw[changed] + product, rtol=1e-2, atol=1e-2)


def test_each_adapter_has_a_folder_of_its_own(source, tmp_path):
    adapters = [None, an_adapter(tmp_path / "one"), Source(path=an_adapter(tmp_path / "two").path, sha256="0" * 64)]
    names = [ensure_bundled(source, cache_dir=tmp_path, adapter=adapter, progress=no_progress).name for adapter in adapters[:2]]
    assert names[0] != names[1]
    with pytest.raises(Misconfigured, match="adapter of the language model"):
        ensure_bundled(source, cache_dir=tmp_path, adapter=adapters[2], progress=no_progress)
    assert {path.name for path in tmp_path.glob("models/*") if path.is_dir()} == set(names)


def test_unpacking_twice_gives_the_same_bytes(source, folder, tmp_path):
    again = ensure_bundled(source, cache_dir=tmp_path, progress=no_progress)
    assert (again / "manifest.json").read_text() == (folder / "manifest.json").read_text()


def test_progress_is_told_and_grows_to_the_whole(source, tmp_path):
    told = []
    ensure_bundled(source, cache_dir=tmp_path, progress=lambda part, share: told.append(share))
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)


def test_a_file_of_another_content_is_refused_and_leaves_nothing(source, tmp_path):
    changed = Source(path=tmp_path / "changed.bin", sha256=source.sha256)
    changed.path.write_bytes(source.path.read_bytes()[:-1] + b"\x00")
    with pytest.raises(Misconfigured, match="another one"):
        ensure_bundled(changed, cache_dir=tmp_path / "cache", progress=no_progress)
    assert [path for path in tmp_path.glob("cache/models/*") if path.is_dir()] == []


async def test_a_folder_is_a_model_with_a_space_of_its_own(folder, tmp_path):
    embedder = await open_embedder(EmbeddingSettings(model=str(folder)), cache_dir=tmp_path)
    try:
        query, passage, again = await embedder.embed(
            [a_text("water pipe", TextKind.QUERY), a_text("water pipe"), a_text("water pipe")]
        )
    finally:
        await embedder.close()
    assert embedder.dimension == HIDDEN
    assert re.fullmatch(r"[a-z0-9-]{4,64}", embedder.space)
    assert query.tolist() != passage.tolist() == again.tolist()


async def test_a_folder_whose_content_changed_is_another_space(source, folder, tmp_path):
    spaces = set()
    for length in (8, 16):
        embedder = await open_embedder(EmbeddingSettings(model=str(folder), length=length), cache_dir=tmp_path)
        spaces.add(embedder.space)
        await embedder.close()
    other = ensure_bundled(source, cache_dir=tmp_path, progress=no_progress)
    pooling = other / "1_Pooling" / "config.json"
    pooling.write_text(json.dumps({"word_embedding_dimension": HIDDEN, "pooling_mode": "max"}))
    embedder = await open_embedder(EmbeddingSettings(model=str(other)), cache_dir=tmp_path)
    spaces.add(embedder.space)
    await embedder.close()
    assert len(spaces) == 3


async def test_a_text_is_cut_at_the_length_of_the_space(folder, tmp_path):
    embedder = await open_embedder(EmbeddingSettings(model=str(folder), length=8), cache_dir=tmp_path)
    try:
        one, other = await embedder.embed([a_text("a b c d e f g h i j k"), a_text("a b c d e f g h z z z")])
        assert one.tolist() == other.tolist()
        assert np.isfinite(await embedder.embed([a_text("water " * 5000)])).all()
    finally:
        await embedder.close()


async def test_a_models_later_starts_are_held_to_its_first(folder, tmp_path):
    settings = EmbeddingSettings(model=str(folder), canaries_dir=tmp_path)
    embedder = await open_embedder(settings, cache_dir=tmp_path)
    await embedder.close()
    path = tmp_path / f"{embedder.space}.npy"
    np.save(path, np.roll(np.load(path), 1, axis=1))
    with pytest.raises(Misconfigured, match="other vectors"):
        await open_embedder(settings, cache_dir=tmp_path)


@pytest.mark.parametrize("model", ["absent/of-this-name", "no-such-model"])
async def test_a_model_that_is_not_there_is_refused_without_asking_the_hub(model, tmp_path):
    with pytest.raises(Misconfigured, match="SAMSPIL_MODEL"):
        await open_embedder(EmbeddingSettings(model=model), cache_dir=tmp_path)


async def test_a_folder_that_is_no_model_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(Misconfigured, match="cannot be loaded"):
        await open_embedder(EmbeddingSettings(model=str(tmp_path / "empty")), cache_dir=tmp_path)
