"""The export of a joint need as one page: to read on a screen or aloud, to print, and to keep without us.

Whatever people wrote is escaped; the page loads nothing and runs nothing.
"""

from collections.abc import Iterable
from html import escape

from fastapi import Response

from samspil.domain.follow_ups import followed_in_words
from samspil.domain.joint_words import figure
from samspil.ports.follow_ups import Follower
from samspil.ports.joint_changes import Commitment
from samspil.web.html import answered, html_page
from samspil.web.html import code as _code
from samspil.web.html import row as _row
from samspil.web.html import table as _table
from samspil.web.html import when as _when
from samspil.web.joint_export import ExportedDeclaration, ExportedParty, JointNeedExport
from samspil_schemas import RungTotal


def page_of(export: JointNeedExport) -> Response:
    """The page, which browsers may style with its own style alone."""
    return answered(html_of(export))


def html_of(export: JointNeedExport) -> str:
    """The page as HTML."""
    parts = (
        f'<h1 lang="{escape(export.text.language)}">{escape(export.text.title)}</h1>',
        _facts(export),
        _text(export),
        _ladder(export),
        _parties(export.parties),
        _stages(export),
        _follow_ups(export),
        _history(export),
    )
    return html_page(f"Joint need: {export.text.title}", parts)


def _facts(export: JointNeedExport) -> str:
    joint, proposal = export.joint_need, export.proposal
    closed = f"on {_when(joint.closed_at)}: {escape(joint.closed_because or 'no reason was given')}" if joint.closed_at else "no"
    other = f", and the same need {_code(proposal.other_need_id)}" if proposal.other_need_id else ""
    rows = (
        ("Joint need", f"{_code(joint.joint_need_id)}, revision {joint.revision}"),
        ("In short", escape(joint.summary)),
        ("Followed up", escape(joint.follow_up_summary or "nobody has signed an intent yet")),
        ("Stage", f"{escape(joint.stage)}, since {_when(joint.stage_since)}"),
        ("Proposed from", f"the need {_code(proposal.need_id)}{other}"),
        ("Closed", closed),
        ("This copy", f"made on {_when(export.exported_at)}"),
        ("Digest of the history", _code(export.digest)),
    )
    return _table("The joint need", (), (_row(name, value) for name, value in rows))


def _text(export: JointNeedExport) -> str:
    text, language = export.text, escape(export.text.language)
    said = [f'<p class="said" lang="{language}">{escape(text.description)}</p>']
    for name, points in (("Effects", text.effects), ("Constraints", text.constraints), ("Questions", text.questions)):
        if points:
            listed = "".join(f"<li>{escape(point)}</li>" for point in points)
            said.append(f'<h3>{name}</h3><ul lang="{language}">{listed}</ul>')
    codes = [("CPV", text.cpv), ("Regions", text.regions)]
    said += [f"<p>{name}: {escape(', '.join(values))}</p>" for name, values in codes if values]
    return f"<section><h2>The requirement</h2>{''.join(said)}</section>"


def _ladder(export: JointNeedExport) -> str:
    rows = (
        _row(_words(total.rung.value), str(total.bodies), _volumes(total), _day(total.horizon))
        for total in export.joint_need.totals
    )
    heads = ("Rung", "Bodies", "Volume, each unit by itself", "Latest horizon")
    return _table("The commitment ladder", heads, rows)


def _volumes(total: RungTotal) -> str:
    return "<br>".join(f"{figure(volume.amount)} {escape(volume.unit)}" for volume in total.volumes) or "–"


def _parties(parties: Iterable[ExportedParty]) -> str:
    return "<section><h2>The parties</h2>" + "".join(_party(party) for party in parties) + "</section>"


def _party(party: ExportedParty) -> str:
    stands = _words(party.rung.value) if party.rung else "withdrawn"
    roles = "".join(f", {_words(role.value)}" for role in party.roles)
    name = f"{escape(party.name)} ({escape(party.country)}, {_code(party.buyer_id)})"
    declared = "".join(_declaration(one) for one in party.declarations)
    return f"<section><h3>{name}: {stands}{roles}</h3><ol>{declared}</ol></section>"


def _declaration(made: ExportedDeclaration) -> str:
    if made.commitment is None:
        reason = f": {escape(made.reason)}" if made.reason else ""
        return f"<li>{_when(made.at)}: withdrew its commitment{reason}</li>"
    return f"<li>{_when(made.at)}: {_words(made.commitment.rung.value)}{_terms(made.commitment)}</li>"


def _terms(commitment: Commitment) -> str:
    said = []
    if commitment.volume:
        said.append(f"{figure(commitment.volume.amount)} {escape(commitment.volume.unit)}")
    if commitment.horizon:
        said.append(f"horizon {_day(commitment.horizon)}")
    if commitment.signed_on:
        said.append(f"signed on {_day(commitment.signed_on)}")
    if commitment.need_id:
        said.append(f"its need {_code(commitment.need_id)}")
    quoted = f'<blockquote dir="auto">{escape(commitment.undertaking)}</blockquote>' if commitment.undertaking else ""
    return "".join(f", {term}" for term in said) + quoted


def _stages(export: JointNeedExport) -> str:
    rows = (_row(escape(move.stage), _when(move.at), _code(move.by), escape(move.note or "")) for move in export.stages)
    return _table("Stages", ("Stage", "Since", "Moved by", "Note"), rows)


def _follow_ups(export: JointNeedExport) -> str:
    rows = (
        _row(
            f"{escape(body.name)} ({_code(body.buyer_id)})",
            _rung(body),
            _day(body.declared_on),
            _day(body.horizon),
            _followed(body),
        )
        for body in export.follow_ups.bodies
    )
    return _table("Who has followed up", ("Body", "Rung", "Declared on", "Horizon", "Followed up by"), rows)


def _rung(body: Follower) -> str:
    return _words(body.rung.value) if body.rung else "withdrawn"


def _followed(body: Follower) -> str:
    return "<br>".join(escape(followed_in_words(one)) for one in body.follow_ups) or "not yet"


def _history(export: JointNeedExport) -> str:
    rows = (
        _row(str(entry.number), _when(entry.at), _code(entry.by), escape(entry.sentence), _code(entry.digest))
        for entry in export.history
    )
    table = _table("Who changed what, and when", ("No.", "When", "By", "What", "Digest up to here"), rows)
    check = f"<p>{escape(export.how_to_check)}</p>"
    return f"<section><h2>History</h2><p>Nothing in it is ever altered or removed.</p>{table}{check}</section>"


def _day(day: object) -> str:
    return escape(str(day)) if day else "–"


def _words(value: str) -> str:
    return value.replace("_", " ")
