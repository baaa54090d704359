"""Texts that say the same in several languages, for the adapter: names of economic activities, and descriptions of software.

Neither is part of the repository; both are optional, and the training says what it did without.

    activities     the categories of NACE Rev. 2 in 24 languages (Eurostat), as gettext catalogues, one a language: the folder
                   i18n of the PyPI package odoo12-addon-l10n-eu-nace, unpacked
    descriptions   Debian's package descriptions and their translations: the files Translation-da and so on, unpacked, that
                   `apt-get update -o Acquire::Languages=da,sv,fi,de,fr,it,pl,es,cs,pt,sk,nl,hu,en` fetches
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from babel.messages.pofile import read_po

from samspil.reference import cpv
from scripts.splits import is_kept_aside

_CODE = re.compile(r"^\[([A-U0-9.]+)\]\s*")
_TECHNICAL = re.compile(
    r"librar|binding|module|development|debug|plugin|package|headers|runtime|extension|source code", re.IGNORECASE
)
_LONGEST = 320  # characters of a description that are read
_TOLD = 20  # characters, below which a description says nothing


@dataclass(frozen=True, kw_only=True)
class Activity:
    """A category of activities: its digits, and its name by language."""

    digits: str
    names: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Description:
    """What a program does: by language, a line and the first paragraph that says more."""

    name: str
    told: Mapping[str, tuple[str, str]]


def read_activities(folder: Path) -> list[Activity]:
    """The categories with a number that have a name in some languages, without those named like a kept-aside CPV code.

    Raises:
        FileNotFoundError: the folder holds no catalogue.
    """
    names: defaultdict[str, dict[str, str]] = defaultdict(dict)
    files = sorted(folder.glob("*.po"))
    if not files:
        raise FileNotFoundError(f"{folder} holds no catalogue of activities")
    for file in files:
        for digits, english, name in _catalogue(file):
            names[digits].setdefault("en", english)
            names[digits][file.stem] = name
    aside = _kept_aside_labels()
    return [
        Activity(digits=digits, names=dict(sorted(found.items())))
        for digits, found in sorted(names.items())
        if not aside & {name.casefold() for name in found.values()}
    ]


def _catalogue(file: Path) -> Iterator[tuple[str, str, str]]:
    """Digits, English name and name of each category in a file; a category that is the only one of its kind has its parent's."""
    with file.open("rb") as opened:
        for message in read_po(opened):
            marked = _CODE.match(str(message.string))
            if marked and marked[1][0].isdigit():
                yield marked[1].replace(".", ""), str(message.id), _CODE.sub("", str(message.string)).strip()


def _kept_aside_labels() -> set[str]:
    codes = [code for code in cpv.codes() if is_kept_aside(code)]
    return {(cpv.label(code, language) or "").casefold() for code in codes for language in cpv.LANGUAGES}


def read_descriptions(folder: Path) -> list[Description]:
    """The programs that are described in more than one language, each line of English once, without those for programmers.

    Raises:
        FileNotFoundError: the folder holds no translations.
    """
    told: defaultdict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    files = sorted(folder.glob("Translation-*"))
    if not files:
        raise FileNotFoundError(f"{folder} holds no translated descriptions")
    for file in files:
        language = file.name.removeprefix("Translation-")
        for digest, line, paragraph in _stanzas(file, language):
            told[digest][language] = (line, paragraph)
    first: dict[str, str] = {}
    for digest, found in sorted(told.items()):
        if "en" in found and len(found) > 1 and not _TECHNICAL.search(found["en"][0]):
            first.setdefault(found["en"][0].casefold(), digest)
    return [Description(name=digest, told=told[digest]) for digest in first.values()]


def _stanzas(file: Path, language: str) -> Iterator[tuple[str, str, str]]:
    """Of each package the digest of its English description, the line, and the first paragraph."""
    for stanza in file.read_text(encoding="utf-8").split("\n\n"):
        digest = re.search(r"^Description-md5: (\w+)$", stanza, re.MULTILINE)
        text = re.search(rf"^Description-{language}: (.+)((?:\n .*)*)", stanza, re.MULTILINE)
        if digest and text and len(text[1]) > _TOLD:
            paragraph = " ".join(text[2].split("\n .\n")[0].split())
            yield digest[1], text[1].strip(), paragraph[:_LONGEST]
