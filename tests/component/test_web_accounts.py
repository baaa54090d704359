"""The ledger, the log, the dialogues, and whose token it is."""

from samspil.ports import DialogueState, LedgerRow, NeedStatus
from tests.component.web_fakes import NOW, World, a_dialogue


def a_world_with_rows() -> World:
    world = World()
    world.record.rows = [
        LedgerRow(need_id="need-1", version=2, status=NeedStatus.MATCHED, buyer_id="buyer-1", matches=3, settled_at=NOW),
        LedgerRow(need_id="need-1", version=1, status=NeedStatus.SUPERSEDED, buyer_id="buyer-1"),
        LedgerRow(need_id="need-2", version=1, status=NeedStatus.PENDING, buyer_id="buyer-2"),
        LedgerRow(need_id="unreadable:samspil.needs.v1:3:17", version=1, status=NeedStatus.DEAD_LETTERED, reason="no JSON"),
    ]
    return world


async def test_an_operator_sees_the_whole_ledger_and_a_buyer_its_own_rows() -> None:
    world = a_world_with_rows()
    seen = {}
    for who in ("operator", "buyer-1", "buyer-2"):
        page = (await world.ask("GET", "/v1/ledger", who=who)).json()
        seen[who] = [(row["need_id"], row["version"], row["status"]) for row in page["items"]]
    assert len(seen["operator"]) == 4
    assert seen["buyer-1"] == [("need-1", 2, "matched"), ("need-1", 1, "superseded")]
    assert seen["buyer-2"] == [("need-2", 1, "pending")]


async def test_a_buyer_cannot_ask_for_the_rows_of_another() -> None:
    world = a_world_with_rows()
    assert (await world.ask("GET", "/v1/ledger?buyer_id=buyer-2", who="buyer-1")).status_code == 403
    assert (await world.ask("GET", "/v1/ledger?need_id=need-2", who="buyer-1")).json()["items"] == []
    assert len((await world.ask("GET", "/v1/ledger?buyer_id=buyer-2", who="operator")).json()["items"]) == 1


async def test_the_ledger_is_found_by_status_and_by_place_in_the_log() -> None:
    world = a_world_with_rows()
    for query in ("status=dead_lettered", "need_id=unreadable:samspil.needs.v1:3:17"):
        page = (await world.ask("GET", f"/v1/ledger?{query}", who="operator")).json()
        assert [row["reason"] for row in page["items"]] == ["no JSON"]
    assert (await world.ask("GET", "/v1/ledger?status=lost", who="operator")).status_code == 422


async def test_the_summary_counts_a_buyers_own_or_all() -> None:
    world = a_world_with_rows()
    everything = (await world.ask("GET", "/v1/ledger/summary", who="operator")).json()
    assert everything["counts"] == {"pending": 1, "matched": 1, "superseded": 1, "withdrawn": 0, "dead_lettered": 1}
    assert (everything["total"], everything["accounted"]) == (4, 3)
    own = (await world.ask("GET", "/v1/ledger/summary", who="buyer-1")).json()
    assert (own["total"], own["accounted"]) == (2, 2)


async def test_the_log_is_shown_with_ends_and_lags() -> None:
    answer = (await World().ask("GET", "/v1/topics", who="operator")).json()
    assert answer["topics"] == [{"topic": "samspil.needs.v1", "end": 12}, {"topic": "samspil.suppliers.v1", "end": 7}]
    assert [(lag["group"], lag["committed"], lag["lag"]) for lag in answer["lags"]] == [
        ("matching", 10, 2),
        ("registry", None, 12),
    ]


async def test_a_token_can_ask_whose_it_is() -> None:
    world = World()
    answer = (await world.ask("GET", "/v1/me", who="supplier-2")).json()
    assert (answer["organisation"], answer["role"]) == ("supplier-2", "supplier")


async def test_dialogues_are_open_to_all_and_a_cancelled_one_says_so() -> None:
    world = World()
    world.record.stored_dialogues = [a_dialogue("one"), a_dialogue("two", state=DialogueState.CANCELLED)]
    assert [dialogue["id"] for dialogue in (await world.ask("GET", "/v1/dialogues")).json()["items"]] == ["one"]
    assert (await world.ask("GET", "/v1/dialogues/two")).json()["state"] == "cancelled"
    assert (await world.ask("GET", "/v1/dialogues/three")).status_code == 404
