"""A process that stops lets go of everything, whether or not its record still answers."""

import pytest
from structlog.testing import capture_logs

from samspil.adapters.sql import SqlRecord
from samspil.bootstrap.process import _revoke
from samspil.errors import RecordUnavailable
from samspil.ports import Role


async def test_a_token_that_cannot_be_revoked_does_not_keep_the_process(
    record: SqlRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def locked(token_id: str) -> bool:
        raise RecordUnavailable(f"the database is locked, and {token_id} stays", hint="Try again.")

    token = await record.tokens.issue(organisation="this-machine", role=Role.OPERATOR, label="runtime")
    principal = await record.tokens.check(token)
    assert principal is not None
    with monkeypatch.context() as patch, capture_logs() as logs:
        patch.setattr(record.tokens, "revoke", locked)
        await _revoke(record, principal.token_id)
    assert [entry["event"] for entry in logs] == ["token_not_revoked"]
    await _revoke(record, principal.token_id)
    assert await record.tokens.check(token) is None
