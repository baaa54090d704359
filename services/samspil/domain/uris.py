"""Addresses as RFC 3986 writes them."""

import re
from urllib.parse import quote, urlsplit

_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\[\]:@/?#]+)(?::[0-9]{1,5})?")
_REST = "/:@!$&'()*+,;=-._~"
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def uri(url: str) -> str | None:
    """The address as RFC 3986 writes it, with what is no ASCII percent-encoded; None where it is none."""
    try:
        parts = urlsplit(url)
    except ValueError:  # such as an unclosed bracket around a host
        return None
    if not _HOST.fullmatch(parts.netloc):
        return None
    path, query, fragment = (_LONE_PERCENT.sub("%25", part) for part in (parts.path, parts.query, parts.fragment))
    host = (
        parts.netloc if parts.netloc.startswith("[") else quote(_LONE_PERCENT.sub("%25", parts.netloc), safe="%:!$&'()*+,;=-._~")
    )
    found = f"{parts.scheme}://{host}{quote(path, safe='%' + _REST)}"
    found += f"?{quote(query, safe='%?' + _REST)}" if query else ""
    return found + (f"#{quote(fragment, safe='%?' + _REST)}" if fragment else "")
