"""The disclosure ledger: whatever is done to it is found, and named."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil.domain.disclosures import appended, differs_from_kept, first_fault, head_of, shown_in
from samspil.domain.joint_needs import canonical
from samspil.ports.disclosures import DisclosureEntry, LedgerHead, Shown, ShownKind
from samspil_schemas import DialogueCancelled, DisclosureMade, InvitationCancelled, NeedWithdrawn, RegistrationChanged

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
CONTENTS = st.dictionaries(st.text(min_size=1, max_size=8), JSON, max_size=4)
SHOWN = st.builds(
    Shown,
    dialogue_id=st.just("dialogue-1"),
    kind=st.sampled_from(ShownKind),
    to=st.none() | st.sampled_from(["supplier-1", "supplier-2", "question:q1"]),
    channel=st.sampled_from(["samspil.dialogues.v1", "api"]),
    content=CONTENTS,
    event_id=st.none() | st.text(min_size=1, max_size=5),
)
LEDGERS = st.lists(SHOWN, min_size=1, max_size=6).map(lambda shown: appended(None, shown, at=AT))


def written(value: Any) -> bytes:
    """The value as it stands in JSON: 1 and 1.0 are one number there, 1 and true are not."""
    return canonical({"": value.isoformat() if isinstance(value, datetime) else value})


def fault(entries: list[DisclosureEntry], head: LedgerHead | None, *, dialogue_id: str = "dialogue-1") -> int | None:
    found = first_fault(dialogue_id, entries, head)
    return found.number if found else None


@given(LEDGERS)
def test_a_ledger_that_nobody_touched_is_whole(entries: list[DisclosureEntry]) -> None:
    assert fault(entries, head_of(entries)) is None
    assert fault([], None) is None


@given(st.lists(SHOWN, min_size=1, max_size=6), st.integers(0, 6))
def test_what_is_appended_in_two_goes_is_the_same_ledger_as_in_one(shown: list[Shown], cut: int) -> None:
    first = appended(None, shown[:cut], at=AT)
    assert first + appended(head_of(first), shown[cut:], at=AT) == appended(None, shown, at=AT)


OTHERS: dict[str, Callable[[Any], st.SearchStrategy[Any]]] = {
    "dialogue_id": lambda _: st.text(),
    "number": lambda _: st.integers(-3, 20),
    "at": lambda at: st.integers(-(10**6), 10**6).map(lambda us: at + timedelta(microseconds=us)),
    "kind": lambda _: st.sampled_from(sorted(ShownKind)) | st.text(),
    "to": lambda to: st.none() | st.text() | st.just(f"{to} "),
    "channel": lambda channel: st.text() | st.just(f"{channel} "),
    "event_id": lambda _: st.none() | st.text(),
    "content": lambda _: JSON,
    "content_digest": lambda _: st.text("0123456789abcdef", min_size=64, max_size=64) | st.text(),
    "previous": lambda _: st.text("0123456789abcdef", min_size=64, max_size=64) | st.text(),
    "digest": lambda _: st.text("0123456789abcdef", min_size=64, max_size=64) | st.text(),
}


def test_every_field_of_an_entry_is_tampered_with_in_the_next_test() -> None:
    assert OTHERS.keys() == DisclosureEntry.model_fields.keys()


@given(st.data(), LEDGERS, st.sampled_from(sorted(OTHERS)))
def test_a_change_of_any_field_of_any_entry_is_found_at_that_entry(
    data: st.DataObject, entries: list[DisclosureEntry], field: str
) -> None:
    place = data.draw(st.integers(0, len(entries) - 1))
    stands = getattr(entries[place], field)
    other = data.draw(OTHERS[field](stands).filter(lambda value: written(value) != written(stands)))
    tampered = [*entries]
    tampered[place] = entries[place].model_copy(update={field: other})
    assert fault(tampered, head_of(entries)) == place + 1


@given(st.data(), LEDGERS)
def test_an_entry_that_is_taken_out_is_named_and_so_is_the_end_that_is_cut_off(
    data: st.DataObject, entries: list[DisclosureEntry]
) -> None:
    place = data.draw(st.integers(0, len(entries) - 1))
    assert fault(entries[:place] + entries[place + 1 :], head_of(entries)) == place + 1
    assert fault(entries[:place], head_of(entries)) == place + 1


@given(st.data(), LEDGERS.filter(lambda entries: len(entries) > 1))
def test_two_entries_that_changed_places_are_found_at_the_first_of_them(
    data: st.DataObject, entries: list[DisclosureEntry]
) -> None:
    one = data.draw(st.integers(0, len(entries) - 2))
    other = data.draw(st.integers(one + 1, len(entries) - 1))
    swapped = [*entries]
    swapped[one], swapped[other] = entries[other], entries[one]
    assert fault(swapped, head_of(entries)) == one + 1
    # Their numbers too, as if they had always been in this order.
    swapped[one] = swapped[one].model_copy(update={"number": one + 1})
    swapped[other] = swapped[other].model_copy(update={"number": other + 1})
    assert fault(swapped, head_of(entries)) == one + 1


@given(st.data(), LEDGERS, SHOWN)
def test_an_entry_that_is_put_in_between_or_stands_twice_is_found(
    data: st.DataObject, entries: list[DisclosureEntry], shown: Shown
) -> None:
    place = data.draw(st.integers(0, len(entries)))
    forged = appended(head_of(entries[:place]), [shown], at=AT)
    inserted = entries[:place] + forged + entries[place:]
    found = fault(inserted, head_of(entries))
    assert found is not None
    assert found in (place + 1, place + 2)
    doubled = data.draw(st.integers(0, len(entries) - 1))
    assert fault(entries[: doubled + 1] + entries[doubled:], head_of(entries)) == doubled + 2


@given(LEDGERS)
def test_an_end_that_was_recorded_otherwise_is_found(entries: list[DisclosureEntry]) -> None:
    head = head_of(entries)
    assert head is not None
    for changed in (
        head.model_copy(update={"digest": "0" * 64}),
        head.model_copy(update={"at": AT + timedelta(microseconds=1)}),
        head.model_copy(update={"count": head.count + 1}),
        head.model_copy(update={"count": head.count - 1}),
        None,
    ):
        assert first_fault("dialogue-1", entries, changed) is not None
    assert fault([], head) == 1


@given(LEDGERS, SHOWN)
def test_a_ledger_written_anew_is_whole_in_itself_and_found_by_whoever_kept_an_end(
    entries: list[DisclosureEntry], shown: Shown
) -> None:
    forged = appended(None, [shown] * len(entries), at=AT + timedelta(seconds=1))
    assert fault(forged, head_of(forged)) is None
    assert differs_from_kept(entries, count=len(entries), digest=entries[-1].digest) is None
    longer = entries + appended(head_of(entries), [shown], at=AT)
    assert differs_from_kept(longer, count=len(entries), digest=entries[-1].digest) is None
    assert differs_from_kept(forged, count=len(entries), digest=entries[-1].digest) is not None
    assert differs_from_kept(entries[:-1], count=len(entries), digest=entries[-1].digest) is not None


def test_what_was_published_after_another_ledger_is_found() -> None:
    content = {"dialogue_id": "dialogue-1", "ledger_count": 7, "ledger_digest": "0" * 64}
    shown = Shown(dialogue_id="dialogue-1", kind=ShownKind.NOTE, to=None, channel="api", content=content)
    entries = appended(None, [shown], at=AT)
    assert first_fault("dialogue-1", entries, head_of(entries)) is not None


def test_events_are_shown_to_everyone_or_to_the_one_they_name() -> None:
    one = {"dialogue_id": "d", "revision": 1}
    to = one | {"supplier_id": "s"}
    events = [
        DialogueCancelled(**one, cancelled_at=AT),
        NeedWithdrawn(need_id="n", version=1),
        InvitationCancelled(**to, invitation_id="i", need_id="n", reason="R", cancelled_at=AT),
        RegistrationChanged(**to, registration_id="r", status="registered", changed_at=AT),
        DisclosureMade(**one, disclosure_id="x", kind="note", title="T", text="W", language="en", made_at=AT),
    ]
    found = [(shown.kind, shown.to, shown.channel) for shown in shown_in(events)]
    assert found == [
        (ShownKind.CANCELLED, None, "samspil.dialogues.v1"),
        (ShownKind.INVITATION_CANCELLED, "s", "samspil.invitations.v1"),
        (ShownKind.REGISTRATION, "s", "samspil.invitations.v1"),
        (ShownKind.NOTE, None, "samspil.disclosures.v1"),
    ]


@pytest.mark.parametrize("to", [None, "supplier-1"])
def test_what_one_was_shown_is_kept_as_a_digest_alone(to: str | None) -> None:
    shown = Shown(dialogue_id="d", kind=ShownKind.INVITED, to=to, channel="c", content={"score": 0.9})
    entry = appended(None, [shown], at=AT)[0]
    assert (entry.content is None) == (to is not None)


@given(st.data(), LEDGERS, SHOWN)
def test_an_entry_that_is_written_anew_with_its_own_right_digest_is_found_by_the_one_after_it_or_the_end(
    data: st.DataObject, entries: list[DisclosureEntry], shown: Shown
) -> None:
    place = data.draw(st.integers(0, len(entries) - 1))
    forged = appended(head_of(entries[:place]), [shown], at=AT + timedelta(seconds=1))
    found = fault(entries[:place] + forged + entries[place + 1 :], head_of(entries))
    assert found == min(place + 2, len(entries))
