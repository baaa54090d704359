"""The table of who reads what is what the services subscribe to."""

from unittest.mock import Mock

from samspil.bootstrap.groups import all_subscriptions
from samspil.clock import ManualClock
from samspil.dialogue import app as dialogue
from samspil.matching import app as matching
from samspil.ports import DeadLetterSubscription, Subscription, readers_of
from samspil.registry import app as registry
from samspil_schemas import topics


def read_by(subscriptions):
    found = {}
    for one in subscriptions:
        found.setdefault((type(one), one.group), set()).update(one.topics)
    return found


def test_the_table_is_what_the_services_subscribe_to():
    clock = ManualClock()
    services = (
        *matching.subscriptions(Mock()),
        *registry.subscriptions(Mock(), clock=clock),
        *registry.dead_letter_subscriptions(Mock(), clock=clock),
        *dialogue.subscriptions(Mock(), clock=clock),
    )
    assert read_by(services) == read_by(all_subscriptions())


def test_every_topic_that_a_group_reads_has_its_dead_letters_read():
    [dead] = [one for one in all_subscriptions() if isinstance(one, DeadLetterSubscription)]
    assert len(dead.topics) == sum(len(one.topics) for one in all_subscriptions() if isinstance(one, Subscription))


def test_the_readers_of_a_topic_are_the_groups_that_have_it():
    assert set(readers_of(topics.NEEDS)) == {"matching", "registry", "dialogue"}
    assert readers_of(topics.MATCHES) == readers_of(topics.JOINT_NEEDS) == readers_of(topics.RESPONSES) == ("dialogue",)
