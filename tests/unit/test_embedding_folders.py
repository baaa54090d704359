import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from samspil.adapters.embedding.folders import MANIFEST, ensure_folder
from samspil.errors import Misconfigured

CONTENT = {"weights.bin": "weights " * 1000, "inner/config.json": "{}"}


class Build:
    """Writes the files, and counts how often."""

    def __init__(self, *, fails_after: int | None = None) -> None:
        self.times = 0
        self.fails_after = fails_after

    def __call__(self, folder: Path) -> None:
        self.times += 1
        for number, (name, content) in enumerate(CONTENT.items()):
            if number == self.fails_after:
                raise RuntimeError("power cut")
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(content)


def content(folder: Path) -> dict[str, str]:
    return {name: (folder / name).read_text() for name in CONTENT}


def test_a_folder_is_built_once_and_then_trusted(tmp_path):
    build = Build()
    for _ in range(3):
        assert content(ensure_folder(tmp_path / "cache" / "model", build=build)) == CONTENT
    assert build.times == 1


def test_a_crash_in_the_middle_leaves_no_half_folder(tmp_path):
    with pytest.raises(RuntimeError):
        ensure_folder(tmp_path / "model", build=Build(fails_after=1))
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []
    assert content(ensure_folder(tmp_path / "model", build=Build())) == CONTENT


def test_a_process_that_is_killed_while_it_builds_leaves_nothing_that_counts(tmp_path):
    program = f"""
import sys
from pathlib import Path
from samspil.adapters.embedding.folders import ensure_folder
def build(folder):
    (folder / "weights.bin").write_text("half")
    print("half", flush=True)
    sys.stdin.read()
ensure_folder(Path({str(tmp_path / "model")!r}), build=build)
"""
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": "services:schemas"},
    ) as process:
        assert process.stdout.readline() == b"half\n"
        assert not (tmp_path / "model").exists()
        process.send_signal(signal.SIGKILL)
    assert content(ensure_folder(tmp_path / "model", build=Build())) == CONTENT
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["model"]


def cut(folder):
    (folder / "weights.bin").write_text("short")


def changed_in_place(folder):
    path = folder / "weights.bin"
    path.write_text(CONTENT["weights.bin"].replace("w", "W"))
    os.utime(path, ns=(1, 1))


def deleted(folder):
    (folder / "inner/config.json").unlink()


def without_manifest(folder):
    (folder / MANIFEST).unlink()


def with_half_a_manifest(folder):
    (folder / MANIFEST).write_text((folder / MANIFEST).read_text()[:40])


def with_a_foreign_manifest(folder):
    (folder / MANIFEST).write_text(json.dumps({"files": ["weights.bin"]}))


def emptied_of_claims(folder):
    (folder / MANIFEST).write_text(json.dumps({"files": {}}))


@pytest.mark.parametrize(
    "damage",
    [cut, changed_in_place, deleted, without_manifest, with_half_a_manifest, with_a_foreign_manifest, emptied_of_claims],
)
def test_a_damaged_folder_is_built_again(tmp_path, damage):
    build = Build()
    folder = ensure_folder(tmp_path / "model", build=build)
    damage(folder)
    assert content(ensure_folder(folder, build=build)) == CONTENT
    assert build.times == 2
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["model"]


def test_a_copied_folder_with_other_times_is_verified_and_kept(tmp_path):
    build = Build()
    folder = ensure_folder(tmp_path / "model", build=build)
    os.utime(folder / "weights.bin", ns=(1, 1))
    (folder / ".verified.json").unlink()
    ensure_folder(folder, build=build)
    assert build.times == 1
    assert json.loads((folder / ".verified.json").read_text())["weights.bin"] == 1


def test_two_that_start_at_once_build_once(tmp_path):
    build, together, results = Build(), threading.Barrier(2), []

    def start() -> None:
        together.wait()
        results.append(content(ensure_folder(tmp_path / "model", build=build)))

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [CONTENT, CONTENT]
    assert build.times == 1


def test_whoever_has_a_replaced_file_open_reads_on(tmp_path):
    folder = ensure_folder(tmp_path / "model", build=Build())
    with (folder / "weights.bin").open() as file:
        deleted(folder)
        ensure_folder(folder, build=Build())
        assert file.read() == CONTENT["weights.bin"]


def test_a_place_that_cannot_be_written_is_refused_with_what_to_do(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(Misconfigured, match="SAMSPIL_CACHE_DIR"):
        ensure_folder(tmp_path / "file" / "model", build=Build())
