"""The normaliser of SentencePiece models, built from a table of characters.

`tokenizers` reads it as a `Precompiled` normaliser: a double-array trie (Darts-clone) from the UTF-8 bytes of a character, or a
pair of characters, to what stands for it. Layout of a unit and of the whole:
https://github.com/s-yata/darts-clone and `src/normalizer.cc` of https://github.com/google/sentencepiece.
"""

import struct
import unicodedata
from collections.abc import Iterable, Mapping

_MAX_GRAPHEME_BYTES = 5  # `tokenizers` looks up longer clusters character by character
_LEAF = 1 << 8
_NO_BYTE = 1 << 31  # on a unit that no byte leads to: a value, or an empty one
_OFFSET_SHIFT = 10
# Marks that Unicode replaces by another one, in every form: U+0340 by U+0300, and so on.
_TWINS = {mark: unicodedata.normalize("NFD", mark) for mark in ("\u0340", "\u0341", "\u0343")}


class _Node:
    """A node of the trie before it is laid out: its children by byte and, where a key ends, the value."""

    __slots__ = ("children", "value")

    def __init__(self) -> None:
        self.children: dict[int, _Node] = {}
        self.value: int | None = None


def composed_pairs(single: Iterable[str]) -> dict[str, str]:
    """The pairs of a letter and a mark that Unicode composes ("a" and U+0308 to "ä"), for letters outside `single`.

    These are the pairs of SentencePiece's `nmt_nfkc` rules that a reader can reach: the first rule that fits a cluster wins, so a
    letter with a rule of its own hides its pairs, and a pair of more than five bytes is never looked up as one.
    The composition of existing characters never changes (Unicode stability policy), so the version of Python does not matter.
    """
    taken = set(single)
    twins: dict[str, list[str]] = {}
    for twin, mark in _TWINS.items():
        twins.setdefault(mark, []).append(twin)
    pairs: dict[str, str] = {}
    for number in range(0x80, 0x3000):  # the letters beyond are decomposed into more bytes than are looked up
        whole = chr(number)
        parts = unicodedata.normalize("NFD", whole)
        if len(parts) != 2 or parts[0] in taken or unicodedata.normalize("NFC", parts) == parts:  # noqa: PLR2004 — a pair
            continue
        composed = unicodedata.normalize("NFC", parts)
        for mark in (parts[1], *twins.get(parts[1], [])):
            pair = parts[0] + mark
            if len(pair.encode()) <= _MAX_GRAPHEME_BYTES:
                pairs[pair] = composed
    return pairs


def build_charsmap(rules: Mapping[str, str]) -> bytes:
    """The rules as the bytes that `tokenizers.normalizers.Precompiled` reads.

    Args:
        rules: what stands for each character or short sequence of characters; an empty text deletes it. NUL ends a C string
            and cannot be part of a rule.
    """
    texts = bytearray()
    places: dict[str, int] = {}
    root = _Node()
    for key in sorted(rules):
        target = rules[key]
        if target not in places:
            places[target] = len(texts)
            texts += target.encode() + b"\0"
        node = root
        for byte in key.encode():
            node = node.children.setdefault(byte, _Node())
        node.value = places[target]
    trie = _lay_out(root)
    return struct.pack("<I", len(trie) * 4) + struct.pack(f"<{len(trie)}I", *trie) + bytes(texts)


def _lay_out(root: _Node) -> list[int]:
    """Place the trie's nodes: the child of a node for byte b stands at the node's base XOR b, the value at the base itself."""
    units: dict[int, int] = {0: 0}
    bases: set[int] = set()
    labels_of_first: dict[int, int] = {}
    open_nodes = [(root, 0)]
    while open_nodes:
        node, place = open_nodes.pop()
        labels = sorted(node.children) if node.value is None else [0, *sorted(node.children)]
        base = _free_base(labels, units=units, bases=bases, start=labels_of_first)
        bases.add(base)
        units[place] |= (place ^ base) << _OFFSET_SHIFT | (_LEAF if node.value is not None else 0)
        if node.value is not None:
            units[base] = _NO_BYTE | node.value
        for byte, child in node.children.items():
            units[base ^ byte] = byte
            open_nodes.append((child, base ^ byte))
    size = (max(units) | 0xFF) + 1  # whole blocks: a reader looks at any byte below a base
    return [units.get(place, _NO_BYTE) for place in range(size)]


def _free_base(labels: list[int], *, units: dict[int, int], bases: set[int], start: dict[int, int]) -> int:
    """The lowest base whose places for all labels are free and that no other node has."""
    # Nodes with as many labels fail and succeed at about the same places, so each count has its own start.
    base = start.get(len(labels), 1)
    while base in bases or any(base ^ label in units for label in labels):
        base += 1
    start[len(labels)] = base
    return base
