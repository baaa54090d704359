"""Ask for matches and codes from the command line: of the running instance over HTTP, or, where none runs, of the parts."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from samspil.bootstrap.api import Api, opened_instance
from samspil.bootstrap.instance import is_held, running_on
from samspil.bootstrap.parts import Progress, no_progress, opened_index, opened_model, opened_suggester, rules_of
from samspil.errors import IndexUnavailable
from samspil.matching.adhoc import AdHocMatchmaker
from samspil.ports import Matchmaker, NoTeams, Suggestion, Teams
from samspil.settings import Settings
from samspil.web import ANSWERS_MAX
from samspil_schemas import Match, NeedStatement, SimilarNeed

__all__ = ["ANSWERS_MAX", "Answer", "ask_codes", "ask_match", "ask_similar", "ask_teams"]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a text would match."""

    matches: Sequence[Match]
    similar: Sequence[SimilarNeed]


async def ask_match(settings: Settings, statement: NeedStatement, *, limit: int) -> Answer:
    """The suppliers and the needs of others that the statement would match, at most `limit` of each, which is up to ANSWERS_MAX.

    Raises:
        Transient: the running instance, the model or the index does not answer.
        Refused: the running instance refuses the text.
        Misconfigured: what answers is no Samspil.
    """
    async with _asked(settings) as matchmaker:
        return Answer(
            matches=await matchmaker.suppliers_for(statement, limit=limit),
            similar=await matchmaker.similar_to(statement, limit=limit),
        )


async def ask_similar(settings: Settings, statement: NeedStatement, *, limit: int) -> Sequence[SimilarNeed]:
    """The same need at other buyers, at most `limit`, which is up to ANSWERS_MAX.

    Raises:
        Transient: the running instance, the model or the index does not answer.
        Refused: the running instance refuses the text.
        Misconfigured: what answers is no Samspil.
    """
    async with _asked(settings) as matchmaker:
        return await matchmaker.similar_to(statement, limit=limit)


async def ask_teams(settings: Settings, statement: NeedStatement, *, limit: int) -> Teams:
    """Suppliers that together answer more of the statement than any of them alone, at most `limit` teams, up to ANSWERS_MAX.

    Raises:
        Transient: the running instance, the model or the index does not answer.
        Refused: the running instance refuses the text.
        Misconfigured: what answers is no Samspil.
    """
    async with _asked(settings) as matchmaker:
        return await matchmaker.teams_for(statement, limit=limit)


@asynccontextmanager
async def _asked(settings: Settings) -> AsyncIterator[Matchmaker]:
    runtime = running_on(settings.data_dir) if settings.uses_data_dir else None
    if runtime is not None and runtime.web is not None:
        async with opened_instance(runtime) as api:
            yield _OverHttp(api)
    elif settings.uses_data_dir and is_held(settings.data_dir):
        raise IndexUnavailable("Samspil is just starting.", hint="Ask again in a moment.")
    elif settings.index_directory is not None and not settings.index_directory.exists():
        yield _NothingIndexed()  # looking must not make an index
    else:
        async with opened_model(settings) as embedder, opened_index(settings, embedder=embedder) as index:
            yield AdHocMatchmaker(embedder=embedder, index=index, rules=rules_of(settings, space=embedder.space))


class _NothingIndexed:
    """Implements `samspil.ports.Matchmaker` where nothing was ever indexed."""

    async def suppliers_for(self, _statement: NeedStatement, *, limit: int = 10) -> Sequence[Match]:  # noqa: ARG002 — the port's
        return ()

    async def similar_to(self, _statement: NeedStatement, *, limit: int = 10) -> Sequence[SimilarNeed]:  # noqa: ARG002 — the port's
        return ()

    async def teams_for(self, _statement: NeedStatement, *, limit: int = 5) -> Teams:  # noqa: ARG002 — the port's
        return Teams(wishes=(), why_none=NoTeams.NOBODY_ANSWERS)


class _OverHttp:
    """Implements `samspil.ports.Matchmaker` by the running instance."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def suppliers_for(self, statement: NeedStatement, *, limit: int = 10) -> Sequence[Match]:
        found = await self._api.ask("POST", "/v1/match", body=_text(statement, limit=limit))
        return [Match.model_validate(item) for item in found["items"]]

    async def similar_to(self, statement: NeedStatement, *, limit: int = 10) -> Sequence[SimilarNeed]:
        stated = statement.model_dump(mode="json")
        found = await self._api.ask("POST", "/v1/similar", params={"limit": limit}, body=stated)
        return [SimilarNeed.model_validate(item) for item in found["items"]]

    async def teams_for(self, statement: NeedStatement, *, limit: int = 5) -> Teams:
        found = await self._api.ask("POST", "/v1/teams", body=_text(statement, limit=limit))
        return Teams.model_validate(found | {"teams": found["items"]})


async def ask_codes(
    settings: Settings, text: str, *, language: str, limit: int, progress: Progress = no_progress
) -> Sequence[Suggestion]:
    """The CPV codes that the text may be about, the nearest first, at most `limit`, which is up to ANSWERS_MAX.

    Raises:
        Transient: the running instance or the model does not answer.
        Refused: the running instance refuses the text.
        Misconfigured: what answers is no Samspil.
    """
    runtime = running_on(settings.data_dir) if settings.uses_data_dir else None
    if runtime is None or runtime.web is None:
        async with (
            opened_model(settings, progress=progress) as embedder,
            opened_suggester(settings, embedder=embedder, progress=progress) as suggester,
        ):
            return await suggester.suggest(text, language=language, limit=limit)
    body = {"text": text, "language": language, "limit": limit}
    async with opened_instance(runtime) as api:
        found = await api.ask("POST", "/v1/suggest-cpv", body=body)
    return [Suggestion(code=item["code"], path=tuple(item["path"]), closeness=item["closeness"]) for item in found["items"]]


def _text(statement: NeedStatement, *, limit: int) -> Mapping[str, Any]:
    return {
        "text": statement.description,
        "title": statement.title,
        "language": statement.language,
        "cpv": statement.cpv,
        "regions": statement.regions,
        "limit": limit,
    }
