"""Whether a case file is what was recorded, without the service: its ledger is whole, and the rest follows from it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from samspil.domain.disclosures import differs_from_kept, first_fault
from samspil.domain.joint_needs import canonical
from samspil.ports.disclosures import DisclosureEntry, LedgerHead
from samspil.web.case_file import FORMAT, HOW_TO_CHECK, CaseFile, course_of

_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, kw_only=True)
class CheckedCase:
    """The dialogue that a case file is of, the end of its ledger, and what in it is not as recorded: nothing, if it is whole."""

    dialogue_id: str
    entries: int
    digest: str
    problems: tuple[str, ...]


def checked_case(text: str, *, kept: tuple[int, str] | None = None) -> CheckedCase:
    """Check a case file in JSON.

    Args:
        text: the file.
        kept: count and digest of an end of the ledger that someone kept.

    Raises:
        ValueError: it is no case file of a dialogue.
    """
    try:
        document = json.loads(text, object_pairs_hook=_once)
        if document["format"] != FORMAT:
            raise ValueError("another format")
        ledger = [DisclosureEntry.model_validate(entry) for entry in document["ledger"]]
        head = LedgerHead.model_validate(document["head"]) if document["head"] is not None else None
        problems = _problems(document, ledger, head, kept=kept)
    except _UNREADABLE as error:
        raise ValueError("no case file of a dialogue") from error
    digest = ledger[-1].digest if ledger else ""
    return CheckedCase(dialogue_id=str(document["dialogue_id"]), entries=len(ledger), digest=digest, problems=problems)


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, in which no name stands twice: a reader may see the one and a program the other."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _problems(
    document: Mapping[str, Any], ledger: Sequence[DisclosureEntry], head: LedgerHead | None, *, kept: tuple[int, str] | None
) -> tuple[str, ...]:
    fault = first_fault(document["dialogue_id"], ledger, head)
    if fault is None and kept is not None:
        fault = differs_from_kept(ledger, count=kept[0], digest=kept[1])
    if fault is not None:
        return (f"entry {fault.number}: {fault.what}",)
    stated = CaseFile.model_validate(document)
    anew = stated.model_copy(update={**vars(course_of(ledger)), "how_to_check": HOW_TO_CHECK, "ledger": list(ledger)})
    made, read = anew.model_dump(mode="json"), dict(document)
    names = sorted(made.keys() | read.keys())
    return tuple(
        f"{name} is not what the ledger says"
        for name in names
        if (name in made) != (name in read) or canonical({"": made[name]}) != canonical({"": read[name]})
    )
