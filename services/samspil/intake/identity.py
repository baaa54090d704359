"""Ids made from what a file says of a thing, the same on every import."""

import re
import unicodedata
from hashlib import sha256

from pydantic import TypeAdapter, ValidationError

from samspil_schemas.base import Id

_HASH_DIGITS = 8
_SLUG_MAX = 60
_LEGAL_MIN, _LEGAL_DIGITS_MIN, _LEGAL_MAX = 6, 4, 40
_COUNTING = "0123456789" * 2
_ID: TypeAdapter[str] = TypeAdapter(Id)
# Letters that do not come apart into a plain letter and an accent.
_LETTERS = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ð": "d", "þ": "th", "ł": "l", "đ": "d"})  # fmt: skip  # noqa: E501


def is_id(text: str) -> bool:
    """True if the contract takes the text as an id."""
    try:
        _ID.validate_python(text)
    except ValidationError:
        return False
    return True


def slug(text: str) -> str:
    """Lower-case letters, digits and hyphens that a person can still read; empty where nothing is left of it."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS))
    return re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode()).strip("-")[:_SLUG_MAX].strip("-")


def digest(*parts: str) -> str:
    """A short hash of the parts, blind to case and white space."""
    plain = "\x1f".join(" ".join(unicodedata.normalize("NFKC", part).casefold().split()) for part in parts)
    return sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_DIGITS]


def derived_id(*parts: str) -> str:
    """A readable id of the parts: their slug and their hash."""
    return "-".join(piece for piece in (slug(" ".join(parts)), digest(*parts)) if piece)


def usable_id(text: str) -> str:
    """The text itself where the contract takes it as an id, else one derived from it."""
    return text if is_id(text) else derived_id(text)


def buyer_id(*, name: str, country: str, legal_id: str | None = None) -> str:
    """The id of a public body: its number in the country's register where there is a real one, else its name.

    The same body is another one when a file names it without its number; files do not say more.
    """
    number = _register_number(legal_id or "")
    named = number or "-".join(piece for piece in (slug(name), digest(name, country)) if piece)
    return f"{country.lower()}-{named}"


def _register_number(legal_id: str) -> str | None:
    """Letters and digits of a register number; None for what stands in for one (N/A, xyz, 000000, 123456789).

    German notices write a telephone number as "t:030…" where a body has no number; that is a contact, and never kept.
    """
    if legal_id.strip().lower().startswith("t:"):
        return None
    plain = re.sub(r"[^a-z0-9]", "", legal_id.lower())
    digits = sum(letter.isdigit() for letter in plain)
    real = (
        _LEGAL_MIN <= len(plain) <= _LEGAL_MAX and digits >= _LEGAL_DIGITS_MIN and len(set(plain)) > 1 and plain not in _COUNTING
    )
    return plain if real else None
