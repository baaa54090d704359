"""API tokens: `sams_<id>_<secret>`. Of the secret, 256 random bits, only the SHA-256 is kept.

A slow hash protects what people choose; nobody can guess 256 random bits, so a fast one does here.
"""

import hashlib
import hmac
import re
import secrets

from sqlalchemy import insert, select, update

from samspil.adapters.sql.database import Database
from samspil.adapters.sql.tables import tokens
from samspil.ports import Principal, Role

_ID_BYTES = 8
_SECRET_BYTES = 32
_FORM = re.compile(r"sams_(?P<id>[0-9a-f]{16})_[A-Za-z0-9_-]{43}")


class SqlTokens:
    """Implements `Tokens`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def issue(self, *, organisation: str, role: Role, label: str = "") -> str:
        """Make a token and return its text, which is never shown again."""
        token_id = secrets.token_hex(_ID_BYTES)
        token = f"sams_{token_id}_{secrets.token_urlsafe(_SECRET_BYTES)}"
        row = {
            "id": token_id,
            "hash": _hash(token),
            "organisation": organisation,
            "role": role.value,
            "label": label,
            "issued_at": self._database.clock.now(),
        }
        async with self._database.connection(writes=True) as connection:
            await connection.execute(insert(tokens).values(row))
        return token

    async def check(self, token: str) -> Principal | None:
        """Who this token is, or None."""
        form = _FORM.fullmatch(token)
        if form is None:
            return None
        query = select(tokens).where(tokens.c.id == form["id"], tokens.c.revoked_at.is_(None))
        async with self._database.connection(writes=False) as connection:
            row = (await connection.execute(query)).mappings().first()
        if row is None or not hmac.compare_digest(row["hash"], _hash(token)):
            return None
        return Principal(organisation=row["organisation"], role=Role(row["role"]), token_id=row["id"])

    async def revoke(self, token_id: str) -> bool:
        """End a token; False if there is none, or it has ended."""
        end = update(tokens).where(tokens.c.id == token_id, tokens.c.revoked_at.is_(None))
        async with self._database.connection(writes=True) as connection:
            result = await connection.execute(end.values(revoked_at=self._database.clock.now()))
        return result.rowcount > 0


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
