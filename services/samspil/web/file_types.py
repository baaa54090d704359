"""Which files can be published, and whether bytes are what they call themselves: nobody should download a surprise."""

import io
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from types import MappingProxyType

_ODT = "application/vnd.oasis.opendocument.text"
_OFFICE = "application/vnd.openxmlformats-officedocument"
_ENTRIES_MAX = 2_000  # a text document has some dozens; no more names than these are looked at
_MIMETYPE_MAX = 100
# What no plain text holds: controls other than tab, line feed, form feed and carriage return.
_CONTROLS = frozenset(range(32)) - {9, 10, 12, 13} | {127}


def _is_pdf(content: bytes) -> bool:
    return content.startswith(b"%PDF-")


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not any(ord(letter) in _CONTROLS for letter in text)


def _is_odt(content: bytes) -> bool:
    def has_its_type(archive: zipfile.ZipFile, names: list[str]) -> bool:
        if names[:1] != ["mimetype"] or archive.infolist()[0].file_size > _MIMETYPE_MAX:
            return False
        return archive.read("mimetype").strip() == _ODT.encode() and not any(name.startswith("Basic/") for name in names)

    return _in_archive(content, has_its_type)


def _has_part(part: str) -> Callable[[bytes], bool]:
    def has(_: zipfile.ZipFile, names: list[str]) -> bool:
        macros = any(name.lower().endswith("vbaproject.bin") for name in names)
        return "[Content_Types].xml" in names and part in names and not macros

    return lambda content: _in_archive(content, has)


def _in_archive(content: bytes, fits: Callable[[zipfile.ZipFile, list[str]], bool]) -> bool:
    """Whether it is an archive that fits. The list of its names is read, and nothing is unpacked but a small first part."""
    if not content.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            return len(names) <= _ENTRIES_MAX and fits(archive, names)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError):
        return False


_CHECKS: Mapping[str, Callable[[bytes], bool]] = MappingProxyType(
    {
        "application/pdf": _is_pdf,
        "text/plain": _is_text,
        "text/csv": _is_text,
        _ODT: _is_odt,
        f"{_OFFICE}.wordprocessingml.document": _has_part("word/document.xml"),
        f"{_OFFICE}.spreadsheetml.sheet": _has_part("xl/workbook.xml"),
    }
)
MEDIA_TYPES = tuple(_CHECKS)
# By the ending of a file's name, in small letters.
BY_ENDING: Mapping[str, str] = MappingProxyType(
    dict(zip((".pdf", ".txt", ".csv", ".odt", ".docx", ".xlsx"), MEDIA_TYPES, strict=True))
)
_ENDING_OF = {media_type: ending for ending, media_type in BY_ENDING.items()}
_NAMELESS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # controls, marks of direction and other unseen ones, ends of lines


def wrong_with_name(name: str, *, media_type: str) -> str | None:
    """What is wrong with the name of a file of this media type, as the end of a sentence; None if everyone can save it as it is.

    The name ends as its type does, so that opening the file does what it looks like.
    """
    stem, dot, ending = name.rpartition(".")
    checks = (
        (any(unicodedata.category(letter) in _NAMELESS for letter in name), "holds a character that is not seen"),
        (any(letter in "/\\" for letter in name), "holds a path"),
        (name.startswith("."), "begins with a dot"),
        (
            BY_ENDING.get(f"{dot}{ending.lower()}") != media_type,
            f"does not end in {_ENDING_OF[media_type]} as its type",
        ),
        (not stem.strip(), "is empty before its ending"),
    )
    return next((what for wrong, what in checks if wrong), None)


def is_what_it_says(content: bytes, *, media_type: str) -> bool:
    """Whether the bytes are of this media type, which must be one of `MEDIA_TYPES`, and hold no macros."""
    return _CHECKS[media_type](content)
