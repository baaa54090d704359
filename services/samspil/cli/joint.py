"""`joint …`: joint needs, asked of the API with the organisation's own token."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from samspil.bootstrap import Api, Settings, opened_api
from samspil.cli.acting import given, path_of, told_recorded, words_of
from samspil.cli.console import EXIT_NOTHING, EXIT_OK, EXIT_SOME, OUT, fail, legible, print_json, shown
from samspil.cli.joint_tables import follow_ups_view, history_table, joint_need_view, joint_needs_table
from samspil.domain.joint_words import volume_of
from samspil.web.joint_check import Checked, checked
from samspil.web.joint_export import DIGEST_HEADER, NOT_PROVEN
from samspil_schemas import MemberRole, Rung

_ROOT = "/v1/joint-needs"


async def list_all(*, buyer_id: str | None, need_id: str | None, closed: bool, as_json: bool) -> int:
    """Show the joint needs."""
    async with opened_api(Settings()) as api:
        params = {"buyer_id": buyer_id, "need_id": need_id, "closed": "true" if closed else None}
        found = await api.all(_ROOT, params=params)
    if as_json:
        print_json({"joint_needs": found})
    elif not found:
        OUT.print("There is no such joint need. Propose one with `samspil joint propose NEED`.")
    else:
        OUT.print(joint_needs_table(found))
    return EXIT_OK


async def show(*, joint_need_id: str, as_json: bool) -> int:
    """Show one with its ladder."""
    async with opened_api(Settings()) as api:
        found = await api.ask("GET", path_of(_ROOT, joint_need_id))
    if as_json:
        print_json(found)
    else:
        OUT.print(joint_need_view(found))
    return EXIT_OK


async def propose(*, need_id: str, other_need_id: str | None, rung: Rung, said: Mapping[str, str | None], as_json: bool) -> int:
    """Propose one from a need of one's own."""
    body = {"need_id": need_id, "other_need_id": other_need_id, "rung": rung.value, **_said(said)}
    async with opened_api(Settings()) as api:
        await api.organisation()
        return told_recorded(await api.ask("POST", _ROOT, body=given(body)), as_json=as_json)


async def join(
    *, joint_need_id: str, rung: Rung, said: Mapping[str, str | None], follows_version: int | None, as_json: bool
) -> int:
    """Join, or change one's own commitment."""
    body = {"rung": rung.value, "follows_version": follows_version, **_said(said)}
    async with opened_api(Settings()) as api:
        path = await _own(api, joint_need_id)
        return told_recorded(await api.ask("PUT", path, body=given(body)), as_json=as_json)


async def withdraw(*, joint_need_id: str, reason: str | None, as_json: bool) -> int:
    """Withdraw one's own commitment."""
    async with opened_api(Settings()) as api:
        path = await _own(api, joint_need_id)
        return told_recorded(await api.ask("DELETE", path, params={"reason": reason}), as_json=as_json)


async def follow_up(*, joint_need_id: str, need_id: str, reject: bool, as_json: bool) -> int:
    """Say which later need carries out what one declared, or that one does not."""
    async with opened_api(Settings()) as api:
        path = await _own(api, joint_need_id, "follow-ups", need_id)
        return told_recorded(await api.ask("DELETE" if reject else "PUT", path), as_json=as_json)


async def follow_ups(*, joint_need_id: str, as_json: bool) -> int:
    """Show who followed up, and what one may confirm oneself."""
    async with opened_api(Settings()) as api:
        found = await api.ask("GET", path_of(_ROOT, joint_need_id, "follow-ups"))
    if as_json:
        print_json(found)
    else:
        OUT.print(follow_ups_view(found))
    return EXIT_OK


async def text(*, joint_need_id: str, title: str | None, description: str | None, as_json: bool) -> int:
    """Change the joint text; what is not given stays."""
    description = words_of(description) if description is not None else None
    async with opened_api(Settings()) as api:
        await api.organisation()
        stands = (await api.ask("GET", path_of(_ROOT, joint_need_id)))["text"]
        body = stands | given({"title": title, "description": description})
        return told_recorded(await api.ask("PUT", path_of(_ROOT, joint_need_id, "text"), body=body), as_json=as_json)


async def stage(*, joint_need_id: str, to: str, note: str | None, as_json: bool) -> int:
    """Go into another stage."""
    async with opened_api(Settings()) as api:
        await api.organisation()
        answer = await api.ask("PUT", path_of(_ROOT, joint_need_id, "stage"), body=given({"stage": to, "note": note}))
        return told_recorded(answer, as_json=as_json)


async def offer(*, joint_need_id: str, role: MemberRole, buyer_id: str, take_back: bool, as_json: bool) -> int:
    """Offer a role to a member, or take the offer back."""
    async with opened_api(Settings()) as api:
        await api.organisation()
        path = path_of(_ROOT, joint_need_id, "offers", role.value, buyer_id)
        return told_recorded(await api.ask("DELETE" if take_back else "PUT", path), as_json=as_json)


async def accept(*, joint_need_id: str, role: MemberRole, as_json: bool) -> int:
    """Take on a role that was offered."""
    async with opened_api(Settings()) as api:
        path = await _own(api, joint_need_id, "roles", role.value)
        return told_recorded(await api.ask("PUT", path), as_json=as_json)


async def step_down(*, joint_need_id: str, buyer_id: str | None, as_json: bool) -> int:
    """End a facilitator's role: one's own, or another's as the need owner."""
    async with opened_api(Settings()) as api:
        who = buyer_id or await api.organisation()
        path = path_of(_ROOT, joint_need_id, "members", who, "roles", MemberRole.FACILITATOR.value)
        return told_recorded(await api.ask("DELETE", path), as_json=as_json)


async def close(*, joint_need_id: str, reason: str | None, as_json: bool) -> int:
    """Close it for good."""
    async with opened_api(Settings()) as api:
        await api.organisation()
        return told_recorded(await api.ask("DELETE", path_of(_ROOT, joint_need_id), params={"reason": reason}), as_json=as_json)


async def history(*, joint_need_id: str, as_json: bool) -> int:
    """Show who changed what, and when."""
    async with opened_api(Settings()) as api:
        found = await api.all(path_of(_ROOT, joint_need_id, "history"))
    if as_json:
        print_json({"history": found})
    else:
        OUT.print(history_table(found))
    return EXIT_OK


async def export(*, joint_need_id: str, to: Path, as_json: bool) -> int:
    """Write the export to a file: a page if its name ends in .html, else JSON."""
    as_page = to.suffix.lower() in (".html", ".htm")
    async with opened_api(Settings()) as api:
        # One request: a second one might find another state, whose digest is not that of the file.
        written, digest = await api.file(
            path_of(_ROOT, joint_need_id, "export.html" if as_page else "export"), stated=DIGEST_HEADER
        )
    _write(to, written)
    if as_json:
        print_json({"file": to, "digest": digest})
    else:
        OUT.print(f"{shown(to)} holds all of it. Its history has the digest {digest}.", soft_wrap=True)
    return EXIT_OK


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise fail(f"{file} cannot be written: {error.strerror}.", hint="Name another file with --to.") from None


async def verify(*, files: Sequence[Path], as_json: bool) -> int:
    """Check that exports are what they say, and whether their histories are the same; 1 if not."""
    found = [_checked(file) for file in files]
    wrong = [f"{file}: {problem}" for file, one in zip(files, found, strict=True) for problem in one.problems]
    same = len({one.digest for one in found}) == 1
    if as_json:
        digests = {str(file): one.digest for file, one in zip(files, found, strict=True)}
        print_json({"whole": not wrong, "same": same, "digests": digests, "problems": wrong, "not_proven": NOT_PROVEN})
    else:
        for problem in wrong:
            OUT.print(f"[red]✗[/] {shown(problem)}", soft_wrap=True)
        if not wrong:
            whole = "It is" if len(files) == 1 else "They are"
            OUT.print(f"{whole} whole: every digest is that of its history, and all that is shown follows from it. {NOT_PROVEN}")
        if not same:
            OUT.print("[red]✗[/] Their histories differ. One may only be older: compare them entry by entry.")
    return EXIT_OK if same and not wrong else EXIT_SOME


def _checked(file: Path) -> Checked:
    try:
        return checked(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        hint = "Make one: `samspil joint export JOINT_NEED --to file.json`."
        raise fail(f"{file} is no JSON export of a joint need.", hint=hint, code=EXIT_NOTHING) from None


async def _own(api: Api, joint_need_id: str, *more: str) -> str:
    return path_of(_ROOT, joint_need_id, "members", await api.organisation(), *more)


def _said(said: Mapping[str, str | None]) -> dict[str, Any]:
    """What is undertaken, as the API takes it; a volume is written as "4,200 water meters"."""
    body: dict[str, Any] = {name: legible(value) for name, value in said.items() if value is not None}
    if "volume" in body:
        volume = volume_of(body["volume"])
        if volume is None:
            raise fail(
                "The volume is no amount with a unit.", hint='Write it so: --volume "4,200 water meters".', code=EXIT_NOTHING
            )
        body["volume"] = volume.model_dump()
    if "undertaking" in body:
        body["undertaking"] = words_of(body["undertaking"])
    return body
