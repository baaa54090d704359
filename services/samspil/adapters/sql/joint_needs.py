"""What can be read of joint needs."""

from sqlalchemy import or_, select

from samspil.adapters.sql.database import Database
from samspil.adapters.sql.joint_statements import about_needs, change_of
from samspil.adapters.sql.tables import joint_need_changes, joint_need_members, joint_needs
from samspil.ports.joint_needs import Change, StoredJointNeed


class SqlJointNeedReadings:
    """Implements `JointNeedReadings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def joint_need(self, joint_need_id: str) -> StoredJointNeed | None:
        """The joint need, closed or not, or None."""
        query = select(joint_needs.c.content).where(joint_needs.c.joint_need_id == joint_need_id)
        async with self._database.connection(writes=False) as connection:
            content = await connection.scalar(query)
        return StoredJointNeed.model_validate(content) if content is not None else None

    async def joint_needs(
        self,
        *,
        open_only: bool = True,
        buyer_id: str | None = None,
        need_id: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[StoredJointNeed]:
        """Joint needs, the newest change first.

        buyer_id: only those that it is a member of, or that were proposed from a find of a need of its.
        need_id: only those that have it as a member's need, or were proposed from a find of it.
        """
        query = select(joint_needs.c.content).order_by(joint_needs.c.changed_at.desc(), joint_needs.c.joint_need_id)
        if open_only:
            query = query.where(joint_needs.c.is_open)
        if need_id is not None:
            query = query.where(about_needs([need_id]))
        if buyer_id is not None:
            held = joint_need_members.c.joint_need_id == joint_needs.c.joint_need_id
            member = select(joint_need_members.c.buyer_id).where(held, joint_need_members.c.buyer_id == buyer_id).exists()
            query = query.where(or_(joint_needs.c.other_buyer_id == buyer_id, member))
        async with self._database.connection(writes=False) as connection:
            contents = await connection.scalars(query.limit(limit).offset(offset))
            return [StoredJointNeed.model_validate(content) for content in contents]

    async def joint_need_history(self, joint_need_id: str) -> list[Change]:
        """Every change, in the order in which they were recorded."""
        query = select(joint_need_changes).where(joint_need_changes.c.joint_need_id == joint_need_id)
        query = query.order_by(joint_need_changes.c.revision, joint_need_changes.c.subject, joint_need_changes.c.version)
        async with self._database.connection(writes=False) as connection:
            return [change_of(row) for row in (await connection.execute(query)).mappings()]
