"""CSV with a header: one need or supplier a row, in the flat shape."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from samspil.intake.jsonl import not_utf8
from samspil.intake.outcomes import Outcome, Place, RefusalKind, Unusable, refused
from samspil.intake.rows import read_row

CSV_BYTES_MAX = 200_000_000
_DELIMITERS = ",;\t|"
_NEED = ({"title", "text", "description"}, {"buyer", "buyer_name"})
_SUPPLIER = ({"name"}, {"text", "description"})


def delimiter_of(header: str) -> str | None:
    """The delimiter of a header line that names what a need or a supplier has; None where it is no such header."""
    for delimiter in _DELIMITERS:
        try:
            names = _names(next(csv.reader([header], delimiter=delimiter), []))
        except csv.Error:  # a cell longer than csv reads
            return None
        if any(all(group & set(names) for group in shape) for shape in (_NEED, _SUPPLIER)):
            return delimiter
    return None


def read_table(path: Path, *, delimiter: str) -> Iterator[Outcome]:
    """An outcome for each row that is not empty, with the number of the line on which it ends.

    Raises:
        Unusable: the file is too large.
    """
    if path.stat().st_size > CSV_BYTES_MAX:
        raise Unusable(RefusalKind.TOO_LARGE, f"The CSV is larger than {CSV_BYTES_MAX // 1_000_000} MB; split it.")
    with path.open("rb") as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as opened:
        rows = csv.reader(opened, delimiter=delimiter, strict=True)
        names: list[str] = []
        while True:
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                broken = Unusable(RefusalKind.UNREADABLE, f"The CSV is broken: {str(error).rstrip('.')}.")
                yield refused(broken, at=Place(path=path, line=rows.line_num))
                continue
            except UnicodeDecodeError as error:
                yield refused(not_utf8(error), at=Place(path=path, line=rows.line_num + 1))
                return
            if not any(cell.strip() for cell in cells):
                continue
            if names:
                yield _outcome(names, cells, at=Place(path=path, line=rows.line_num))
            else:
                names = _names(cells)


def _outcome(names: list[str], cells: list[str], *, at: Place) -> Outcome:
    if len(cells) > len(names):
        reason = f"The row has {len(cells)} cells, and the header names {len(names)}; quote texts with delimiters."
        return refused(Unusable(RefusalKind.UNREADABLE, reason), at=at)
    try:
        return read_row(dict(zip(names, cells, strict=False)), source=at, kind="csv")
    except Unusable as error:
        return refused(error, at=at)


def _names(header: list[str]) -> list[str]:
    return [name.strip().lower() for name in header]
