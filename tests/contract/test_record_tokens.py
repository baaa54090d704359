"""API tokens."""

import hashlib

from sqlalchemy import select

from samspil.adapters.sql import SqlRecord
from samspil.adapters.sql.tables import tokens
from samspil.ports import Principal, Role


async def test_a_token_says_who_it_was_issued_to(record: SqlRecord) -> None:
    token = await record.tokens.issue(organisation="buyer-1", role=Role.BUYER, label="for the portal")
    principal = await record.tokens.check(token)
    assert principal is not None
    assert principal == Principal(organisation="buyer-1", role=Role.BUYER, token_id=principal.token_id)
    assert token.startswith(f"sams_{principal.token_id}_")


async def test_every_token_is_another(record: SqlRecord) -> None:
    issued = {await record.tokens.issue(organisation="s", role=Role.SUPPLIER) for _ in range(5)}
    assert len(issued) == 5


async def test_nothing_but_a_hash_is_kept(record: SqlRecord) -> None:
    token = await record.tokens.issue(organisation="s", role=Role.SUPPLIER)
    async with record.begin() as transaction:
        (row,) = await transaction.run(lambda connection: list(connection.execute(select(tokens)).mappings()))
    secret = token[len("sams_") + 16 + 1 :]
    assert len(secret) == 43
    assert secret not in str(dict(row))
    assert row["hash"] == hashlib.sha256(token.encode()).hexdigest()


async def test_a_token_that_was_tampered_with_is_nobody(record: SqlRecord) -> None:
    token = await record.tokens.issue(organisation="op", role=Role.OPERATOR)
    other = await record.tokens.issue(organisation="s", role=Role.SUPPLIER)
    last = "A" if token[-1] != "A" else "B"
    swapped = token[:22] + other[22:]
    for wrong in ("", "sams_", token[:-1], token[:-1] + last, token + "x", swapped, f" {token}", token.upper(), "sams_é"):
        assert await record.tokens.check(wrong) is None


async def test_a_revoked_token_is_nobody_and_the_others_stay(record: SqlRecord) -> None:
    token = await record.tokens.issue(organisation="s", role=Role.SUPPLIER)
    other = await record.tokens.issue(organisation="s", role=Role.SUPPLIER)
    principal = await record.tokens.check(token)
    assert principal is not None
    assert await record.tokens.revoke(principal.token_id) is True
    assert await record.tokens.check(token) is None
    assert await record.tokens.check(other) is not None
    assert await record.tokens.revoke(principal.token_id) is False
    assert await record.tokens.revoke("never-issued") is False
