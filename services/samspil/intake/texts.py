"""Makes text of files into text of the contract: no control characters, no e-mail addresses, no longer than it may be."""

import re
from collections.abc import Iterable

from pydantic import TypeAdapter, ValidationError

from samspil.intake.outcomes import Note, Notes
from samspil_schemas.base import LIST_MAX, TEXT_MAX, TITLE_MAX, URL_MAX, Url

MASK = "[e-mail]"
_ELLIPSIS = "…"
_SLACK = 8  # so many times the limit are looked at: masking and tidying make a text shorter
LOOKED_AT = 4_000  # characters that a title is sought in
_WORD_MAX = 60  # a cut goes back to the last space, unless the last word is longer than this
# The parts are bounded, so that a long run of letters costs no more than its length times this.
_URL: TypeAdapter[str] = TypeAdapter(Url)
_EMAIL = re.compile(r"[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_SPACES = re.compile(r"[^\S\n]+")
_SPACED_BREAKS = re.compile(r" ?\n ?")
_BREAKS = re.compile(r"\n{3,}")


def masked(text: str, *, notes: Notes) -> str:
    """The text with each e-mail address masked: an address is personal data, which stays out of topics and vectors."""
    found, count = _EMAIL.subn(MASK, text)
    if count:
        notes[Note.EMAIL_MASKED] += count
    return found


def is_url(text: str) -> bool:
    """True if the contract takes the text as an address, and no e-mail address is in it."""
    try:
        _URL.validate_python(text)
    except ValidationError:
        return False
    return _EMAIL.search(text) is None


def references(stated: Iterable[str], *, notes: Notes) -> tuple[str, ...]:
    """Those that name a publication, each once: what the contract takes, prints, and holds no e-mail address."""
    pieces = [piece for one in stated if (piece := one.strip()) and len(piece) <= URL_MAX and piece.isprintable()]
    found = [piece for piece in dict.fromkeys(pieces) if _EMAIL.search(piece) is None]
    notes[Note.LIST_CUT] += len(found) > LIST_MAX
    return tuple(found[:LIST_MAX])


def tidy(text: str) -> str:
    """The text without control characters and surplus white space; line breaks stay, at most two in a row."""
    text = _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _SPACED_BREAKS.sub("\n", _SPACES.sub(" ", text))
    return _BREAKS.sub("\n\n", text).strip()


def cut(text: str, *, limit: int) -> str:
    """The text, or as many of its words as fit with an ellipsis into `limit` characters."""
    if len(text) <= limit:
        return text
    head = text[: limit - len(_ELLIPSIS)]
    space = head.rfind(" ", limit - _WORD_MAX)
    return (head[:space] if space > 0 else head).rstrip() + _ELLIPSIS


def title(text: str, *, notes: Notes) -> str:
    """The text as a title: one line of at most 400 characters."""
    line = " ".join(masked(tidy(_bounded(text, TITLE_MAX)), notes=notes).split())
    if len(line) > TITLE_MAX:
        notes[Note.TITLE_CUT] += 1
    return cut(line, limit=TITLE_MAX)


def paragraph(text: str, *, notes: Notes, limit: int = TEXT_MAX) -> str:
    """The text as a text of at most `limit` characters."""
    found = masked(tidy(_bounded(text, limit)), notes=notes)
    if len(found) > limit:
        notes[Note.TEXT_CUT] += 1
    return cut(found, limit=limit)


def joined(paragraphs: Iterable[str]) -> str:
    """The paragraphs that are not empty and say something that none before them said, with a blank line between."""
    kept: list[str] = []
    said = ""
    for text in paragraphs:
        if len(said) > _SLACK * TEXT_MAX:
            break
        plain = " ".join(text.split()).casefold()
        if plain and plain not in said:
            kept.append(text)
            said = f"{said}\n{plain}"
    return "\n\n".join(kept)


def _bounded(text: str, limit: int) -> str:
    """No more than can matter, so that an enormous text costs little."""
    return text[: _SLACK * limit]
