"""A supplier says what it thinks of a match, and hears of the next need or not; over HTTP and over the topic."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
from confluent_kafka import Consumer, Producer

from samspil.ids import match_id
from tests.e2e.processes import Place
from tests.factories import a_profile, a_statement

LEAKS, ROADS = "90490000", "45233140"


class World:
    """An instance that runs, with two suppliers of the same profile, and a client that hears who is invited to what."""

    def __init__(self, place: Place) -> None:
        runtime = place.runtime()
        self.place = place
        self.web = httpx.Client(base_url=runtime["web"], trust_env=False, timeout=60)
        self.producer = Producer({"bootstrap.servers": runtime["broker"], "partitioner": "murmur2_random"})
        self.consumer = Consumer(
            {"bootstrap.servers": runtime["broker"], "group.id": str(uuid4()), "auto.offset.reset": "earliest"}
        )
        self.consumer.subscribe(["samspil.invitations.v1"])
        self.told: dict[str, set[str]] = {"supplier-1": set(), "supplier-2": set()}
        self._tokens: dict[str, str] = {}

    def ask(self, method: str, path: str, *, who: str, **request: object) -> httpx.Response:
        if who not in self._tokens:
            self._tokens[who] = self.place.json("token", "issue", who, who.split("-", maxsplit=1)[0])["token"]
        response = self.web.request(method, path, headers={"Authorization": f"Bearer {self._tokens[who]}"}, **request)
        assert response.is_success, response.text
        return response

    def publish(self, need_id: str, *, cpv: str = LEAKS) -> None:
        statement = a_statement(cpv=(cpv,), regions=(), dialogue={"kind": "webinar"})
        self.ask("PUT", f"/v1/needs/{need_id}", who="buyer-1", json=statement.model_dump(mode="json"))

    def until_told(self, supplier_id: str, need_id: str) -> None:
        """Listen until this supplier hears of this need."""

        def is_told() -> bool:
            message = self.consumer.poll(0.5)
            if message is not None and message.error() is None:
                said = json.loads(message.value())
                self.told[said["supplier_id"]].add(said["need_id"])
            return need_id in self.told[supplier_id]

        self.place.wait_for(is_told)

    def dead_letters(self) -> int:
        ends = self.ask("GET", "/v1/topics", who="operator-1").json()["topics"]
        return sum(one["end"] for one in ends if one["topic"] == "samspil.responses.v1.dialogue.dlt")

    def preferences(self, kind: str) -> list[str]:
        shown = self.ask("GET", "/v1/suppliers/supplier-1/preferences", who="supplier-1").json()
        return [item["value"] for item in shown["items"] if item["kind"] == kind]


@pytest.fixture
def world(tmp_path):
    place = Place(tmp_path / "data")
    with place.up():
        world = World(place)
        for supplier in ("supplier-1", "supplier-2"):
            profile = a_profile(cpv=(LEAKS, ROADS)).model_dump(mode="json")
            world.ask("PUT", f"/v1/suppliers/{supplier}/profile", who=supplier, json=profile)
        world.publish("need-1")
        world.until_told("supplier-1", "need-1")
        world.until_told("supplier-2", "need-1")
        yield world
        world.consumer.close()
        world.web.close()


def test_what_a_supplier_mutes_is_not_sent_to_it_but_to_others_until_it_lifts_the_mute(world):
    (match,) = world.ask("GET", "/v1/suppliers/supplier-1/matches", who="supplier-1").json()["items"]
    assert match["match_id"] == match_id(need_id="need-1", supplier_id="supplier-1")
    path = f"/v1/suppliers/supplier-1/matches/{match['match_id']}/feedback"
    said = {"relevant": False, "reason": "wrong_field"}
    shown = world.ask("PUT", path, who="supplier-1", json=said).json()
    (field,) = [item for item in shown["items"] if item["kind"] == "field"]

    world.publish("need-2")
    world.publish("need-3", cpv=ROADS)
    # Both hear of what comes after it, and what is told to one supplier keeps its order.
    for supplier, need in (("supplier-2", "need-2"), ("supplier-2", "need-3"), ("supplier-1", "need-3")):
        world.until_told(supplier, need)
    assert world.told["supplier-1"] == {"need-1", "need-3"}
    sent = world.ask("GET", "/v1/suppliers/supplier-1/matches", who="supplier-1").json()["items"]
    assert [one["need_id"] for one in sent] == ["need-3"]
    # Buyers see it matched and invited, like the other; the dialogue is open to it.
    invited = world.ask("GET", "/v1/needs/need-2/invitations", who="buyer-1").json()["items"]
    assert {(one["supplier_id"], one["status"]) for one in invited} == {("supplier-1", "issued"), ("supplier-2", "issued")}
    assert {one["need_id"] for one in world.web.get("/v1/dialogues").json()["items"]} == {"need-1", "need-2", "need-3"}

    world.ask("DELETE", field["lift"], who="supplier-1")
    world.until_told("supplier-1", "need-2")
    (counted,) = world.place.json("feedback")
    assert (counted["language"], counted["total"], counted["precision"]) == ("en", 1, 0)


def test_a_foreign_client_says_it_on_the_topic_and_what_is_not_its_own_is_a_dead_letter(world):
    def say(supplier_id: str, match: str) -> None:
        feedback = {
            "match_id": match,
            "revision": 1,
            "need_id": "need-1",
            "supplier_id": supplier_id,
            "relevant": False,
            "reason": "wrong_field",
            "given_at": datetime.now(UTC).isoformat(),
        }
        headers = {
            "ce_specversion": "1.0",
            "ce_id": str(uuid4()),
            "ce_source": "https://supplier.example/feedback",
            "ce_type": "samspil.feedback-given.v1",
            "content-type": "application/json",
        }
        world.producer.produce("samspil.responses.v1", json.dumps(feedback), key=supplier_id, headers=headers)
        assert world.producer.flush(30) == 0

    say("supplier-2", match_id(need_id="need-1", supplier_id="supplier-1"))
    say("supplier-1", match_id(need_id="need-1", supplier_id="supplier-1"))
    world.place.wait_for(lambda: world.preferences("field") == [LEAKS])
    world.place.wait_for(lambda: world.dead_letters() == 1)
    world.publish("need-2")
    world.until_told("supplier-2", "need-2")
    withheld = world.ask("GET", "/v1/suppliers/supplier-1/invitations?with_withheld=true", who="supplier-1").json()["items"]
    assert {(one["need_id"], one["withheld"]) for one in withheld} == {("need-1", False), ("need-2", True)}
