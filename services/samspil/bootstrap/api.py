"""The API of a Samspil that runs, for commands that act for an organisation: with its token, under the same policy."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import httpx

from samspil.bootstrap.instance import running_on
from samspil.errors import Forbidden, Misconfigured, NotFound, Refused, Transient
from samspil.settings import Settings

_TIMEOUT_SECONDS = 60


class Api:
    """One connection. Every method raises Refused with the API's own words, or Transient where it does not answer."""

    def __init__(self, client: httpx.AsyncClient, *, acts: bool) -> None:
        self._client = client
        self._acts = acts

    async def organisation(self) -> str:
        """Whose token it is.

        Raises:
            Misconfigured: none was given, and that of this machine acts for nobody.
        """
        if not self._acts:
            raise Misconfigured(
                "Only a buyer's own token can do this, and none was given.",
                hint="Put it into SAMSPIL_API_TOKEN; `samspil token issue` makes one.",
            )
        found: str = (await self.ask("GET", "/v1/me"))["organisation"]
        return found

    async def ask(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, params: Mapping[str, Any] | None = None
    ) -> Any:
        """The answer, read as JSON."""
        return (await self._asked(method, path, body=body, params=params)).json()

    async def page(self, path: str) -> str:
        """The answer as text."""
        return (await self._asked("GET", path)).text

    async def all(self, path: str, *, params: Mapping[str, Any] | None = None) -> list[Any]:
        """The items of every page of a list."""
        answer = await self.ask("GET", path, params=params)
        items: list[Any] = answer["items"]
        while answer["next"]:
            answer = await self.ask("GET", answer["next"])
            items += answer["items"]
        return items

    async def _asked(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, params: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        given = {name: value for name, value in (params or {}).items() if value is not None}
        try:
            answer = await self._client.request(method, path, json=body, params=given or None)
        except httpx.HTTPError as error:
            hint = "Look whether it runs: `samspil doctor`."
            raise Transient("The Samspil that was asked does not answer.", hint=hint) from error
        if answer.is_error:
            raise _refusal(answer)
        return answer


def _refusal(answer: httpx.Response) -> Refused | Transient:
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    said = str(problem.get("detail", answer.reason_phrase))
    wrong = "".join(f" {error['pointer'] or 'It'}: {error['detail']}." for error in problem.get("errors") or ())
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Transient(said)
    kinds: dict[int, type[Refused]] = {HTTPStatus.NOT_FOUND: NotFound, HTTPStatus.FORBIDDEN: Forbidden}
    return kinds.get(answer.status_code, Refused)(said + wrong)


@asynccontextmanager
async def opened_api(settings: Settings) -> AsyncIterator[Api]:
    """The API that the settings name, or that of the instance on this machine, until the block ends.

    Without a token of the settings, that of this machine's own instance may read what operators read.

    Raises:
        Misconfigured: nothing runs here, and no other place is named.
    """
    token = settings.api_token.get_secret_value() if settings.api_token else None
    acts, url = token is not None, settings.api_url
    if url is None:
        runtime = running_on(settings.data_dir) if settings.uses_data_dir else None
        if runtime is None or runtime.web is None:
            raise Misconfigured(
                "No Samspil with a web runs here.", hint="Start it with `samspil up`, or name another in SAMSPIL_API_URL."
            )
        url, token = runtime.web, token or runtime.token
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    # trust_env: a proxy of the environment has no business between two processes of one machine.
    async with httpx.AsyncClient(
        base_url=url, headers=headers, timeout=_TIMEOUT_SECONDS, trust_env=settings.api_url is not None
    ) as client:
        yield Api(client, acts=acts)
