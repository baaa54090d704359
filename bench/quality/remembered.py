"""Vectors of the texts of the bench, kept between runs: a change of the scorer is measured in seconds."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from samspil.ports import Embedder, EmbedText, Vectors

_CHUNK = 128


class RememberedEmbedder:
    """An embedder that asks another one only for what it has not been asked before, in this or an earlier run."""

    def __init__(self, embedder: Embedder, connection: sqlite3.Connection) -> None:
        self._embedder = embedder
        self._connection = connection
        self._known: dict[bytes, Vectors] = {}

    @property
    def space(self) -> str:
        """The id of the vector space."""
        return self._embedder.space

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return self._embedder.dimension

    async def embed(self, texts: Sequence[EmbedText]) -> Vectors:
        """Return unit vectors, shape (len(texts), dimension), float32.

        Raises:
            ModelUnavailable: the model cannot answer now.
        """
        await self.learn(texts)
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return np.stack([self._known[_key(text)] for text in texts])

    async def learn(self, texts: Sequence[EmbedText], *, done: Callable[[int, int], None] = lambda _done, _all: None) -> None:
        """Embed what is not known yet, the longest first, and say how many are done of how many.

        Raises:
            ModelUnavailable: the model cannot answer now.
        """
        missing = self._missing(texts)
        ordered = sorted(missing, key=lambda key: -len(missing[key].text))  # of one length, a batch has no padding
        for start in range(0, len(ordered), _CHUNK):
            keys = ordered[start : start + _CHUNK]
            vectors = await self._embedder.embed([missing[key] for key in keys])
            self._known |= dict(zip(keys, vectors, strict=True))
            rows = [(key, vector.astype(np.float32).tobytes()) for key, vector in zip(keys, vectors, strict=True)]
            with self._connection:
                self._connection.executemany("insert or replace into vectors values (?, ?)", rows)
            done(start + len(keys), len(ordered))

    def _missing(self, texts: Sequence[EmbedText]) -> dict[bytes, EmbedText]:
        missing = {key: text for text in texts if (key := _key(text)) not in self._known}
        for key in list(missing):
            row = self._connection.execute("select vector from vectors where key = ?", (key,)).fetchone()
            if row is not None:
                self._known[key] = np.frombuffer(row[0], dtype=np.float32)
                del missing[key]
        return missing


def _key(text: EmbedText) -> bytes:
    named = f"{text.kind.value}\n{text.language}\n{text.text}".encode("utf-8", "replace")
    return hashlib.blake2b(named, digest_size=20).digest()


@contextmanager
def remembered(embedder: Embedder, *, folder: Path) -> Iterator[RememberedEmbedder]:
    """The embedder, with what the folder remembers of its vector space."""
    folder.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(folder / f"{embedder.space}.sqlite", timeout=60)
    try:
        connection.execute("pragma journal_mode = wal")
        connection.execute("create table if not exists vectors (key blob primary key, vector blob not null) without rowid")
        yield RememberedEmbedder(embedder, connection)
    finally:
        connection.close()
