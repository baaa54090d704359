"""Train the low-rank update of the bundled model that makes it care about the matter more than about the language.

    python -m scripts.train_adapter --out adapter.safetensors [--activities folder] [--descriptions folder]
    python -m scripts.train_adapter --out weaker.safetensors --start adapter.safetensors --strength 0.7 --steps 0

InfoNCE over batches of pairs (see `adapter_pairs.py`) with wrong answers from the whole batch, on both sides; what may be a right
answer as well is left out. All computing is in bf16, as the product's, but for the update itself and the loss.
"""

import argparse
import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from platformdirs import user_cache_path
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer
from torch import Tensor, nn

from samspil.adapters.embedding.bundled import PROMPTS, bundled_source, ensure_bundled
from samspil.adapters.embedding.folders import file_hash
from scripts.adapter_pairs import MIXTURES, Pair, PairSource, read_parallel, related

TOKENS = 4096


class LowRankLinear(nn.Module):
    """A frozen linear layer and the update b · a of its weights, which starts at zero."""

    def __init__(self, base: nn.Linear, *, rank: int, scale: float) -> None:
        super().__init__()
        self.base = base
        self.scale = scale
        self.merged = base.weight.detach()
        self.a = nn.Parameter(torch.randn(rank, base.in_features) / math.sqrt(base.in_features))
        self.b = nn.Parameter(torch.zeros(base.out_features, rank))

    def merge(self) -> None:
        """Compute the updated weights, once for all batches of a step.

        Twice as fast as a second path beside each layer, whose narrow products cost more than the gradient of the whole matrix.
        """
        self.merged = self.base.weight + (self.scale * self.b @ self.a).to(self.base.weight.dtype)

    def forward(self, x: Tensor) -> Tensor:
        """The layer's answer with the weights of the last `merge`."""
        return nn.functional.linear(x, self.merged, self.base.bias)


def attach(model: nn.Module, *, rank: int, scale: float) -> dict[str, LowRankLinear]:
    """Replace each linear layer of the encoder; returns them by name."""
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    names = [name for name, module in model.named_modules() if isinstance(module, nn.Linear) and name.startswith("encoder.")]
    layers = {}
    for name in names:
        parent = model.get_submodule(name.rpartition(".")[0])
        layers[name] = LowRankLinear(model.get_submodule(name), rank=rank, scale=scale)
        setattr(parent, name.rpartition(".")[2], layers[name])
    return layers


class Encoder:
    """The bundled model with its update, on the training side."""

    def __init__(self, folder: Path, *, rank: int, scale: float, length: int) -> None:
        loaded = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        self.tokenizer = loaded.tokenizer
        self.model = loaded[0].auto_model.to(torch.bfloat16).eval()
        self.layers = attach(self.model, rank=rank, scale=scale)
        self._length = length

    def parameters(self) -> list[nn.Parameter]:
        """What is trained."""
        return [parameter for layer in self.layers.values() for parameter in (layer.a, layer.b)]

    def start_from(self, path: Path, *, strength: float) -> None:
        """Take over a share of an update that was trained before."""
        tensors = load_file(path)
        with torch.no_grad():
            for name, layer in self.layers.items():
                layer.a.copy_(tensors[f"{name}.weight.a"])
                layer.b.copy_(tensors[f"{name}.weight.b"] * (strength / layer.scale))

    def encode(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors of texts with their prompts, shape (len(texts), dimension), float32, in batches of about equal length."""
        for layer in self.layers.values():
            layer.merge()
        ids = self.tokenizer(list(texts), truncation=True, max_length=self._length, return_token_type_ids=False)["input_ids"]
        order = sorted(range(len(ids)), key=lambda number: len(ids[number]))
        vectors, batch = [], []
        for place, number in enumerate(order):
            batch.append(ids[number])
            following = len(ids[order[place + 1]]) if place + 1 < len(order) else 0
            if not following or (len(batch) + 1) * following > TOKENS:
                vectors.append(self._forward(batch))
                batch = []
        back = torch.empty(len(order), dtype=torch.long)
        back[torch.tensor(order)] = torch.arange(len(order))
        return nn.functional.normalize(torch.cat(vectors)[back], dim=1)

    def _forward(self, batch: list[list[int]]) -> Tensor:
        width = max(map(len, batch))
        pad = self.tokenizer.pad_token_id
        ids = torch.tensor([row + [pad] * (width - len(row)) for row in batch])
        mask = (ids != pad).long()
        states = self.model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        weights = mask[:, :, None].float()
        return (states * weights).sum(1) / weights.sum(1)


def allowed(pairs: Sequence[Pair]) -> Tensor:
    """Which of the other pairs' texts are wrong answers, shape (pairs, pairs), bool; false on the diagonal."""
    wrong = torch.ones(len(pairs), len(pairs), dtype=torch.bool)
    for row, one in enumerate(pairs):
        for column, other in enumerate(pairs[: row + 1]):
            same = one.query == other.query or one.passage == other.passage or bool(one.owner and one.owner == other.owner)
            if same or related(one.codes, other.codes):
                wrong[row, column] = wrong[column, row] = False
    return wrong


def loss_of(queries: Tensor, passages: Tensor, wrong: Tensor, *, temperature: float) -> Tensor:
    """InfoNCE in both directions; the texts of a pair's own side are wrong answers too, so that language alone never wins."""
    across = queries @ passages.T / temperature
    right = across.diagonal()[:, None]
    closed = ~wrong
    losses = []
    for scores, own in ((across, queries @ queries.T), (across.T, passages @ passages.T)):
        logits = torch.cat([right, scores.masked_fill(closed, -1e4), (own / temperature).masked_fill(closed, -1e4)], dim=1)
        losses.append((torch.logsumexp(logits, dim=1) - right[:, 0]).mean())
    return torch.stack(losses).mean()


def save(encoder: Encoder, path: Path) -> None:
    """Write the update in float16, as `samspil.adapters.embedding.adapter` reads it."""
    tensors = {}
    for name, layer in encoder.layers.items():
        tensors[f"{name}.weight.a"] = layer.a.detach().half().contiguous()
        tensors[f"{name}.weight.b"] = (layer.scale * layer.b.detach()).half().contiguous()
    fresh = path.with_suffix(".new")
    save_file(tensors, fresh)
    fresh.replace(path)


def rate_at(step: int, *, steps: int, peak: float) -> float:
    """The learning rate: up over 40 steps, then down along a cosine to a fiftieth."""
    if step < 40:  # noqa: PLR2004 — the steps of the warm-up
        return peak * (step + 1) / 40
    return peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - 40) / max(1, steps - 40))))


def arguments() -> argparse.Namespace:
    """What is asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared/data")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--mixture", choices=list(MIXTURES), default="whole")
    parser.add_argument("--activities", type=Path, help="names of economic activities (see adapter_parallel.py)")
    parser.add_argument("--descriptions", type=Path, help="translated descriptions of software (see adapter_parallel.py)")
    parser.add_argument("--start", type=Path, help="an adapter to go on from")
    parser.add_argument("--strength", type=float, default=1.0, help="the share of its update that is kept at the start")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--pairs", type=int, default=128)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--alpha", type=float, default=32)
    parser.add_argument("--rate", type=float, default=6e-4)
    parser.add_argument("--temperature", type=float, default=0.03)
    parser.add_argument("--length", type=int, default=64)
    parser.add_argument("--seed", type=int, default=2008)
    parser.add_argument("--checkpoint-every", type=int, default=120)
    return parser.parse_args()


def main() -> None:
    """Train and write the update, with checkpoints beside it."""
    args = arguments()
    torch.manual_seed(args.seed)
    folder = ensure_bundled(bundled_source(), cache_dir=user_cache_path("samspil"), progress=lambda *_: None)
    scale = args.alpha / args.rank
    encoder = Encoder(folder, rank=args.rank, scale=scale, length=args.length)
    if args.start:
        encoder.start_from(args.start, strength=args.strength)
    parallel = read_parallel(activities=args.activities, descriptions=args.descriptions)
    source = PairSource(args.data, seed=args.seed, mixture=MIXTURES[args.mixture], parallel=parallel)
    print(source.counts, flush=True)
    optimiser = torch.optim.AdamW(encoder.parameters(), lr=args.rate, weight_decay=0.01, betas=(0.9, 0.98))
    started, seen = time.monotonic(), {}
    for step in range(args.steps):
        for group in optimiser.param_groups:
            group["lr"] = rate_at(step, steps=args.steps, peak=args.rate)
        kind, pairs = source.draw(args.pairs)
        texts = [PROMPTS["query"] + pair.query for pair in pairs] + [PROMPTS["passage"] + pair.passage for pair in pairs]
        vectors = encoder.encode(texts)
        loss = loss_of(vectors[: len(pairs)], vectors[len(pairs) :], allowed(pairs), temperature=args.temperature)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(encoder.parameters(), 1.0)
        optimiser.step()
        seen.setdefault(kind, []).append(loss.item())
        if (step + 1) % 20 == 0:
            means = {name: round(float(np.mean(losses[-20:])), 3) for name, losses in sorted(seen.items())}
            print(f"{step + 1}/{args.steps} {time.monotonic() - started:.0f} s {means}", flush=True)
        if (step + 1) % args.checkpoint_every == 0:
            save(encoder, args.out.with_name(f"{args.out.stem}-{step + 1}.safetensors"))
    save(encoder, args.out)
    print(f"SHA-256 {file_hash(args.out)}", flush=True)


if __name__ == "__main__":
    main()
