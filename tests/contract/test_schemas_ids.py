"""CloudEvents ids are for ever: consumers everywhere remember them, so none of these may change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil_schemas import CATALOG, event_id, spec_of, spec_of_type

# What each event's identity was, and the id that it had, when the contract was first published.
GOLDEN = {
    "need-published.v1": ({"need_id": "need-1", "version": 1}, "b10bcd4d-a820-5bae-811d-97d70d831858"),
    "need-withdrawn.v1": ({"need_id": "need-1", "version": 1}, "55d3796b-03d3-5660-8add-cf6c6e281d83"),
    "profile-published.v1": ({"supplier_id": "supplier-1", "version": 1}, "504934ea-9651-5207-b7b5-0abb6598b4e1"),
    "profile-withdrawn.v1": ({"supplier_id": "supplier-1", "version": 1}, "f0b9b364-99f1-5643-97b5-05198c31ade3"),
    "match-found.v1": (
        {
            "need_id": "need-1",
            "need_version": 1,
            "supplier_id": "supplier-1",
            "profile_version": 2,
            "space": "e5s-1f0c2a9b",
            "scorer": "v1",
        },
        "7eb20a25-4889-5e38-9e20-2dd42c865d94",
    ),
    "match-withdrawn.v1": (
        {"match_id": "match-1", "need_version": 2, "profile_version": 1, "reason": "need_changed"},
        "490555ce-c41c-5053-8e0f-59a57f685092",
    ),
    "need-matched.v1": (
        {
            "need_id": "need-1",
            "need_version": 1,
            "withdrawn": False,
            "superseded_by": None,
            "space": "e5s-1f0c2a9b",
            "scorer": "v1",
        },
        "90e21d10-8ae4-5a24-b77e-20a255a037ba",
    ),
    "supplier-matched.v1": (
        {
            "supplier_id": "supplier-1",
            "profile_version": 1,
            "withdrawn": True,
            "superseded_by": None,
            "space": "e5s-1f0c2a9b",
            "scorer": "v1",
        },
        "a380d37b-f98b-5838-a572-192eab682b3b",
    ),
    "similar-need-found.v1": (
        {
            "need_id": "need-1",
            "need_version": 1,
            "other_need_id": "need-2",
            "other_need_version": 3,
            "space": "e5s-1f0c2a9b",
            "scorer": "v1",
        },
        "8dd8b5e9-a9e9-5529-9a56-a54dd10db34a",
    ),
    "similar-need-withdrawn.v1": (
        {
            "need_id": "need-1",
            "need_version": 1,
            "other_need_id": "need-2",
            "other_need_version": 3,
            "reason": "other_changed",
        },
        "8a0277fc-787d-503c-aefa-9b18a73384cf",
    ),
    "joint-need-changed.v1": ({"joint_need_id": "joint-1", "revision": 1}, "8632d6ee-1e0e-546e-b844-9c9316c6d41b"),
    "joint-need-grew.v1": (
        {"joint_need_id": "joint-1", "supplier_id": "supplier-1", "buyer_id": "buyer-1", "rung": "intent_signer"},
        "b4074b29-6bc7-524c-b296-6a1d6ccf89d8",
    ),
    "dialogue-announced.v1": ({"dialogue_id": "dialogue-1", "revision": 1}, "b49c3a40-1667-5c53-9deb-0a82290f0aac"),
    "dialogue-changed.v1": ({"dialogue_id": "dialogue-1", "revision": 2}, "a7915609-71a8-5627-bbde-9c837d5a4472"),
    "dialogue-cancelled.v1": ({"dialogue_id": "dialogue-1", "revision": 3}, "9af6e286-f024-5946-a2c7-ac686c1b33b3"),
    "dialogue-held.v1": ({"dialogue_id": "dialogue-1", "revision": 4}, "90731adb-9253-5f28-87b6-a803dc0c95ff"),
    "dialogue-concluded.v1": ({"dialogue_id": "dialogue-1", "revision": 5}, "fa8e5558-cdbf-5084-bc91-d8230042b855"),
    "disclosure-made.v1": ({"disclosure_id": "disclosure-1", "revision": 1}, "fbb3dec3-c9fb-5cff-af4a-eb287d2b7c68"),
    "registration-changed.v1": ({"registration_id": "registration-1", "revision": 1}, "5f63c82c-91ce-5c1e-a4b0-6e079538dda7"),
    "invitation-issued.v1": ({"invitation_id": "invitation-1", "revision": 1}, "26441c05-a2ee-5ad6-8f14-186c09e19362"),
    "invitation-changed.v1": ({"invitation_id": "invitation-1", "revision": 2}, "1712f997-2e1a-5353-8805-9c56bf79edf0"),
    "invitation-cancelled.v1": ({"invitation_id": "invitation-1", "revision": 3}, "2d0ebe35-e788-56fd-93e5-ee00876fc335"),
    "response-given.v1": (
        {"dialogue_id": "dialogue-1", "supplier_id": "supplier-1", "revision": 1},
        "d59b9db5-d678-535b-9388-1e1074a6c2a8",
    ),
    "feedback-given.v1": ({"match_id": "match-1", "revision": 1}, "e6ffc92b-1381-5a15-b12b-fe87dd89ff6f"),
    "preferences-lifted.v1": (
        {"supplier_id": "supplier-1", "kind": "region", "value": "DK031", "lifted_at": "2026-02-06 09:30:00+00:00"},
        "d887213e-e43a-5790-b825-b7bbb27168aa",
    ),
    "notification-delivered.v1": ({"notification_id": "notification-1"}, "ae42b2e9-2532-54cf-932c-3425440c1fdc"),
    "notification-failed.v1": ({"notification_id": "notification-1"}, "cb4e119f-b8bf-52ca-ad41-c747c7a7187c"),
}


@pytest.mark.parametrize("spec", CATALOG, ids=lambda spec: spec.name)
def test_an_id_is_what_it_always_was(spec):
    identity, id_ = GOLDEN[spec.name]
    assert event_id(spec.model.model_construct(**identity)) == id_


@pytest.mark.parametrize("spec", CATALOG, ids=lambda spec: spec.name)
def test_an_id_is_derived_from_these_fields_alone(spec):
    assert set(GOLDEN[spec.name][0]) == set(spec.model.IDENTITY)
    example = spec.model.model_validate(spec.model.model_config["json_schema_extra"]["examples"][0])
    for field in type(example).model_fields:
        changed = example.model_copy(update={field: "something else"})
        assert (event_id(changed) != event_id(example)) == (field in spec.model.IDENTITY), field


@given(st.text("abc:/", min_size=1, max_size=6), st.text("abc:/", min_size=1, max_size=6))
def test_two_events_that_say_different_things_have_different_ids(one, other):
    spec = spec_of_type("samspil.response-given.v1")
    assert spec is not None
    first, second = (
        spec.model.model_construct(dialogue_id=left, supplier_id=right, revision=1)
        for left, right in ((one, other), (other, one))
    )
    assert (event_id(first) == event_id(second)) == (one == other)


def test_every_event_is_found_by_its_type_and_by_its_class():
    for spec in CATALOG:
        assert spec_of(spec.model) is spec_of_type(spec.ce_type) is spec
    assert spec_of_type("samspil.unknown.v1") is None
