"""How much two texts have in common below the word: parts of four letters, each weighing its rarity.

Compounds share parts where they share no word (snöröjning, vintersnö), and rare parts say more than those of every notice.
"""

import zlib
from array import array
from dataclasses import dataclass
from functools import lru_cache

from samspil.domain.text import language_family, terms

BITS = 14
BUCKETS = 1 << BITS
_PART = 4
_HASH_BITS = 32


@dataclass(frozen=True)
class Rarity:
    """The weight of every part: `table` holds a byte for each of the buckets that parts are hashed to, from 0 to 255.

    Raises:
        ValueError: the table has another size.
    """

    table: bytes

    def __post_init__(self) -> None:
        if len(self.table) != BUCKETS:
            raise ValueError(f"a table of rarity has {BUCKETS} bytes, not {len(self.table)}")

    def overlap(self, one: str, other: str, *, language: str, other_language: str) -> float | None:
        """How many parts two texts share: the cosine of their weighted sets, 0 to 1; None across languages."""
        if language_family(language) != language_family(other_language):
            return None
        mine, table = _part_set(one, language), self.table
        # Whole numbers, so that the sum is the same from either side.
        shared = sum(table[bucket_of(part)] for part in parts(other, other_language) if part in mine)
        if not shared:
            return 0.0
        whole = _weight(self, one, language) * _weight(self, other, other_language)
        return float(min(1.0, shared / whole**0.5))


def bucket_of(part: int) -> int:
    """The bucket of the table in which the weight of a part stands."""
    return part >> (_HASH_BITS - BITS)


# A search looks at a thousand statements, the next one at much the same: with 4,096 entries a collection of 5,800 was cut anew
# for every need, and a need took a second. An entry of a statement is some 200 bytes, of a long notice 3 kB.
@lru_cache(maxsize=65_536)
def parts(text: str, language: str) -> "array[int]":
    """The hashes of the different parts of the text's content words, their ends marked. Equal on every machine."""
    found = set()
    for stem in terms(text, language):
        padded = f"<{stem}>"
        found |= {padded[start : start + _PART] for start in range(max(1, len(padded) - _PART + 1))}
    return array("I", sorted({zlib.crc32(part.encode()) for part in found}))


@lru_cache(maxsize=512)
def _part_set(text: str, language: str) -> frozenset[int]:
    return frozenset(parts(text, language))


@lru_cache(maxsize=65_536)
def _weight(rarity: Rarity, text: str, language: str) -> int:
    return sum(rarity.table[bucket_of(part)] for part in parts(text, language))
