"""Keeps the newest snapshot of each joint need the last one on its topic.

A publisher that was held up can write an old snapshot after a newer one, and the topic keeps the last of each key. So the service
reads what it wrote: an old snapshot that comes after the newest was taken is answered with the newest once more.
"""

from collections.abc import Sequence

from samspil.dialogue.handlers import GROUP
from samspil.domain.joint_snapshot import published
from samspil.ports import Received, Record, readers_of
from samspil.ports.joint_service import JointNeedTransaction
from samspil_schemas import JointNeedChanged, event_id, topics


class Snapshots:
    """The handler of the topic of joint needs; raises `RecordUnavailable` if the database does not answer."""

    def __init__(self, record: Record[JointNeedTransaction]) -> None:
        self._record = record

    async def take(self, batch: Sequence[Received]) -> None:
        """Take the snapshots, and publish the newest again where an older one came."""
        last = {received.key: received.event for received in batch if isinstance(received.event, JointNeedChanged)}
        async with self._record.begin() as transaction:
            await transaction.first_time(GROUP, [received.event_id for received in batch])
            stored = await transaction.stored_joint_needs(last)
            newest = [published(one.changed) for one in stored]
            newer = [one for one in newest if one.revision > last[one.joint_need_id].revision]
            # One that was not taken yet is still to come, after this one.
            gone_by = await transaction.taken(GROUP, [event_id(one) for one in newer])
            again = [one for one in newer if event_id(one) in gone_by]
            await transaction.enqueue(again, awaiting=readers_of(topics.JOINT_NEEDS), anew=True)
