"""Whether an export of a joint need is what was recorded: all that it shows is made anew from its changes, and compared."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from samspil.domain.joint_history import entries, proofs
from samspil.domain.joint_needs import canonical, folded
from samspil.domain.joint_said import stored
from samspil.ports.joint_changes import Change
from samspil.web.joint_export import FORMAT, exported

PROBLEMS_MAX = 20
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True)
class Checked:
    """The digest of the history that an export holds, and what in it is not as its history has it: nothing, if it is whole."""

    digest: str
    problems: tuple[str, ...]


def checked(text: str) -> Checked:
    """Check an export in JSON.

    What no history can prove is taken as it stands: when the copy was made, and which stages were configured then.

    Raises:
        ValueError: it is no export of a joint need.
    """
    try:
        return _checked(json.loads(text, object_pairs_hook=_once))
    except _UNREADABLE as error:
        raise ValueError("no export of a joint need") from error


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, in which no name stands twice: a reader may see the one and a program the other."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _checked(document: Mapping[str, Any]) -> Checked:
    if document["format"] != FORMAT:
        raise ValueError("another format")
    history = document["history"]
    proven = proofs(entry["said"] for entry in history)
    digest = proven[-1][1]
    for number, (entry, proof) in enumerate(zip(history, proven, strict=True), start=1):
        if (entry["id"], entry["digest"]) != proof:
            return Checked(digest, (f"entry {number} is not what was recorded.",))
    try:
        anew = _anew(document)
    except (ValueError, KeyError):
        return Checked(digest, ("its history is none that this version of Samspil records.",))
    differ = islice(_different(anew, document, at=""), PROBLEMS_MAX)
    return Checked(digest, tuple(f"{place} is not what its history says." for place in differ))


def _anew(document: Mapping[str, Any]) -> dict[str, Any]:
    """The export as it is made from what its changes say."""
    history = document["history"]
    joint_need_id = history[0]["said"]["joint_need_id"]
    revised = zip(history, _counted(history), strict=True)
    changes = [Change.model_validate({**entry["said"], "revision": revision}) for entry, revision in revised]
    at, stages = datetime.fromisoformat(document["exported_at"]), document["configured_stages"]
    found = stored(folded(joint_need_id, changes))
    return exported(found, entries(joint_need_id, changes), at=at, stages=stages).model_dump(mode="json")


def _counted(history: Sequence[Mapping[str, Any]]) -> Iterator[int]:
    """The revisions as the export states them, which begin with 1 and leave none out."""
    before = 0
    for entry in history:
        revision = entry["revision"]
        before = revision if revision in (before, before + 1) and revision else before + 1
        yield before


def _different(anew: Any, stated: Any, *, at: str) -> Iterator[str]:
    """Where the two differ, as JSON pointers."""
    if isinstance(anew, dict) and isinstance(stated, dict):
        for name in {**anew, **stated}:
            if name in anew and name in stated:
                yield from _different(anew[name], stated[name], at=f"{at}/{name}")
            else:
                yield f"{at}/{name}"
    elif isinstance(anew, list) and isinstance(stated, list) and len(anew) == len(stated):
        for place, pair in enumerate(zip(anew, stated, strict=True)):
            yield from _different(*pair, at=f"{at}/{place}")
    elif canonical({"": anew}) != canonical({"": stated}):
        yield at
