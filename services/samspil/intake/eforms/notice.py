"""One eForms notice as a need statement. The business terms (BT, OPP, OPT) are those of Regulation (EU) 2019/1780."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.etree.ElementTree import Element

from samspil.intake.eforms import subtypes, terms
from samspil.intake.eforms.chains import NOTICE_ID, Chains, changes, stated_change
from samspil.intake.eforms.parties import buyer
from samspil.intake.eforms.tree import EXTENSION, name, namespace, text, texts
from samspil.intake.eforms.wording import wording
from samspil.intake.identity import is_id
from samspil.intake.moments import day, moment
from samspil.intake.outcomes import Note, Notes, Place, RefusalKind, Taken, Unusable
from samspil.ports import SourceOrder
from samspil_schemas import DialogueAnnouncement, DialogueKind, NeedStatement, Source, Stage

PREFIX = "eforms:"
# X01 and X02 have a schema of the EU's own.
_NAMESPACES = ("urn:oasis:names:specification:ubl:schema:xsd:", "http://data.europa.eu/p27/eforms-")
_SUBTYPE = f"{EXTENSION}/efac:NoticeSubType/cbc:SubTypeCode"
_JOURNAL_NUMBER = f"{EXTENSION}/efac:Publication/efbc:NoticePublicationID"
_CHANGE_REASON = f"{EXTENSION}/efac:Changes/efac:ChangeReason/cbc:ReasonCode"
_CANCELLED = "cancel"  # of the code list change-corrig-justification
_NUMBER = re.compile(r"[0-9]{1,10}-[0-9]{4}")
_VERSION_DIGITS_MAX = 6
_LONGEST_OPEN = timedelta(days=10 * 366)


@dataclass(frozen=True, kw_only=True)
class _Edition:
    """Which notice it is, of which chain, in which version."""

    notice_id: str
    first_id: str
    number: int
    issued_at: datetime | None
    cancels: bool


def is_eforms(root: Element) -> bool:
    """True if the root element is that of an eForms notice."""
    return name(root) in subtypes.ROOTS and namespace(root).startswith(_NAMESPACES)


def read_notice(root: Element, *, source: Place, chains: Chains) -> Taken:
    """The need that a notice states.

    Raises:
        Unusable: it states no open need, or lacks what a need must have.
    """
    notes = Notes()
    stage = subtypes.stage_of(text(root, _SUBTYPE), notice_type=text(root, "cbc:NoticeTypeCode"), root=name(root))
    edition = _edition(root, chains=chains, notes=notes)
    words = wording(root, notes=notes)
    statement = NeedStatement(
        title=words.title,
        description=words.description,
        language=words.language,
        buyer=buyer(root, stated=words.stated),
        cpv=terms.cpv(root, notes=notes),
        regions=terms.regions(root, notes=notes),
        volume=terms.volume(root),
        horizon=day(text(root, "cbc:PlannedDate")),
        stage=stage,
        answer_deadline=_in_time(terms.deadline(root), issued_at=edition.issued_at),
        documents=terms.documents(root, notes=notes),
        source=Source(
            kind="eforms",
            reference=f"{edition.notice_id}-{edition.number:02}",
            number=_journal_number(root),
            published_at=edition.issued_at,
        ),
        follows=terms.follows(root, notes=notes),
        dialogue=_dialogue(root) if stage is Stage.DIALOGUE else None,
    )
    return Taken(
        need_id=f"{PREFIX}{edition.first_id}",
        statement=statement,
        order=SourceOrder(published_at=edition.issued_at, number=edition.number) if edition.issued_at else None,
        source=source,
        withdraw=edition.cancels,
        notes=+notes,
    )


def _edition(root: Element, *, chains: Chains, notes: Notes) -> _Edition:
    """BT-701, BT-757, BT-05 and BT-758."""
    notice_id = (text(root, NOTICE_ID) or "").lower()
    if not notice_id or not is_id(PREFIX + notice_id):
        raise Unusable(
            RefusalKind.INCOMPLETE, "It has no notice id (BT-701), so that its later versions could not be told from it."
        )
    version = text(root, "cbc:VersionID") or ""
    changed = changes(root)
    if stated_change(root) and not changed:
        notes[Note.CHANGE_UNRESOLVED] += 1
    return _Edition(
        notice_id=notice_id,
        first_id=chains.first_of(changed or notice_id),
        number=int(version) if version.isascii() and version.isdecimal() and len(version) <= _VERSION_DIGITS_MAX else 1,
        issued_at=moment(text(root, "cbc:IssueDate"), text(root, "cbc:IssueTime")),
        cancels=_CANCELLED in texts(root, _CHANGE_REASON),
    )


def _journal_number(root: Element) -> str | None:
    """OPP-010: the number in the official journal; other words stand there while a notice has none."""
    stated = text(root, _JOURNAL_NUMBER) or ""
    return stated if _NUMBER.fullmatch(stated) else None


def _in_time(deadline: datetime | None, *, issued_at: datetime | None) -> datetime | None:
    """The deadline, unless it is so far off that it stands for none: Norwegian notices of 2023 say 2099 where there is none."""
    return None if deadline and issued_at and deadline - issued_at > _LONGEST_OPEN else deadline


def _dialogue(root: Element) -> DialogueAnnouncement | None:
    """A market consultation with a deadline for answers is a dialogue in writing, open to all."""
    until = terms.answers_until(root)
    if until is None:
        return None
    return DialogueAnnouncement(kind=DialogueKind.WRITTEN, registration_deadline=until, languages=terms.answer_languages(root))
