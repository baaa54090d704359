"""The embedder: a cache, then one thread with the model."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from samspil.adapters.embedding.batching import EncodingThread, Job, closed
from samspil.observability import EMBEDDED_TEXTS
from samspil.ports import EmbedText, TextKind, Vectors


class VectorCache:
    """The vectors of the texts that were asked for last."""

    def __init__(self, *, entries: int) -> None:
        self._entries = entries
        self._vectors: OrderedDict[bytes, Vectors] = OrderedDict()

    def get(self, key: bytes) -> Vectors | None:
        """The vector, if it is still known."""
        vector = self._vectors.get(key)
        if vector is not None:
            self._vectors.move_to_end(key)
        return vector

    def put(self, key: bytes, vector: Vectors) -> None:
        """Keep a vector, and forget the one that nobody has asked for the longest."""
        self._vectors[key] = vector
        self._vectors.move_to_end(key)
        while len(self._vectors) > self._entries:
            self._vectors.popitem(last=False)


@dataclass
class _Shared:
    """A text under way, and how many callers wait for it."""

    job: Job
    callers: int = 0


class ThreadedEmbedder:
    """Turns texts into vectors of one space; all calls come from one event loop."""

    def __init__(self, thread: EncodingThread, *, space: str, dimension: int, cache_entries: int) -> None:
        self._thread = thread
        self._space = space
        self._dimension = dimension
        self._cache = VectorCache(entries=cache_entries)
        self._under_way: dict[bytes, _Shared] = {}
        self._closed = False

    @property
    def space(self) -> str:
        """The id of the vector space."""
        return self._space

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return self._dimension

    async def embed(self, texts: Sequence[EmbedText]) -> Vectors:
        """Return unit vectors, shape (len(texts), dimension), float32; an equal text has an equal vector.

        A caller that is cancelled leaves nothing behind: its texts are not encoded unless another caller waits for them.

        Raises:
            ModelUnavailable: the model failed, or it was closed.
        """
        if self._closed:
            raise closed()
        wanted = [_key(text) for text in texts]
        known = {key: vector for key in wanted if (vector := self._cache.get(key)) is not None}
        missing = {key: text for key, text in zip(wanted, texts, strict=True) if key not in known}
        EMBEDDED_TEXTS.labels(cached="yes").inc(sum(key in known for key in wanted))
        EMBEDDED_TEXTS.labels(cached="no").inc(sum(key not in known for key in wanted))
        if missing:
            known |= await self._encoded(missing)
        if not wanted:
            return np.zeros((0, self._dimension), dtype=np.float32)
        return np.stack([known[key] for key in wanted])

    async def close(self) -> None:
        """End the thread after the batch under way; calls that still wait fail as unavailable. Closing twice does nothing."""
        self._closed = True
        self._thread.stop()
        await asyncio.to_thread(self._thread.close)

    async def _encoded(self, texts: Mapping[bytes, EmbedText]) -> dict[bytes, Vectors]:
        """The model's vectors of texts that the cache does not know; a text that is under way already is waited for."""
        fresh = {key: _Shared(Job(_clean(text.text), text.kind)) for key, text in texts.items() if key not in self._under_way}
        self._thread.submit([shared.job for shared in fresh.values()])
        self._under_way |= fresh
        shares = {key: self._under_way[key] for key in texts}
        for shared in shares.values():
            shared.callers += 1
        try:
            # Shielded: a caller that is cancelled must not cancel the text for the others.
            vectors = await asyncio.gather(
                *(asyncio.shield(asyncio.wrap_future(shared.job.vector)) for shared in shares.values())
            )
        finally:
            for key, shared in shares.items():
                self._leave(key, shared)
        found = dict(zip(shares, vectors, strict=True))
        for key, vector in found.items():
            self._cache.put(key, vector)
        return found

    def _leave(self, key: bytes, shared: _Shared) -> None:
        shared.callers -= 1
        if shared.callers == 0:
            shared.job.vector.cancel()  # does nothing where it is done or being encoded
            if self._under_way.get(key) is shared:
                del self._under_way[key]


def _clean(text: str) -> str:
    """The text with a question mark for each half of a surrogate pair, which no tokenizer can read."""
    return text.encode("utf-8", "replace").decode()


def _key(text: EmbedText) -> bytes:
    """Names what the model reads: the kind and the text, not the language."""
    return hashlib.blake2b(text.text.encode("utf-8", "replace"), digest_size=16, salt=_SALTS[text.kind]).digest()


_SALTS = {kind: kind.value.encode() for kind in TextKind}
