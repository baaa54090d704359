"""JSON lines: one need or profile a line. A line that cannot be taken is refused with its number, and the rest goes on."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from samspil.intake.outcomes import Outcome, Place, RefusalKind, Unusable, refused
from samspil.intake.rows import read_row, refuse_ocds

LINE_BYTES_MAX = 4_000_000  # a statement with every text and list at its limit has about 2.5 MB
DOCUMENT_BYTES_MAX = 20_000_000
_BOM = b"\xef\xbb\xbf"


def read_lines(path: Path) -> Iterator[Outcome]:
    """An outcome for each line that is not blank."""
    with path.open("rb") as opened:
        number = 0
        while line := opened.readline(LINE_BYTES_MAX + 1):
            number += 1
            at = Place(path=path, line=number)
            if len(line) > LINE_BYTES_MAX and not line.endswith(b"\n"):
                _skip_line(opened)
                reason = f"The line is longer than {LINE_BYTES_MAX // 1_000_000} MB."
                yield refused(Unusable(RefusalKind.TOO_LARGE, reason), at=at)
            elif (line.removeprefix(_BOM) if number == 1 else line).strip():
                yield _row(line, at=at)


def _row(line: bytes, *, at: Place) -> Outcome:
    try:
        return read_row(decoded(line), source=at, kind="jsonl")
    except Unusable as error:
        return refused(error, at=at)


def read_document(path: Path) -> Iterator[Outcome]:
    """An outcome for each object of a file that is one JSON document: an object, or a list of them.

    Raises:
        Unusable: the document is too large, broken or of another format.
    """
    if path.stat().st_size > DOCUMENT_BYTES_MAX:
        raise Unusable(
            RefusalKind.TOO_LARGE,
            f"The JSON is larger than {DOCUMENT_BYTES_MAX // 1_000_000} MB; write one object a line instead.",
        )
    document = decoded(path.read_bytes())
    if isinstance(document, dict):
        refuse_ocds(document)
    for row in document if isinstance(document, list) else [document]:
        at = Place(path=path)
        try:
            yield read_row(row, source=at, kind="jsonl")
        except Unusable as error:
            yield refused(error, at=at)


def decoded(data: bytes) -> object:
    """What the JSON says.

    Raises:
        Unusable: it is not UTF-8, or no JSON.
    """
    try:
        return json.loads(data.removeprefix(_BOM).decode())
    except UnicodeDecodeError as error:
        raise not_utf8(error) from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}" if error.lineno > 1 else f"column {error.colno}"
        raise Unusable(RefusalKind.UNREADABLE, f"The JSON is broken: {error.msg.lower()} at {where}.") from error
    except (RecursionError, ValueError) as error:  # nested without end; a number of thousands of digits
        raise Unusable(RefusalKind.UNREADABLE, "The JSON is nested too deeply or holds a number that is too long.") from error


def not_utf8(error: UnicodeDecodeError) -> Unusable:
    """The refusal of a text that is not UTF-8, with what to do about it."""
    byte = error.object[error.start]
    return Unusable(
        RefusalKind.UNREADABLE,
        f"It is not UTF-8 (byte 0x{byte:02X}), perhaps Latin-1; save it as UTF-8, for example with: iconv -f latin1 -t utf-8.",
    )


def _skip_line(opened: BinaryIO) -> None:
    while (more := opened.readline(LINE_BYTES_MAX)) and not more.endswith(b"\n"):
        pass
