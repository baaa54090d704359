"""Output whose reader is slow, absent or gone must not hold up who writes."""

import fcntl
import io
import os
import subprocess
import sys
import threading
from contextlib import suppress

import pytest

from samspil.output import Unblocked, unblocked

SMALL = 4096


@pytest.fixture
def pipe():
    """A reading descriptor and a text stream that writes to it; the pipe holds 4 KiB where the system lets it be set."""
    reading, writing = os.pipe()
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, SMALL)
    stream = os.fdopen(writing, "w", encoding="utf-8")
    yield reading, stream
    stream.close()
    with suppress(OSError):
        os.close(reading)


def read_all(reading):
    with os.fdopen(reading, encoding="utf-8") as pipe:
        return pipe.read()


def test_what_is_written_comes_out_in_its_order(pipe):
    reading, stream = pipe
    with unblocked(stream, patient=True) as quick:
        for number in range(100):
            quick.write(f"{number} blåbær\n")
    stream.close()
    assert read_all(reading) == "".join(f"{number} blåbær\n" for number in range(100))


def test_a_reader_that_does_not_read_holds_up_nobody_and_learns_how_much_it_missed(pipe):
    reading, stream = pipe
    line = "x" * (SMALL - 1) + "\n"
    quick = Unblocked(stream, held=3)
    for _ in range(200):
        quick.write(line)
    found = io.StringIO()
    reader = threading.Thread(target=lambda: found.write(read_all(reading)))
    reader.start()
    assert quick.written()
    stream.close()
    reader.join()
    *lines, last = found.getvalue().splitlines()
    missed = int(last.split()[1])
    assert missed > 0
    assert len(lines) + missed == 200


def test_a_reader_that_has_gone_is_no_error(pipe):
    reading, stream = pipe
    os.close(reading)
    with unblocked(stream, patient=True) as quick:
        quick.write("nobody reads this\n")
        quick.write("nor this\n")


def test_a_stream_without_a_descriptor_is_left_as_it_is():
    stream = io.StringIO()
    with unblocked(stream) as same:
        assert same is stream


def test_it_says_what_the_stream_behind_it_is(pipe):
    _, stream = pipe
    with unblocked(stream) as quick:
        assert (quick.fileno(), quick.isatty(), quick.encoding, quick.writable()) == (stream.fileno(), False, "utf-8", True)


def test_a_block_that_fails_does_not_wait_for_its_reader(pipe):
    _, stream = pipe

    def write_and_break() -> None:
        with unblocked(stream, patient=True) as quick:
            quick.write("x" * (100 * SMALL))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_and_break()


def test_a_service_whose_log_nobody_reads_goes_on_and_ends():
    script = """
import logging
from samspil.observability import configure_logging
configure_logging()
for number in range(5000):
    logging.getLogger("x").warning("line %s", number)
print("done")
"""
    reading, writing = os.pipe()
    try:
        done = subprocess.run(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=writing, timeout=60, check=False, text=True
        )
    finally:
        os.close(reading)
        os.close(writing)
    assert (done.returncode, done.stdout) == (0, "done\n")
