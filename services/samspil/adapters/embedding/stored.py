"""Vectors of texts that never change, embedded once for each vector space and kept in the user's cache."""

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import structlog

from samspil.errors import Misconfigured
from samspil.ports import Embedder, EmbedText, Vectors

Progress = Callable[[str, float | None], None]

# Small, so that what others ask of the model meanwhile waits for no more than this.
_AT_ONCE = 64

_log = structlog.get_logger(__name__)


async def stored_vectors(
    texts: Sequence[EmbedText], *, name: str, embedder: Embedder, cache_dir: Path, progress: Progress
) -> Vectors:
    """The vectors of these texts, shape (len(texts), d): from the cache, or embedded now and put there.

    Args:
        texts: what to embed.
        name: what they are, for the file and for people.
        embedder: the model; its space names the file too.
        cache_dir: where files are kept.
        progress: told how much is done.

    Raises:
        Transient: the model does not answer.
        Misconfigured: the cache cannot be written.
    """
    said = hashlib.sha256("\x1f".join(f"{text.kind}\x1e{text.text}" for text in texts).encode()).hexdigest()
    place = cache_dir / "vectors" / f"{name}-{embedder.space.replace(':', '-')}-{said[:12]}.npy"
    shape = (len(texts), embedder.dimension)
    found = _read(place, shape=shape)
    if found is None:
        found = np.empty(shape, dtype=np.float32)
        for start in range(0, len(texts), _AT_ONCE):
            progress(f"Reading {name}", start / len(texts))
            found[start : start + _AT_ONCE] = await embedder.embed(texts[start : start + _AT_ONCE])
        # As they are read the next time, so that the first answer is that of all others.
        found = found.astype(np.float16).astype(np.float32)
        _write(place, found)
    return found


def _read(place: Path, *, shape: tuple[int, int]) -> Vectors | None:
    try:
        found = np.load(place, allow_pickle=False).astype(np.float32)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError) as error:
        _log.warning("stored_vectors_damaged", file=place.name, error=type(error).__name__)
        return None
    return found if found.shape == shape and bool(np.isfinite(found).all()) else None


def _write(place: Path, vectors: Vectors) -> None:
    """Whole or not at all: written beside its place and renamed into it."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".new-") as folder:
            fresh = Path(folder) / place.name
            np.save(fresh, vectors.astype(np.float16))
            fresh.replace(place)
    except OSError as error:
        raise Misconfigured(
            f"{place.parent} cannot be written ({error}).",
            hint="Free some space or name another place in SAMSPIL_CACHE_DIR.",
        ) from error
