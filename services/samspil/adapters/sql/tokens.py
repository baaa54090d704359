"""API tokens: `sams_<id>_<secret>`. Of the secret, 256 random bits, only the SHA-256 is kept.

A slow hash protects what people choose; nobody can guess 256 random bits, so a fast one does here.
"""

import hashlib
import hmac
import re
import secrets

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import insert, select, update
from sqlalchemy.sql import ColumnElement

from samspil.adapters.sql.database import Database
from samspil.adapters.sql.tables import tokens
from samspil.errors import Refused
from samspil.ports import IssuedToken, Principal, Role
from samspil_schemas.base import ID_MAX, LABEL_MAX, Id, Label

_ID_BYTES = 8
_SECRET_BYTES = 32
_IDS: TypeAdapter[str] = TypeAdapter(Id)
_LABELS: TypeAdapter[str] = TypeAdapter(Label)
_FORM = re.compile(r"sams_(?P<id>[0-9a-f]{16})_[A-Za-z0-9_-]{43}")


class SqlTokens:
    """Implements `Tokens`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def issue(self, *, organisation: str, role: Role, label: str = "") -> str:
        """Make a token and return its text, which is never shown again.

        Raises:
            Refused: the organisation is not an id of the contract, or the label is too long.
        """
        _check_form(organisation, label=label)
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
        return await self._end(tokens.c.id == token_id) > 0

    async def revoke_labelled(self, label: str, *, organisation: str) -> int:
        """End every token of the organisation that has this label; returns how many had not ended."""
        return await self._end(tokens.c.label == label, tokens.c.organisation == organisation)

    async def issued(self) -> list[IssuedToken]:
        """Every token that was ever issued, the newest first."""
        query = select(tokens).order_by(tokens.c.issued_at.desc(), tokens.c.id)
        async with self._database.connection(writes=False) as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [
            IssuedToken(
                token_id=row["id"],
                organisation=row["organisation"],
                role=Role(row["role"]),
                label=row["label"],
                issued_at=row["issued_at"],
                revoked_at=row["revoked_at"],
            )
            for row in rows
        ]

    async def _end(self, *which: ColumnElement[bool]) -> int:
        end = update(tokens).where(*which, tokens.c.revoked_at.is_(None))
        async with self._database.connection(writes=True) as connection:
            result = await connection.execute(end.values(revoked_at=self._database.clock.now()))
        return result.rowcount


def _check_form(organisation: str, *, label: str) -> None:
    try:
        _IDS.validate_python(organisation)
    except ValidationError:
        raise Refused(
            f"“{organisation}” is no id of an organisation.",
            hint=f"Use up to {ID_MAX} letters, digits and . _ : / @ + -, beginning with a letter or digit: ops-team.",
        ) from None
    try:
        _LABELS.validate_python(label or "-")
    except ValidationError:
        raise Refused("The label of the token cannot be kept.", hint=f"Use up to {LABEL_MAX} readable characters.") from None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
