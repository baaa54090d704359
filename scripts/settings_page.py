"""Write docs/settings.md and .env.example from `samspil.settings.Settings`, so that they never say anything else.

python scripts/settings_page.py
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from samspil.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]

GROUPS = {
    "Places": ("data_dir", "cache_dir"),
    "Kafka": ("kafka_",),
    "Index": ("index_",),
    "Record": ("record_",),
    "Model": ("model",),
    "Matching": ("match_", "similar_"),
    "Joint needs": ("joint_",),
    "Web and health": ("web_", "trusted_", "metrics_", "public_", "health_"),
    "Open data": ("ocid_", "ocds_"),
    "Command line": ("api_",),
    "Logs": ("log_",),
}

_PAGE = """\
# Settings

<!-- Written by scripts/settings_page.py from services/samspil/settings.py; change that, not this file. -->

Every setting is an environment variable; an empty one counts as not set. Nothing else is read, no file either: to use a `.env`
file outside Docker Compose, load it into the shell (`set -a; . ./.env; set +a`). A wrong value stops the command with one
sentence that names the variable.

With none of them set, `samspil up` runs everything in one process and keeps its data in `./.samspil`.
"""

_ENV = """\
# Copy this file to .env, which git ignores. Docker Compose reads it; see deploy/README.md.
# Written by scripts/settings_page.py; change that, not this file.

# --- Docker Compose alone: it refuses to start without the first two. Make each with: openssl rand -hex 24
POSTGRES_PASSWORD=
SAMSPIL_INDEX_API_KEY=
# The package index that has the CPU build of torch, where the default one has the build for CUDA (Linux on x86-64).
TORCH_INDEX=

# --- Every setting of Samspil with its default. Docker Compose takes its own parts where the three URLs are not set, and sets
# where its containers listen.
"""


def fields_of(group: str) -> Iterator[tuple[str, FieldInfo]]:
    """The settings of a group, in their order."""
    for name, field in Settings.model_fields.items():
        if name.startswith(GROUPS[group]):
            yield name, field


def default_of(field: FieldInfo) -> str:
    """The default as one would write it; empty where there is none, or where it depends."""
    if field.default is PydanticUndefined or field.default is None:
        return ""
    if isinstance(field.default, tuple):
        return ",".join(field.default)
    return str(field.default).lower() if isinstance(field.default, bool) else str(field.default)


def choices_of(field: FieldInfo) -> str:
    """The values that a setting may have, if they are few."""
    values: tuple[Any, ...] = getattr(field.annotation, "__args__", ())
    return ", ".join(values) if values and all(isinstance(value, str) for value in values) else ""


def settings_page() -> str:
    """The text of docs/settings.md."""
    parts = [_PAGE]
    for group in GROUPS:
        rows = ["| variable | default | what it is |", "|---|---|---|"]
        for name, field in fields_of(group):
            default, choices = default_of(field), choices_of(field)
            what = f"{field.description} One of {choices}." if choices else field.description
            rows.append(f"| `{PREFIX}{name.upper()}` | {f'`{default}`' if default else ''} | {what} |")
        parts.append(f"## {group}\n\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def env_example() -> str:
    """The text of .env.example."""
    parts = [_ENV]
    for group in GROUPS:
        lines = [f"# {group}"]
        for name, field in fields_of(group):
            # Compose asks for this one above.
            if name != "index_api_key":
                default = default_of(field)
                # A shell that reads the file would take what stands after a space for a command.
                quoted = f'"{default}"' if " " in default else default
                lines += [f"# {field.description}", f"#{PREFIX}{name.upper()}={quoted}"]
        if len(lines) > 1:
            parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


PAGES = {"docs/settings.md": settings_page, ".env.example": env_example}

if __name__ == "__main__":
    for path, text in PAGES.items():
        (ROOT / path).write_text(text(), encoding="utf-8")
