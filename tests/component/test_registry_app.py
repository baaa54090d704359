"""What the registry listens to."""

from samspil.adapters.sql import SqlRecord
from samspil.clock import ManualClock
from samspil.dialogue import app as dialogue
from samspil.matching.app import GROUP as MATCHING
from samspil.ports import Received
from samspil.registry import app
from samspil_schemas import dead_letter_topic, event_id, topics
from tests.factories import a_need


async def test_the_registry_takes_needs_profiles_and_verdicts(memory_record: SqlRecord, clock: ManualClock) -> None:
    subscriptions = app.subscriptions(memory_record, clock=clock)
    assert [one.topics for one in subscriptions] == [
        (topics.NEEDS.name,),
        (topics.SUPPLIERS.name,),
        (topics.MATCH_REPORTS.name,),
    ]
    assert {one.group for one in subscriptions} == {"registry"}
    need = a_need()
    await subscriptions[0].handle([Received(event=need, event_id=event_id(need), key=need.key, topic=topics.NEEDS.name)])
    assert (await memory_record.readings.totals())["needs"] == 1


async def test_the_registry_reads_the_dead_letters_of_every_topic_that_a_group_reads(
    memory_record: SqlRecord, clock: ManualClock
) -> None:
    (letters,) = app.dead_letter_subscriptions(memory_record, clock=clock)
    read = [(one.group, topic) for one in app.subscriptions(memory_record, clock=clock) for topic in one.topics]
    read += [(one.group, topic) for one in dialogue.subscriptions(memory_record, clock=clock) for topic in one.topics]
    read += [(MATCHING, topic.name) for topic in (topics.NEEDS, topics.SUPPLIERS)]
    assert set(letters.topics) == {dead_letter_topic(topic, group=group).name for group, topic in read}
    assert letters.group == "registry"
