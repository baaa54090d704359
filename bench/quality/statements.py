"""Cut what a set says of a supplier into capability statements, one thing each."""

import re

from samspil_schemas.base import CAPABILITIES_MAX, PARAGRAPH_MAX

# Past it the end of a text would weigh little in its vector; the model reads some 2,000 letters.
STATEMENT_MAX = 1500
_MIN_LETTERS = 3
_SENTENCE_END = re.compile(r"(?<=[.!?…;])\s+")

_INDUSTRY = re.compile(r"^(?:Bransch|Branche|Bransje|Industry|Sector): (?P<industry>.+?)\.(?= |$)")
_HISTORY = re.compile(
    r"^(?:Tidigare uppdrag|Tidligere (?:opgaver|oppdrag|kontrakter)"
    r"|(?:Earlier|Previous|Past) (?:contracts|awards|projects|work)): "
)


def statements(text: str) -> tuple[str, ...]:
    """The statements of a supplier's text: its industry, and each earlier contract once; at least one, at most 50.

    Contracts stand between bars; where there is no bar, a text that begins as a list is cut at semicolons.
    """
    rest = " ".join(text.split())
    found: list[str] = []
    if industry := _INDUSTRY.match(rest):
        found.append(industry["industry"])
        rest = rest[industry.end() :].strip()
    history = _HISTORY.match(rest)
    rest = rest[history.end() :] if history else rest
    pieces = rest.split("; ") if history and " | " not in rest else rest.split(" | ")
    found += [part for piece in pieces for part in _cut(piece.strip())]
    kept = tuple(dict.fromkeys(part for part in found if sum(map(str.isalnum, part)) >= _MIN_LETTERS))
    return _few(kept) or (rest or text,)


def _cut(piece: str) -> list[str]:
    """The piece, in parts of whole sentences where it is too long."""
    if len(piece) <= STATEMENT_MAX:
        return [piece]
    parts = [""]
    for sentence in _SENTENCE_END.split(piece):
        if parts[-1] and len(parts[-1]) + len(sentence) >= STATEMENT_MAX:
            parts.append("")
        parts[-1] = f"{parts[-1]} {sentence}".strip()
    return [part[:PARAGRAPH_MAX] for part in parts]


def _few(found: tuple[str, ...]) -> tuple[str, ...]:
    if len(found) <= CAPABILITIES_MAX:
        return found
    last = " ".join(found[CAPABILITIES_MAX - 1 :])[:PARAGRAPH_MAX]
    return (*found[: CAPABILITIES_MAX - 1], last.strip())
