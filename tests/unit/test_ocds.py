"""Needs and joint needs as open data: valid whatever the contract allows, the same bytes of the same facts, nothing private."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ocdsmerge import Merger

from samspil.domain.joint_rules import AMOUNT_MAX
from samspil.domain.joint_said import stored
from samspil.domain.ocds import OcdsPublisher, encoded, package_of, release_of_joint_need, release_of_need
from samspil.domain.uris import uri
from samspil.ports import DialogueState, InvitationStatus, StoredDialogue, StoredInvitation, StoredNeed
from samspil.ports.joint_needs import StoredJointNeed
from samspil.ports.openness import Publication
from samspil_schemas import (
    Buyer,
    DialogueAnnouncement,
    DialogueKind,
    DisclosureKind,
    DisclosureMade,
    NeedStatement,
    Source,
    Stage,
    Volume,
)
from tests.factories import a_statement
from tests.joint_needs import History

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HERE = OcdsPublisher(ocid_prefix="ocds-test01", name="Samspil Sample Authority", url="https://samspil.test")

# The closed codelists of OCDS 1.1 that a release of ours uses, and what it must hold.
TENDER_STATUS = {"planning", "planned", "active", "cancelled", "unsuccessful", "complete", "withdrawn"}
MILESTONE_STATUS = {"scheduled", "met", "notMet", "partiallyMet"}
REQUIRED = ("ocid", "id", "date", "tag", "initiationType")
LISTS_WITH_IDS = ("parties", "documents", "milestones", "items", "relatedProcesses")
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
URI = re.compile(r"[a-z]+:([A-Za-z0-9._~!$&'()*+,;=:@/?#\[\]-]|%[0-9A-Fa-f]{2})+")
DATES = ("date", "publishedDate", "dueDate", "dateMet", "dateModified", "startDate")


def parts(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Everything within a value, with the name that it stands under."""
    yield name, value
    for child_name, child in value.items() if isinstance(value, dict) else ():
        yield from parts(child, child_name)
    for child in value if isinstance(value, list) else ():
        yield from parts(child)


def require_valid(package: dict[str, Any]) -> None:
    """Assert the rules of the standard that a release of ours could break."""
    assert {"uri", "publisher", "publishedDate", "releases", "version"} <= package.keys()
    (release,) = package["releases"]
    assert all(release.get(name) for name in REQUIRED)
    assert "#" not in release["id"]
    assert (release["tag"], release["initiationType"]) == (["planning"], "tender")
    assert release["tender"]["status"] in TENDER_STATUS
    assert {one["status"] for one in release["planning"].get("milestones", ()) if "status" in one} <= MILESTONE_STATUS
    assert {one["type"] for one in release["planning"].get("milestones", ())} <= {"engagement"}
    party_ids = {party["id"] for party in release["parties"]}
    assert release["buyer"]["id"] in party_ids
    for name, value in parts(package):
        assert value not in (None, [], {}, ""), name
        if name in DATES:
            assert DATE_TIME.fullmatch(value), (name, value)
        if name in ("uri", "url"):
            assert URI.fullmatch(value), (name, value)
            assert urlsplit(value).scheme in ("urn", "http", "https")
        if name in LISTS_WITH_IDS:
            ids = [one["id"] for one in value]
            assert len(set(ids)) == len(ids), (name, ids)
        if isinstance(value, list):
            assert all(one not in value[:place] for place, one in enumerate(value)), (name, value)
    # JSON can hold every number.
    encoded(package)


def a_stored_need(*, version: int = 1, withdrawn: bool = False, changed_at: datetime = NOW, **changes: Any) -> StoredNeed:
    statement = a_statement(**changes)
    return StoredNeed(need_id="need-1", version=version, statement=statement, withdrawn=withdrawn, changed_at=changed_at)


def a_dialogue(dialogue_id: str = "d-1", **changes: Any) -> StoredDialogue:
    values: dict[str, Any] = {
        "dialogue_id": dialogue_id,
        "revision": 1,
        "need_id": "need-1",
        "title": "Find leaks in drinking water pipes",
        "language": "en",
        "buyer_id": "buyer-1",
        "buyer_name": "Northby Sample Municipality",
        "announcement": DialogueAnnouncement(kind="webinar", starts_at=NOW + timedelta(days=30), purpose="To learn."),
        "state": DialogueState.ANNOUNCED,
        "said_at": NOW,
    }
    return StoredDialogue(**(values | changes))


def an_invitation(supplier_id: str = "supplier-1", **changes: Any) -> StoredInvitation:
    values: dict[str, Any] = {
        "invitation_id": f"invitation-of-{supplier_id}",
        "revision": 1,
        "dialogue_id": "d-1",
        "need_id": "need-1",
        "supplier_id": supplier_id,
        "supplier_name": f"Name of {supplier_id}",
        "title": "Find leaks in drinking water pipes",
        "status": InvitationStatus.ISSUED,
        "score": 0.9,
        "issued_at": NOW + timedelta(hours=1),
        "told": True,
    }
    return StoredInvitation(**(values | changes))


def a_publication(document_id: str = "note", revision: int = 1, **changes: Any) -> Publication:
    values: dict[str, Any] = {
        "disclosure_id": f"id-of-{document_id}",
        "revision": revision,
        "dialogue_id": "d-1",
        "kind": DisclosureKind.NOTE,
        "title": "What we learned",
        "language": "en",
        "made_at": NOW + timedelta(hours=revision),
    }
    return Publication(document_id=document_id, made=DisclosureMade(**(values | changes)))


def released(need: StoredNeed | None = None, **more: Any) -> dict[str, Any]:
    return release_of_need(need or a_stored_need(), **({"publisher": HERE} | more))


def a_joint_need(**changes: Any) -> StoredJointNeed:
    history = History()
    history.declare("buyer-2", "intent_signer", need_id="need-2", volume=(3000, "water meters"))
    history.declare("buyer-3", "first_buyer", volume=(1200, "water meters"))
    # What binds nobody is no demand.
    history.declare("buyer-4", "observer", volume=(500, "water meters"))
    return stored(history.joint).model_copy(update=changes)


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Z"]), min_size=1, max_size=12)
IDS = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._:/@+\-]{0,12}\Z")
MOMENTS = st.datetimes(
    min_value=datetime(1, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zones
    max_value=datetime(9999, 12, 31),  # noqa: DTZ001 - the same
    timezones=st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
HEARD = st.datetimes(min_value=datetime(2020, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the same
URLS = st.sampled_from(
    ["https://a.test/blåbær?x=[1]#y", "http://[::1]:80/", "http://[", "https://a:b/", "https://%/%zz#a#b"]
) | TEXTS.map("https://{}".format)
CODES = st.lists(st.from_regex(r"\A[0-9]{8}\Z"), max_size=3)
VOLUMES = st.none() | st.builds(
    Volume, amount=st.floats(min_value=0, exclude_min=True, allow_infinity=False), unit=TEXTS | st.sampled_from(["DKK", "eur"])
)
SOURCES = st.none() | st.builds(Source, kind=TEXTS | st.just("ocds"), reference=TEXTS, url=st.none() | URLS)
STATEMENTS = st.builds(
    NeedStatement,
    title=TEXTS,
    description=TEXTS,
    language=st.from_regex(r"\A[a-z]{2,3}\Z"),
    buyer=st.builds(Buyer, id=IDS, name=TEXTS, country=st.from_regex(r"\A[A-Z]{2}\Z")),
    situation=st.none() | TEXTS,
    affected=st.none() | TEXTS,
    effects=st.lists(TEXTS, max_size=2),
    cpv=CODES,
    regions=st.lists(st.sampled_from(["DK", "DK031", "SE2"]), max_size=3),
    volume=VOLUMES,
    horizon=st.none() | st.dates(),
    stage=st.sampled_from(Stage),
    answer_deadline=st.none() | MOMENTS,
    documents=st.lists(URLS, max_size=3),
    source=SOURCES,
    follows=st.lists(TEXTS | URLS | IDS.map("joint:{}".format) | IDS.map("ocds-abc123-{}".format), max_size=3),
    excluded_suppliers=st.just(("private-supplier",)),
)
DIALOGUES = st.builds(
    a_dialogue,
    IDS,
    number=st.integers(0, 3),
    title=TEXTS,
    announcement=st.builds(
        DialogueAnnouncement,
        kind=st.sampled_from(DialogueKind),
        starts_at=st.none() | MOMENTS,
        registration_deadline=st.none() | MOMENTS,
        purpose=st.none() | TEXTS,
        programme=st.lists(TEXTS, max_size=2),
    ),
    state=st.sampled_from(DialogueState),
    said_at=HEARD,
    held_at=st.none() | HEARD,
    concluded_at=st.none() | HEARD,
    outcome=st.none() | TEXTS,
    because=st.none() | TEXTS,
)
PUBLICATIONS = st.builds(
    a_publication,
    IDS,
    st.integers(1, 3),
    kind=st.sampled_from(DisclosureKind),
    title=TEXTS,
    text=st.none() | TEXTS,
    file_name=st.none() | TEXTS,
    media_type=st.none() | st.just("application/pdf"),
    made_at=HEARD,
)
INVITATIONS = st.builds(an_invitation, IDS | st.just("buyer-1"), issued_at=HEARD)
PUBLISHERS = st.sampled_from([HERE, replace(HERE, url=None)])


@st.composite
def needs_released(draw: st.DrawFn) -> Callable[[], dict[str, Any]]:
    """Releases of needs, made as often as they are called for."""
    need = StoredNeed(
        need_id=draw(IDS), version=1, statement=draw(STATEMENTS), withdrawn=draw(st.booleans()), changed_at=draw(HEARD)
    )
    dialogues = draw(st.lists(DIALOGUES, max_size=3, unique_by=lambda one: one.dialogue_id))
    published, notified = draw(st.lists(PUBLICATIONS, max_size=3)), draw(st.lists(INVITATIONS, max_size=3))
    publisher = draw(PUBLISHERS)
    return lambda: package_of(
        release_of_need(need, dialogues=dialogues, published=published, notified=notified, publisher=publisher),
        publisher=publisher,
    )


@st.composite
def joint_needs_released(draw: st.DrawFn) -> Callable[[], dict[str, Any]]:
    """The same of joint needs."""
    history = History()
    for number in range(2, draw(st.integers(2, 5))):
        rung = draw(st.sampled_from(["observer", "partner", "intent_signer", "first_buyer"]))
        volume = draw(VOLUMES)
        history.declare(
            f"buyer-{number}",
            rung,
            need_id=draw(st.none() | st.just(f"need-{number}")),
            volume=(volume.amount, volume.unit) if volume and volume.amount <= AMOUNT_MAX else None,
        )
    joint = stored(history.joint)
    closed = draw(st.booleans())
    changed = joint.changed.model_copy(update={"closed_at": NOW, "closed_because": draw(st.none() | TEXTS)} if closed else {})
    text = joint.text.model_copy(update={"cpv": tuple(draw(CODES)), "effects": tuple(draw(st.lists(TEXTS, max_size=2)))})
    joint = joint.model_copy(update={"changed": changed, "text": text})
    dialogues = draw(st.lists(DIALOGUES, max_size=2, unique_by=lambda one: one.dialogue_id))
    notified, publisher = draw(st.lists(INVITATIONS, max_size=2)), draw(PUBLISHERS)
    return lambda: package_of(
        release_of_joint_need(joint, dialogues=dialogues, notified=notified, publisher=publisher), publisher=publisher
    )


@settings(max_examples=200, deadline=None)
@given(needs_released() | joint_needs_released())
def test_whatever_the_contract_allows_is_a_valid_release(made: Callable[[], dict[str, Any]]) -> None:
    require_valid(made())


@settings(max_examples=50, deadline=None)
@given(needs_released() | joint_needs_released())
def test_the_same_facts_make_the_same_bytes(made: Callable[[], dict[str, Any]]) -> None:
    assert encoded(made()) == encoded(made())
    assert json.loads(encoded(made())) == made()


@settings(max_examples=50, deadline=None)
@given(needs_released())
def test_who_must_not_be_told_is_never_published(made: Callable[[], dict[str, Any]]) -> None:
    assert b"private-supplier" not in encoded(made())


def test_a_need_is_published_with_all_that_the_standard_has_a_field_for() -> None:
    need = a_stored_need(
        situation="Leaks are found when the street floods.",
        effects=("Less than a tenth of the water is lost.",),
        cpv=("90490000", "38420000"),
        volume=Volume(amount=1200, unit="km of pipe"),
        horizon=date(2027, 1, 1),
        answer_deadline=NOW,
        documents=("https://northby.test/bilag/vand å.pdf".replace(" ", "%20"),),
        source=Source(kind="eforms", reference="601506-2023", url="https://ted.test/601506-2023"),
        follows=("joint:leaks", "ocds-abc123-7"),
        stage=Stage.DIALOGUE,
    )
    release = released(need)
    tender, planning = release["tender"], release["planning"]
    assert release["ocid"] == "ocds-test01-need-1"
    assert (tender["title"], tender["status"], tender["statusDetails"]) == (need.statement.title, "planned", "dialogue")
    assert planning["rationale"] == "Leaks are found when the street floods.\n\nLess than a tenth of the water is lost."
    assert tender["items"] == [
        {
            "id": "km of pipe",
            "description": need.statement.title,
            "classification": {"scheme": "CPV", "id": "90490000"},
            "additionalClassifications": [{"scheme": "CPV", "id": "38420000"}],
            "deliveryAddresses": [{"region": "DK031"}],
            "quantity": 1200,
            "unit": {"name": "km of pipe"},
        }
    ]
    assert tender["contractPeriod"] == {"startDate": "2027-01-01T00:00:00Z"}
    assert planning["milestones"] == [
        {"id": "answers", "type": "engagement", "title": need.statement.title, "dueDate": "2026-03-02T08:00:00Z"}
    ]
    assert [one["url"] for one in planning["documents"]] == [
        "https://samspil.test/v1/needs/need-1",
        "https://northby.test/bilag/vand%20%C3%A5.pdf",
    ]
    assert [(one.get("scheme"), one["identifier"]) for one in release["relatedProcesses"]] == [
        ("eforms", "601506-2023"),
        ("ocid", "ocds-test01-joint:leaks"),
        ("ocid", "ocds-abc123-7"),
    ]
    assert release["parties"] == [
        {"id": "buyer-1", "name": "Northby Sample Municipality", "address": {"countryName": "Denmark"}, "roles": ["buyer"]}
    ]


def test_money_is_a_value_and_no_quantity() -> None:
    tender = released(a_stored_need(volume=Volume(amount=2_500_000, unit="dkk")))["tender"]
    assert tender["value"] == {"amount": 2_500_000, "currency": "DKK"}
    assert "quantity" not in tender["items"][0]


@pytest.mark.parametrize(
    ("state", "held_at", "status"),
    [
        (DialogueState.ANNOUNCED, None, "scheduled"),
        (DialogueState.CANCELLED, None, "notMet"),
        (DialogueState.HELD, NOW + timedelta(days=30), "met"),
        (DialogueState.CONCLUDED, NOW + timedelta(days=30), "met"),
    ],
)
def test_a_dialogue_is_a_milestone_and_a_notice(state: DialogueState, held_at: datetime | None, status: str) -> None:
    planning = released(dialogues=[a_dialogue(state=state, held_at=held_at)])["planning"]
    (milestone,), notice = planning["milestones"], planning["documents"][-1]
    assert (milestone["type"], milestone["status"], milestone["dueDate"]) == ("engagement", status, "2026-04-01T08:00:00Z")
    assert milestone.get("dateMet") == ("2026-04-01T08:00:00Z" if held_at else None)
    assert (notice["documentType"], notice["url"]) == ("marketEngagementNotice", "https://samspil.test/v1/dialogues/d-1")


def test_the_deadline_to_register_comes_before_the_start() -> None:
    announcement = DialogueAnnouncement(kind="webinar", starts_at=NOW + timedelta(days=30), registration_deadline=NOW)
    planning = released(dialogues=[a_dialogue(announcement=announcement)])["planning"]
    assert planning["milestones"][0]["dueDate"] == "2026-03-02T08:00:00Z"


def test_what_was_made_public_is_a_document_in_its_newest_revision() -> None:
    minutes = {"kind": DisclosureKind.MINUTES, "file_name": "minutes.pdf", "media_type": "application/pdf"}
    answer = a_publication("q-1", kind=DisclosureKind.ANSWER, title="Do you take sensors?", text="Any method.")
    release = released(published=[a_publication("minutes", 2, **minutes), a_publication("minutes", 1, **minutes), answer])
    said, file = release["planning"]["documents"][-2:]
    assert (said["documentType"], said["description"]) == ("clarifications", "Any method.")
    assert said["url"] == "https://samspil.test/v1/dialogues/d-1/disclosures"
    assert (file["url"], file["format"]) == ("https://samspil.test/v1/dialogues/d-1/documents/minutes/file", "application/pdf")
    assert file["datePublished"] == release["date"] == "2026-03-02T10:00:00Z"


def test_who_was_invited_is_named_once_and_only_when_asked_for() -> None:
    invited = [an_invitation("s-2"), an_invitation("s-1"), an_invitation("s-1", dialogue_id="d-2")]
    open_to_all, whole = released(), released(notified=invited)
    assert [party["id"] for party in open_to_all["parties"]] == ["buyer-1"]
    named = [party for party in whole["parties"] if "notifiedPotentialSupplier" in party["roles"]]
    assert [party["id"] for party in named] == ["s-1", "s-2"]
    assert open_to_all["id"] != whole["id"]
    assert whole["date"] == "2026-03-02T09:00:00Z"


def test_a_change_makes_a_release_with_another_id_and_a_later_date() -> None:
    first = released(dialogues=[a_dialogue()])
    moved = released(dialogues=[a_dialogue(revision=2, title="Find leaks", said_at=NOW + timedelta(hours=2))])
    assert first["ocid"] == moved["ocid"]
    assert first["id"] != moved["id"]
    assert first["date"] < moved["date"]


def test_a_withdrawn_need_is_published_as_one() -> None:
    assert released(a_stored_need(withdrawn=True))["tender"]["status"] == "withdrawn"


def test_a_joint_need_names_every_member_and_adds_what_is_undertaken() -> None:
    joint = a_joint_need()
    release = release_of_joint_need(joint, dialogues=[a_dialogue(need_id="joint:one")], publisher=HERE)
    assert {party["id"]: (*party["roles"], party["details"]["rung"]) for party in release["parties"]} == {
        "buyer-1": ("buyer", "partner"),
        "buyer-2": ("buyer", "intent_signer"),
        "buyer-3": ("buyer", "first_buyer"),
        "buyer-4": ("interestedParty", "observer"),
    }
    assert release["buyer"]["id"] == "buyer-1"
    assert [(item["quantity"], item["unit"]["name"]) for item in release["tender"]["items"]] == [(4200, "water meters")]
    assert [one["identifier"] for one in release["relatedProcesses"]] == ["ocds-test01-need-2"]
    # The find that it was proposed from is for its two buyers alone.
    assert "0.8" not in json.dumps(release)


def test_without_an_address_no_link_is_made_up() -> None:
    release = released(dialogues=[a_dialogue()], publisher=replace(HERE, url=None))
    (notice,) = release["planning"]["documents"]
    assert "url" not in notice
    assert "samspil.test" not in json.dumps(release)


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://a.test/blåbær?q=å#ø", "https://a.test/bl%C3%A5b%C3%A6r?q=%C3%A5#%C3%B8"),
        ("https://a.test/a%20b", "https://a.test/a%20b"),
        ("https://a.test/100%", "https://a.test/100%25"),
        ("http://[::1]:8000/x", "http://[::1]:8000/x"),
        ("http://[::1/x", None),
        ("https://user@a.test/", None),
    ],
)
def test_an_address_is_written_as_a_uri(url: str, written: str | None) -> None:
    assert uri(url) == written


def test_readers_merge_the_releases_of_one_need_into_what_stands_now() -> None:
    # The fields that describe a release, and no process: the standard's schema marks these.
    head = {name: {"type": "string", "omitWhenMerged": True} for name in ("id", "date", "tag")}
    first = released(dialogues=[a_dialogue()])
    held_at = NOW + timedelta(days=30)
    held = a_dialogue(revision=2, state=DialogueState.HELD, held_at=held_at, said_at=held_at)
    second = released(
        a_stored_need(version=2, changed_at=NOW + timedelta(days=1), title="Find leaks by listening"),
        dialogues=[held],
        notified=[an_invitation("s-1")],
    )
    merged = Merger({"type": "object", "properties": head}).create_compiled_release([second, first])
    assert (merged["ocid"], merged["tender"]["title"]) == (first["ocid"], "Find leaks by listening")
    assert [(one["status"], one["dateMet"]) for one in merged["planning"]["milestones"]] == [("met", "2026-04-01T08:00:00Z")]
    assert [party["id"] for party in merged["parties"]] == ["buyer-1", "s-1"]
    assert len(merged["planning"]["documents"]) == 2
