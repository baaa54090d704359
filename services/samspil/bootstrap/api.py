"""The API of a Samspil that runs, asked over HTTP: the one client of every command, under the same policy as any other client."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import httpx

from samspil.bootstrap.instance import Runtime, running_on
from samspil.errors import Forbidden, Misconfigured, NotFound, Refused, SamspilError, Transient
from samspil.settings import Settings

_TIMEOUT_SECONDS = 60


class Api:
    """One connection.

    Every method raises Refused with the API's own words, Transient where it does not answer, and Misconfigured where the
    answer is none of Samspil: a proxy's page, for example, or a part of an answer.
    """

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
                "Only an organisation's own token can do this, and none was given.",
                hint="Put it into SAMSPIL_API_TOKEN; `samspil token issue` makes one.",
            )
        found: str = (await self.ask("GET", "/v1/me"))["organisation"]
        return found

    async def ask(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, params: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The answer, which is an object of JSON."""
        answer = await self._asked(method, path, body=body, params=params)
        found = _object(answer)
        if found is None:
            raise _unreadable(answer)
        return found

    async def file(self, path: str, *, stated: str) -> tuple[str, str]:
        """The answer as text, and what its header `stated` says of it. Without the header it is no answer of Samspil."""
        answer = await self._asked("GET", path)
        if stated not in answer.headers:
            raise _unreadable(answer)
        return answer.text, answer.headers[stated]

    async def send_file(self, path: str, content: bytes, *, media_type: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The answer, which is an object of JSON, to a file that is put to this address."""
        answer = await self._asked("PUT", path, content=content, headers={"Content-Type": media_type}, params=params)
        found = _object(answer)
        if found is None:
            raise _unreadable(answer)
        return found

    async def all(self, path: str, *, params: Mapping[str, Any] | None = None) -> list[Any]:
        """The items of every page of a list."""
        answer = await self.ask("GET", path, params=params)
        items: list[Any] = answer["items"]
        while answer["next"]:
            answer = await self.ask("GET", answer["next"])
            items += answer["items"]
        return items

    async def _asked(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        given = {name: value for name, value in (params or {}).items() if value is not None}
        try:
            answer = await self._client.request(method, path, json=body, content=content, headers=headers, params=given or None)
        except httpx.HTTPError as error:
            hint = "Look whether it runs: `samspil doctor`."
            raise Transient("The Samspil that was asked does not answer.", hint=hint) from error
        if answer.is_error:
            raise _refusal(answer)
        return answer


def _object(answer: httpx.Response) -> dict[str, Any] | None:
    """The object of JSON that was answered; None if it was none."""
    try:
        found = answer.json()
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _refusal(answer: httpx.Response) -> SamspilError:
    problem = _object(answer)
    if problem is None or "detail" not in problem:
        return _unreadable(answer)
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Transient(str(problem["detail"]))
    wrong = "".join(f" {error['pointer'] or 'It'}: {error['detail']}." for error in problem.get("errors") or ())
    kinds: dict[int, type[Refused]] = {HTTPStatus.NOT_FOUND: NotFound, HTTPStatus.FORBIDDEN: Forbidden}
    return kinds.get(answer.status_code, Refused)(f"{problem['detail']}{wrong}")


def _unreadable(answer: httpx.Response) -> SamspilError:
    """What answered is no Samspil, or not all of its answer came. Nothing of the content is said: it may be anybody's."""
    kind = answer.headers.get("Content-Type", "").partition(";")[0] or "nothing that it names"
    said = f"The answer is none that Samspil gives: status {answer.status_code}, {kind}, {len(answer.content)} bytes."
    hint = "See whether a proxy stands before it and whether SAMSPIL_API_URL is right; `samspil doctor` checks this machine."
    passing = answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    return Transient(said, hint=hint) if passing else Misconfigured(said, hint=hint)


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
    # A proxy of the environment has no business between two processes of one machine.
    async with _connected(url, token=token, trust_env=settings.api_url is not None) as client:
        yield Api(client, acts=acts)


@asynccontextmanager
async def opened_instance(runtime: Runtime) -> AsyncIterator[Api]:
    """The API of the instance on this machine, with the token that it left for commands, until the block ends."""
    async with _connected(runtime.web or "", token=runtime.token, trust_env=False) as client:
        yield Api(client, acts=False)


def _connected(url: str, *, token: str | None, trust_env: bool) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=_TIMEOUT_SECONDS, trust_env=trust_env)
