"""Output that waits for nobody.

A terminal that is held (Ctrl-S), `less`, or a pipe that nobody reads takes no more than the pipe holds; the next write would
stand still, and with it the event loop and every consumer. Here a thread of its own writes; what does not fit in its queue is
left out, and the gap is told.
"""

import io
import os
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

_HELD = 5_000  # writes; about as many lines
_CLOSE_S = 1.0


class Unblocked(io.TextIOBase, TextIO):
    """A text stream before another one: `write` returns at once; the pieces come out in their order.

    A reader that has gone (`| head`) is no error: what comes after is dropped.
    """

    def __init__(self, stream: TextIO, *, held: int = _HELD) -> None:
        """Write to the descriptor of `stream`; hold up to so many pieces.

        Raises:
            io.UnsupportedOperation: the stream has no descriptor.
        """
        self._stream = stream
        self._descriptor = stream.fileno()
        self._pieces: queue.Queue[str | None] = queue.Queue(held)
        self._left_out = 0
        self._writer = threading.Thread(target=self._write_all, name="output", daemon=True)
        self._writer.start()

    def write(self, text: str, /) -> int:
        """Take the text; it is written by and by, or left out if too much waits."""
        try:
            self._pieces.put_nowait(self._gap() + text)
        except queue.Full:
            self._left_out += max(1, text.count("\n"))
        else:
            self._left_out = 0
        return len(text)

    def flush(self) -> None:
        """Do nothing: every piece is written as soon as it can be."""

    def writable(self) -> bool:
        """True: it can be written to."""
        return True

    def fileno(self) -> int:
        """The descriptor behind it."""
        return self._descriptor

    def isatty(self) -> bool:
        """Whether a terminal is behind it."""
        return self._stream.isatty()

    @property
    def encoding(self) -> str:  # type: ignore[override]  # typeshed has an attribute here
        """As the stream behind it."""
        return self._stream.encoding

    def written(self, *, within: float | None = None) -> bool:
        """Wait until everything is out, for so many seconds at most; returns whether it is. Nothing is taken after it."""
        with suppress(queue.Full):
            self._pieces.put(self._gap(), timeout=within)
            self._pieces.put(None, timeout=within)
        self._writer.join(within)
        return not self._writer.is_alive()

    def _gap(self) -> str:
        return f"… {self._left_out} lines were left out: the reader of this output was too slow.\n" if self._left_out else ""

    def _write_all(self) -> None:
        gone = False
        while (piece := self._pieces.get()) is not None:
            data = piece.encode(self._stream.encoding, errors="replace")
            while data and not gone:
                try:
                    data = data[os.write(self._descriptor, data) :]
                except OSError:
                    gone = True


@contextmanager
def unblocked(stream: TextIO, *, patient: bool = False) -> Iterator[TextIO]:
    """The stream, made to wait for nobody until the block ends; as it is, where it has no descriptor.

    patient: when the block ends well, wait for a slow reader until it has everything.
    """
    try:
        quick = Unblocked(stream)
    except (io.UnsupportedOperation, AttributeError):
        yield stream
        return
    stream.flush()
    within: float | None = _CLOSE_S
    try:
        yield quick
        within = None if patient else _CLOSE_S
    finally:
        quick.written(within=within)
