"""A model file of a few kilobytes in the layout of the bundled one, and a model that is a function of the text."""

import struct
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from samspil.adapters.embedding.adapter import Source
from samspil.adapters.embedding.folders import file_hash
from samspil.ports import TextKind, Vectors

HIDDEN, LAYERS, HEADS, INNER, POSITIONS, TYPES = 32, 2, 2, 64, 64, 2
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", *"abcdefghijklmnopqrstuvwxyzåäöæøü.,", "▁query", "▁passage", ":", "<mask>"]
VOCABULARY = len(PIECES) + 3  # like the real one, more rows than pieces
RULES = {"\n": " ", "\t": " ", "ﬁ": "fi", "\x01": "", "Ａ": "a"}


def quantised(numbers: np.ndarray) -> bytes:
    """Blocks of 32 weights in 4 bits, packed one number at a time."""
    packed = bytearray()
    for block in numbers.reshape(-1, 32):
        scale = np.float16(max(abs(block).max() / 7, 1e-4))
        halves = [int(np.clip(round(float(weight) / float(scale)) + 8, 0, 15)) for weight in block]
        packed += scale.tobytes() + bytes(low | high << 4 for low, high in zip(halves[:16], halves[16:], strict=True))
    return bytes(packed)


def tensors() -> list[tuple[str, int, int, bytes]]:
    random = np.random.default_rng(7)

    def f32(name: str, count: int, *, around: float = 0.0) -> tuple[str, int, int, bytes]:
        return name, 0, count, (random.normal(size=count) * 0.1 + around).astype("<f4").tobytes()

    def q4(name: str, count: int) -> tuple[str, int, int, bytes]:
        return name, 1, count, quantised(random.normal(size=count) * 0.2)

    found = [
        q4("emb.word", VOCABULARY * HIDDEN),
        f32("emb.pos", POSITIONS * HIDDEN),
        f32("emb.type", TYPES * HIDDEN),
        f32("emb.ln.w", HIDDEN, around=1),
        f32("emb.ln.b", HIDDEN),
    ]
    for layer in range(LAYERS):
        for name, rows, columns in (("q", HIDDEN, HIDDEN), ("k", HIDDEN, HIDDEN), ("v", HIDDEN, HIDDEN), ("ao", HIDDEN, HIDDEN)):
            found += [q4(f"l{layer}.{name}.w", rows * columns), f32(f"l{layer}.{name}.b", rows)]
        for name, rows, columns in (("fi", INNER, HIDDEN), ("fo", HIDDEN, INNER)):
            found += [q4(f"l{layer}.{name}.w", rows * columns), f32(f"l{layer}.{name}.b", rows)]
        for name in ("aln", "oln"):
            found += [f32(f"l{layer}.{name}.w", HIDDEN, around=1), f32(f"l{layer}.{name}.b", HIDDEN)]
    return found


def model_bytes() -> bytes:
    """The whole file."""
    head = b"E5S1" + struct.pack("<I7ifi", 1, HIDDEN, LAYERS, HEADS, INNER, VOCABULARY, POSITIONS, TYPES, 1e-12, 32)
    encoded = [piece.encode() for piece in PIECES]
    offsets = np.cumsum([0, *map(len, encoded)]).astype("<u4")
    scores = -np.arange(len(PIECES)).astype("<f4") / 10
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, int(offsets[-1]))
    head += offsets.tobytes() + scores.tobytes() + b"".join(encoded)
    rules = b"".join(struct.pack(f"<IB{len(to)}I", ord(of), len(to), *map(ord, to)) for of, to in RULES.items())
    head += struct.pack("<iI", len(RULES), len(rules)) + rules
    entries = tensors()
    at = len(head) + 4 + sum(2 + len(name) + 21 for name, *_ in entries)
    directory, body = struct.pack("<i", len(entries)), b""
    for name, kind, count, data in entries:
        directory += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, count, at + len(body), len(data))
        body += data
    return head + directory + body


def tiny_source(folder: Path) -> Source:
    path = folder / "tiny-q4.bin"
    path.write_bytes(model_bytes())
    return Source(path=path, sha256=file_hash(path))


def no_progress(part: str, share: float) -> None:
    """Show nothing."""


class LetterModel:
    """A vector counts letters; it keeps what it was given, and waits at a gate before it answers."""

    dimension = 27

    def __init__(self, *, shut: bool = False) -> None:
        self.batches: list[tuple[TextKind, list[str]]] = []
        self.reached = threading.Event()
        self.gate = threading.Event()
        if not shut:
            self.gate.set()

    def enter_thread(self) -> None:
        self.thread = threading.current_thread()

    def lengths(self, texts: Sequence[str]) -> list[int]:
        if any("unreadable" in text for text in texts):
            raise TypeError("no text")
        return [len(text) for text in texts]

    def encode(self, texts: Sequence[str], *, kind: TextKind) -> Vectors:
        self.batches.append((kind, list(texts)))
        self.reached.set()
        assert self.gate.wait(timeout=60)
        if any("poison" in text for text in texts):
            raise RuntimeError("cannot")
        return np.stack([letters(text, kind=kind) for text in texts])

    @property
    def encoded(self) -> list[str]:
        return [text for _, batch in self.batches for text in batch]


def letters(text: str, *, kind: TextKind) -> Vectors:
    """The unit vector of a text: how often it has each letter, and its kind."""
    counts = [1.0 + text.count(chr(ord("a") + letter)) for letter in range(26)] + [5.0 if kind is TextKind.QUERY else 0.0]
    vector = np.array(counts, dtype=np.float32)
    return vector / np.linalg.norm(vector)
