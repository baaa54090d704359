"""Make the data that is shipped beside the bundled model and its adapter: the canaries.

    python scripts/build_embedding_data.py [CACHE_DIR]

To be run after the adapter has changed.
"""

import sys
from pathlib import Path

from platformdirs import user_cache_path

from samspil.adapters.embedding.adapter import SHIPPED
from samspil.adapters.embedding.bundled import NAME, bundled_source, ensure_bundled
from samspil.adapters.embedding.sentence_model import load_model
from samspil.adapters.embedding.shipped import write_canaries
from samspil.adapters.embedding.space import canary_vectors

TARGET = Path(__file__).parents[1] / "services/samspil/adapters/embedding/data" / f"{NAME}.npz"


def show(part: str, share: float) -> None:
    """Print what is being done."""
    print(f"{part}: {share:.0%}", flush=True)


def main() -> None:
    """Write the data file."""
    cache_dir = Path(sys.argv[1]) if len(sys.argv) > 1 else user_cache_path("samspil")
    folder = ensure_bundled(bundled_source(), cache_dir=cache_dir, adapter=SHIPPED, progress=show)
    # In fp32, for they are the reference of either precision.
    model = load_model(str(folder), name=NAME, revision=None, bf16=False, local_files_only=True, length=512, threads=None)
    write_canaries(canary_vectors(model), path=TARGET)
    print(f"{TARGET.stat().st_size / 1000:.0f} kB in {TARGET}")


if __name__ == "__main__":
    main()
