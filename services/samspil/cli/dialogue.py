"""`dialogue …`: market dialogues, asked of the API with the organisation's own token."""

from collections.abc import Mapping, Sequence
from typing import Any

from samspil.bootstrap import Settings, opened_api
from samspil.cli.acting import given, path_of, told_recorded, words_of
from samspil.cli.console import EXIT_NOTHING, EXIT_OK, OUT, fail, legible, print_json
from samspil.cli.dialogue_tables import dialogue_view, dialogues_table, invitations_table

_ROOT = "/v1/dialogues"
_IN_WORDS = ("purpose", "confidentiality", "non_binding")


async def list_all(*, need_id: str | None, past: bool, as_json: bool) -> int:
    """Show the dialogues."""
    async with opened_api(Settings()) as api:
        found = await api.all(_ROOT, params={"need_id": need_id, "past": "true" if past else None})
    if as_json:
        print_json({"dialogues": found})
    elif not found:
        OUT.print("There is no such dialogue. Announce one with `samspil dialogue announce NEED`.")
    else:
        OUT.print(dialogues_table(found))
    return EXIT_OK


async def show(*, dialogue_id: str, as_json: bool) -> int:
    """Show one."""
    async with opened_api(Settings()) as api:
        found = await api.ask("GET", path_of(_ROOT, dialogue_id))
    if as_json:
        print_json(found)
    else:
        OUT.print(dialogue_view(found))
    return EXIT_OK


async def announce(*, need_id: str, said: Mapping[str, Any], as_json: bool) -> int:
    """Announce one about a need of one's own, or a joint need that one leads."""
    async with opened_api(Settings()) as api:
        await api.organisation()
        body = {"need_id": legible(need_id), "announcement": _announcement(said)}
        return told_recorded(await api.ask("POST", _ROOT, body=body), as_json=as_json)


async def change(*, dialogue_id: str, said: Mapping[str, Any], as_json: bool) -> int:
    """Change or move one; what is not given stays."""
    async with opened_api(Settings()) as api:
        await api.organisation()
        stands = (await api.ask("GET", path_of(_ROOT, dialogue_id)))["announcement"]
        answer = await api.ask("PUT", path_of(_ROOT, dialogue_id), body=given(stands) | _announcement(said))
        return told_recorded(answer, as_json=as_json)


async def cancel(*, dialogue_id: str, reason: str | None, as_json: bool) -> int:
    """Call one off."""
    async with opened_api(Settings()) as api:
        await api.organisation()
        return told_recorded(await api.ask("DELETE", path_of(_ROOT, dialogue_id), params={"reason": reason}), as_json=as_json)


async def hold(*, dialogue_id: str, as_json: bool) -> int:
    """Say that one took place."""
    async with opened_api(Settings()) as api:
        await api.organisation()
        return told_recorded(await api.ask("PUT", path_of(_ROOT, dialogue_id, "held")), as_json=as_json)


async def conclude(*, dialogue_id: str, outcome: str | None, as_json: bool) -> int:
    """Say that one is over, and what comes of it."""
    async with opened_api(Settings()) as api:
        await api.organisation()
        body = given({"outcome": words_of(outcome) if outcome is not None else None})
        return told_recorded(await api.ask("PUT", path_of(_ROOT, dialogue_id, "conclusion"), body=body), as_json=as_json)


async def invitations(*, dialogue_id: str, awaiting: bool, as_json: bool) -> int:
    """Show who is invited, or who awaits the review."""
    async with opened_api(Settings()) as api:
        params = {"awaiting": "true" if awaiting else None}
        found = await api.all(path_of(_ROOT, dialogue_id, "invitations"), params=params)
    if as_json:
        print_json({"invitations": found})
    elif not found:
        OUT.print(
            "No invitation awaits review." if awaiting else "Nobody is invited yet. Matched suppliers are, as they are found."
        )
    else:
        OUT.print(invitations_table(found))
    return EXIT_OK


async def approve(*, dialogue_id: str, invitation_ids: Sequence[str], everyone: bool, as_json: bool) -> int:
    """Send invitations off after the review."""
    async with opened_api(Settings()) as api:
        await api.organisation()
        path = path_of(_ROOT, dialogue_id, "invitations")
        ids = list(invitation_ids)
        if everyone:
            ids += [one["id"] for one in await api.all(path, params={"awaiting": "true"})]
        answers = [await api.ask("PUT", path_of(path, id_, "approval")) for id_ in ids]
    sent = sum(answer["changed"] for answer in answers)
    if as_json:
        print_json({"approved": answers})
    else:
        OUT.print(f"{sent} invitation{'' if sent == 1 else 's'} sent off.")
    return EXIT_OK


def _announcement(said: Mapping[str, Any]) -> dict[str, Any]:
    """What is announced, as the API takes it; a slot is written as START/END."""
    body = {name: value for name, value in given(said).items() if value not in ((), [])}
    body |= {name: words_of(body[name]) for name in _IN_WORDS if name in body}
    if "slots" in body:
        body["slots"] = [_slot(slot) for slot in _listed(body["slots"])]
    return body


def _listed(values: Sequence[str]) -> list[str]:
    return [legible(value) for value in values]


def _slot(written: str) -> dict[str, str]:
    starts_at, apart, ends_at = written.partition("/")
    if not apart:
        raise fail(
            "A slot is no start with an end.",
            hint="Write it so: --slot 2026-05-05T09:00:00+02:00/2026-05-05T09:30:00+02:00.",
            code=EXIT_NOTHING,
        )
    return {"starts_at": starts_at, "ends_at": ends_at}
