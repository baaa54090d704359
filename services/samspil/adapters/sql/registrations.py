"""Registrations to dialogues as they are read."""

from samspil.adapters.sql.database import Database
from samspil.adapters.sql.registration_statements import registration, registrations_of
from samspil.ports import Registration


class SqlRegistrations:
    """Implements `RegistrationReadings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def registrations(self, dialogue_id: str) -> list[Registration]:
        """All of the dialogue, in order of their numbers."""
        async with self._database.connection(writes=False) as connection:
            return [registration(row) for row in (await connection.execute(registrations_of(dialogue_id))).mappings()]
