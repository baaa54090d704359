"""The vector index: one behaviour (`index`), one layout (`layout`), two engines (`edge`, `qdrant`)."""

import re
from pathlib import Path

from samspil.adapters.vectors.edge import EdgeStore
from samspil.adapters.vectors.index import StoredIndex
from samspil.adapters.vectors.store import MEMORY
from samspil.errors import Misconfigured
from samspil.ports import VectorIndex

__all__ = ["open_index"]

_EDGE = "edge:"
# It names collections and directories.
_SPACE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


async def open_index(url: str, *, space: str, dimension: int, api_key: str | None = None) -> VectorIndex:
    """Open the index of a vector space, or make an empty one.

    Args:
        url: `edge:///absolute/path` or `edge:relative/path` (a directory of this process alone), `http(s)://host:port` (a Qdrant
            server; `?grpc_port=6334` asks for gRPC), or `:memory:` (gone when closed).
        space: the id of the vector space. An index that holds another one is refused.
        dimension: the length of a vector.
        api_key: the key of a Qdrant server.

    Raises:
        IndexUnavailable: the engine does not answer, or another process has the directory.
        Misconfigured: the URL cannot be read, or the index holds another vector space.
    """
    if not _SPACE.fullmatch(space):
        raise Misconfigured(
            f"The vector space {space!r} cannot name a collection.", hint="Use at most 64 lower-case letters, digits and hyphens."
        )
    if url.startswith(_EDGE):
        edge = await EdgeStore.open(_directory(url), space=space, dimension=dimension)
        return StoredIndex(edge, dimension=dimension)
    if url == MEMORY or url.startswith(("http://", "https://")):
        # Qdrant's client takes most of a second to import, which every command would wait for.
        from samspil.adapters.vectors.qdrant import QdrantStore  # noqa: PLC0415

        qdrant = await QdrantStore.open(url, space=space, dimension=dimension, api_key=api_key)
        return StoredIndex(qdrant, dimension=dimension)
    raise Misconfigured(
        f"The index URL {url!r} has no scheme that Samspil knows.", hint="Use edge:///path, http(s)://host:6333 or :memory:."
    )


def _directory(url: str) -> Path:
    place = url.removeprefix(_EDGE)
    if place.startswith("//"):
        place = place.removeprefix("//")
        if not place.startswith("/"):
            raise Misconfigured(
                f"The index URL {url!r} has a host where its path should begin.",
                hint="Write three slashes for an absolute path (edge:///var/lib/samspil), or none for a relative one.",
            )
    if not place:
        raise Misconfigured(f"The index URL {url!r} names no directory.", hint="Write edge:///path or edge:path.")
    return Path(place)
