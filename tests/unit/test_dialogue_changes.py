"""What changed in a dialogue is said so that people understand it."""

import pytest

from samspil.domain.dialogue_changes import Change, Changed, changes_between, described
from samspil_schemas import DialogueAnnouncement, DialogueChanged, InvitationPolicy

BEFORE = {
    "kind": "webinar",
    "starts_at": "2026-03-02T09:00:00+01:00",
    "ends_at": "2026-03-02T11:00:00+01:00",
    "registration_deadline": "2026-02-20T12:00:00Z",
    "place": "Odense",
    "stream_url": "https://stream.example/one",
    "languages": ("da", "en"),
    "capacity": 40,
    "programme": ("Welcome",),
}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kind": "one_to_one"}, "The form is now one to one; it was webinar."),
        (
            {"starts_at": "2026-03-02T10:30:00+01:00"},
            "The start is now 2026-03-02 10:30 (UTC+01:00); it was 2026-03-02 09:00 (UTC+01:00).",
        ),
        ({"starts_at": None}, "The start is now not given; it was 2026-03-02 09:00 (UTC+01:00)."),
        ({"ends_at": None}, "The end is now not given; it was 2026-03-02 11:00 (UTC+01:00)."),
        (
            {"registration_deadline": "2026-02-21T12:00:00Z"},
            "The registration deadline is now 2026-02-21 12:00 (UTC); it was 2026-02-20 12:00 (UTC).",
        ),
        ({"place": "Aarhus"}, "The place is now Aarhus; it was Odense."),
        ({"place": None}, "The place is now not given; it was Odense."),
        ({"stream_url": "https://stream.example/two"}, "The address of the stream has changed."),
        ({"stream_url": None}, "There is no stream any more."),
        ({"languages": ("da",)}, "The languages are now da."),
        ({"languages": ()}, "The languages are now not given."),
        ({"capacity": 60}, "The capacity is now 60."),
        ({"capacity": None}, "The capacity is now not limited."),
        ({"programme": ("Welcome", "Lunch")}, "The programme has changed."),
        ({"purpose": "To learn."}, "The purpose has changed."),
        ({"note_on": "2026-04-01"}, "The day of the dialogue note is now 2026-04-01; it was not given."),
        ({"confidentiality": "None is passed on."}, "The rules of confidentiality have changed."),
        ({"non_binding": "It binds nobody."}, "The words on what taking part means have changed."),
    ],
)
def test_each_change_is_one_sentence(change: dict[str, object], sentence: str) -> None:
    before, after = DialogueAnnouncement(**BEFORE), DialogueAnnouncement(**(BEFORE | change))
    assert described(("Leaks", before), ("Leaks", after)) == (sentence,)


def test_new_times_of_the_meetings_are_a_change() -> None:
    slot = {"starts_at": "2026-03-02T09:00:00+01:00", "ends_at": "2026-03-02T09:20:00+01:00"}
    before = DialogueAnnouncement(**(BEFORE | {"kind": "one_to_one"}))
    after = DialogueAnnouncement(**(BEFORE | {"kind": "one_to_one", "slots": (slot,)}))
    assert described(("Leaks", before), ("Leaks", after)) == ("The times of the one-to-one meetings have changed.",)
    assert changes_between(("Leaks", before), ("Leaks", after)) == (Change(what=Changed.SLOTS, old=(), new=after.slots),)


def test_every_field_but_the_policy_is_told_of() -> None:
    assert set(DialogueAnnouncement.model_fields) == set(Changed) - {Changed.TITLE} | {"invitations"}


def test_of_an_announcement_that_is_not_known_nothing_has_changed() -> None:
    after = DialogueAnnouncement(**BEFORE)
    assert changes_between((None, None), ("Leaks", after)) == (Change(what=Changed.TITLE, old=None, new="Leaks"),)


def test_the_same_moment_in_another_zone_and_another_policy_are_no_change() -> None:
    before = DialogueAnnouncement(**BEFORE)
    same = DialogueAnnouncement(**(BEFORE | {"starts_at": "2026-03-02T08:00:00Z", "invitations": InvitationPolicy.AFTER_REVIEW}))
    assert described(("Leaks", before), ("Leaks", same)) == ()


def test_the_longest_texts_still_fit_into_the_event() -> None:
    before, after = DialogueAnnouncement(**BEFORE), DialogueAnnouncement(**(BEFORE | {"place": "p" * 300}))
    changes = described(("Leaks", before), ("t" * 400, after))
    event = DialogueChanged(
        dialogue_id="d", revision=2, title="t" * 400, announcement=after, changes=changes, changed_at="2026-03-02T08:00:00Z"
    )
    assert len(event.changes) == 2
