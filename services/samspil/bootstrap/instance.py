"""One running Samspil on one data directory: who holds it, and where it can be reached.

The directory is locked by the process that runs services on it. `runtime.json`, readable by its owner alone, tells other commands
of the same user where the broker and the web are, with an operator's token that lives as long as the process.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from samspil.errors import Misconfigured


class Runtime(BaseModel):
    """Where the running instance can be reached."""

    model_config = ConfigDict(frozen=True)

    pid: int
    broker: str
    web: str | None = None
    token: str | None = None


def make_data_dir(path: Path) -> Path:
    """Make the directory, readable by its owner alone.

    Raises:
        Misconfigured: it cannot be made or written.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(
            f"The data directory {path} cannot be made: {error.strerror}.", hint="Choose another with SAMSPIL_DATA_DIR."
        ) from error
    if not os.access(path, os.W_OK):
        raise Misconfigured(f"The data directory {path} cannot be written.", hint="Choose another with SAMSPIL_DATA_DIR.")
    return path


@contextmanager
def held(data_dir: Path) -> Iterator[None]:
    """Hold the data directory; the operating system lets go of it when the process ends, however it ends.

    Raises:
        Misconfigured: another process holds it.
    """
    lock = FileLock(data_dir / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise Misconfigured(
            f"Another Samspil runs on {data_dir}.", hint="Stop it, or choose another directory with SAMSPIL_DATA_DIR."
        ) from None
    try:
        yield
    finally:
        lock.release()


def is_held(data_dir: Path) -> bool:
    """True while a process runs services on the directory."""
    lock_file = data_dir / "lock"
    if not lock_file.exists():
        return False
    lock = FileLock(lock_file, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return True
    lock.release()
    return False


@contextmanager
def announced(data_dir: Path, runtime: Runtime) -> Iterator[None]:
    """Write `runtime.json` for as long as the block runs."""
    path = data_dir / "runtime.json"
    partial = path.with_suffix(".part")
    partial.touch(mode=0o600)
    partial.chmod(0o600)
    partial.write_text(runtime.model_dump_json(), encoding="utf-8")
    partial.replace(path)
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            path.unlink()


def running_on(data_dir: Path) -> Runtime | None:
    """Where the instance that holds the directory can be reached; None if there is none, or it is not up yet."""
    if not is_held(data_dir):
        return None
    try:
        return Runtime.model_validate(json.loads((data_dir / "runtime.json").read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, ValidationError):
        return None
