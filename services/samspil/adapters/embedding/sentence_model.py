"""A sentence-transformers model on the processor, called from one thread."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from samspil.adapters.embedding.space import CANARIES, FLOAT, VectorSpace
from samspil.errors import Misconfigured
from samspil.ports import TextKind, Vectors

# sentence-transformers names the other side of a search "document" in newer models and "passage" in the E5 family.
_PROMPT_NAMES = {TextKind.QUERY: ("query",), TextKind.PASSAGE: ("passage", "document")}
_BF16_FEATURES = ("amx_bf16", "avx512_bf16")


def has_bf16() -> bool:
    """True if the processor multiplies bf16 itself; where it is imitated it is slower than fp32."""
    features = torch.cpu.get_capabilities()
    return any(features.get(feature) is True for feature in _BF16_FEATURES)


class SentenceModel:
    """Gives the vectors of texts, and says what its vector space is."""

    def __init__(self, model: SentenceTransformer, *, name: str, revision: str, length: int, threads: int | None) -> None:
        self._model = model
        self._name = name
        self._revision = revision
        self._threads = threads
        self._prompts = _prompts(model)
        known = model.max_seq_length
        model.max_seq_length = self._length = min(length, known) if known else length
        self._model.eval()

    @property
    def name(self) -> str:
        """The model's name."""
        return self._name

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return int(self._model.get_embedding_dimension() or 0)

    def space(self, *, adapter: str) -> VectorSpace:
        """The vector space, given the name of the update that was merged into the weights."""
        return VectorSpace(
            model=self._name,
            revision=self._revision,
            tokenizer=_tokenizer_hash(self._model.tokenizer),
            prompts={kind.value: prompt for kind, prompt in self._prompts.items()},
            pooling=_pooling(self._model),
            length=self._length,
            dimension=self.dimension,
            precision=FLOAT,
            adapter=adapter,
        )

    def enter_thread(self) -> None:
        """Prepare the thread that will encode: the number of threads that torch uses belongs to the thread that asks."""
        if self._threads is not None:
            torch.set_num_threads(self._threads)

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """How many tokens of each text the model will read, without its prompt."""
        encoded = self._model.tokenizer(
            list(texts), truncation=True, max_length=self._length, return_attention_mask=False, return_token_type_ids=False
        )
        return [len(ids) for ids in encoded["input_ids"]]

    def encode(self, texts: Sequence[str], *, kind: TextKind) -> Vectors:
        """Return unit vectors, shape (len(texts), dimension), float32; longer texts are cut at the space's length."""
        features = self._model.preprocess(list(texts), prompt=self._prompts[kind])
        with torch.inference_mode():
            vectors = self._model(features)["sentence_embedding"].to(torch.float32)
            return np.ascontiguousarray(torch.nn.functional.normalize(vectors, dim=1).numpy())


def load_model(  # noqa: D417 — the rest is SentenceModel's
    place: str, *, name: str, revision: str | None, bf16: bool, local_files_only: bool, length: int, threads: int | None
) -> SentenceModel:
    """Load a model from a folder or the hub.

    Args:
        place: the folder or the name on the hub.
        name: what the model is called.
        revision: of a hub model the one wanted, of a folder what is known of its content.
        bf16: compute in bf16 and pool in fp32.
        local_files_only: never ask the hub.

    Raises:
        Misconfigured: there is no such model, or it is none for sentences.
    """
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # it would write over our own
    folder = Path(place)
    is_folder = folder.is_dir()
    try:
        model = SentenceTransformer(
            place,
            device="cpu",
            revision=None if is_folder else revision,
            trust_remote_code=False,
            local_files_only=local_files_only or is_folder,
            model_kwargs={"dtype": torch.bfloat16 if bf16 else torch.float32},
        )
    except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
        raise Misconfigured(
            f"The language model {name} cannot be loaded ({type(error).__name__}: {_first_line(error)}).",
            hint="Name a folder or a model of the hub that sentence-transformers can read in SAMSPIL_MODEL.",
        ) from error
    if bf16:
        _pool_in_fp32(model)
    revision = _revision(model, folder=folder if is_folder else None, asked=revision)
    return SentenceModel(model, name=name, revision=revision, length=length, threads=threads)


def _pool_in_fp32(model: SentenceTransformer) -> None:
    """Let all but the encoder compute in fp32: sums over hundreds of tokens lose too much in bf16."""

    def widen(_module: object, _args: object, features: dict[str, Any]) -> dict[str, Any]:
        return {
            key: value.to(torch.float32) if isinstance(value, torch.Tensor) and value.is_floating_point() else value
            for key, value in features.items()
        }

    first, *rest = model
    first.register_forward_hook(widen)
    for module in rest:
        module.to(torch.float32)


def _prompts(model: SentenceTransformer) -> dict[TextKind, str]:
    known: Mapping[str, str | None] = model.prompts or {}
    return {kind: next((prompt for name in names if (prompt := known.get(name))), "") for kind, names in _PROMPT_NAMES.items()}


def _pooling(model: SentenceTransformer) -> str:
    """The modules after the encoder. Their weights and other settings are part of the revision."""
    _, *rest = model
    names = (f"{type(module).__name__.lower()} {getattr(module, 'pooling_mode', '')}".strip() for module in rest)
    return ", ".join(names)


def _tokenizer_hash(tokenizer: Any) -> str:
    """Hash of what the tokenizer makes of the canaries: its files are part of the revision, how libraries read them is not."""
    ids = tokenizer([text for _, text in CANARIES])["input_ids"]
    return hashlib.sha256(json.dumps(ids).encode()).hexdigest()


def _revision(model: SentenceTransformer, *, folder: Path | None, asked: str | None) -> str:
    """The commit of a hub model; of a folder what its caller knows, or the hash of its content."""
    if folder is not None:
        return asked or _content_hash(folder)
    commit = getattr(model.config, "_commit_hash", None)
    if not commit and not asked:
        raise Misconfigured(
            "The language model does not say which revision it is.", hint="Name its commit in SAMSPIL_MODEL_REVISION."
        )
    return str(commit or asked)


def _content_hash(folder: Path) -> str:
    """Hash of the names and contents of the files that decide a vector."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in {".json", ".safetensors", ".bin", ".txt", ".model"}:
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
            digest.update(f"{path.relative_to(folder).as_posix()}\0{content}\0".encode())
    return digest.hexdigest()


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n", 1)[0][:200]
