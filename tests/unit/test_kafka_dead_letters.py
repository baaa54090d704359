from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from samspil.adapters.kafka.dead_letters import (
    CUT_VALUE,
    KafkaDeadLetters,
    OutgoingRecord,
    SkippedDeadLetters,
    dead_letter,
    read_dead_letter,
)
from samspil.adapters.kafka.envelope import VALUE_MAX, encode
from samspil.clock import ManualClock
from samspil.errors import BrokerUnavailable, Refused
from samspil.recovery import Failure, RawRecord
from tests.factories import a_need

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def a_failure(**changes: Any) -> Failure:
    encoded = encode(a_need(), service="test", clock=ManualClock(AT))
    values: dict[str, Any] = {
        "topic": encoded.topic,
        "partition": 3,
        "offset": 17,
        "key": encoded.key,
        "value": encoded.value,
        "headers": encoded.headers,
    }
    return Failure(record=RawRecord(**(values | changes)), reason="ValueError: poison")


def delivered(outgoing: OutgoingRecord) -> RawRecord:
    """The record as a reader of the dead-letter topic gets it."""
    return RawRecord(
        topic=outgoing.topic, partition=0, offset=99, key=outgoing.key, value=outgoing.value, headers=outgoing.headers
    )


def test_a_dead_letter_comes_back_with_its_place_its_reason_and_its_event() -> None:
    outgoing = dead_letter(a_failure(), group="matching", failed_at=AT)
    letter = read_dead_letter(delivered(outgoing))

    assert outgoing.topic == "samspil.needs.v1.matching.dlt"
    assert outgoing.partition == 3
    assert (letter.source_topic, letter.group, letter.partition, letter.offset) == ("samspil.needs.v1", "matching", 3, 17)
    assert (letter.reason, letter.failed_at) == ("ValueError: poison", AT)
    assert letter.event == a_need()
    assert letter.key == "need-1"
    assert letter.ce_type == "samspil.need-published.v1"


def test_the_raw_record_is_kept_byte_for_byte() -> None:
    failure = a_failure(value=b"\xff{", headers=(("x", None), ("x", b"\xfe"), ("ce_id", b"e-1")))

    outgoing = dead_letter(failure, group="g", failed_at=AT)

    assert (outgoing.key, outgoing.value) == (failure.record.key, b"\xff{")
    assert outgoing.headers[:3] == failure.record.headers
    letter = read_dead_letter(delivered(outgoing))
    assert (letter.event, letter.event_id, letter.value) == (None, "e-1", b"\xff{")


def test_a_dead_letter_that_was_sent_again_and_failed_again_carries_only_its_last_failure() -> None:
    first = dead_letter(a_failure(), group="matching", failed_at=AT)
    again = Failure(
        record=RawRecord(topic="samspil.needs.v1", offset=44, key=first.key, value=first.value, headers=first.headers),
        reason="second",
    )

    letter = read_dead_letter(delivered(dead_letter(again, group="registry", failed_at=AT)))

    assert (letter.reason, letter.group, letter.offset) == ("second", "registry", 44)


def test_a_huge_value_is_cut_and_its_size_is_kept() -> None:
    outgoing = dead_letter(a_failure(value=b"x" * (VALUE_MAX + 1)), group="g", failed_at=AT)

    assert outgoing.value == b"x" * CUT_VALUE
    assert dict(outgoing.headers)["dlt_value_bytes"] == str(VALUE_MAX + 1).encode()


def test_headers_without_end_are_dropped() -> None:
    outgoing = dead_letter(a_failure(headers=(("x", b"y" * 100_000),)), group="g", failed_at=AT)

    assert all(name.startswith("dlt_") for name, _ in outgoing.headers)


def test_a_record_without_key_and_value_can_still_be_sent() -> None:
    outgoing = dead_letter(a_failure(key=None, value=None), group="g", failed_at=AT)

    assert (outgoing.key, outgoing.value) == (None, b"")


NONSENSE = (("dlt_partition", b"x"), ("dlt_offset", b"-1"), ("dlt_failed_at", b"soon"), ("dlt_group", None))


@pytest.mark.parametrize("headers", [(), NONSENSE], ids=["no headers", "nonsense"])
def test_whatever_stands_in_a_dead_letter_topic_can_be_read(headers: Any) -> None:
    record = RawRecord(topic="samspil.needs.v1.matching.dlt", partition=2, offset=5, value=b"?", headers=headers)

    letter = read_dead_letter(record)

    assert (letter.source_topic, letter.group, letter.partition, letter.offset) == ("samspil.needs.v1", "matching", 2, 5)
    assert (letter.failed_at, letter.event, letter.key) == (None, None, None)
    assert letter.reason


class Broker:
    """Takes records up to a size."""

    def __init__(self, *, most: int) -> None:
        self.taken: list[OutgoingRecord] = []
        self._most = most

    async def send(self, records: Sequence[OutgoingRecord]) -> None:
        if any(len(record.value or b"") > self._most for record in records):
            raise Refused("The broker takes no record that large.")
        self.taken.extend(records)


async def test_a_dead_letter_that_the_broker_finds_too_large_is_cut() -> None:
    broker = Broker(most=CUT_VALUE)
    letters = KafkaDeadLetters(group="g", send=broker.send, clock=ManualClock(AT))

    await letters.put([a_failure(value=b"x" * VALUE_MAX)])

    assert [len(record.value or b"") for record in broker.taken] == [CUT_VALUE]


async def test_a_broker_that_is_away_is_no_reason_to_cut() -> None:
    async def away(_records: Sequence[OutgoingRecord]) -> None:
        raise BrokerUnavailable("away")

    with pytest.raises(BrokerUnavailable):
        await KafkaDeadLetters(group="g", send=away, clock=ManualClock(AT)).put([a_failure()])


async def test_a_reader_of_dead_letters_leaves_those_that_it_cannot_take() -> None:
    await SkippedDeadLetters(group="registry").put([a_failure()])
