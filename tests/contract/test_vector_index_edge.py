"""The embedded index keeps what it flushed, lets one process in, and says clearly what is wrong."""

import asyncio
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import qdrant_edge

from samspil.adapters.vectors import open_index
from samspil.adapters.vectors.edge import EdgeStore
from samspil.errors import IndexUnavailable, Misconfigured
from samspil.ports import Entity, Head
from tests.contract.vector_indexes import (
    DIMENSION,
    SPACE,
    a_directory,
    a_point,
    a_vector,
    a_withdrawal,
    an_entry,
    found,
    in_directory,
)

SUPPLIERS = Entity.SUPPLIERS
ROOT = Path(__file__).parents[2]

# Puts and flushes 40 owners, says so, and goes on putting others until it is killed.
PUTS_UNTIL_KILLED = """
import asyncio, sys
from pathlib import Path
from samspil.ports import Entity
from tests.contract.vector_indexes import a_point, a_withdrawal, an_entry, in_directory

async def main():
    index = await in_directory(Path(sys.argv[1]))
    await index.put(Entity.SUPPLIERS, [an_entry(f"kept-{n:02}", 1, a_point("a"), a_point("b")) for n in range(40)])
    await index.put(Entity.SUPPLIERS, [an_entry("kept-00", 2, a_point("b")), a_withdrawal("kept-01", 1)])
    await index.put(Entity.NEEDS, [an_entry("need", 3)])
    await index.flush()
    print("flushed", flush=True)
    for n in range(1_000_000):
        await index.put(Entity.SUPPLIERS, [an_entry(f"later-{n}", 1, a_point("a"), a_point("b"))])

asyncio.run(main())
"""

OPENS_AND_SAYS_WHY_NOT = """
import asyncio, sys
from pathlib import Path
from samspil.errors import SamspilError
from tests.contract.vector_indexes import in_directory

async def main():
    try:
        await in_directory(Path(sys.argv[1]))
    except SamspilError as error:
        print(type(error).__name__, error)

asyncio.run(main())
"""


@pytest.fixture
def directory() -> Iterator[Path]:
    with a_directory() as directory:
        yield directory


def in_another_process(script: str, directory: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", script, str(directory)], cwd=ROOT, stdout=subprocess.PIPE, text=True)


async def test_what_was_flushed_survives_a_kill(directory: Path) -> None:
    with in_another_process(PUTS_UNTIL_KILLED, directory) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "flushed\n"
        finally:
            process.kill()
    index = await in_directory(directory)
    try:
        kept = [f"kept-{n:02}" for n in range(40)]
        expected = {owner: Head(1) for owner in kept} | {"kept-00": Head(2), "kept-01": Head(1, withdrawn=True)}
        assert await index.heads(SUPPLIERS, kept) == expected
        assert await index.heads(Entity.NEEDS, ["need"]) == {"need": Head(3)}
        parts = [(owner, part) for owner, part in await found(index, limit=100_000) if owner.startswith("kept")]
        assert parts == [("kept-00", "b"), *((owner, part) for owner in kept[2:] for part in "ab")]
        # And it goes on from there.
        await index.put(SUPPLIERS, [a_withdrawal(owner, 9) for owner in kept])
        assert not [owner for owner, _ in await found(index, limit=100_000) if owner.startswith("kept")]
    finally:
        await index.close()


async def test_a_flush_reaches_the_files_that_are_forced_to_the_disk(directory: Path) -> None:
    index = await in_directory(directory)
    await index.put(SUPPLIERS, [an_entry("s-1"), an_entry("s-2")])
    assert points_without_log(directory, "before") == 0
    await index.flush()
    # Two heads and two statements.
    assert points_without_log(directory, "after") == 4
    await index.close()


def points_without_log(directory: Path, name: str) -> int:
    """How many points are left if the machine loses the log, which is written but not forced to the disk."""
    copy = directory.parent / name
    shutil.copytree(directory / SPACE / "suppliers", copy, ignore=shutil.ignore_patterns("wal"))
    shard = qdrant_edge.EdgeShard.load(str(copy))
    try:
        return shard.count(qdrant_edge.CountRequest(exact=True))
    finally:
        shard.close()


async def test_what_was_closed_is_there_when_opened_again(directory: Path) -> None:
    index = await in_directory(directory)
    await index.put(SUPPLIERS, [an_entry("s-1", 2, a_point(text="läckor", language="sv", payload={"æ": [1, None]}))])
    before = await found(index)
    await index.close()
    index = await in_directory(directory)
    assert await found(index) == before == [("s-1", "c1")]
    assert await index.heads(SUPPLIERS, ["s-1"]) == {"s-1": Head(2)}
    await index.close()


async def test_a_second_process_is_kept_out_and_told_why(directory: Path) -> None:
    index = await in_directory(directory)
    with in_another_process(OPENS_AND_SAYS_WHY_NOT, directory) as process:
        said = process.communicate()[0]
    assert said.startswith("IndexUnavailable Another Samspil process uses this data directory")
    assert "choose another with SAMSPIL_DATA_DIR" in said
    # The first is not disturbed.
    await index.put(SUPPLIERS, [an_entry()])
    assert await found(index) == [("s-1", "c1")]
    await index.close()


async def test_a_second_index_in_the_same_process_is_kept_out_until_the_first_closes(directory: Path) -> None:
    index = await in_directory(directory)
    with pytest.raises(IndexUnavailable, match="Another Samspil process"):
        await in_directory(directory)
    await index.close()
    await (await in_directory(directory)).close()


async def test_another_vector_space_or_dimension_is_refused_and_nothing_changes(directory: Path) -> None:
    index = await in_directory(directory)
    await index.put(SUPPLIERS, [an_entry()])
    await index.close()
    with pytest.raises(Misconfigured, match=f"'{SPACE}'.*not 'other-space'"):
        await in_directory(directory, space="other-space")
    with pytest.raises(Misconfigured, match=r"dimension 4.*dimension 5"):
        await in_directory(directory, dimension=5)
    assert not (directory / "other-space").exists()
    index = await in_directory(directory)
    assert await found(index) == [("s-1", "c1")]
    await index.close()


async def test_another_layout_is_refused(directory: Path) -> None:
    await (await in_directory(directory)).close()
    file = directory / "index.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"layout": 0}))
    with pytest.raises(Misconfigured, match="layout 0"):
        await in_directory(directory)


@pytest.mark.parametrize("content", ["", "{", "[]", "\udcff"])
async def test_a_directory_that_does_not_say_what_it_holds_is_refused(directory: Path, content: str) -> None:
    await (await in_directory(directory)).close()
    (directory / "index.json").write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(Misconfigured, match=r"index\.json is not what Samspil wrote"):
        await in_directory(directory)


async def test_a_place_that_is_no_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(Misconfigured, match="cannot be read and written"):
        await in_directory(tmp_path / "file")
    with pytest.raises(Misconfigured, match="cannot be read and written"):
        await in_directory(tmp_path / "file" / "below")
    assert (tmp_path / "file").read_text() == "mine"


async def test_a_shard_left_half_made_is_made_anew(directory: Path) -> None:
    draft = directory / SPACE / "needs.draft"
    draft.mkdir(parents=True)
    (draft / "edge_config.json").write_text("{")
    index = await in_directory(directory)
    await index.put(Entity.NEEDS, [an_entry("n-1", 1)])
    assert await found(index, Entity.NEEDS) == [("n-1", "c1")]
    await index.close()
    assert not draft.exists()


async def test_a_shard_that_cannot_be_read_is_reported_and_the_lock_let_go(directory: Path) -> None:
    await (await in_directory(directory)).close()
    config = directory / SPACE / "suppliers" / "edge_config.json"
    intact = config.read_bytes()
    config.write_text("{")
    with pytest.raises(IndexUnavailable, match="failed"):
        await in_directory(directory)
    config.write_bytes(intact)
    await (await in_directory(directory)).close()


async def test_a_relative_directory_lies_under_the_working_directory(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(directory.parent)
    await (await open_index("edge:here/index", space=SPACE, dimension=DIMENSION)).close()
    index = await open_index(f"edge://{directory.parent}/here/index", space=SPACE, dimension=DIMENSION)
    with pytest.raises(IndexUnavailable, match="Another Samspil process"):
        await open_index("edge:here/index", space=SPACE, dimension=DIMENSION)
    await index.close()


class PanicException(BaseException):
    """The name that a panic of the engine bears."""


@pytest.fixture
async def store(directory: Path) -> Any:
    store = await EdgeStore.open(directory, space=SPACE, dimension=DIMENSION)
    yield store
    await store.close()


@pytest.mark.parametrize("failure", [Exception("Service runtime error: disk full"), PanicException("index out of bounds")])
async def test_an_error_of_the_engine_is_index_unavailable(store: EdgeStore, failure: BaseException) -> None:
    def fails() -> None:
        raise failure

    with pytest.raises(IndexUnavailable, match=r"disk full|out of bounds") as caught:
        await store._call(fails)
    assert caught.value.__cause__ is failure


@pytest.mark.parametrize("mistake", [TypeError("not a list"), KeyError("x"), ValueError("no UUID"), AttributeError("x")])
async def test_a_mistake_of_ours_stays_what_it_is(store: EdgeStore, mistake: Exception) -> None:
    def fails() -> None:
        raise mistake

    with pytest.raises(type(mistake)) as caught:
        await store._call(fails)
    assert caught.value is mistake


async def test_every_call_of_the_engine_runs_in_one_thread_beside_the_loop(store: EdgeStore) -> None:
    threads = await asyncio.gather(*(store._call(threading.get_ident) for _ in range(20)))
    assert len(set(threads)) == 1
    assert threads[0] != threading.get_ident()


async def test_puts_and_searches_may_come_at_once(directory: Path) -> None:
    index = await in_directory(directory)
    puts = (index.put(SUPPLIERS, [an_entry(f"s-{n:02}", 1, a_point(vector=a_vector(1, n, 0, 0)))]) for n in range(20))
    searches = (found(index) for _ in range(20))
    await asyncio.gather(*puts, *searches)
    assert await found(index) == [(f"s-{n:02}", "c1") for n in range(20)]
    await index.close()
