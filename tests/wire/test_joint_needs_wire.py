"""Joint needs on the embedded broker: what bodies do at once is on the topic, and the newest snapshot is the last one there."""

import asyncio
from collections.abc import Sequence

from samspil.adapters.sql import SqlRecord
from samspil.clock import SystemClock
from samspil.dialogue import app as dialogue
from samspil.dialogue.joint_needs import KeptJointNeeds
from samspil.ports import Received
from samspil.ports.joint_service import Declaration, Proposal
from samspil.registry.relay import Relay
from samspil_schemas import Buyer, JointNeedChanged, topics
from tests.factories import a_need, a_statement
from tests.wire.conftest import OpenLog, Reader, reading, until

BODIES = range(2, 10)


def revisions(reader: Reader) -> list[int]:
    """Of the snapshots in the order in which they stand on the topic; `reader` reads one joint need, which has one partition."""
    return [item.event.revision for item in reader.received if isinstance(item.event, JointNeedChanged)]


async def test_bodies_that_join_at_once_are_all_in_the_last_snapshot_even_if_an_old_one_comes_late(
    memory_record: SqlRecord, open_log: OpenLog
) -> None:
    record, clock = memory_record, SystemClock()
    joint_needs = KeptJointNeeds(record, readings=record.readings, joint_readings=record.joint_needs, clock=clock)
    (snapshots,) = (one for one in dialogue.subscriptions(record, clock=clock) if topics.JOINT_NEEDS.name in one.topics)
    reader = Reader()
    log = await open_log(snapshots, reading(reader, topics.JOINT_NEEDS.name, group="outside"))
    relay = Relay(record.outbox, again=record.again, publisher=log.publisher("registry"), clock=clock, poll_seconds=0.01)
    relaying = asyncio.create_task(relay.run())
    try:
        await record.submissions.submit_need("need-1", a_statement())
        joint = (await joint_needs.propose(Proposal(need_id="need-1"), by="buyer-1")).joint_need_id
        await asyncio.gather(
            *(
                joint_needs.declare(
                    joint, Declaration(rung="observer", name=f"Body {number}", country="DK"), by=f"buyer-{number}"
                )
                for number in BODIES
            )
        )
        last = len(BODIES) + 1
        await reader.until(lambda reader: last in revisions(reader))
        assert sorted(set(revisions(reader))) == revisions(reader)[: revisions(reader).index(last) + 1]
        newest = next(item.event for item in reversed(reader.received))
        assert len(newest.members) == len(BODIES) + 1
        await until(lambda: taken(record, reader.received))

        old = next(item.event for item in reader.received if item.event.revision == 3)
        await log.publisher("held-up").publish([old])
        await reader.until(lambda reader: 3 in (after := revisions(reader))[last:] and after[-1] == last)
    finally:
        relaying.cancel()
        await asyncio.gather(relaying, return_exceptions=True)


async def taken(record: SqlRecord, received: Sequence[Received]) -> bool:
    """True when the service has taken all of these snapshots."""
    async with record.begin() as transaction:
        ids = {item.event_id for item in received}
        return await transaction.taken("dialogue", ids) == ids


async def test_a_tender_of_a_foreign_client_is_linked_on_the_topic_whether_it_comes_before_or_after_the_commitment(
    memory_record: SqlRecord, open_log: OpenLog
) -> None:
    record, clock = memory_record, SystemClock()
    joint_needs = KeptJointNeeds(record, readings=record.readings, joint_readings=record.joint_needs, clock=clock)
    reader = Reader()
    outside = reading(reader, topics.JOINT_NEEDS.name, group="outside")
    log = await open_log(*dialogue.subscriptions(record, clock=clock), outside)
    relay = Relay(record.outbox, again=record.again, publisher=log.publisher("registry"), clock=clock, poll_seconds=0.01)
    relaying = asyncio.create_task(relay.run())
    intent = {"rung": "intent_signer", "undertaking": "We ask the same.", "country": "SE"}
    try:
        await record.submissions.submit_need("need-1", a_statement())
        joint = (await joint_needs.propose(Proposal(need_id="need-1"), by="buyer-1")).joint_need_id
        early, late = (
            a_need(f"tender-{number}", buyer=Buyer(id=f"buyer-{number}", name="Sample body", country="SE"), follows=(joint,))
            for number in (2, 3)
        )
        foreign = log.publisher("foreign-client")
        await foreign.publish([early])
        await until(lambda: known(record, "tender-2"))
        for number in (2, 3):
            await joint_needs.declare(joint, Declaration(name="Sample body", **intent), by=f"buyer-{number}")
        await foreign.publish([late, late])
        said = "2 of 2 that signed intent have followed up"
        await reader.until(lambda reader: said in [item.event.follow_up_summary for item in reader.received])
        newest = max((item.event for item in reader.received), key=lambda event: event.revision)
        assert [member.followed_up_by for member in newest.members] == [(), ("tender-2",), ("tender-3",)]
    finally:
        relaying.cancel()
        await asyncio.gather(relaying, return_exceptions=True)


async def known(record: SqlRecord, need_id: str) -> bool:
    """True when the service has heard of the need."""
    async with record.begin() as transaction:
        return bool(await transaction.published_needs([need_id]))
