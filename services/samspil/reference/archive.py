"""Reads the lines of a member of a package data archive."""

import zipfile
from importlib.resources import files


def lines(archive: str, member: str) -> list[str]:
    """The lines of one member, without line ends."""
    with files(__package__).joinpath("data", archive).open("rb") as raw, zipfile.ZipFile(raw) as opened:
        return opened.read(member).decode().splitlines()
