"""API tokens."""

import hashlib

import pytest
from sqlalchemy import select

from samspil.adapters.sql import SqlRecord
from samspil.adapters.sql.tables import tokens
from samspil.clock import ManualClock
from samspil.errors import Refused
from samspil.ports import IssuedToken, Principal, Role


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


async def test_tokens_of_one_label_are_ended_together_and_those_of_others_stay(record: SqlRecord) -> None:
    left_behind = [await record.tokens.issue(organisation="m", role=Role.OPERATOR, label="runtime") for _ in range(2)]
    others = [
        await record.tokens.issue(organisation="m", role=Role.OPERATOR, label="portal"),
        await record.tokens.issue(organisation="n", role=Role.OPERATOR, label="runtime"),
    ]
    assert await record.tokens.revoke_labelled("runtime", organisation="m") == 2
    assert await record.tokens.revoke_labelled("runtime", organisation="m") == 0
    assert [await record.tokens.check(token) for token in left_behind] == [None, None]
    assert all([await record.tokens.check(token) for token in others])


async def test_what_was_issued_is_listed_without_its_secret(record: SqlRecord, clock: ManualClock) -> None:
    first = await record.tokens.issue(organisation="buyer-1", role=Role.BUYER, label="portal")
    second = await record.tokens.issue(organisation="s", role=Role.SUPPLIER)
    await record.tokens.revoke(second.split("_")[1])
    found = {token.token_id: token for token in await record.tokens.issued()}
    assert found[first.split("_")[1]] == IssuedToken(
        token_id=first.split("_")[1], organisation="buyer-1", role=Role.BUYER, label="portal", issued_at=clock.now()
    )
    assert found[second.split("_")[1]].revoked_at == clock.now()
    assert first.split("_", 2)[2] not in str(found)


@pytest.mark.parametrize("organisation", ["", "Ops Team", "ops\n", "\udcff", "x" * 500, "-ops"])
async def test_an_organisation_that_is_no_id_gets_no_token(record: SqlRecord, organisation: str) -> None:
    with pytest.raises(Refused, match="no id of an organisation"):
        await record.tokens.issue(organisation=organisation, role=Role.OPERATOR)
    assert await record.tokens.issued() == []


@pytest.mark.parametrize("label", ["  ", "x" * 5000, "\x00"])
async def test_a_label_that_cannot_be_kept_gets_no_token(record: SqlRecord, label: str) -> None:
    with pytest.raises(Refused, match="label"):
        await record.tokens.issue(organisation="s", role=Role.SUPPLIER, label=label)
