"""`match`, `similar`, `teams`, `suggest-cpv`, `ledger`, `feedback`, `topics`, `doctor`: look, and change nothing."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from pydantic import ValidationError
from rich.table import Table

from samspil.bootstrap import (
    Settings,
    ask_codes,
    ask_match,
    ask_similar,
    ask_teams,
    check_installation,
    opened_admin,
    seen_record,
)
from samspil.cli.console import EXIT_NOTHING, EXIT_OK, EXIT_SOME, OUT, fail, legible, print_json, shown
from samspil.cli.following import stages
from samspil.cli.tables import (
    codes_table,
    feedback_table,
    ledger_table,
    match_table,
    similar_table,
    summary_table,
    teams_table,
    topics_table,
)
from samspil.clock import SystemClock
from samspil.domain.innovation import innovation_of
from samspil.intake import detect_language
from samspil.ports import LedgerRow, LedgerSummary, NeedStatus, Readings
from samspil.reasons import told_innovation, told_no_teams
from samspil_schemas import Buyer, NeedStatement
from samspil_schemas.base import TEXT_MAX, TITLE_MAX

_STDIN = "-"
_VERSIONS_MAX = 10_000  # of one need
# By field of the statement: what it is on the command line, and what to do.
_WRONG = {
    "language": ("--language", "Give an ISO 639 code, for example --language da."),
    "cpv": ("--cpv", "Give a CPV code of eight digits, for example --cpv 90480000."),
    "regions": ("--region", "Give a NUTS code, for example --region DK031."),
    "description": ("The text", f"Say it in at most {TEXT_MAX} characters, in plain text."),
}
# Whoever asks on the command line is no buyer of the record.
_NOBODY = Buyer(id="command-line", name="command line", country="EU")


async def match(*, text: str, language: str | None, cpv: Sequence[str], regions: Sequence[str], limit: int, as_json: bool) -> int:
    """Show which suppliers and needs a text would match, and why."""
    text, spoken = _said(text, language=language)
    statement = _statement(text, language=spoken, cpv=cpv, regions=regions)
    found = await ask_match(Settings(), statement, limit=limit)
    if as_json:
        print_json(
            {
                "language": spoken,
                "innovation_inferred": innovation_of(statement),
                "matches": found.matches,
                "similar": found.similar,
            }
        )
        return EXIT_OK
    if not found.matches:
        OUT.print("No supplier matches. Say more of what is to be achieved, or load profiles with `samspil import`.")
    else:
        OUT.print(match_table(found.matches, language=spoken, title="Suppliers who could meet it"))
    OUT.print(told_innovation(innovation_of(statement)), style="dim", markup=False)
    if found.similar:
        OUT.print(similar_table(found.similar, title="Others with the same need", now=SystemClock().now()))
    return EXIT_OK


async def similar(
    *, text: str, language: str | None, cpv: Sequence[str], regions: Sequence[str], limit: int, as_json: bool
) -> int:
    """Show who else has the need that a text states, and why; nobody is told of the question."""
    text, spoken = _said(text, language=language)
    found = await ask_similar(Settings(), _statement(text, language=spoken, cpv=cpv, regions=regions), limit=limit)
    if as_json:
        print_json({"language": spoken, "similar": found})
    elif found:
        OUT.print(similar_table(found, title="Others with the same need", now=SystemClock().now()))
    else:
        OUT.print("No other buyer here has this need. Say more of what is to be achieved, or publish it for others to find.")
    return EXIT_OK


async def teams(*, text: str, language: str | None, cpv: Sequence[str], regions: Sequence[str], limit: int, as_json: bool) -> int:
    """Show which suppliers could meet a text together, and who covers what."""
    text, spoken = _said(text, language=language)
    found = await ask_teams(Settings(), _statement(text, language=spoken, cpv=cpv, regions=regions), limit=limit)
    if as_json:
        print_json({"language": spoken, **found.model_dump(mode="json")})
    elif found.why_none:
        OUT.print(told_no_teams(found.why_none))
    else:
        OUT.print(teams_table(found.teams))
    return EXIT_OK


async def suggest_cpv(*, text: str, language: str | None, limit: int, as_json: bool) -> int:
    """Show the CPV codes that a text may be about."""
    text, spoken = _said(text, language=language)
    _statement(text, language=spoken, cpv=(), regions=())
    with stages(quiet=as_json) as stage:
        found = await ask_codes(Settings(), text, language=spoken, limit=limit, progress=stage.update)
    if as_json:
        print_json({"language": spoken, "codes": found})
    else:
        OUT.print(codes_table(found))
    return EXIT_OK


def _said(text: str, *, language: str | None) -> tuple[str, str]:
    """The text and its language."""
    text = sys.stdin.buffer.read().decode("utf-8", "replace") if text == _STDIN else legible(text)
    if not text.strip():
        raise fail("The text is empty.", hint="Say in a sentence or two what is needed.", code=EXIT_NOTHING)
    spoken = language or detect_language(text)
    if spoken is None:
        raise fail("The language of the text is not plain.", hint="Name it, for example with --language da.", code=EXIT_NOTHING)
    return text, spoken


def _statement(text: str, *, language: str, cpv: Sequence[str], regions: Sequence[str]) -> NeedStatement:
    try:
        return NeedStatement(
            title=text.strip().splitlines()[0][:TITLE_MAX],
            description=text,
            language=language,
            buyer=_NOBODY,
            cpv=tuple(cpv),
            regions=tuple(regions),
        )
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        where, hint = _WRONG.get(str(problem["loc"][0]), _WRONG["description"])
        said = problem["msg"].removeprefix("Value error, ")
        raise fail(f"{where} is wrong: {said[0].lower()}{said[1:]}.", hint=hint, code=EXIT_NOTHING) from None


async def ledger(*, need_id: str | None, status: NeedStatus | None, limit: int, as_json: bool) -> int:
    """Show what became of every version of every need; 1 while one of those that are asked for is not accounted for."""
    need_id = legible(need_id) if need_id else None
    async with seen_record(Settings()) as record:
        if record is None:
            rows, summary = list[LedgerRow](), LedgerSummary(counts={})
        else:
            rows, summary = await _rows(record.readings, need_id=need_id, status=status, limit=limit)
    absent = need_id is not None and not rows
    if as_json:
        print_json({"summary": summary.counts, "accounted": summary.accounted, "total": summary.total, "needs": rows})
    elif absent:
        raise fail(f"The ledger has no need {need_id}.", hint="Run `samspil ledger` for those it has.", code=EXIT_NOTHING)
    elif not summary.total and status is not None:
        OUT.print(f"Nothing in the ledger is {status.value.replace('_', ' ')}.")
    elif not summary.total:
        OUT.print("The ledger is empty. Load needs with `samspil import PATH`, or run `samspil up --sample`.")
    else:
        OUT.print(ledger_table(rows))
        if len(rows) < summary.total:
            OUT.print(f"[dim]The newest {len(rows)} of {summary.total}; --limit shows more.[/]")
        OUT.print(summary_table(summary))
    if absent:
        return EXIT_NOTHING
    return EXIT_OK if summary.accounted == summary.total else EXIT_SOME


async def _rows(
    readings: Readings, *, need_id: str | None, status: NeedStatus | None, limit: int
) -> tuple[list[LedgerRow], LedgerSummary]:
    """The rows that are asked for, and how many of just those stand where."""
    if need_id is not None:
        found = await readings.ledger(need_id=need_id, status=status, limit=_VERSIONS_MAX)
        return found[:limit], LedgerSummary(counts=Counter(row.status for row in found))
    rows, summary = await readings.ledger(status=status, limit=limit), await readings.ledger_summary()
    return rows, summary if status is None else LedgerSummary(counts={status: summary.counts.get(status, 0)})


async def feedback(*, as_json: bool) -> int:
    """Show how relevant suppliers find their matches, by language."""
    async with seen_record(Settings()) as record:
        counts = await record.feedback.by_language() if record is not None else []
    if as_json:
        print_json([{**asdict(count), "total": count.total, "precision": count.precision} for count in counts])
    elif not counts:
        OUT.print("No supplier has judged a match yet. They do with PUT /v1/suppliers/…/matches/…/feedback.")
    else:
        OUT.print(feedback_table(counts))
    return EXIT_OK


async def topics(*, as_json: bool) -> int:
    """Show the topics: records written, and the lag of each group."""
    async with opened_admin(Settings()) as admin:
        ends, lags = await admin.end_offsets(), await admin.lags()
    if as_json:
        print_json(
            {"topics": ends, "lags": [{"group": lag.group, "topic": lag.topic, "lag": lag.lag, "end": lag.end} for lag in lags]}
        )
    else:
        OUT.print(topics_table(ends, lags))
    return EXIT_OK


async def doctor(*, as_json: bool) -> int:
    """Check this installation part by part; 1 if something is wrong."""
    checks = [check async for check in check_installation(Settings())]
    well = all(check.ok for check in checks)
    if as_json:
        print_json({"ok": well, "checks": checks})
    else:
        table = Table(show_header=False, box=None)
        for check in checks:
            mark = "[green]✓[/]" if check.ok else "[red]✗[/]"
            table.add_row(mark, check.part, shown(check.found))
        OUT.print(table)
        if not well:
            OUT.print("Something is wrong; the lines with ✗ say what, and what to do.")
    return EXIT_OK if well else EXIT_SOME
