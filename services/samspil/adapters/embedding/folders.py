"""Folders that are made once and trusted afterwards: whole or absent, checksummed, made again when damaged.

A folder is built beside its place and renamed into it, so a crash leaves no half folder, and of two processes that start at once
one builds while the other waits.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
from filelock import FileLock, Timeout

from samspil.errors import Misconfigured, ModelUnavailable

MANIFEST = "manifest.json"
_STAMP = ".verified.json"
_LOCK_SECONDS = 600  # a hundred times what building takes

log = structlog.get_logger(__name__)


def ensure_folder(folder: Path, *, build: Callable[[Path], None]) -> Path:
    """Return the folder, verified; build it first if it is absent or damaged.

    Args:
        folder: where it shall stand. Its name must change with what `build` writes.
        build: writes all files into the empty folder that it is given.

    Raises:
        Misconfigured: the place cannot be written.
        ModelUnavailable: another process has been building it for ten minutes.
    """
    if _is_whole(folder):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            # Another process may have built it while this one waited.
            if not _is_whole(folder):
                _rebuild(folder, build)
    except OSError as error:
        raise Misconfigured(
            f"The model cannot be unpacked into {folder.parent} ({error}).",
            hint="Free about 600 MB there or name another place in SAMSPIL_CACHE_DIR.",
        ) from error
    return folder


def file_hash(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    lock = FileLock(folder.parent / f".{folder.name}.lock", timeout=_LOCK_SECONDS)
    try:
        with lock:
            yield
    except Timeout as error:
        raise ModelUnavailable(
            f"Another process has been unpacking the model into {folder.parent} for ten minutes.", hint="Stop it and start again."
        ) from error


def _rebuild(folder: Path, build: Callable[[Path], None]) -> None:
    for left_over in folder.parent.glob(f".{folder.name}.new-*"):  # of a process that was killed: the lock is ours
        shutil.rmtree(left_over, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.new-", dir=folder.parent))
    try:
        build(fresh)
        _seal(fresh)
        fresh.chmod(0o755)
        if folder.exists():
            log.warning("damaged_model_folder_replaced", folder=str(folder))
            # Renamed before it is removed: whoever has it open keeps reading the old files.
            folder.rename(fresh.with_name(f"{fresh.name}-old"))
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(fresh.with_name(f"{fresh.name}-old"), ignore_errors=True)


def _seal(folder: Path) -> None:
    """Write the manifest, and all files through to the disk: a name must never survive a power cut that its content does not."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    files = {name: {"size": (folder / name).stat().st_size, "sha256": file_hash(folder / name)} for name in names}
    (folder / MANIFEST).write_text(json.dumps({"files": files}, indent=1))
    (folder / _STAMP).write_text(json.dumps(_times(folder, list(files))))
    for name in (*names, MANIFEST):
        _sync(folder / name)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_whole(folder: Path) -> bool:
    """Sizes always; contents only when a file is not the one that was last verified."""
    try:
        files = _read_json(folder / MANIFEST)["files"]
        if not files or any((folder / name).stat().st_size != entry["size"] for name, entry in files.items()):
            return False
        times = _times(folder, list(files))
        if _read_json(folder / _STAMP) == times:
            return True
        if any(file_hash(folder / name) != entry["sha256"] for name, entry in files.items()):
            return False
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    _write_stamp(folder, times)
    return True


def _write_stamp(folder: Path, times: dict[str, int]) -> None:
    try:
        fresh = folder / f"{_STAMP}.{os.getpid()}"
        fresh.write_text(json.dumps(times))
        fresh.replace(folder / _STAMP)
    except OSError:  # a read-only cache is verified at each start instead
        log.info("model_folder_not_stamped", folder=str(folder))


def _times(folder: Path, names: list[str]) -> dict[str, int]:
    return {name: (folder / name).stat().st_mtime_ns for name in (MANIFEST, *names)}


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    return content if isinstance(content, dict) else {}
