"""`audit verify`: whether disclosure ledgers and case files are what was recorded."""

import re
from pathlib import Path

from samspil.bootstrap import Settings, audit_ledgers
from samspil.cli.console import EXIT_NOTHING, EXIT_OK, EXIT_SOME, OUT, fail, legible, print_json, shown
from samspil.web.case_check import CheckedCase, checked_case
from samspil.web.case_file import NOT_PROVEN

_LIMITS = "What this proves, and what not: docs/adr/0011-the-disclosure-ledger.md."
_KEPT = re.compile(r"([1-9][0-9]{0,14}):([0-9a-f]{64})")


async def verify(*, dialogue_id: str | None, case: Path | None, head: str | None, as_json: bool) -> int:
    """Check the ledgers of the record, or a case file alone."""
    kept = _kept(head) if head is not None else None
    if kept is not None and dialogue_id is None and case is None:
        raise fail("An end is that of one ledger.", hint="Name the dialogue, or its case file with --case.", code=EXIT_NOTHING)
    if case is not None:
        if dialogue_id is not None:
            raise fail("A case file says itself which dialogue it is of.", hint="Leave out one of the two.", code=EXIT_NOTHING)
        return _told(_checked(case, kept=kept), as_json=as_json)
    found = await audit_ledgers(Settings(), dialogue_id=legible(dialogue_id) if dialogue_id else None, kept=kept)
    wrong = [one for one in found if one.problem is not None]
    if as_json:
        print_json({"whole": not wrong, "ledgers": found, "not_proven": NOT_PROVEN})
        return EXIT_SOME if wrong else EXIT_OK
    for one in wrong:
        OUT.print(f"[red]✗[/] {shown(one.dialogue_id)}: {shown(one.problem)}.", soft_wrap=True)
    whole = [one for one in found if one.problem is None]
    for one in whole:
        OUT.print(f"[green]✓[/] {shown(one.dialogue_id)}: {one.entries} entries, the last digest is {one.digest}", soft_wrap=True)
    if not found:
        OUT.print("There is no disclosure ledger yet.")
    else:
        entries = sum(one.entries for one in found)
        OUT.print(f"{len(found)} ledgers with {entries} entries were checked: {len(whole)} whole, {len(wrong)} not. {_LIMITS}")
    return EXIT_SOME if wrong else EXIT_OK


def _kept(head: str) -> tuple[int, str]:
    parts = _KEPT.fullmatch(head)
    if parts is None:
        hint = "Write COUNT:DIGEST, as GET /v1/dialogues/…/audit said them."
        raise fail("That is no end of a ledger.", hint=hint, code=EXIT_NOTHING)
    return int(parts[1]), parts[2]


def _checked(file: Path, *, kept: tuple[int, str] | None) -> CheckedCase:
    try:
        return checked_case(file.read_text(encoding="utf-8"), kept=kept)
    except (OSError, ValueError):
        hint = "Make one: `samspil dialogue case DIALOGUE --out file.json`."
        raise fail(f"{file} is no case file in JSON.", hint=hint, code=EXIT_NOTHING) from None


def _told(found: CheckedCase, *, as_json: bool) -> int:
    if as_json:
        print_json({"whole": not found.problems, "case": found, "not_proven": NOT_PROVEN})
    else:
        for problem in found.problems:
            OUT.print(f"[red]✗[/] {shown(found.dialogue_id)}: {shown(problem)}.", soft_wrap=True)
        if not found.problems:
            OUT.print(
                f"It is whole: {found.entries} entries of {shown(found.dialogue_id)}, "
                f"the last digest is {found.digest}. {_LIMITS}",
                soft_wrap=True,
            )
    return EXIT_SOME if found.problems else EXIT_OK
