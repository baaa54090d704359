"""A need or joint need as open data: a planning release of the Open Contracting Data Standard 1.1.

The same facts make the same bytes: the date is that of the newest of them, and the id is a hash of what is said. What the
standard has no field for (constraints, questions to the market) stays in the API, which the release names. Codes and fields are
those of https://standard.open-contracting.org/1.1/; `notifiedPotentialSupplier` is a code of 1.2 in an open codelist of 1.1.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias
from urllib.parse import quote
from uuid import uuid5

from babel import Locale
from babel.localedata import locale_identifiers

from samspil import ids
from samspil.domain.joint_needs import BINDING
from samspil.domain.uris import uri
from samspil.ports import DialogueState, StoredDialogue, StoredInvitation, StoredNeed
from samspil.ports.joint_needs import StoredJointNeed
from samspil.ports.openness import Publication
from samspil_schemas import Buyer, DisclosureKind, Member, Rung, Source, Volume
from samspil_schemas.catalog import NAMESPACE

Json: TypeAlias = dict[str, Any]

VERSION = "1.1"
# Has the field deliveryAddresses, which no release of the extension has yet.
LOCATION_EXTENSION = "https://raw.githubusercontent.com/open-contracting-extensions/ocds_location_extension/master/extension.json"
ENGAGEMENT = "engagement"
ENGAGEMENT_NOTICE = "marketEngagementNotice"
NOTIFIED = "notifiedPotentialSupplier"
MILESTONE_STATUS: Mapping[DialogueState, str] = {
    DialogueState.ANNOUNCED: "scheduled",
    DialogueState.CANCELLED: "notMet",
    DialogueState.HELD: "met",
    DialogueState.CONCLUDED: "met",
}
# The standard has no type for the minutes or the note of a market dialogue.
_DOCUMENT_TYPES: Mapping[DisclosureKind, str] = {DisclosureKind.ANSWER: "clarifications"}
# A volume in one of these is a value. The standard's codelist of currencies is closed; these are those of Europe, and the dollar.
CURRENCIES = frozenset(
    {
        *("ALL", "BAM", "BGN", "CHF", "CZK", "DKK", "EUR", "GBP", "HUF", "ISK", "MDL"),
        *("MKD", "NOK", "PLN", "RON", "RSD", "SEK", "TRY", "UAH", "USD"),
    }
)
_LANGUAGES = frozenset(locale_identifiers())
_WHOLE_MAX = 2**53


@dataclass(frozen=True, kw_only=True)
class OcdsPublisher:
    """Who publishes.

    ocid_prefix: what every ocid begins with; a real one is registered with the Open Contracting Partnership.
    name: of the organisation that publishes.
    url: where people and programs reach this Samspil, without a slash at its end; None where that is not known.
    """

    ocid_prefix: str
    name: str
    url: str | None = None

    def ocid(self, id_: str) -> str:
        """The ocid of a need or joint need."""
        return f"{self.ocid_prefix}-{id_}"

    def address(self, root: str, id_: str) -> str | None:
        """Where the API has it."""
        return f"{self.url}/v1/{root}/{quote(id_, safe=':@+')}" if self.url else None


def release_of_need(
    need: StoredNeed,
    *,
    dialogues: Iterable[StoredDialogue] = (),
    published: Iterable[Publication] = (),
    notified: Iterable[StoredInvitation] = (),
    publisher: OcdsPublisher,
) -> Json:
    """The release of a need.

    Args:
        need: as the record holds it.
        dialogues: all about it, those that were held or cancelled too.
        published: what was made public of them, every revision.
        notified: the invitations that went out; they make the release one that is not for all.
        publisher: who publishes.
    """
    statement, said = need.statement, _in_order(dialogues)
    documents = _newest(published)
    buyer = {"id": statement.buyer.id, "name": statement.buyer.name}
    own = _document("need", need.need_id, "needsAssessment", statement.title, publisher.address("needs", need.need_id))
    attached = [{"id": f"attachment/{url}", "url": url} for url in dict.fromkeys(map(uri, statement.documents)) if url]
    deadline = {"id": "answers", "type": ENGAGEMENT, "title": statement.title, "dueDate": _moment(statement.answer_deadline)}
    content = {
        "language": statement.language,
        "parties": _parties([_body(statement.buyer, "buyer", language=statement.language)], notified),
        "buyer": buyer,
        "planning": {
            "rationale": _paragraphs(statement.situation, statement.affected, *statement.effects) or statement.description,
            "documents": [
                own,
                *attached,
                *(_notice(one, publisher) for one in said),
                *(_published(one, publisher) for one in documents),
            ],
            "milestones": [*([deadline] if statement.answer_deadline else []), *(_milestone(one) for one in said)],
        },
        "tender": {
            "title": statement.title,
            "description": statement.description,
            "status": "withdrawn" if need.withdrawn else "planned",
            "statusDetails": None if need.withdrawn else statement.stage.value,
            "value": _value([statement.volume] if statement.volume else []),
            "items": _items(
                [statement.volume] if statement.volume else [],
                cpv=statement.cpv,
                regions=statement.regions,
                title=statement.title,
            ),
            "contractPeriod": {"startDate": _day(statement.horizon)},
        },
        "relatedProcesses": [
            *_source(statement.source),
            *(_followed(reference, publisher) for reference in dict.fromkeys(statement.follows)),
        ],
    }
    moments = [need.changed_at, *_moments(said, notified), *(one.made.made_at for one in documents)]
    return _release(need.need_id, content, at=max(moments), publisher=publisher)


def release_of_joint_need(
    joint: StoredJointNeed,
    *,
    dialogues: Iterable[StoredDialogue] = (),
    published: Iterable[Publication] = (),
    notified: Iterable[StoredInvitation] = (),
    publisher: OcdsPublisher,
) -> Json:
    """The release of a joint need: its need owner is the buyer, and every member is a party.

    Args:
        joint: as the record holds it; the find that it was proposed from is no part of the release.
        dialogues: all about it, those that were held or cancelled too.
        published: what was made public of them, every revision.
        notified: the invitations that went out; they make the release one that is not for all.
        publisher: who publishes.
    """
    now, text, said = joint.changed, joint.text, _in_order(dialogues)
    documents = _newest(published)
    own = _document("need", now.joint_need_id, "needsAssessment", now.title, publisher.address("joint-needs", now.joint_need_id))
    owner = next(({"id": one.buyer_id, "name": one.name} for one in now.members if one.buyer_id == joint.owner_id), None)
    undertaken = [volume for total in now.totals if total.rung in BINDING for volume in total.volumes]
    content = {
        "language": now.language,
        "parties": _parties(
            [_member(one, leads=one.buyer_id == joint.owner_id, language=now.language) for one in now.members], notified
        ),
        "buyer": owner or {"id": joint.owner_id},
        "planning": {
            "rationale": _paragraphs(*text.effects) or text.description,
            "documents": [own, *(_notice(one, publisher) for one in said), *(_published(one, publisher) for one in documents)],
            "milestones": [_milestone(one) for one in said],
        },
        "tender": {
            "title": now.title,
            "description": now.description,
            "status": "withdrawn" if now.closed_at else "planned",
            "statusDetails": now.closed_because if now.closed_at else now.stage,
            "value": _value(undertaken),
            "items": _items(undertaken, cpv=text.cpv, regions=text.regions, title=now.title),
        },
        "relatedProcesses": [
            _related("member", publisher.ocid(need_id), title=name, ocid=True)
            for need_id, name in {one.need_id: one.name for one in now.members if one.need_id}.items()
        ],
    }
    moments = [now.changed_at, *_moments(said, notified), *(one.made.made_at for one in documents)]
    return _release(now.joint_need_id, content, at=max(moments), publisher=publisher)


def package_of(release: Json, *, publisher: OcdsPublisher) -> Json:
    """The release in a package, which is how the standard has releases published."""
    return {
        "uri": f"urn:uuid:{uuid5(NAMESPACE, release['id'])}",
        "version": VERSION,
        "extensions": [LOCATION_EXTENSION],
        "publishedDate": release["date"],
        "publisher": {"name": publisher.name},
        "releases": [release],
    }


def encoded(package: Json) -> bytes:
    """The package as JSON in UTF-8."""
    return json.dumps(package, ensure_ascii=False, indent=2, allow_nan=False).encode() + b"\n"


def _release(id_: str, content: Json, *, at: datetime, publisher: OcdsPublisher) -> Json:
    ocid = publisher.ocid(id_)
    head = {"ocid": ocid, "date": _moment(at), "tag": ["planning"], "initiationType": "tender"}
    said: Json = _without_nothing(head | content | {"tender": {"id": ocid, **content["tender"]}})
    digest = hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    return {"ocid": ocid, "id": f"{ocid}-{digest[:16]}"} | said


def _without_nothing(value: Any) -> Any:
    """The value without what is not there: the standard has nulls remove what an earlier release said, and no empty lists."""
    if isinstance(value, Mapping):
        kept = {name: _without_nothing(entry) for name, entry in value.items()}
        return {name: entry for name, entry in kept.items() if entry is not None and entry not in ({}, [])}
    if isinstance(value, list):
        return [_without_nothing(entry) for entry in value if entry is not None]
    return value


def _in_order(dialogues: Iterable[StoredDialogue]) -> list[StoredDialogue]:
    return sorted(dialogues, key=lambda one: (one.number, one.dialogue_id))


def _moments(dialogues: Iterable[StoredDialogue], notified: Iterable[StoredInvitation]) -> list[datetime]:
    found = [moment for one in dialogues for moment in (one.said_at, one.held_at, one.concluded_at)]
    return [moment for moment in (*found, *(one.issued_at for one in notified)) if moment is not None]


def _moment(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


def _day(day: date | None) -> str | None:
    return f"{day.isoformat()}T00:00:00Z" if day else None


def _paragraphs(*said: str | None) -> str:
    return "\n\n".join(one for one in said if one)


def _body(body: Buyer, role: str, *, language: str) -> Json:
    return {"id": body.id, "name": body.name, "address": {"countryName": _country(body.country, language)}, "roles": [role]}


def _country(code: str, language: str) -> str:
    """The name of the country in the language of the release; in English, or the code, where there is none."""
    known = language if language in _LANGUAGES else "en"
    return str(Locale(known).territories.get(code, code))


def _member(member: Member, *, leads: bool, language: str) -> Json:
    """An observer declares nothing, so that it is no buyer, unless it leads."""
    role = "buyer" if leads or member.rung is not Rung.OBSERVER else "interestedParty"
    party = _body(Buyer(id=member.buyer_id, name=member.name, country=member.country), role, language=language)
    return party | {"details": {"rung": member.rung.value, "roles": [one.value for one in member.roles]}}


def _parties(bodies: Sequence[Json], notified: Iterable[StoredInvitation]) -> list[Json]:
    """The bodies, then the suppliers that were told, each organisation once."""
    found = {body["id"]: body for body in bodies}
    for supplier_id, name in sorted({one.supplier_id: one.supplier_name for one in notified}.items()):
        party = found.setdefault(supplier_id, {"id": supplier_id, "name": name, "roles": []})
        found[supplier_id] = party | {"roles": [*party["roles"], NOTIFIED]}
    return list(found.values())


def _document(kind: str, id_: str, type_: str, title: str, url: str | None, **more: str | None) -> Json | None:
    """A document that the API serves; None where its address is not known, as a document is nothing without one."""
    if url is None:
        return None
    return {"id": f"{kind}/{id_}", "documentType": type_, "title": title, "url": url, "format": "application/json", **more}


def _notice(dialogue: StoredDialogue, publisher: OcdsPublisher) -> Json:
    """The dialogue as a notice, which is one also where its address is not known: its words are in its milestone."""
    url = publisher.address("dialogues", dialogue.dialogue_id)
    return {
        "id": f"dialogue/{dialogue.dialogue_id}",
        "documentType": ENGAGEMENT_NOTICE,
        "title": dialogue.title,
        "description": dialogue.announcement.purpose,
        "url": url,
        "dateModified": _moment(dialogue.said_at),
        "format": "application/json" if url else None,
        "language": dialogue.language,
    }


def _newest(published: Iterable[Publication]) -> list[Publication]:
    """The newest revision of each document, the oldest first."""
    found: dict[str, Publication] = {}
    for one in sorted(published, key=lambda one: one.made.revision):
        found[f"{one.made.dialogue_id}/{one.document_id}"] = one
    return sorted(found.values(), key=lambda one: (one.made.made_at, one.made.disclosure_id))


def _published(document: Publication, publisher: OcdsPublisher) -> Json:
    """A document, an answer, minutes or the note, as everyone got it."""
    made = document.made
    dialogue = publisher.address("dialogues", made.dialogue_id)
    where = f"documents/{quote(document.document_id, safe=':@+')}/file" if made.file_name else "disclosures"
    return {
        "id": f"published/{made.disclosure_id}",
        "documentType": _DOCUMENT_TYPES.get(made.kind),
        "title": made.title,
        "description": made.text,
        "url": f"{dialogue}/{where}" if dialogue else None,
        "datePublished": _moment(made.made_at),
        "format": made.media_type,
        "language": made.language,
    }


def _milestone(dialogue: StoredDialogue) -> Json:
    said = dialogue.announcement
    because = dialogue.because if dialogue.state is DialogueState.CANCELLED else None
    return {
        "id": f"dialogue/{dialogue.dialogue_id}",
        "title": dialogue.title,
        "type": ENGAGEMENT,
        "description": _paragraphs(said.purpose, *said.programme, because, dialogue.outcome) or None,
        "code": said.kind.value,
        "dueDate": _moment(said.registration_deadline or said.starts_at),
        "dateMet": _moment(dialogue.held_at),
        "dateModified": _moment(dialogue.said_at),
        "status": MILESTONE_STATUS[dialogue.state],
    }


def _is_money(volume: Volume) -> bool:
    return volume.unit.upper() in CURRENCIES


def _value(volumes: Sequence[Volume]) -> Json | None:
    """The value, where money is stated, and in one currency; different ones are never added."""
    stated = _summed(volume for volume in volumes if _is_money(volume))
    if len(stated) != 1:
        return None
    ((currency, amount),) = stated.items()
    return {"amount": _number(amount), "currency": currency.upper()}


def _summed(volumes: Iterable[Volume]) -> dict[str, float]:
    """What each unit comes to, by unit."""
    found: dict[str, float] = {}
    for volume in volumes:
        unit = volume.unit.upper() if _is_money(volume) else volume.unit
        found[unit] = found.get(unit, 0.0) + volume.amount
    return dict(sorted(found.items()))


def _items(volumes: Sequence[Volume], *, cpv: Sequence[str], regions: Sequence[str], title: str) -> list[Json]:
    """One item for each unit that is counted, or one without a quantity."""
    codes = [{"scheme": "CPV", "id": code} for code in dict.fromkeys(cpv)]
    about = {
        "description": title,
        "classification": codes[0] if codes else None,
        "additionalClassifications": codes[1:],
        "deliveryAddresses": [{"region": region} for region in dict.fromkeys(regions)],
    }
    counted = _summed(volume for volume in volumes if not _is_money(volume))
    if not counted:
        return [{"id": "1", **about}]
    return [{"id": unit, **about, "quantity": _number(amount), "unit": {"name": unit}} for unit, amount in counted.items()]


def _number(amount: float) -> float:
    return int(amount) if amount.is_integer() and amount < _WHOLE_MAX else amount


def _related(kind: str, reference: str, *, title: str | None = None, ocid: bool = False, **more: str | None) -> Json:
    """Every process that is named is one of planning, or is followed by this one: the standard has one code for both."""
    related = {"id": f"{kind}/{reference}", "relationship": ["planning"], "title": title, "identifier": reference}
    return related | {"scheme": "ocid" if ocid else None} | more


def _source(source: Source | None) -> list[Json]:
    """Where the need was published first."""
    if source is None:
        return []
    scheme = "ocid" if source.kind == "ocds" else source.kind
    return [_related("source", source.reference, scheme=scheme, uri=uri(source.url) if source.url else None)]


def _followed(reference: str, publisher: OcdsPublisher) -> Json:
    """A publication that the need follows: a joint need of this Samspil, a process with an ocid, an address, or a number."""
    if reference.startswith(ids.JOINT_PREFIX):
        return _related("follows", publisher.ocid(reference), ocid=True)
    address = uri(reference) if reference.startswith(("http://", "https://")) else None
    return _related("follows", reference, ocid=reference.startswith("ocds-"), uri=address)
