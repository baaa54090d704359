"""What is shipped beside the bundled model: its language means and its test vectors, made by scripts/build_embedding_data.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from samspil.ports import TextKind, Vectors


@dataclass(frozen=True, kw_only=True)
class ModelData:
    """What is shipped beside a model.

    Attributes:
        languages: ISO 639 codes, one for each mean but the last.
        means: by kind, shape (languages + 1, dimension), float32; the last is that of all languages.
        canaries: the model's vectors of `space.CANARIES`, shape (canaries, dimension), float32.
    """

    languages: tuple[str, ...]
    means: Mapping[TextKind, Vectors]
    canaries: Vectors


def shipped_data(name: str) -> ModelData:
    """The data of the model of that name."""
    with (
        as_file(files("samspil.adapters.embedding") / "data" / f"{name}.npz") as path,
        np.load(path, allow_pickle=False) as stored,
    ):
        return ModelData(
            languages=tuple(str(language) for language in stored["languages"]),
            means={kind: stored[f"means_{kind.value}"].astype(np.float32) for kind in TextKind},
            canaries=stored["canaries"].astype(np.float32),
        )


def write_data(data: ModelData, *, path: Path) -> None:
    """Write the data in float16, which moves a vector by a cosine of less than 0.000001."""
    np.savez_compressed(
        path,
        languages=np.array(data.languages),
        canaries=data.canaries.astype(np.float16),
        means_query=data.means[TextKind.QUERY].astype(np.float16),
        means_passage=data.means[TextKind.PASSAGE].astype(np.float16),
    )
