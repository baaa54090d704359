"""Change notices: which notice a chain of changes began with (BT-758), so that all of it stays one need."""

import re
from collections.abc import Iterable
from pathlib import Path
from xml.etree.ElementTree import Element

from samspil.intake.eforms.tree import EXTENSION, XML_BYTES_MAX, parse, text
from samspil.intake.identity import is_id
from samspil.intake.outcomes import Unusable

NOTICE_ID = "cbc:ID[@schemeName='notice-id']"
_CHANGED = f"{EXTENSION}/efac:Changes/efbc:ChangedNoticeIdentifier"
# A notice id with a version of two digits, or a UUID alone. A number of TED (123456-2024) is neither.
_REFERENCE = re.compile(r"(?P<versioned>.{1,190})-[0-9]{2}|(?P<bare>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_MARK = b"ChangedNoticeIdentifier"
_HEAD = 256  # bytes; XML shows itself in them


class Chains:
    """Knows, of the notices that it was told of, which notice each one changes."""

    def __init__(self, changed: dict[str, str] | None = None) -> None:
        self._changed = changed or {}

    @classmethod
    def among(cls, files: Iterable[Path]) -> "Chains":
        """Look through files for change notices. What cannot be read is passed over: reading it will say why."""
        changed: dict[str, str] = {}
        for file in files:
            root = _change_notice(file)
            if root is not None and (notice_id := text(root, NOTICE_ID)) and (reference := changes(root)):
                changed[notice_id.lower()] = reference
        return cls(changed)

    def first_of(self, notice_id: str) -> str:
        """The id of the notice that the chain began with, as far back as it is known.

        Notices that name each other in a circle have no first one; all of them get the same.
        """
        seen = {notice_id}
        while before := self._changed.get(notice_id):
            if before in seen:
                return min(seen)
            seen.add(before)
            notice_id = before
        return notice_id


def changes(root: Element) -> str | None:
    """The id of the notice that this one changes; None if it changes none, or names it in another way (a number of TED)."""
    found = _REFERENCE.fullmatch((stated_change(root) or "").lower())
    changed = (found["versioned"] or found["bare"]) if found else ""
    return changed if is_id(changed) else None


def stated_change(root: Element) -> str | None:
    """What the notice says that it changes (BT-758)."""
    return text(root, _CHANGED)


def _change_notice(file: Path) -> Element | None:
    try:
        if file.stat().st_size > XML_BYTES_MAX:
            return None
        with file.open("rb") as opened:
            head = opened.read(_HEAD)
            data = head + opened.read() if b"<" in head else b""
        return parse(data) if _MARK in data else None
    except (OSError, Unusable):
        return None
