"""The mean of several adapters of one rank: often better than each, for their mistakes are not the same.

    python -m scripts.average_adapters one.safetensors other.safetensors --out adapter.safetensors

The mean of the updates (Wortsman and others 2022, "Model soups") has a higher rank than each; its largest singular values are
kept, and how much of it they hold is printed.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from samspil.adapters.embedding.folders import file_hash

Factors = Mapping[str, Tensor]


def averaged(adapters: Sequence[Factors]) -> tuple[dict[str, Tensor], float]:
    """The factors of the mean, as the product reads them, and the least share of a layer's update that they hold."""
    found: dict[str, Tensor] = {}
    held = 1.0
    for name in sorted({key.removesuffix(".a") for key in adapters[0] if key.endswith(".a")}):
        rank = adapters[0][f"{name}.a"].shape[0]
        mean = torch.stack([one[f"{name}.b"].float() @ one[f"{name}.a"].float() for one in adapters]).mean(dim=0)
        left, values, right = torch.linalg.svd(mean, full_matrices=False)
        held = min(held, float((values[:rank] ** 2).sum() / (values**2).sum()))
        root = values[:rank].sqrt()
        found[f"{name}.a"] = (root[:, None] * right[:rank]).half().contiguous()
        found[f"{name}.b"] = (left[:, :rank] * root).half().contiguous()
    return found, held


def main() -> None:
    """Write the mean."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("adapters", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    factors, held = averaged([load_file(path) for path in asked.adapters])
    save_file(factors, asked.out)
    print(f"{held:.1%} or more of each layer is kept. SHA-256 {file_hash(asked.out)}")


if __name__ == "__main__":
    main()
