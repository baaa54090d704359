"""What the command line draws: events as they happen, matches with their reasons, the ledger."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from samspil.cli.console import shown
from samspil.intake import RefusedItem, Summary
from samspil.ports import FeedbackCount, GroupLag, IssuedToken, LedgerRow, LedgerSummary, NeedStatus, SuggestedTeam, Suggestion
from samspil.reasons import in_words, of_hundred, told_score
from samspil_schemas import (
    DialogueAnnounced,
    Event,
    Evidence,
    InvitationIssued,
    JointNeedChanged,
    Match,
    MatchFound,
    MatchWithdrawn,
    SimilarNeed,
    SimilarNeedFound,
)

_STATUS_STYLE = {
    NeedStatus.MATCHED: "green",
    NeedStatus.SUPERSEDED: "dim",
    NeedStatus.WITHDRAWN: "dim",
    NeedStatus.DEAD_LETTERED: "red",
    NeedStatus.PENDING: "yellow",
}


_SCORE = 10  # >99 of 100
_LEAD = 14 + _SCORE  # what it is, and the score
_ROOMY = 110  # columns; with fewer, need and supplier side by side are cut to where neither can be recognised
_ONE_SIDED_MAX = 1_000


class Story:
    """Turns events into lines of a table without end; column widths are fixed, so that rows printed one by one line up.

    On a narrow terminal the supplier comes below the need instead of beside it.
    """

    def __init__(self, *, width: int) -> None:
        self._roomy = width >= _ROOMY
        rest = max(60, width) - _LEAD
        self._who = (rest - 3) * 9 // 20 if self._roomy else rest
        self._whom = rest - 3 - self._who if self._roomy else rest - 2
        self._room = rest
        self._one_sided: dict[frozenset[tuple[str, int]], SimilarNeedFound] = {}
        self._told: set[str] = set()

    def header(self) -> Text:
        """The column titles."""
        lead = f"{'what':<11} {'score':>{_SCORE}}  "
        titles = f"{'need':<{self._who}}   {'for whom':<{self._whom}}" if self._roomy else "need → for whom".ljust(self._who)
        return Text(lead + titles, style="bold underline")

    def row(self, event: Event) -> RenderableType | None:
        """One event as one line, with a line for its reason; None for what people need not see."""
        match event:
            case MatchFound():
                return self._match(event)
            case SimilarNeedFound():
                return self._pair(event)
            case InvitationIssued():
                when = f"{event.announcement.starts_at:%d %b %Y}" if event.announcement.starts_at else "in writing"
                kind = event.announcement.kind.value.replace("_", " ")
                whom = f"{event.supplier_id}: {kind}, {when}"
                return self._line("invitation", "green", event.score, _need(event.buyer_name, event.title), whom)
            case _:
                return self._news(event)

    def _news(self, event: Event) -> RenderableType | None:
        match event:
            case JointNeedChanged():
                return self._line("joint need", "blue", None, event.title, event.summary)
            case DialogueAnnounced():
                return self._line("dialogue", "green", None, event.title, event.announcement.kind.value.replace("_", " "))
            case MatchWithdrawn():
                return self._line("withdrawn", "yellow", None, event.need_id, f"{event.supplier_id}: {event.reason.value}")
            case _:
                return None

    def _match(self, event: MatchFound) -> RenderableType | None:
        """The pair once, in whatever version it is found again."""
        if event.match_id in self._told:
            return None
        self._told.add(event.match_id)
        need = _need(event.buyer_name, event.need_title)
        return Group(self._line("match", "cyan", event.score, need, event.supplier_name), *self._why(event))

    def _pair(self, event: SimilarNeedFound) -> Text | None:
        """Both needs of a pair, once: each of its two events carries the title of the other one, so the first waits."""
        pair = frozenset({(event.need_id, event.need_version), (event.other_need_id, event.other_need_version)})
        first = self._one_sided.pop(pair, None)
        if first is None or first.need_id == event.need_id:
            self._one_sided[pair] = event
            if len(self._one_sided) > _ONE_SIDED_MAX:
                del self._one_sided[next(iter(self._one_sided))]
            return None
        who, whom = (_need(f"{side.other_buyer_name} ({side.other_country})", side.other_title) for side in (event, first))
        return self._line("same need", "magenta", event.score, who, whom)

    def _line(self, what: str, style: str, score: float | None, who: str, whom: str) -> Text:
        figure = "" if score is None else of_hundred(score)
        line = Text(f"{what:<11}", style=style)
        line.append(f" {figure:>{_SCORE}}  ", style="bold")
        line.append(_fit(who, self._who), style="default")
        line.append(" → " if self._roomy else f"\n{'':<{_LEAD}}→ ", style="dim")
        line.append(_fit(whom, self._whom), style="default")
        return line

    def _why(self, event: MatchFound) -> list[Text]:
        if not event.evidence:
            return []
        best = event.evidence[0]
        room = self._room - 7  # four quotation marks, an arrow and its spaces
        need, answer = _fit(best.need_sentence, room // 2).rstrip(), _fit(best.answer, room - room // 2).rstrip()
        return [Text(f"{'':<{_LEAD}}“{need}” ↔ “{answer}”", style="dim italic")]


def _fit(text: str, width: int) -> str:
    text = " ".join(text.split())
    return f"{text[: width - 1]}…" if len(text) > width else text.ljust(width)


def _need(buyer: str, title: str) -> str:
    return f"{buyer}: {title}"


def match_table(matches: Sequence[Match], *, language: str, title: str) -> Table:
    """Matches with their reasons."""
    table = Table(title=title, title_justify="left", show_lines=True, expand=True)
    table.add_column("score", width=_SCORE)
    table.add_column("supplier", ratio=2, overflow="fold")
    table.add_column("why", ratio=5, overflow="fold")
    for match in matches:
        table.add_row(
            told_score(match),
            f"[bold]{shown(match.supplier_name)}[/]\n[dim]{shown(match.supplier_id)}[/]",
            Text("\n".join(in_words(match, language=language)[1:])),
        )
    return table


def _evidence(evidence: Evidence) -> Text:
    text = Text(f"“{evidence.need_sentence}”")
    text.append(f" ↔ “{evidence.answer}”", style="green")
    if evidence.shared_terms:
        text.append(f" ({', '.join(evidence.shared_terms)})", style="dim")
    return text


def similar_table(found: Sequence[SimilarNeed], *, title: str, now: datetime) -> Table:
    """The same need at other buyers; where one took answers until before `now`, there is something to ask it."""
    table = Table(title=title, title_justify="left", show_lines=True, expand=True)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("buyer", ratio=2, overflow="fold")
    table.add_column("need", ratio=4, overflow="fold")
    for similar in found:
        named = [Text(similar.other_title, style="bold"), Text(similar.other_need_id, style="dim")]
        need: list[RenderableType] = [*named, *map(_evidence, similar.evidence)]
        deadline = similar.other_answer_deadline
        if deadline is not None and deadline < now:
            need.append(Text(f"answers were due by {deadline:%Y-%m-%d}: ask them how it went", style="yellow"))
        if similar.also_published:
            need.append(Text(f"also published as {', '.join(similar.also_published)}", style="dim"))
        buyer = f"{similar.other_buyer_name} ({similar.other_country})"
        table.add_row(of_hundred(similar.score), shown(buyer), Group(*need))
    return table


def teams_table(teams: Sequence[SuggestedTeam]) -> Table:
    """Teams, each with who covers what and what stays open."""
    table = Table(title="Suppliers who could meet it together", title_justify="left", show_lines=True, expand=True)
    table.add_column("team", no_wrap=True)
    table.add_column("supplier", ratio=2, overflow="fold")
    table.add_column("what it covers", ratio=5, overflow="fold")
    for number, team in enumerate(teams, start=1):
        for member in team.members:
            who = f"[bold]{shown(member.supplier_name)}[/]\n[dim]{shown(member.supplier_id)}[/]"
            table.add_row(str(number), who, Group(*map(_evidence, member.covers)))
        if team.open:
            table.add_row(str(number), "[yellow]nobody of them[/]", Text("\n".join(f"“{wish}”" for wish in team.open)))
    return table


def codes_table(found: Sequence[Suggestion]) -> Table:
    """CPV codes with their labels, the nearest first."""
    table = Table(title="CPV codes that it may be about", title_justify="left", expand=True)
    table.add_column("code", no_wrap=True)
    table.add_column("what it is", ratio=1, overflow="fold")
    table.add_column("closeness", justify="right", no_wrap=True)
    for one in found:
        table.add_row(one.code, Text(" › ".join(one.path)), f"{one.closeness:.2f}")
    return table


def summary_table(summary: LedgerSummary) -> Table:
    """How many versions of needs stand where."""
    table = Table(title="Ledger", title_justify="left")
    table.add_column("status")
    table.add_column("needs", justify="right")
    for status in NeedStatus:
        if count := summary.counts.get(status, 0):
            table.add_row(Text(status.value.replace("_", " "), style=_STATUS_STYLE[status]), str(count))
    table.add_section()
    table.add_row("[bold]accounted for[/]", f"[bold]{summary.accounted} of {summary.total}[/]")
    return table


def ledger_table(rows: Sequence[LedgerRow]) -> Table:
    """Versions of needs and what became of them."""
    table = Table(expand=True)
    table.add_column("need", ratio=3, overflow="fold")
    table.add_column("v", justify="right", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("matches", justify="right")
    table.add_column("same", justify="right")
    table.add_column("title or reason", ratio=5, overflow="fold")
    for row in rows:
        table.add_row(
            shown(row.need_id),
            str(row.version),
            Text(row.status.value.replace("_", " "), style=_STATUS_STYLE[row.status]),
            "" if row.matches is None else str(row.matches),
            "" if row.similar is None else str(row.similar),
            shown(row.reason or row.title or ""),
        )
    return table


def feedback_table(counts: Sequence[FeedbackCount]) -> Table:
    """How relevant suppliers find their matches, by the language of the need."""
    table = Table(title="Matches that suppliers have judged", title_justify="left")
    table.add_column("language", no_wrap=True)
    table.add_column("judged", justify="right")
    table.add_column("relevant", justify="right")
    table.add_column("precision", justify="right")
    table.add_column("why not")
    for count in counts:
        why = "  ".join(
            f"{reason.value.replace('_', ' ')} {number}" for reason, number in sorted(count.reasons.items()) if number
        )
        table.add_row(shown(count.language), str(count.total), str(count.relevant), f"{count.precision:.2f}", why)
    return table


def topics_table(ends: Mapping[str, int], lags: Sequence[GroupLag]) -> Table:
    """How much was written to each topic, and how far each group has come."""
    table = Table()
    table.add_column("topic", overflow="fold")
    table.add_column("records", justify="right")
    table.add_column("lag by group", overflow="fold")
    for topic in sorted(ends):
        groups = "  ".join(f"{lag.group} {lag.lag}" for lag in lags if lag.topic == topic)
        table.add_row(topic, str(ends[topic]), groups)
    return table


def tokens_table(issued: Sequence[IssuedToken]) -> Table:
    """Who has a token, and since when, or until when."""
    table = Table()
    table.add_column("id", no_wrap=True)
    table.add_column("organisation", overflow="fold")
    table.add_column("role", no_wrap=True)
    table.add_column("label", overflow="fold")
    table.add_column("issued", no_wrap=True)
    table.add_column("revoked", no_wrap=True)
    for token in issued:
        revoked = f"{token.revoked_at:%Y-%m-%d %H:%M}" if token.revoked_at else ""
        style = "dim" if token.revoked_at else None
        cells = (token.token_id, shown(token.organisation), token.role.value, shown(token.label))
        table.add_row(*cells, f"{token.issued_at:%Y-%m-%d %H:%M}", revoked, style=style)
    return table


_REFUSALS_SHOWN = 200


def import_table(summary: Summary) -> Table:
    """What became of everything in the files."""
    table = Table(title="Read only; nothing was written" if summary.dry_run else "Imported", title_justify="left")
    table.add_column("")
    table.add_column("how many", justify="right")
    rows = {
        "files": summary.files,
        "needs": summary.needs,
        "supplier profiles": summary.profiles,
        "unchanged": summary.unchanged,
        "older than what stands": summary.outdated,
        "withdrawn": summary.withdrawn,
        "refused": summary.refusals,
    }
    for name, count in rows.items():
        if count or name in {"files", "refused"}:
            table.add_row(name, str(count))
    return table


def refusals_table(refused: Sequence[RefusedItem]) -> Table:
    """Each thing that was refused, and why."""
    table = Table(title="Refused", title_justify="left", expand=True)
    table.add_column("where", ratio=2, overflow="fold")
    table.add_column("why", ratio=3, overflow="fold")
    for item in refused[:_REFUSALS_SHOWN]:
        where = item.path.name if item.line is None else f"{item.path.name}:{item.line}"
        table.add_row(shown(where), shown(item.reason))
    if len(refused) > _REFUSALS_SHOWN:
        table.add_row("…", f"and {len(refused) - _REFUSALS_SHOWN} more; --json has them all")
    return table
