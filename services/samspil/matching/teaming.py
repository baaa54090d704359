"""Which of the suppliers that match complete each other, and who of them answers what."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from samspil.domain.evidence import Answer, Answering
from samspil.domain.pairs import NeedSide
from samspil.domain.teams import Coverage, Team, suggested_teams
from samspil.domain.text import shorten
from samspil.matching.judge import EmbeddedSupplier, Pair, evidence_of
from samspil.ports import NoTeams, SuggestedTeam, TeamMember, Teams, Vectors


@dataclass(frozen=True, kw_only=True)
class _Answers:
    """What one supplier has to say to each wish: the number of its best capability, and the cosine of the two."""

    supplier: EmbeddedSupplier
    best: tuple[Answer, ...]

    @property
    def supplier_id(self) -> str:
        return self.supplier.capabilities[0].supplier_id

    def coverage(self, answering: Answering) -> Coverage:
        strengths = tuple(answering.probability(answer.cosine) for answer in self.best)
        return Coverage(supplier_id=self.supplier_id, strengths=strengths)


def teams_of(need: NeedSide, pairs: Sequence[Pair], *, asked: Vectors, answering: Answering | None, limit: int) -> Teams:
    """The teams that are suggested for a need, or why there are none.

    Args:
        need: what is asked.
        pairs: it and the suppliers that match, each supplier once, in any order.
        asked: the vectors of its asks, shape (asks, d).
        answering: what counts as an answer; None where that is not known of the vector space.
        limit: how many teams at most.
    """
    wishes = tuple(shorten(need.asks[place]) for place in need.wishes)
    if answering is None:
        return Teams(wishes=wishes, why_none=NoTeams.UNKNOWN_SPACE)
    if not wishes:
        return Teams(wishes=wishes, why_none=NoTeams.NOTHING_ASKED)
    answers = {found.supplier_id: found for found in (_answers(pair.supplier, need, asked=asked) for pair in pairs)}
    covered = [found.coverage(answering) for found in answers.values()]
    teams = suggested_teams(covered, at=answering.at, limit=limit)
    if not teams:
        return Teams(wishes=wishes, why_none=_why_none(covered, asks=len(wishes), at=answering.at))
    shown = tuple(_shown(team, need, answers=answers, answering=answering) for team in teams)
    return Teams(wishes=wishes, teams=shown)


def _answers(supplier: EmbeddedSupplier, need: NeedSide, *, asked: Vectors) -> _Answers:
    cosines = np.round(asked[list(need.wishes)] @ supplier.vectors.T, 4)
    best = tuple(
        # The title comes first among the sentences of a need.
        Answer(sentence=place + 1, answer=int(np.argmax(row)), cosine=float(row.max()))
        for place, row in zip(need.wishes, cosines, strict=True)
    )
    return _Answers(supplier=supplier, best=best)


def _why_none(covered: Sequence[Coverage], *, asks: int, at: float) -> NoTeams:
    most = max((len(one.answered(at=at)) for one in covered), default=0)
    if most == 0:
        return NoTeams.NOBODY_ANSWERS
    return NoTeams.ONE_COVERS_ALL if most == asks else NoTeams.NOBODY_ADDS


def _shown(team: Team, need: NeedSide, *, answers: dict[str, _Answers], answering: Answering) -> SuggestedTeam:
    members = tuple(
        TeamMember(
            supplier_id=supplier_id,
            supplier_name=found.supplier.capabilities[0].supplier_name,
            covers=tuple(
                evidence_of(need, found.supplier.capabilities[answer.answer], answer, answering=answering)
                for answer in (found.best[ask] for ask in asks)
            ),
        )
        for supplier_id, asks in team.parts
        for found in [answers[supplier_id]]
    )
    return SuggestedTeam(members=members, open=tuple(shorten(need.asks[need.wishes[ask]]) for ask in team.open))
