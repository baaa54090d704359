"""Ask for matches from the command line: of the running instance over HTTP, or, where none runs, of the index itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from samspil.bootstrap.instance import Runtime, is_held, running_on
from samspil.bootstrap.parts import opened_index, opened_model, rules_of
from samspil.errors import IndexUnavailable, Refused, Transient
from samspil.matching.adhoc import AdHocMatchmaker
from samspil.settings import Settings
from samspil.web import ANSWERS_MAX
from samspil_schemas import Match, NeedStatement, SimilarNeed

__all__ = ["ANSWERS_MAX", "Answer", "ask_match"]

_TIMEOUT_SECONDS = 60


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
    """
    runtime = running_on(settings.data_dir) if settings.uses_data_dir else None
    if runtime is not None and runtime.web is not None:
        return await _ask_over_http(runtime, statement, limit=limit)
    if settings.uses_data_dir and is_held(settings.data_dir):
        raise IndexUnavailable("Samspil is just starting.", hint="Ask again in a moment.")
    if settings.index_directory is not None and not settings.index_directory.exists():
        return Answer(matches=(), similar=())  # nothing was ever indexed, and looking must not make an index
    async with opened_model(settings) as embedder, opened_index(settings, embedder=embedder) as index:
        matchmaker = AdHocMatchmaker(embedder=embedder, index=index, rules=rules_of(settings, space=embedder.space))
        return Answer(
            matches=await matchmaker.suppliers_for(statement, limit=limit),
            similar=await matchmaker.similar_to(statement, limit=limit),
        )


async def _ask_over_http(runtime: Runtime, statement: NeedStatement, *, limit: int) -> Answer:
    body = {
        "text": statement.description,
        "title": statement.title,
        "language": statement.language,
        "cpv": statement.cpv,
        "regions": statement.regions,
        "limit": limit,
    }
    headers = {"Authorization": f"Bearer {runtime.token}"}
    try:
        # trust_env: a proxy of the environment has no business between two processes of one machine.
        async with httpx.AsyncClient(
            base_url=runtime.web or "", headers=headers, timeout=_TIMEOUT_SECONDS, trust_env=False
        ) as client:
            matches = await client.post("/v1/match", json=body)
            stated = statement.model_dump(mode="json")
            similar = await client.post("/v1/similar", params={"limit": limit}, json=stated)
    except httpx.HTTPError as error:
        raise Transient("The running Samspil does not answer.", hint="Look at `samspil doctor`.") from error
    for response in (matches, similar):
        if response.is_error:
            raise Refused(str(response.json().get("detail", response.reason_phrase)))
    return Answer(
        matches=[Match.model_validate(item) for item in matches.json()["items"]],
        similar=[SimilarNeed.model_validate(item) for item in similar.json()["items"]],
    )
