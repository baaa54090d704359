"""Links needs that carry out what members of a joint need declared, as soon as both are known.

A need may come before the joint need, or before its buyer's commitment. Both sides write, then look: what is published is kept,
then held against the joint needs of its buyer; a joint need that changed is held against what its members published. The
transactions exclude each other, so one of the two sees both. What is linked is not linked again, so a repeat changes nothing.
"""

from collections.abc import Sequence

from samspil.clock import Clock
from samspil.dialogue.joint_needs import put_changes
from samspil.domain.follow_ups import heard, named_needs, recognised
from samspil.domain.joint_needs import folded
from samspil.domain.joint_said import changes_of
from samspil.ports import Received, Record
from samspil.ports.follow_ups import PublishedNeed
from samspil.ports.joint_service import JointNeedTransaction
from samspil_schemas import JointNeedChanged, NeedPublished

_ALONE = "follow-ups"


class FollowUps:
    """The handlers of follow-ups. Both raise `RecordUnavailable` if the database does not answer."""

    def __init__(self, record: Record[JointNeedTransaction], *, clock: Clock) -> None:
        self._record = record
        self._clock = clock

    async def needs(self, batch: Sequence[Received]) -> None:
        """Keep what is published, and link what follows up a joint need of its buyer."""
        said = [(received, event) for received in batch if isinstance(event := received.event, NeedPublished)]
        # The text of a joint need is what is followed, and follows nothing.
        published = [(received, event) for received, event in said if not event.statement.joint_members]
        if not published:
            return
        async with self._record.begin() as transaction:
            await transaction.alone(_ALONE)
            known = {need.need_id: need for need in await transaction.published_needs([event.need_id for _, event in published])}
            after: dict[str, PublishedNeed] = dict(known)
            for received, event in published:
                before = after.get(event.need_id)
                after[event.need_id] = heard(before, event, at=received.time or self._clock.now())
            changed = [need for need_id, need in sorted(after.items()) if need != known.get(need_id)]
            await transaction.put_published_needs(changed)
            for joint_need_id in await transaction.joint_needs_ever_joined({need.buyer_id for need in changed}):
                await self._link(joint_need_id, transaction=transaction)

    async def joint_needs(self, batch: Sequence[Received]) -> None:
        """Link what the members of joint needs that changed have published already."""
        changed = {received.event.joint_need_id for received in batch if isinstance(received.event, JointNeedChanged)}
        if not changed:
            return
        async with self._record.begin() as transaction:
            await transaction.alone(_ALONE)
            for joint_need_id in sorted(changed):
                await self._link(joint_need_id, transaction=transaction)

    async def _link(self, joint_need_id: str, *, transaction: JointNeedTransaction) -> None:
        known = await transaction.joint_need_changes(joint_need_id)
        joint = folded(joint_need_id, known)
        signed = [id_ for id_, member in joint.members.items() if member.signed is not None]
        needs = await transaction.referring_needs(signed)
        if not needs:
            return
        named = await transaction.published_needs(named_needs(joint))
        rejected = await transaction.rejected_follow_ups(joint_need_id)
        links = recognised(joint, needs, named=named, rejected=rejected)
        at = self._clock.now()
        new = [change for by, content in links for change in changes_of(joint, [content], by=by, at=at)]
        if new:
            await put_changes(transaction, joint, known, new)
