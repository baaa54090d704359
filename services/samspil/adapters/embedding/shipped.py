"""What is shipped beside the bundled model: its vectors of the test texts, made by scripts/build_embedding_data.py."""

from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from samspil.ports import Vectors


def shipped_canaries(name: str) -> Vectors:
    """The vectors of `space.CANARIES` that the model of that name gives, shape (canaries, dimension), float32."""
    with (
        as_file(files("samspil.adapters.embedding") / "data" / f"{name}.npz") as path,
        np.load(path, allow_pickle=False) as stored,
    ):
        return np.asarray(stored["canaries"], dtype=np.float32)


def write_canaries(canaries: Vectors, *, path: Path) -> None:
    """Write the vectors in float16, which moves one by a cosine of less than 0.000001."""
    np.savez_compressed(path, canaries=canaries.astype(np.float16))
