"""Make the package data of the embedding adapter: the mean vector of each language, and the canaries of the bundled model.

    python scripts/build_language_means.py

The texts are the labels of 300 CPV codes in every language of the package, drawn with a fixed seed; a code whose SHA-256 is divisible
by five is held out, so that what learns from labels can be judged on it.
"""

import hashlib
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from samspil.adapters.embedding.bundled import NAME, bundled_source, ensure_bundled
from samspil.adapters.embedding.opening import LENGTH, canary_vectors
from samspil.adapters.embedding.sentence_model import load_model
from samspil.ports import TextKind
from samspil.reference import cpv

CODES, SEED, BATCH = 300, 0, 64
DATA = Path(__file__).parent.parent / "services/samspil/adapters/embedding/data"


def main() -> None:
    """Write language_means.npz and canaries.npy."""
    source = bundled_source()
    place = ensure_bundled(source, cache_dir=user_cache_path("samspil"), progress=lambda *_: None)
    model = load_model(
        str(place), name=NAME, revision=source.sha256[:16], bf16=False, local_files_only=True, length=LENGTH, threads=None
    )
    np.save(DATA / "canaries.npy", canary_vectors(model).astype(np.float16))
    usable = [code for code in sorted(cpv.codes()) if int(hashlib.sha256(code.encode()).hexdigest(), 16) % 5]
    drawn = [usable[number] for number in np.random.default_rng(SEED).permutation(len(usable))[:CODES]]
    languages = sorted(cpv.LANGUAGES)
    means = {kind.value: np.stack([mean(model, language, drawn, kind) for language in languages]) for kind in TextKind}
    np.savez(
        DATA / "language_means.npz",
        languages=np.array(languages),
        **{kind: found.astype(np.float16) for kind, found in means.items()},
    )


def mean(model, language, codes, kind):
    """The mean vector of the codes' labels in one language."""
    labels = [label for code in codes if (label := cpv.label(code, language))]
    vectors = [model.encode(labels[start : start + BATCH], kind=kind) for start in range(0, len(labels), BATCH)]
    print(language, kind.value, len(labels))
    return np.vstack(vectors).mean(axis=0)


if __name__ == "__main__":
    main()
