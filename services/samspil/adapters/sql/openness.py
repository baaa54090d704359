"""What can be read of openness: the disclosure ledger, questions, publications, and who took part."""

import hashlib
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, Subquery, and_, func, select

from samspil.adapters.sql.database import Database
from samspil.adapters.sql.disclosures import ledger_head, question_of
from samspil.adapters.sql.tables import dialogues, disclosure_heads, disclosures, profiles, publications, questions
from samspil.ports.disclosures import QUESTION, DisclosureEntry, LedgerHead, StoredPublication
from samspil.ports.openness import Participant, Publication, PublishedFile, Question
from samspil_schemas import DisclosureMade, SupplierProfile


class SqlDisclosureReadings:
    """Implements `DisclosureReadings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ledger_head(self, dialogue_id: str) -> LedgerHead | None:
        """Where the ledger of a dialogue ends; None where it has no entry."""
        rows = await self._rows(select(disclosure_heads).where(disclosure_heads.c.dialogue_id == dialogue_id))
        return ledger_head(rows[0]) if rows else None

    async def ledger_of(self, dialogue_id: str) -> list[DisclosureEntry]:
        """Every entry as it is stored, by number."""
        query = select(disclosures).where(disclosures.c.dialogue_id == dialogue_id).order_by(disclosures.c.number)
        return [DisclosureEntry(**dict(row)) for row in await self._rows(query)]

    async def digest_at(self, dialogue_id: str, number: int) -> str | None:
        """The digest of one entry; None where there is no such entry."""
        one = (disclosures.c.dialogue_id == dialogue_id, disclosures.c.number == number)
        rows = await self._rows(select(disclosures.c.digest).where(*one))
        return str(rows[0]["digest"]) if rows else None

    async def ledgers(self) -> list[str]:
        """The dialogues that have a ledger, or a head of one."""
        both = select(disclosures.c.dialogue_id).union(select(disclosure_heads.c.dialogue_id))
        async with self._database.connection(writes=False) as connection:
            return sorted(await connection.scalars(both))

    async def publications(self, dialogue_id: str, *, limit: int = 100, offset: int = 0) -> list[Publication]:
        """What was published, every revision, the newest first."""
        query = select(publications.c.document_id, publications.c.content).where(publications.c.dialogue_id == dialogue_id)
        order = (publications.c.made_at.desc(), publications.c.document_id, publications.c.revision.desc())
        rows = await self._rows(query.order_by(*order).limit(limit).offset(offset))
        return [Publication(document_id=row["document_id"], made=DisclosureMade.model_validate(row["content"])) for row in rows]

    async def file(self, dialogue_id: str, document_id: str, *, revision: int | None = None) -> PublishedFile | None:
        """The file of a revision, by default of the highest that has one; None where there is none."""
        query = select(publications.c.content, publications.c.file).where(
            publications.c.dialogue_id == dialogue_id,
            publications.c.document_id == document_id,
            publications.c.file.is_not(None),
        )
        if revision is not None:
            query = query.where(publications.c.revision == revision)
        rows = await self._rows(query.order_by(publications.c.revision.desc()).limit(1))
        if not rows:
            return None
        made = DisclosureMade.model_validate(rows[0]["content"])
        if made.file_name is None or made.media_type is None:
            raise ValueError("a publication with a file says what it is")
        return PublishedFile(name=made.file_name, media_type=made.media_type, content=rows[0]["file"])

    async def stored_publications(self, dialogue_id: str) -> list[StoredPublication]:
        """Every revision as it is stored, with the digest of its bytes."""
        found = []
        # One at a time: together the files of a dialogue may be large.
        keys = select(publications.c.document_id, publications.c.revision).where(publications.c.dialogue_id == dialogue_id)
        for key in await self._rows(keys.order_by(publications.c.document_id, publications.c.revision)):
            one = (publications.c.document_id == key["document_id"], publications.c.revision == key["revision"])
            query = select(publications.c.content, publications.c.file).where(publications.c.dialogue_id == dialogue_id, *one)
            for row in await self._rows(query):
                digest = hashlib.sha256(row["file"]).hexdigest() if row["file"] is not None else None
                found.append(StoredPublication(**dict(key), content=row["content"], sha256=digest))
        return found

    async def questions(self, dialogue_id: str, *, asker: str | None = None, limit: int = 100, offset: int = 0) -> list[Question]:
        """Questions, the oldest first: of one asker, or all."""
        query = select(questions).where(questions.c.dialogue_id == dialogue_id)
        if asker is not None:
            query = query.where(questions.c.asker == asker)
        query = query.order_by(questions.c.asked_at, questions.c.question_id)
        return [question_of(row) for row in await self._rows(query.limit(limit).offset(offset))]

    async def participants(self, dialogue_id: str) -> list[Participant]:
        """The suppliers that the ledger of the dialogue names, by id."""
        suppliers = (disclosures.c.dialogue_id == dialogue_id, ~disclosures.c.to.startswith(QUESTION))
        first = select(disclosures.c.to, func.min(disclosures.c.at).label("first")).where(*suppliers)
        mine = first.group_by(disclosures.c.to).subquery()
        query: Select[Any] = select(mine.c.to, profiles.c.content, _shown_before(dialogue_id, mine).label("before"))
        query = query.select_from(mine.outerjoin(profiles, profiles.c.id == mine.c.to)).order_by(mine.c.to)
        return [_participant(row) for row in await self._rows(query)]

    async def _rows(self, query: Select[Any]) -> list[RowMapping]:
        async with self._database.connection(writes=False) as connection:
            return list((await connection.execute(query)).mappings())


def _shown_before(dialogue_id: str, mine: Subquery) -> ColumnElement[bool]:
    """Whether anything of an earlier dialogue of the same buyer was shown to this supplier alone, before it was of this one."""
    here, theirs = dialogues.alias("here"), dialogues.alias("theirs")
    earlier = disclosures.alias("earlier")
    joined = earlier.join(theirs, theirs.c.dialogue_id == earlier.c.dialogue_id).join(here, here.c.buyer_id == theirs.c.buyer_id)
    same = and_(here.c.dialogue_id == dialogue_id, earlier.c.to == mine.c.to, earlier.c.at < mine.c.first)
    return select(earlier.c.number).select_from(joined).where(same, earlier.c.dialogue_id != dialogue_id).correlate(mine).exists()


def _participant(row: RowMapping) -> Participant:
    profile = SupplierProfile.model_validate(row["content"]) if row["content"] is not None else None
    return Participant(
        supplier_id=row["to"],
        size=profile.size if profile else None,
        regions=profile.regions if profile else (),
        newcomer=not row["before"],
        has_profile=profile is not None,
    )
