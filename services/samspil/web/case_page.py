"""The case file of a dialogue as one page: to read on a screen or aloud, to print, and to keep without us.

Whatever people wrote is escaped; the page loads nothing and runs nothing.
"""

from collections.abc import Iterable
from datetime import timedelta
from html import escape
from typing import Any

from fastapi import Response

from samspil.ports import DialogueState
from samspil.ports.disclosures import DisclosureEntry
from samspil.web.case_file import CaseFile, CaseNeed, PublishedAnswer, PublishedDocument, Step
from samspil.web.html import answered, code, html_page, row, table, when


def page_of(case: CaseFile) -> Response:
    """The page, which browsers may style with its own style alone."""
    return answered(html_of(case))


def html_of(case: CaseFile) -> str:
    """The page as HTML."""
    parts = (
        f"<h1>{escape(case.title)}</h1>",
        _facts(case),
        _needs(case),
        _announced(case),
        _figures(case),
        _suppliers(case),
        _documents(case.documents),
        _answers(case),
        _ledger(case),
    )
    return html_page(f"Case file: {case.title}", parts)


def _facts(case: CaseFile) -> str:
    times, head = case.lead_times, case.head
    end = f"{head.count} entries, the last on {when(head.at)}: {code(head.digest)}" if head else "no entry yet"
    rows = (
        ("Dialogue", code(case.dialogue_id)),
        ("Buyer", code(case.buyer_id)),
        ("State", escape(case.state)),
        ("Announced", when(times.announced_at)),
        ("From there to the end of registration", _span(times.to_registration_deadline)),
        ("From there to the start", _span(times.to_start)),
        ("From the last change to the start", _span(times.last_change_to_start)),
        ("Disclosure ledger", end),
        ("This copy", f"made on {when(case.made_at)}"),
    )
    return table("The dialogue", (), (row(name, value) for name, value in rows))


def _needs(case: CaseFile) -> str:
    said = (
        f'<section lang="{escape(need.statement.language)}"><h3>{escape(need.statement.title)}</h3>'
        f'<p lang="en">{code(need.need_id)}, version {need.version} of {when(need.recorded_at)}.{_since(need, case)}</p>'
        f'<p class="said">{escape(need.statement.description)}</p></section>'
        for need in case.needs
    )
    return f"<section><h2>What it is about</h2>{''.join(said)}</section>"


def _since(need: CaseNeed, case: CaseFile) -> str:
    """Whether the text is that of the time when the dialogue was held, if it was."""
    if case.state not in (DialogueState.HELD, DialogueState.CONCLUDED):
        return ""
    if need.version_when_held is None:
        return " Which version stood when the dialogue was held is not on record."
    if need.version_when_held == need.version:
        return " It stood when the dialogue was held."
    return f" <strong>When the dialogue was held, version {need.version_when_held} stood; its text is not kept.</strong>"


def _announced(case: CaseFile) -> str:
    rows = (row(str(step.entry), when(step.at), escape(step.kind), _said(step)) for step in case.announced)
    return table("What was said of it to everyone", ("Entry", "When", "What", "In detail"), rows)


def _said(step: Step) -> str:
    """What people read of an announcement: the points of a change, or each field that is given."""
    said = step.said
    if said.get("changes"):
        return "<br>".join(escape(str(change)) for change in said["changes"])
    announcement: dict[str, Any] = said.get("announcement") or {}
    fields = {**announcement, "reason": said.get("reason"), "outcome": said.get("outcome")}
    given = ((name, value) for name, value in fields.items() if value not in (None, [], ""))
    return "<br>".join(f"{_words(name)}: {escape(_plain(value))}" for name, value in given) or "–"


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(_plain(one) for one in value)
    if isinstance(value, dict):
        return " to ".join(str(one) for one in value.values())
    return str(value)


def _figures(case: CaseFile) -> str:
    figures = case.figures
    regions = ", ".join(f"{region} ({count})" for region, count in figures.regions.items())
    reach = "<br>".join(f"{one.suppliers} through {code(one.channel)}" for one in case.reach)
    rows = (
        ("Open to", "everyone, invited or not"),
        ("Told by name", reach or "nobody"),
        ("Invited", str(len(case.invited))),
        ("Answered", f"{len(case.responded)}, of whom {sum(not one.invited for one in case.responded)} were not invited"),
        ("Micro, small or medium", f"{figures.sme} of the {figures.sme_known} whose size is known"),
        ("New to this buyer", f"{figures.newcomers} of {figures.suppliers}"),
        ("Regions served", f"{escape(regions) or '–'}; anywhere: {figures.anywhere}"),
        ("Questions", _questions(case)),
    )
    return table("Reach", (), (row(name, value) for name, value in rows))


def _questions(case: CaseFile) -> str:
    counts = case.questions
    return f"{counts.asked} asked: {counts.answered} answered, {counts.declined} declined, {counts.open} open"


def _suppliers(case: CaseFile) -> str:
    invited = (row(escape(one.supplier_id), when(one.at), when(one.cancelled_at), when(one.responded_at)) for one in case.invited)
    others = (row(escape(one.supplier_id), "–", "–", when(one.at)) for one in case.responded if not one.invited)
    return table("Suppliers", ("Supplier", "Invited", "Cancelled", "Answered"), (*invited, *others))


def _documents(documents: Iterable[PublishedDocument]) -> str:
    return "<section><h2>Documents</h2>" + "".join(_document(one) for one in documents) + "</section>"


def _document(one: PublishedDocument) -> str:
    text = f'<blockquote lang="{escape(one.language)}" dir="auto">{escape(one.text)}</blockquote>' if one.text else ""
    file = (
        f"<p>{escape(one.file_name)}, {escape(one.media_type or '')}, SHA-256 {code(one.sha256 or '')}</p>"
        if one.file_name
        else ""
    )
    what = f"{escape(one.kind)}, revision {one.revision}, published {when(one.published_at)}, entry {one.entry}"
    return f'<section><h3 lang="{escape(one.language)}">{escape(one.title)}</h3><p>{what}</p>{text}{file}</section>'


def _answers(case: CaseFile) -> str:
    said = "".join(_answer(one) for one in case.answers)
    return f"<section><h2>Questions and answers</h2><p>Who asked is not said.</p>{said}</section>"


def _answer(one: PublishedAnswer) -> str:
    language = escape(one.language)
    return (
        f'<section><h3 lang="{language}">{escape(one.question)}</h3>'
        f"<p>Answered to everyone {when(one.published_at)}, revision {one.revision}, entry {one.entry}</p>"
        f'<blockquote lang="{language}" dir="auto">{escape(one.answer or "")}</blockquote></section>'
    )


def _ledger(case: CaseFile) -> str:
    rows = (_entry(entry) for entry in case.ledger)
    listed = table("What was shown to whom", ("No.", "When", "What", "To", "Channel", "Digest up to here"), rows)
    return f"<section><h2>Disclosure ledger</h2>{listed}<p>{escape(case.how_to_check)}</p></section>"


def _entry(entry: DisclosureEntry) -> str:
    to = "everyone" if entry.to is None else escape(entry.to)
    return row(str(entry.number), when(entry.at), _words(entry.kind), to, code(entry.channel), code(entry.digest))


def _span(seconds: int | None) -> str:
    return str(timedelta(seconds=seconds)) if seconds is not None else "–"


def _words(name: str) -> str:
    return escape(name.replace("_", " "))
