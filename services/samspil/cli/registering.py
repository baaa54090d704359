"""`dialogue register` and what follows from it, asked of the API with the organisation's own token."""

from collections.abc import Mapping, Sequence
from typing import Any

from samspil.bootstrap import Settings, opened_api
from samspil.cli.acting import given, path_of
from samspil.cli.console import EXIT_OK, OUT, legible, print_json, shown
from samspil.cli.registration_tables import moment, registrations_table, standing
from samspil_schemas import Answer

_ROOT = "/v1/dialogues"
_REGISTRATIONS = "registrations"


async def register(
    *,
    dialogue_id: str,
    answer: Answer,
    name: str | None,
    country: str | None,
    slots: Sequence[str],
    reason: str | None,
    as_json: bool,
) -> int:
    """Answer a dialogue for one's own organisation."""
    said = {"answer": answer.value, "name": name, "country": country, "reason": reason}
    body = {key: legible(value) for key, value in given(said).items()} | {"slots": [legible(slot) for slot in slots]}
    async with opened_api(Settings()) as api:
        path = path_of(_ROOT, dialogue_id, _REGISTRATIONS, await api.organisation())
        return _answered(await api.ask("PUT", path, body=body), as_json=as_json)


async def withdraw(*, dialogue_id: str, reason: str | None, as_json: bool) -> int:
    """Withdraw the registration of one's own organisation."""
    async with opened_api(Settings()) as api:
        path = path_of(_ROOT, dialogue_id, _REGISTRATIONS, await api.organisation())
        return _answered(await api.ask("DELETE", path, params={"reason": reason}), as_json=as_json)


async def registrations(*, dialogue_id: str, as_json: bool) -> int:
    """Show who registered, in order."""
    async with opened_api(Settings()) as api:
        found = await api.all(path_of(_ROOT, dialogue_id, _REGISTRATIONS))
    if as_json:
        print_json({"registrations": found})
    elif not found:
        OUT.print("Nobody has registered yet.")
    else:
        OUT.print(registrations_table(found))
    return EXIT_OK


async def places(*, dialogue_id: str, as_json: bool) -> int:
    """Show how full a dialogue is."""
    async with opened_api(Settings()) as api:
        found = await api.ask("GET", path_of(_ROOT, dialogue_id, "places"))
    if as_json:
        print_json(found)
        return EXIT_OK
    of = f"of {found['capacity']} places" if found["capacity"] is not None else "without a limit"
    OUT.print(f"{found['taken']} {of} taken, {found['waiting']} waiting.")
    _tell_free(found["free_slots"])
    return EXIT_OK


def _answered(answer: Mapping[str, Any], *, as_json: bool) -> int:
    if as_json:
        print_json(answer)
        return EXIT_OK
    OUT.print(shown(standing(answer)) if answer["changed"] else f"Nothing changed. {shown(standing(answer))}")
    if answer["waiting_place"]:
        _tell_free(answer["free_slots"])
    return EXIT_OK


def _tell_free(starts: Sequence[str]) -> None:
    if starts:
        OUT.print(f"Free slots: {', '.join(moment(start) for start in starts)}.")
