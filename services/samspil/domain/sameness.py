"""One need that was published more than once: on two portals, in lots, again with another number. It is no find.

Different bodies often use the same title or text, and then they have the same need: that is a find. So what is said counts only
together with the body, and an address, which may be that of a whole portal, only together with the title.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

T = TypeVar("T")

_TELLING = 200  # characters, from which an equal text under another title is a copy and no phrase that a body always uses
_DIGITS = 16
# A part of a procurement, in the words of the languages that are most frequent here.
_LOT = re.compile(
    r"\b(?:lots?|part|del|delaftaler?|delkontrakt|delområde|anbudsområde|osa|osio|los|perceel|lote|lotto|część)"
    r"\s*(?:no|nr|n)?\s*\d+\b"
)
_GAPS = re.compile(r"[\W_]+")


@dataclass(frozen=True, kw_only=True)
class Publication:
    """What tells whether two published needs are one.

    Attributes:
        title: of the need.
        text: all that it says.
        buyer_id: of the body. buyer_name: as it stands there. country: ISO 3166-1, two letters.
        url: where it was first published, if that is known.
    """

    title: str
    text: str
    buyer_id: str
    buyer_name: str
    country: str
    url: str | None = None


def fold_keys(need: Publication) -> tuple[str, ...]:
    """Hashes of what makes the need this one, sorted: two needs that share one were published more than once.

    They are of its title and its body, by number and by name, of a long text and its body, and of its title and its address;
    without case, punctuation and the number of a lot.
    """
    plain = _plain(need.title)
    title = _plain(_LOT.sub(" ", plain)) or plain
    name, text = _plain(need.buyer_name), _plain(need.text)
    said: list[tuple[str, ...]] = [("title", title, need.buyer_id)]
    if name:
        said.append(("title", title, need.country, name))
    if name and len(text) >= _TELLING:
        said.append(("text", text, need.country, name))
    if need.url:
        said.append(("url", need.url, title))
    return tuple(sorted(sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS] for parts in said))


def folded(finds: Sequence[T], *, keys: Callable[[T], Sequence[str]]) -> list[tuple[T, tuple[T, ...]]]:
    """Each need once, with its other publications; both in the order in which they stand in `finds`.

    What shares a key with a copy is a copy too, wherever the copies stand. It takes little longer than reading the keys.
    """
    above = list(range(len(finds)))  # a forest: each place knows one before it that is a copy of it, or itself
    holder: dict[str, int] = {}
    for place, find in enumerate(finds):
        for key in keys(find):
            one, other = sorted((_first(above, holder.setdefault(key, place)), _first(above, place)))
            above[other] = one
    groups: dict[int, list[T]] = {}
    for place, find in enumerate(finds):
        groups.setdefault(_first(above, place), []).append(find)
    return [(first, tuple(copies)) for first, *copies in groups.values()]


def _first(above: list[int], place: int) -> int:
    """The first of the copies of what stands at this place; the way there is halved for the next who asks."""
    while above[place] != place:
        above[place] = above[above[place]]
        place = above[place]
    return place


def _plain(text: str) -> str:
    return _GAPS.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()
