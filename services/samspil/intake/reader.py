"""Files and folders into outcomes: finds files, recognises each by its content, and gives one outcome for each notice or row."""

import json
import stat
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path

from pydantic import ValidationError

from samspil.intake import csv, eforms, jsonl
from samspil.intake.eforms import tree
from samspil.intake.outcomes import Outcome, Place, RefusalKind, RefusedItem, Unusable, refused

_HEAD_BYTES = 256_000
_LINES_TRIED = 50
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BINARY = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "ZIP (or Excel or Word)",
    b"%PDF": "PDF",
    b"\xd0\xcf\x11\xe0": "old Excel or Word",
    b"BZh": "bzip2",
}
_READ = "eForms XML, JSON lines and CSV with a header are read"


class Format(StrEnum):
    """How a file is read."""

    XML = "xml"
    JSON_LINES = "json lines"
    JSON = "json"
    CSV = "csv"


def walk(paths: Sequence[Path]) -> tuple[list[Path], list[RefusedItem]]:
    """The files that the paths name or hold, each once, in the order of the paths and sorted within folders.

    Hidden files and folders are passed over. A link within a folder is not followed: what it leads to in the same folder is found
    there, and a link out of it is refused. What is no file (a pipe, a device) is refused without being opened.
    """
    found: dict[Path, None] = {}
    refusals: list[RefusedItem] = []
    for path in paths:
        try:
            if path.is_dir():
                for outcome in _in_folder(path, root=path.resolve()):
                    _keep(outcome, found, refusals)
            else:
                _keep(_regular(path), found, refusals)
        except OSError as error:
            refusals.append(_no_file(path, f"It cannot be read: {(error.strerror or 'unknown error').lower()}."))
    return list(found), refusals


def _keep(outcome: Path | RefusedItem, found: dict[Path, None], refusals: list[RefusedItem]) -> None:
    if isinstance(outcome, RefusedItem):
        refusals.append(outcome)
    else:
        found.setdefault(outcome)


def _in_folder(folder: Path, *, root: Path) -> Iterator[Path | RefusedItem]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        try:
            if path.is_symlink():
                if not path.resolve().is_relative_to(root):
                    yield _no_file(path, "It is a link that leads out of the folder; import what it leads to by name.")
            elif path.is_dir():
                yield from _in_folder(path, root=root)
            else:
                yield _regular(path)
        except (OSError, RuntimeError):  # no permission; a link in a circle
            yield _no_file(path, "It cannot be read; look at its permissions.")


def _regular(path: Path) -> Path | RefusedItem:
    if not path.exists():
        return _no_file(path, "There is no such file.")
    return path if stat.S_ISREG(path.stat().st_mode) else _no_file(path, "It is no ordinary file.")


def _no_file(path: Path, reason: str) -> RefusedItem:
    return RefusedItem(path=path, line=None, reason=reason, kind=RefusalKind.NO_FILE)


def read_paths(paths: Sequence[Path]) -> Iterator[Outcome]:
    """An outcome for each notice and row of all files, those that cannot be opened first."""
    files, refusals = walk(paths)
    yield from refusals
    chains = eforms.Chains.among(files)
    for path in files:
        yield from read_file(path, chains=chains)


def read_file(path: Path, *, chains: eforms.Chains) -> Iterator[Outcome]:
    """An outcome for each notice and row of a file; one refusal for a file that cannot be read at all."""
    at = Place(path=path)
    try:
        with path.open("rb") as opened:
            head = opened.read(_HEAD_BYTES)
        match recognise(head):
            case Format.XML, _:
                yield _notice(path, chains=chains)
            case Format.JSON_LINES, _:
                yield from jsonl.read_lines(path)
            case Format.JSON, _:
                yield from jsonl.read_document(path)
            case Format.CSV, delimiter:
                yield from csv.read_table(path, delimiter=delimiter)
    except Unusable as error:
        yield refused(error, at=at)
    except OSError as error:
        yield _no_file(path, f"It cannot be read: {(error.strerror or 'unknown error').lower()}.")


def recognise(head: bytes) -> tuple[Format, str]:
    """The format that the beginning of a file shows, with the delimiter of CSV.

    Raises:
        Unusable: it is empty, or of no format that is read; the reason names the format where it is known.
    """
    start = head.removeprefix(_BOM).lstrip()
    if not start:
        raise Unusable(RefusalKind.UNREADABLE, "The file is empty.")
    if start.startswith(b"<") or (head.startswith(_UTF16) and head[2:6].strip(b"\x00").startswith(b"<")):
        return Format.XML, ""
    for magic, known in _BINARY.items():
        if start.startswith(magic):
            raise Unusable(RefusalKind.UNSUPPORTED, f"It is {known}; unpack or export it first ({_READ}).")
    if head.startswith(_UTF16) or b"\x00" in head:
        raise Unusable(RefusalKind.UNREADABLE, f"It is UTF-16 or no text; save it as UTF-8 ({_READ}).")
    lines = start.splitlines()
    # A document printed over many lines begins with a bracket alone; it may hold an object on a line of its own further down.
    if lines[0].strip() not in {b"{", b"["} and any(_is_object(line) for line in lines[:_LINES_TRIED]):
        return Format.JSON_LINES, ""
    if start[:1] in {b"{", b"["}:
        # An object that does not fit into the head is a line all the same.
        long_line = start[:1] == b"{" and len(lines) == 1 and len(head) == _HEAD_BYTES
        return (Format.JSON_LINES if long_line else Format.JSON), ""
    if delimiter := csv.delimiter_of(lines[0].decode(errors="replace").strip()):
        return Format.CSV, delimiter
    raise Unusable(RefusalKind.UNSUPPORTED, f"It is of no format that is read ({_READ}).")


def _is_object(line: bytes) -> bool:
    line = line.strip()
    if not (line.startswith(b"{") and line.endswith(b"}")):
        return False
    try:
        return isinstance(json.loads(line.decode(errors="replace")), dict)
    except (ValueError, RecursionError):
        return False


def _notice(path: Path, *, chains: eforms.Chains) -> Outcome:
    at = Place(path=path)
    if path.stat().st_size > eforms.XML_BYTES_MAX:
        raise Unusable(RefusalKind.TOO_LARGE, f"The XML is larger than {eforms.XML_BYTES_MAX // 1_000_000} MB.")
    root = eforms.parse(path.read_bytes())
    if eforms.is_eforms(root):
        try:
            return eforms.read_notice(root, source=at, chains=chains)
        except ValidationError as error:
            fields = ", ".join(sorted({".".join(str(step) for step in wrong["loc"]) for wrong in error.errors()}))
            raise Unusable(RefusalKind.INVALID, f"It does not fit the contract: {fields}.") from error
    if tree.name(root).startswith("TED_EXPORT"):
        raise Unusable(
            RefusalKind.UNSUPPORTED,
            "It is TED_EXPORT, the XML of TED before eForms, which is not read yet; use the eForms notice.",
        )
    raise Unusable(RefusalKind.UNSUPPORTED, f"It is XML, but no eForms notice: its root element is {tree.name(root)[:60]}.")
