"""Runs the command line as a person would: as a process of its own, on a data directory of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE_S = 180
_LOOK_S = 0.05


class Place:
    """A data directory, with the settings that keep a test fast and apart from everything else."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("SAMSPIL_")} | {
            "SAMSPIL_DATA_DIR": str(path),
            "SAMSPIL_MODEL": "hashing:256",
            "SAMSPIL_WEB_PORT": "0",
            "SAMSPIL_HEALTH_PORT": "0",
            "SAMSPIL_KAFKA_PARTITIONS": "3",
            "NO_COLOR": "1",
            "COLUMNS": "160",
        }

    def run(self, *arguments: str, timeout: float = PATIENCE_S) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            _command(arguments), env=self.env, capture_output=True, text=True, timeout=timeout, check=False, cwd=self.path.parent
        )

    def json(self, *arguments: str) -> Any:
        done = self.run(*arguments, "--json")
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    @contextmanager
    def up(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """`samspil up`, once it can be reached, and stopped at the end. Nobody reads what it prints: that must not hold it up."""
        with self.start("up", *arguments) as process:
            self.wait_for(lambda: (self.path / "runtime.json").exists() or process.poll() is not None)
            assert process.poll() is None, process.communicate()
            yield process

    @contextmanager
    def start(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A command that runs while the block does, and is stopped at the end."""
        process = subprocess.Popen(
            _command(arguments),
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.path.parent,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.communicate(timeout=PATIENCE_S)

    def runtime(self) -> Any:
        """Where the instance that runs can be reached."""
        return json.loads((self.path / "runtime.json").read_text(encoding="utf-8"))

    def kill(self, process: subprocess.Popen[str]) -> None:
        """As the power cut does it."""
        process.kill()
        process.wait(timeout=PATIENCE_S)
        (self.path / "runtime.json").unlink(missing_ok=True)

    def wait_for(self, condition: Any) -> None:
        """Look until the condition holds; a test that waits in vain fails here."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(_LOOK_S)


def _command(arguments: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "samspil.cli", *arguments]
