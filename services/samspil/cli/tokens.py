"""`token issue`, `token list` and `token revoke`."""

from samspil.bootstrap import Settings, opened_record, seen_record
from samspil.cli.console import EXIT_NOTHING, EXIT_OK, OUT, fail, legible, print_json, shown
from samspil.cli.tables import tokens_table
from samspil.ports import Role


async def issue(*, organisation: str, role: Role, label: str, as_json: bool) -> int:
    """Make a token and print it once."""
    async with opened_record(Settings()) as record:
        token = await record.tokens.issue(organisation=organisation, role=role, label=legible(label))
        principal = await record.tokens.check(token)
    token_id = principal.token_id if principal else ""
    if as_json:
        print_json({"token": token, "token_id": token_id, "organisation": organisation, "role": role})
    else:
        OUT.print(f"{token}", soft_wrap=True)
        OUT.print(f"[dim]Token {token_id} of {shown(organisation)} ({role.value}). It is not shown again; keep it safe.[/]")
    return EXIT_OK


async def list_all(*, as_json: bool) -> int:
    """Show every token, the newest first."""
    async with seen_record(Settings()) as record:
        issued = await record.tokens.issued() if record else []
    if as_json:
        print_json({"tokens": issued})
    else:
        OUT.print(tokens_table(issued) if issued else "No token was issued yet. Make one with `samspil token issue`.")
    return EXIT_OK


async def revoke(*, token_id: str, as_json: bool) -> int:
    """End a token."""
    async with opened_record(Settings()) as record:
        ended = await record.tokens.revoke(legible(token_id))
    if as_json:
        print_json({"token_id": token_id, "revoked": ended})
    elif not ended:
        raise fail(f"There is no token {token_id}.", hint="Use the id that was shown when it was issued.", code=EXIT_NOTHING)
    else:
        OUT.print(f"Token {shown(token_id)} is revoked.")
    return EXIT_OK if ended else EXIT_NOTHING
