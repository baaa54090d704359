"""The topics, made before anything is written: a broker that makes them itself gives them the wrong partitions.

Public surface: `topics_of` names all topics of the contract and of the subscriptions; `ensure_topics` makes those that are
missing; `TopicReport` says what it found.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    InvalidConfigurationError,
    KafkaError,
    PolicyViolationError,
    TopicAlreadyExistsError,
    UnsupportedVersionError,
    for_code,
)

from samspil.adapters.kafka.connection import KafkaSettings, broker_errors
from samspil.errors import BrokerUnavailable
from samspil.ports import DeadLetterSubscription, Subscription
from samspil_schemas import TOPICS, Topic, dead_letter_topic

# A dead letter is its record and why it failed, so it must fit where the largest record fits.
_DEAD_LETTER_MAX_BYTES = 2 * 1024 * 1024
_REPLICAS = 3  # the usual number that survives the loss of a broker while another is being replaced

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class TopicReport:
    """What `ensure_topics` found. `other_partitions` maps a topic to (the number it has, the number it should have)."""

    created: tuple[str, ...]
    existing: tuple[str, ...]
    other_partitions: dict[str, tuple[int, int]]


def topics_of(subscriptions: Iterable[Subscription | DeadLetterSubscription]) -> tuple[Topic, ...]:
    """Every topic of the contract, and the dead letters of every subscription, partitioned as their source."""
    known = {topic.name: topic for topic in TOPICS}
    for subscription in subscriptions:
        if isinstance(subscription, DeadLetterSubscription):
            for name in subscription.topics:
                source, _, group = name.removesuffix(".dlt").rpartition(".")
                known.setdefault(name, _dead_letters(known.get(source), source, group=group))
        else:
            for name in subscription.topics:
                dead = _dead_letters(known.get(name), name, group=subscription.group)
                known.setdefault(dead.name, dead)
    return tuple(known.values())


def _dead_letters(source: Topic | None, name: str, *, group: str) -> Topic:
    topic = dead_letter_topic(name, group=group)
    return replace(topic, partitions=source.partitions) if source else topic


async def ensure_topics(settings: KafkaSettings, topics: Sequence[Topic]) -> TopicReport:
    """Make the topics that are missing, with their configuration where the broker takes one; again changes nothing.

    Raises:
        BrokerUnavailable: the broker does not answer, or refuses to make a topic.
    """
    wanted = {topic.name: settings.partitions or topic.partitions for topic in topics}
    admin = AIOKafkaAdminClient(**settings.client_options())
    try:
        with broker_errors("make the topics"):
            await admin.start()
            before = set(await admin.list_topics())
            missing = [topic for topic in topics if topic.name not in before]
            replicas = await _replicas(admin, settings)
            created = await _create(admin, missing, settings=replace(settings, replication_factor=replicas))
            # Only topics that exist may be described: the embedded broker makes the others by being asked.
            described = await admin.describe_topics(sorted(wanted))
    finally:
        await admin.close()
    partitions = {entry["topic"]: len(entry["partitions"]) for entry in described}
    other = {name: (found, wanted[name]) for name, found in sorted(partitions.items()) if found != wanted[name]}
    for name, (found, should) in other.items():
        _log.warning("topic_has_other_partitions", topic=name, partitions=found, expected=should)
    return TopicReport(created=created, existing=tuple(sorted(set(wanted) - set(created))), other_partitions=other)


async def _replicas(admin: AIOKafkaAdminClient, settings: KafkaSettings) -> int:
    if settings.replication_factor > 0:
        return settings.replication_factor
    return min(_REPLICAS, len((await admin.describe_cluster())["brokers"]))


async def _create(admin: AIOKafkaAdminClient, topics: Sequence[Topic], *, settings: KafkaSettings) -> tuple[str, ...]:
    """Make them, and return the names of those that were not there."""
    refused = await _request(admin, topics, settings=settings, with_config=True)
    without = [topic for topic in topics if isinstance(refused.get(topic.name), _CONFIG_REFUSED)]
    if without:
        _log.warning("topic_config_refused", topics=[topic.name for topic in without])
        refused |= {topic.name: None for topic in without} | await _request(admin, without, settings=settings, with_config=False)
    for name, error in refused.items():
        if error is not None and not isinstance(error, TopicAlreadyExistsError):
            message = f"The broker did not make the topic {name} ({type(error).__name__})."
            raise BrokerUnavailable(message, hint="Check the rights of this client, or make the topic by hand.") from error
    return tuple(topic.name for topic in topics if refused.get(topic.name) is None)


_CONFIG_REFUSED = (InvalidConfigurationError, PolicyViolationError, UnsupportedVersionError)


async def _request(
    admin: AIOKafkaAdminClient, topics: Sequence[Topic], *, settings: KafkaSettings, with_config: bool
) -> dict[str, KafkaError | None]:
    """Ask for the topics; the error of each that was refused."""
    if not topics:
        return {}
    new = [
        NewTopic(
            name=topic.name,
            num_partitions=settings.partitions or topic.partitions,
            replication_factor=settings.replication_factor,
            topic_configs=_config(topic) if with_config else {},
        )
        for topic in topics
    ]
    response = await asyncio.wait_for(admin.create_topics(new), timeout=settings.request_timeout_ms / 1000)
    answers = ((entry[0], entry[1], entry[2] if len(entry) > 2 else "") for entry in response.topic_errors)  # noqa: PLR2004
    return {name: for_code(code)(message or "") for name, code, message in answers if code}


def _config(topic: Topic) -> dict[str, str]:
    if topic.name.endswith(".dlt"):
        return topic.config() | {"max.message.bytes": str(_DEAD_LETTER_MAX_BYTES)}
    return topic.config()
