"""The adapter of the bundled model: a low-rank update of its encoder, merged into the weights when they are unpacked.

For each linear layer W it holds two narrow matrices, and the model that is used has W + b · a: as large and as fast as the raw
one (Hu and others 2021, "LoRA: Low-Rank Adaptation of Large Language Models"). The file is a safetensors file in float16 with, by
the name of a layer's weights, `<name>.a`, shape (rank, inputs), and `<name>.b`, shape (outputs, rank).
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from samspil.errors import Misconfigured

REINSTALL_SAMSPIL = "Install Samspil again."


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file and the SHA-256 that it must have."""

    path: Path
    sha256: str


# What scripts/train_adapter.py wrote; docs/evaluation.md says what it is worth.
SHIPPED = Source(
    path=Path(__file__).parent / "data" / "multilingual-e5-small-adapter.safetensors",
    sha256="1b6625751ca056141589f7e9aafd64e35355894eb7ee7925c8f770fbad344b88",
)


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """The update of each layer that has one.

    Attributes:
        sha256: of its file.
        factors: by the name of the layer's weights, b, shape (outputs, rank), and a, shape (rank, inputs); float32.
    """

    sha256: str
    factors: Mapping[str, tuple[NDArray[np.float32], NDArray[np.float32]]]

    def merged(self, name: str, weights: NDArray[np.float32], *, start: int = 0) -> NDArray[np.float32]:
        """Return part of a layer's weights with the update added, flat as they are given.

        Args:
            name: of the weights, as the model calls them; those of other layers come back as they are.
            weights: the part, flat.
            start: where in the flat matrix the part begins.
        """
        if name not in self.factors:
            return weights
        b, a = self.factors[name]
        return weights + (b @ a).reshape(-1)[start : start + weights.size]


NO_ADAPTER = Adapter(sha256="", factors={})


def adapter_id(sha256: str) -> str:
    """Names the adapter whose file has this hash, for the vector space and the folder of the merged model."""
    return f"low-rank-{sha256[:12]}"


def read_adapter(source: Source, *, shapes: Mapping[str, tuple[int, ...]]) -> Adapter:
    """Read an adapter.

    Args:
        source: its file.
        shapes: of the model's weights, by name.

    Raises:
        Misconfigured: the file is missing, damaged or another one than was expected, or it does not fit the model.
    """
    try:
        content = source.path.read_bytes()
    except OSError as error:
        raise _unusable(source, f"cannot be read ({error})") from error
    if hashlib.sha256(content).hexdigest() != source.sha256:
        raise _unusable(source, "is damaged, or another one than this version of Samspil knows")
    try:
        tensors = load(content)
    except (SafetensorError, ValueError, KeyError) as error:
        raise _unusable(source, f"is no safetensors file ({error})") from error
    return Adapter(sha256=source.sha256, factors=dict(_factors(source, tensors, shapes)))


def _factors(
    source: Source, tensors: Mapping[str, NDArray[np.float16]], shapes: Mapping[str, tuple[int, ...]]
) -> Iterator[tuple[str, tuple[NDArray[np.float32], NDArray[np.float32]]]]:
    """By the name of its weights, b and a of each layer."""
    for name in sorted({key.rpartition(".")[0] for key in tensors}):
        a, b = tensors.get(f"{name}.a"), tensors.get(f"{name}.b")
        if a is None or b is None or a.ndim != 2 or b.ndim != 2 or a.shape[0] != b.shape[1]:  # noqa: PLR2004 — a matrix
            raise _unusable(source, f"has no pair of matrices for {name}")
        if shapes.get(name) != (b.shape[0], a.shape[1]):
            raise _unusable(source, f"does not fit the model's {name}")
        if not (np.isfinite(a).all() and np.isfinite(b).all()):
            raise _unusable(source, f"holds what is no number in {name}")
        yield name, (b.astype(np.float32), a.astype(np.float32))


def _unusable(source: Source, what: str) -> Misconfigured:
    return Misconfigured(f"The adapter of the language model, {source.path.name}, {what}.", hint=REINSTALL_SAMSPIL)
