"""Make the data that is shipped beside the bundled model: the mean vector of each language, and the canaries.

    python scripts/build_embedding_data.py [CACHE_DIR]

Takes a few minutes. Texts are made of CPV labels, so each says the same in all languages and only the language differs: eight
labels of one division, joined as sentences. A fifth of the codes (by hash) is left out, for evaluations that must not have seen
their labels.
"""

import asyncio
import hashlib
import sys
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from samspil.adapters.embedding import sentence_model
from samspil.adapters.embedding.batching import EncodingThread
from samspil.adapters.embedding.bundled import NAME, bundled_source, ensure_bundled
from samspil.adapters.embedding.encoder import ThreadedEmbedder
from samspil.adapters.embedding.sentence_model import SentenceModel
from samspil.adapters.embedding.shipped import ModelData, write_data
from samspil.adapters.embedding.space import canary_vectors
from samspil.ports import EmbedText, TextKind, Vectors
from samspil.reference import cpv

TARGET = Path(__file__).parents[1] / "services/samspil/adapters/embedding/data" / f"{NAME}.npz"
TEXTS = 400
LABELS = 8
SEED = 2008


def kept_codes() -> dict[str, list[str]]:
    """By division, the codes that may be learnt from."""
    divisions: dict[str, list[str]] = {}
    for code in cpv.codes():
        if int(hashlib.sha256(code.encode()).hexdigest(), 16) % 5:
            divisions.setdefault(code[:2], []).append(code)
    return divisions


def drawn_codes() -> list[list[str]]:
    """Eight codes for each text; a division counts as much as it has codes."""
    random = np.random.default_rng(SEED)
    divisions = kept_codes()
    names = sorted(divisions)
    sizes = np.array([len(divisions[name]) for name in names], dtype=float)
    drawn = random.choice(names, size=TEXTS, p=sizes / sizes.sum())
    return [list(random.permutation(divisions[name])[:LABELS]) for name in drawn]


async def language_means(model: SentenceModel, *, languages: tuple[str, ...]) -> dict[TextKind, Vectors]:
    """By kind, the mean vector of each language and, last, of all of them."""
    embedder = ThreadedEmbedder(EncodingThread(model), space="build", dimension=model.dimension, means=None, cache_entries=TEXTS)
    codes = drawn_codes()
    found: dict[TextKind, list[Vectors]] = {kind: [] for kind in TextKind}
    for language in languages:
        texts = [". ".join(cpv.label(code, language) or "" for code in drawn) + "." for drawn in codes]
        for kind, means in found.items():
            vectors = await embedder.embed([EmbedText(text=text, language=language, kind=kind) for text in texts])
            means.append(vectors.mean(axis=0))
        print(f"{language}: mean of length {np.linalg.norm(found[TextKind.PASSAGE][-1]):.3f}", flush=True)
    await embedder.close()
    return {kind: np.stack([*means, np.mean(means, axis=0)]) for kind, means in found.items()}


def loaded(folder: Path, *, bf16: bool) -> SentenceModel:
    """The bundled model in one of its two precisions."""
    return sentence_model.load_model(
        str(folder), name=NAME, revision=None, bf16=bf16, local_files_only=True, length=512, threads=None
    )


def show(part: str, share: float) -> None:
    """Print what is being done."""
    print(f"{part}: {share:.0%}", flush=True)


def main() -> None:
    """Write the data file."""
    cache_dir = Path(sys.argv[1]) if len(sys.argv) > 1 else user_cache_path("samspil")
    folder = ensure_bundled(bundled_source(), cache_dir=cache_dir, progress=show)
    languages = tuple(sorted(cpv.LANGUAGES))
    # Means over hundreds of texts are the same in bf16; the canaries are the reference, so they are made in fp32.
    means = asyncio.run(language_means(loaded(folder, bf16=sentence_model.has_bf16()), languages=languages))
    canaries = canary_vectors(loaded(folder, bf16=False))
    TARGET.parent.mkdir(exist_ok=True)
    write_data(ModelData(languages=languages, means=means, canaries=canaries), path=TARGET)
    print(f"{TARGET.stat().st_size / 1000:.0f} kB in {TARGET}")


if __name__ == "__main__":
    main()
