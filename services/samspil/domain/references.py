"""How publications cite each other: the same notice under its number, its id, its version or its address is one key."""

import re
from urllib.parse import urlsplit

from samspil_schemas import NeedStatement

# A notice id of eForms (BT-701) with or without its version; imported needs have it after a prefix.
_NOTICE = re.compile(r"(?:eforms:)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:-[0-9]{2})?", re.IGNORECASE)
# A number of the Official Journal of the EU as notices cite it: 601506-2023, or 2023/S 193-601506 up to 2023.
_NUMBER = re.compile(r"0*([0-9]{1,10})-([0-9]{4})")
_OLD_NUMBER = re.compile(r"([0-9]{4})\s*/\s*S\s*[0-9]{1,3}\s*-\s*0*([0-9]{1,10})", re.IGNORECASE)
_NUMBER_IN_ADDRESS = re.compile(r"(?<![0-9])0*([0-9]{1,10})-([0-9]{4})(?![0-9])")
_JOURNAL = "ted.europa.eu"


def key_of(reference: str) -> str:
    """What a reference and a publication are compared by.

    A notice counts without its version, a number of the official journal without leading zeros and in either form, an address
    without scheme, `www.`, fragment and last slash. Whatever else is compared as it stands.
    """
    plain = reference.strip()
    if notice := _NOTICE.fullmatch(plain):
        return notice[1].lower()
    if number := _NUMBER.fullmatch(plain):
        return f"{number[1]}-{number[2]}"
    if number := _OLD_NUMBER.fullmatch(plain):
        return f"{number[2]}-{number[1]}"
    if plain.lower().startswith(("http://", "https://")):
        return _key_of_address(plain)
    return plain


def _key_of_address(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:  # such as an unclosed bracket around a host
        return address
    host = parts.netloc.lower().removeprefix("www.")
    where = f"{parts.path.rstrip('/')}?{parts.query}" if parts.query else parts.path.rstrip("/")
    if (host == _JOURNAL or host.endswith(f".{_JOURNAL}")) and (number := _NUMBER_IN_ADDRESS.search(where)):
        return f"{number[1]}-{number[2]}"
    return f"{host}{where}"


def names_of(need_id: str, statement: NeedStatement) -> frozenset[str]:
    """The keys that a need can be cited by: its id, and its reference, number and address where it was published first."""
    source = statement.source
    stated = (need_id, *((source.reference, source.number, source.url) if source else ()))
    return frozenset(key_of(name) for name in stated if name)
