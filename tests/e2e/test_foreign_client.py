"""A client that knows only Kafka, CloudEvents and the published schemas takes part."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from confluent_kafka import Consumer, Producer

from tests.e2e.processes import Place
from tests.factories import a_profile

BROKEN = [b"{", b"[]", b'{"need_id": "x"}', b"\xff\xfe", b"null", b'{"need_id": "need-x", "version": 0, "statement": {}}']


def headers(event_id):
    return {
        "ce_specversion": "1.0",
        "ce_id": event_id,
        "ce_source": "https://buyer.example/needs",
        "ce_type": "samspil.need-published.v1",
        "ce_time": datetime.now(UTC).isoformat(),
        "content-type": "application/json",
    }


def test_a_foreign_client_publishes_a_need_and_reads_the_match_and_its_mistakes_harm_nobody(tmp_path):
    place = Place(tmp_path / "data")
    profile = tmp_path / "profile.jsonl"
    profile.write_text(
        json.dumps({"supplier_id": "supplier-1", "profile": a_profile().model_dump(mode="json")}), encoding="utf-8"
    )
    with place.up():
        assert place.run("import", str(profile)).returncode == 0
        broker = json.loads((place.path / "runtime.json").read_text())["broker"]
        producer = Producer({"bootstrap.servers": broker})
        for number, value in enumerate(BROKEN):
            producer.produce("samspil.needs.v1", value, key=f"broken-{number}", headers=headers(str(uuid4())))
        assert producer.flush(30) == 0
        client = the_client_of_the_readme(broker)
        done = subprocess.run([sys.executable, "-c", client], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr

        match, match_headers = read_match(broker)
        assert (match["need_id"], match["supplier_id"]) == ("need-1", "supplier-1")
        assert match_headers["ce_type"] == b"samspil.match-found.v1"
        assert match["evidence"]
        place.wait_for(lambda: settled(place))
        rows = place.json("ledger")["needs"]
        statuses = sorted(row["status"] for row in rows)
        assert statuses == ["dead_lettered"] * len(BROKEN) + ["matched"]
        assert all(row["reason"] for row in rows if row["status"] == "dead_lettered")


def the_client_of_the_readme(broker):
    """The code that README.md shows, with the port that this broker has."""
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.+?)^```", readme, re.DOTALL | re.MULTILINE)
    assert "127.0.0.1:PORT" in code
    return code.replace("127.0.0.1:PORT", broker)


def settled(place):
    ledger = place.json("ledger")
    return ledger["total"] == ledger["accounted"] == len(BROKEN) + 1


def read_match(broker):
    consumer = Consumer(
        {"bootstrap.servers": broker, "group.id": "somebody-else", "auto.offset.reset": "earliest", "session.timeout.ms": 6000}
    )
    consumer.subscribe(["samspil.matches.v1"])
    try:
        for _ in range(120):
            message = consumer.poll(0.5)
            if message is not None and message.error() is None:
                return json.loads(message.value()), dict(message.headers())
    finally:
        consumer.close()
    raise AssertionError("no match was published")
