from types import SimpleNamespace
from typing import Any

import pytest

from samspil.adapters.kafka import topics as module
from samspil.adapters.kafka.connection import KafkaSettings
from samspil.adapters.kafka.topics import ensure_topics
from samspil.errors import BrokerUnavailable
from samspil_schemas import TOPICS, dead_letter_topic
from samspil_schemas.topics import MATCHES, NEEDS

OK, EXISTS, INVALID_CONFIG, POLICY, NO_RIGHT = 0, 36, 40, 44, 29


class Cluster:
    """Brokers that make topics, or answer with a code."""

    def __init__(self, *, brokers: int = 1, refuses: dict[str, int] | None = None, refuses_configs: int = OK) -> None:
        self.made: dict[str, Any] = {}
        self.asked: list[str] = []
        self._brokers = brokers
        self._refuses = refuses or {}
        self._refuses_configs = refuses_configs

    def client(self, **_options: Any) -> "Cluster":
        return self

    async def start(self) -> None:
        """Connected."""

    async def close(self) -> None:
        """Disconnected."""

    async def list_topics(self) -> list[str]:
        return list(self.made)

    async def describe_cluster(self) -> dict[str, Any]:
        return {"brokers": [{"node_id": number} for number in range(self._brokers)]}

    async def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
        assert set(names) <= set(self.made), "asking for a topic that is not there makes it"
        return [{"topic": name, "partitions": [{}] * self.made[name].num_partitions} for name in names]

    async def create_topics(self, new: list[Any]) -> Any:
        return SimpleNamespace(topic_errors=[(topic.name, self._create(topic), "") for topic in new])

    def _create(self, topic: Any) -> int:
        self.asked.append(topic.name)
        if code := self._refuses.get(topic.name):
            return code
        if topic.topic_configs and self._refuses_configs:
            return self._refuses_configs
        if topic.name in self.made:
            return EXISTS
        self.made[topic.name] = topic
        return OK


def settings(**changes: Any) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers="b:1", **changes)


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Any:
    def make(**options: Any) -> Cluster:
        made = Cluster(**options)
        monkeypatch.setattr(module, "AIOKafkaAdminClient", made.client)
        return made

    return make


async def test_each_topic_is_made_with_its_partitions_and_configuration(cluster: Any) -> None:
    brokers = cluster()

    report = await ensure_topics(settings(), TOPICS)

    assert set(report.created) == {topic.name for topic in TOPICS}
    assert brokers.made[NEEDS.name].topic_configs == {"cleanup.policy": "compact"}
    assert brokers.made[MATCHES.name].topic_configs["retention.ms"] == str(90 * 86_400_000)
    assert brokers.made[NEEDS.name].num_partitions == 12


async def test_a_dead_letter_topic_takes_records_larger_than_its_source(cluster: Any) -> None:
    brokers = cluster()
    dead = dead_letter_topic(NEEDS.name, group="matching")

    await ensure_topics(settings(), [dead])

    assert int(brokers.made[dead.name].topic_configs["max.message.bytes"]) > 1024 * 1024


@pytest.mark.parametrize("code", [INVALID_CONFIG, POLICY])
async def test_a_broker_that_refuses_configurations_makes_the_topics_without(cluster: Any, code: int) -> None:
    brokers = cluster(refuses_configs=code)

    report = await ensure_topics(settings(), TOPICS)

    assert set(report.created) == set(brokers.made) == {topic.name for topic in TOPICS}
    assert all(topic.topic_configs == {} for topic in brokers.made.values())


async def test_what_is_there_is_not_asked_for_again(cluster: Any) -> None:
    brokers = cluster()
    await ensure_topics(settings(), TOPICS)
    brokers.asked.clear()

    report = await ensure_topics(settings(), TOPICS)

    assert (brokers.asked, report.created) == ([], ())
    assert set(report.existing) == {topic.name for topic in TOPICS}


async def test_a_topic_that_another_process_makes_meanwhile_is_no_error(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    brokers = cluster()
    await ensure_topics(settings(), TOPICS)

    async def as_before() -> list[str]:
        return []

    monkeypatch.setattr(brokers, "list_topics", as_before)
    report = await ensure_topics(settings(), TOPICS)

    assert report.created == ()


async def test_a_topic_that_may_not_be_made_is_named_with_what_to_do(cluster: Any) -> None:
    cluster(refuses={NEEDS.name: NO_RIGHT})

    with pytest.raises(BrokerUnavailable, match=rf"{NEEDS.name}.*rights"):
        await ensure_topics(settings(), TOPICS)


@pytest.mark.parametrize(("brokers", "replicas"), [(1, 1), (2, 2), (3, 3), (9, 3)])
async def test_topics_are_replicated_as_often_as_the_brokers_allow_up_to_three(cluster: Any, brokers: int, replicas: int) -> None:
    made = cluster(brokers=brokers).made

    await ensure_topics(settings(), [NEEDS])

    assert made[NEEDS.name].replication_factor == replicas


async def test_a_replication_factor_that_is_set_is_kept(cluster: Any) -> None:
    made = cluster(brokers=9).made

    await ensure_topics(settings(replication_factor=5, partitions=48), [NEEDS])

    assert (made[NEEDS.name].replication_factor, made[NEEDS.name].num_partitions) == (5, 48)
