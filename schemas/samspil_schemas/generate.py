"""Write the published files of the contract: one JSON Schema for each event, and the AsyncAPI document.

python -m samspil_schemas.generate                 write json/ and asyncapi.yaml again
python -m samspil_schemas.generate --release 1.1   keep the schemas as they are now as released, once and for ever
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from samspil_schemas.asyncapi import document
from samspil_schemas.catalog import CATALOG
from samspil_schemas.json_schema import json_schema

HERE = Path(__file__).parent
RELEASED = HERE / "released"

_HEADER = "# Made by `make schemas`; change the models, not this file.\n"


def schema_files() -> dict[str, str]:
    """The text of each JSON Schema, by path within the package."""
    return {f"json/{spec.name}.json": _json(json_schema(spec)) for spec in CATALOG}


def generated_files() -> dict[str, str]:
    """The text of every generated file, by path within the package."""
    return {**schema_files(), "asyncapi.yaml": _HEADER + _yaml(document())}


def write(files: Mapping[str, str], *, into: Path) -> None:
    """Write the files, and take away generated schemas that are no longer among them."""
    for stale in (into / "json").glob("*.json"):
        if f"json/{stale.name}" not in files:
            stale.unlink()
    for name, text in files.items():
        path = into / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def release(version: str, *, into: Path = RELEASED) -> Path:
    """Keep the schemas as they are now under `released/<version>`, and return that folder.

    Raises:
        FileExistsError: the version was released before; a release never changes.
    """
    folder = into / version
    if folder.exists():
        raise FileExistsError(f"{version} was released before, and a release never changes. Name the next version.")
    write(schema_files(), into=folder)
    return folder


def _json(value: Any) -> str:
    return json.dumps(value, indent=2) + "\n"


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def _yaml(value: Any) -> str:
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m samspil_schemas.generate", description="Write the published contract.")
    parser.add_argument("--release", metavar="VERSION", help="also keep the schemas as released, once and for ever")
    version = parser.parse_args(arguments).release
    write(generated_files(), into=HERE)
    if version:
        try:
            release(version)
        except FileExistsError as error:
            parser.error(str(error))


if __name__ == "__main__":
    main()
