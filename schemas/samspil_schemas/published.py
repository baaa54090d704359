"""The generated documents of the contract, as the package carries them."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

_PACKAGE = files("samspil_schemas")


@cache
def asyncapi() -> str:
    """The AsyncAPI document, in YAML."""
    return (_PACKAGE / "asyncapi.yaml").read_text(encoding="utf-8")


@cache
def schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of every event, by name."""
    found = (file for file in (_PACKAGE / "json").iterdir() if file.name.endswith(".json"))
    return {file.name.removesuffix(".json"): json.loads(file.read_text(encoding="utf-8")) for file in found}
