"""The directory of an embedded index: who may use it, and what vector space it holds."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from samspil.adapters.vectors.layout import LAYOUT
from samspil.errors import IndexUnavailable, Misconfigured
from samspil.ports import Entity

_LOCK = "lock"
_IDENTITY = "index.json"


class IndexDirectory:
    """`<path>/index.json` says the vector space, `<path>/<space>/<entity>` are the shards, `<path>/lock` keeps others out."""

    def __init__(self, path: Path, *, space: str, dimension: int) -> None:
        self.path = path
        self._identity = {"layout": LAYOUT, "space": space, "dimension": dimension}
        self._space = space
        # Not bound to a thread: the one that opens an index need not be the one that closes it.
        self._lock = FileLock(path / _LOCK, timeout=0, thread_local=False)

    def shard(self, entity: Entity) -> Path:
        """Where the shard of an entity lies."""
        return self.path / self._space / entity.value

    def begin(self, shard: Path) -> Path:
        """A place beside the shard in which to make it. A crash half-way leaves nothing that looks like a shard."""
        draft = _draft_of(shard)
        if draft.exists():
            shutil.rmtree(draft)
        return draft

    def finish(self, shard: Path) -> None:
        """Move the shard, complete and closed, to its place."""
        _draft_of(shard).rename(shard)
        _force(shard.parent)

    @contextmanager
    def acquired(self) -> Iterator[None]:
        """Take the directory for this process, check or write what it holds, and let the caller open it.

        The lock is the operating system's, so it goes with the process, however that ends. It is kept until `release`.

        Raises:
            IndexUnavailable: another process, or another index in this one, has it.
            Misconfigured: it holds another vector space or layout, or it cannot be read and written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._take_lock()
            self._check_identity()
            (self.path / self._space).mkdir(exist_ok=True)
            yield
        except OSError as error:
            raise Misconfigured(
                f"The vector index under {self.path} cannot be read and written: {error.strerror}.",
                hint="Check its owner and permissions, or choose another directory with SAMSPIL_DATA_DIR.",
            ) from error

    def release(self) -> None:
        """Let the next process in."""
        self._lock.release()

    def _take_lock(self) -> None:
        try:
            self._lock.acquire()
        except Timeout as error:
            raise IndexUnavailable(
                f"Another Samspil process uses this data directory ({self.path}).",
                hint="Stop it, or choose another with SAMSPIL_DATA_DIR.",
            ) from error

    def _check_identity(self) -> None:
        file = self.path / _IDENTITY
        if not file.exists():
            _write_durably(file, json.dumps(self._identity))
            return
        stored = _read(file)
        if stored == self._identity:
            return
        raise Misconfigured(
            f"The vector index under {self.path} holds the vector space {stored.get('space')!r} "
            f"(dimension {stored.get('dimension')}, layout {stored.get('layout')}), "
            f"not {self._space!r} (dimension {self._identity['dimension']}, layout {LAYOUT}).",
            hint="Start with the model that filled it, or with another data directory.",
        )


def _read(file: Path) -> dict[str, Any]:
    try:
        stored = json.loads(file.read_bytes())
    except ValueError as error:
        raise _unreadable(file) from error
    if not isinstance(stored, dict):
        raise _unreadable(file)
    return stored


def _unreadable(file: Path) -> Misconfigured:
    return Misconfigured(
        f"{file} is not what Samspil wrote, so the vector space of the index is not known.",
        hint="Restore the file from a backup, or start with another data directory.",
    )


def _write_durably(file: Path, text: str) -> None:
    draft = _draft_of(file)
    with draft.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
    _force(file.parent)


def _draft_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.draft")


def _force(directory: Path) -> None:
    """Force the directory's own entries to the disk: a rename is not durable before."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
