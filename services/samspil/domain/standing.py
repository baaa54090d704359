"""Versions of a need or profile, joined in any order into what stands.

The newest version holds; a withdrawal is newer than the same version published, and a higher version opens again. Every function
here gives the same result for the same set of events in every order, and for repeats.
"""

from dataclasses import replace
from typing import TypeVar

from samspil.ports import Standing

ContentT = TypeVar("ContentT")


def published(standing: Standing[ContentT], version: int, content: ContentT) -> Standing[ContentT]:
    """What stands after this version was published. Of two contents with one version, the first that was seen holds."""
    if version > standing.version:
        standing = replace(standing, version=version, withdrawn=False)
    if version > standing.content_version:
        standing = replace(standing, content_version=version, content=content)
    return standing


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
