"""Organisations register over HTTP and on the topic, matched or not, and every client reads what became of it."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import httpx
from confluent_kafka import Consumer, Producer

from samspil.ids import dialogue_id
from tests.e2e.processes import Place
from tests.factories import a_statement

DIALOGUE = dialogue_id(need_id="need-1")


class World:
    """An instance that runs, and a client that knows nothing of our code but the contract."""

    def __init__(self, place: Place) -> None:
        runtime = place.runtime()
        self.place = place
        self.web = httpx.Client(base_url=runtime["web"], trust_env=False, timeout=60)
        self.producer = Producer({"bootstrap.servers": runtime["broker"], "partitioner": "murmur2_random"})
        self.consumer = Consumer(
            {"bootstrap.servers": runtime["broker"], "group.id": str(uuid4()), "auto.offset.reset": "earliest"}
        )
        self.consumer.subscribe(["samspil.invitations.v1"])
        self.told: dict[str, list[str]] = {}
        self._tokens: dict[str, str] = {}

    def ask(self, method: str, path: str, *, who: str, **request: object) -> httpx.Response:
        if who not in self._tokens:
            self._tokens[who] = self.place.json("token", "issue", who, who.split("-", maxsplit=1)[0])["token"]
        response = self.web.request(method, path, headers={"Authorization": f"Bearer {self._tokens[who]}"}, **request)
        assert response.is_success, response.text
        return response

    def say(self, supplier_id: str, *, dialogue: str = DIALOGUE, **changes: object) -> None:
        """Publish an answer on the topic."""
        response = {
            "dialogue_id": dialogue,
            "supplier_id": supplier_id,
            "revision": 1,
            "answer": "accept",
            "name": f"Sample {supplier_id}",
            "country": "FI",
            "given_at": datetime.now(UTC).isoformat(),
        }
        headers = {
            "ce_specversion": "1.0",
            "ce_id": str(uuid4()),
            "ce_source": "https://supplier.example/answers",
            "ce_type": "samspil.response-given.v1",
            "content-type": "application/json",
        }
        value = json.dumps(response | changes)
        self.producer.produce("samspil.responses.v1", value, key=dialogue, headers=headers)
        assert self.producer.flush(30) == 0

    def until_told(self, supplier_id: str, *statuses: str) -> None:
        """Listen until this supplier has been told exactly this."""

        def is_told() -> bool:
            message = self.consumer.poll(0.5)
            if message is not None and message.error() is None:
                said = json.loads(message.value())
                if "registration_id" in said:
                    self.told.setdefault(said["supplier_id"], []).append(said["status"])
            return self.told.get(supplier_id) == list(statuses)

        self.place.wait_for(is_told)

    def dead_letters(self) -> int:
        ends = self.ask("GET", "/v1/topics", who="operator-1").json()["topics"]
        return sum(one["end"] for one in ends if one["topic"] == "samspil.responses.v1.dialogue.dlt")


def test_the_line_is_the_same_for_the_web_and_for_a_foreign_client_and_nobody_needs_a_match(tmp_path):
    place = Place(tmp_path / "data")
    with place.up():
        world = World(place)
        statement = a_statement(dialogue={"kind": "webinar", "capacity": 1}).model_dump(mode="json")
        world.ask("PUT", "/v1/needs/need-1", who="buyer-1", json=statement)
        place.wait_for(lambda: world.web.get(f"/v1/dialogues/{DIALOGUE}").is_success)
        own = f"/v1/dialogues/{DIALOGUE}/registrations/supplier-1"
        body = {"answer": "accept", "name": "Sample supplier-1", "country": "DK"}
        assert world.ask("PUT", own, who="supplier-1", json=body).json()["status"] == "registered"
        world.say("supplier-2")
        world.say("supplier-3", dialogue="dialogue-of-nobody")
        world.until_told("supplier-1", "registered")
        world.until_told("supplier-2", "waiting")
        assert world.web.get(f"/v1/dialogues/{DIALOGUE}/places").json() == {
            "capacity": 1,
            "taken": 1,
            "waiting": 1,
            "free_slots": [],
        }
        world.ask("DELETE", own, who="supplier-1")
        world.until_told("supplier-2", "waiting", "registered")
        world.until_told("supplier-1", "registered", "withdrawn")
        place.wait_for(lambda: world.dead_letters() == 1)
        listed = world.ask("GET", f"/v1/dialogues/{DIALOGUE}/registrations", who="buyer-1").json()["items"]
        assert [(one["name"], one["status"]) for one in listed] == [
            ("Sample supplier-1", "withdrawn"),
            ("Sample supplier-2", "registered"),
        ]
        world.consumer.close()
        world.web.close()
