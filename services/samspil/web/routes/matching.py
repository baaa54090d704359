"""Matching on demand: nothing is written, nobody is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from samspil.errors import Transient
from samspil.ports import NoTeams, Principal, Role, SuggestedTeam, Teams
from samspil.reasons import told_no_teams
from samspil.web.body import JsonBody
from samspil.web.gate import Allowed
from samspil.web.problems import GONE, INVALID, RETRY_AFTER_SECONDS, UNAVAILABLE, ProblemError
from samspil.web.routes.needs import NeedId, OwnStatement
from samspil.web.services import Services, WebLimits, WebServices
from samspil.web.views import MatchView
from samspil_schemas import Buyer, Model, NeedStatement, SimilarNeed
from samspil_schemas.base import CODES_MAX, LIST_MAX, TITLE_MAX, CpvCode, Language, NutsCode, Paragraph, Text, Title

router = APIRouter(prefix="/v1", tags=["on demand"])

ANSWERS_MAX = 50
_OPERATOR = "operator"
_NOWHERE = "XX"  # for users to assign (ISO 3166-1), so that it is no country


class AdHocNeed(Model):
    """A need in a few words, to see what it would match."""

    model_config = ConfigDict(extra="forbid")

    text: Text = Field(description="The problem, and what a solution should achieve.")
    language: Language | None = Field(default=None, description="That of the text; by default it is told from the text.")
    title: Title | None = Field(default=None, description="By default the first line of the text.")
    effects: tuple[Paragraph, ...] = Field(default=(), max_length=LIST_MAX, description="Desired effects and functions.")
    cpv: tuple[CpvCode, ...] = Field(default=(), max_length=CODES_MAX)
    regions: tuple[NutsCode, ...] = Field(default=(), max_length=CODES_MAX)
    limit: Annotated[int, Field(ge=1, le=ANSWERS_MAX, strict=True)] = 10

    def statement(self, asker: Principal, *, language: str) -> NeedStatement:
        """The need as a statement of the asker's organisation, in this language.

        An operator is no buyer, so its name, which older versions did not check, is not needed.
        """
        asking = _OPERATOR if asker.role is Role.OPERATOR else asker.organisation
        return NeedStatement(
            title=self.title or self.text.splitlines()[0][:TITLE_MAX],
            description=self.text,
            language=language,
            buyer=Buyer(id=asking, name=asking, country=_NOWHERE),
            effects=self.effects,
            cpv=self.cpv,
            regions=self.regions,
        )


class Matches(BaseModel):
    """Suppliers, best first."""

    language: Language = Field(description="The one that was stated, or else told from the text.")
    items: list[MatchView]


class SimilarNeeds(BaseModel):
    """The same need at other buyers, best first."""

    items: list[SimilarNeed]


class TeamsView(BaseModel):
    """Suppliers that complete each other, the best team first."""

    language: Language = Field(description="Of the need.")
    wishes: list[Paragraph] = Field(description="What the need asks, sentence by sentence.")
    items: list[SuggestedTeam]
    why_none: NoTeams | None = Field(description="Why no teams are suggested.")
    in_words: str | None = Field(description="The same for people, and what to do.")

    @classmethod
    def of(cls, found: Teams, *, language: str) -> Self:
        """Show what was found."""
        told = told_no_teams(found.why_none) if found.why_none else None
        return cls(language=language, wishes=list(found.wishes), items=list(found.teams), why_none=found.why_none, in_words=told)


class Writing(Model):
    """A text that somebody is writing."""

    model_config = ConfigDict(extra="forbid")

    text: Text = Field(description="The need, in a few words or in full.")
    language: Language | None = Field(
        default=None, description="That of the text, by default told from it; the labels come in it where CPV has it."
    )
    limit: Annotated[int, Field(ge=1, le=ANSWERS_MAX, strict=True)] = 5


class SuggestedCode(BaseModel):
    """A CPV code that the text may be about."""

    code: CpvCode
    path: list[str] = Field(description="Its labels, from the division down to itself.")
    closeness: float = Field(description="How near in meaning, -1 to 1; no probability.")


class SuggestedCodes(BaseModel):
    """CPV codes, the nearest first."""

    language: Language = Field(description="The one that was stated, or else told from the text.")
    items: list[SuggestedCode]


class Turns:
    """How many ask the model at once; more are sent away, so that the events' matching keeps its share of the processor."""

    def __init__(self, limits: WebLimits) -> None:
        self._limits = limits
        self._taken = 0

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """Hold a turn, for a bounded time.

        Raises:
            ProblemError: 503, all are taken.
            Transient: the time is over.
        """
        if self._taken >= self._limits.ad_hoc_in_flight:
            headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
            raise ProblemError(UNAVAILABLE, "Too many ask at once.", "Send the same again in a moment.", headers=headers)
        self._taken += 1
        try:
            async with asyncio.timeout(self._limits.ad_hoc_seconds):
                yield
        except TimeoutError:
            raise Transient("The answer took too long.", hint="Send the same again in a moment.") from None
        finally:
            self._taken -= 1


async def _turns(request: Request, _access: Allowed) -> Turns:
    turns = request.app.state.turns
    assert isinstance(turns, Turns)  # noqa: S101 - set by create_app, for the type checker
    return turns


async def _told_language(services: WebServices, text: str) -> str:
    """The language of the text, told in a thread: the first time it takes a second, and half a gigabyte for the models.

    Raises:
        ProblemError: 422, it is not plain.
    """
    told = await asyncio.to_thread(services.detect_language, text)
    if told is None:
        raise ProblemError(INVALID, "The language of the text is not plain.", "State it, for example as language da.")
    return told


OnDemand = Annotated[Turns, Depends(_turns)]


@router.post("/match", summary="What a text would match")
async def match_text(
    services: Services, *, access: Allowed, turns: OnDemand, need: Annotated[AdHocNeed, Depends(JsonBody(AdHocNeed))]
) -> Matches:
    """Find the suppliers that could meet a need, with evidence from their profiles: for buyers and operators.

    Nothing is published, and no supplier is told.
    """
    async with turns.take():
        language = need.language or await _told_language(services, need.text)
        found = await services.matchmaker.suppliers_for(need.statement(access.who, language=language), limit=need.limit)
    return Matches(language=language, items=[MatchView.of(match) for match in found])


@router.post("/teams", summary="Who could meet a text together")
async def teams_for_text(
    services: Services, *, access: Allowed, turns: OnDemand, need: Annotated[AdHocNeed, Depends(JsonBody(AdHocNeed))]
) -> TeamsView:
    """Suggest two or three suppliers that together answer more of a need than any of them alone: for buyers and operators.

    Nothing is published, and no supplier is told.
    """
    async with turns.take():
        language = need.language or await _told_language(services, need.text)
        found = await services.matchmaker.teams_for(need.statement(access.who, language=language), limit=need.limit)
    return TeamsView.of(found, language=language)


@router.get("/needs/{need_id:id}/teams", summary="Who could meet it together")
async def teams_for_need(
    services: Services,
    *,
    access: Allowed,
    need_id: NeedId,  # noqa: ARG001 - the gate has looked it up
    turns: OnDemand,
    limit: Annotated[int, Query(ge=1, le=ANSWERS_MAX)] = 5,
) -> TeamsView:
    """Suggest two or three suppliers that together answer more of the need than any of them alone, from the profiles of now."""
    need = access.standing
    if need.withdrawn:
        raise ProblemError(GONE, "The need was withdrawn.", "PUT opens it again; POST /v1/teams answers for a text.")
    async with turns.take():
        found = await services.matchmaker.teams_for(need.statement, limit=limit)
    return TeamsView.of(found, language=need.statement.language)


@router.post("/similar", summary="Who else has this need, before it is published")
async def similar_to_statement(
    services: Services,
    *,
    turns: OnDemand,
    statement: OwnStatement,
    limit: Annotated[int, Query(ge=1, le=ANSWERS_MAX)] = 10,
) -> SimilarNeeds:
    """Find the same need at other buyers, privately. Nothing is published, and no buyer is told."""
    async with turns.take():
        found = await services.matchmaker.similar_to(statement, limit=limit)
    return SimilarNeeds(items=list(found))


@router.post("/suggest-cpv", summary="Which CPV codes a text is about")
async def suggest_cpv(
    services: Services, *, turns: OnDemand, writing: Annotated[Writing, Depends(JsonBody(Writing))]
) -> SuggestedCodes:
    """Suggest codes for a need or a profile that is being written. Nothing is stored."""
    async with turns.take():
        language = writing.language or await _told_language(services, writing.text)
        found = await services.suggester.suggest(writing.text, language=language, limit=writing.limit)
    return SuggestedCodes(
        language=language, items=[SuggestedCode(code=one.code, path=list(one.path), closeness=one.closeness) for one in found]
    )
