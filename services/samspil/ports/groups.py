"""Which consumer group reads which topics: the one table. A test holds it against what the services subscribe to."""

from samspil_schemas import Topic, dead_letter_topic, topics

READS: dict[str, tuple[Topic, ...]] = {
    "matching": (topics.NEEDS, topics.SUPPLIERS),
    "registry": (topics.NEEDS, topics.SUPPLIERS, topics.MATCH_REPORTS),
    "dialogue": (topics.NEEDS, topics.MATCHES, topics.JOINT_NEEDS, topics.RESPONSES),
}
DEAD_LETTER_TOPICS = tuple(dead_letter_topic(topic.name, group=group).name for group, read in READS.items() for topic in read)


def readers_of(topic: Topic) -> tuple[str, ...]:
    """The groups that must have taken an event of this topic before the outbox forgets it."""
    return tuple(group for group, read in READS.items() if topic in read)
