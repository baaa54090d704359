"""Versions of a need or profile, joined in any order into what stands.

The newest version holds; a withdrawal is newer than the same version published, and a higher version opens again. Every function
here gives the same result for the same set of events in every order, and for repeats. Two contents with one version are a fault
of whoever published them: of those the later in the log holds, here and in the index alike.
"""

from dataclasses import replace
from typing import TypeVar

from samspil.ports import Standing

ContentT = TypeVar("ContentT")


def published(standing: Standing[ContentT], version: int, content: ContentT) -> Standing[ContentT]:
    """What stands after this version was published."""
    if version > standing.version:
        standing = replace(standing, version=version, withdrawn=False)
    if version >= standing.content_version:
        standing = replace(standing, content_version=version, content=content)
    return standing


def overtaken(standing: Standing[ContentT], version: int, *, closed: bool) -> Standing[ContentT]:
    """What stands when this newer version is known to be, and whether it was withdrawn, but its content is not known here."""
    if closed:
        return withdrawn(standing, version, reason=standing.reason)
    return replace(standing, version=version, withdrawn=False) if version > standing.version else standing


def withdrawn(standing: Standing[ContentT], version: int, *, reason: str | None = None) -> Standing[ContentT]:
    """What stands after this version, and all before it, were withdrawn."""
    if version >= standing.version:
        standing = replace(standing, version=version, withdrawn=True)
    if version > standing.withdrawn_version:
        standing = replace(standing, withdrawn_version=version, reason=reason)
    return standing


def buried(standing: Standing[ContentT]) -> Standing[ContentT]:
    """What stands after a tombstone, which has no version: the newest version that is known is withdrawn."""
    return withdrawn(standing, standing.version) if standing.version else standing
