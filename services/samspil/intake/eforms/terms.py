"""What a notice asks for besides its words: codes, places, value, deadlines, documents."""

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from samspil.intake import codes, languages
from samspil.intake.eforms.tree import EXTENSION, each, text, texts
from samspil.intake.eforms.wording import lots
from samspil.intake.moments import END_OF_DAY, moment
from samspil.intake.outcomes import Note, Notes
from samspil.intake.texts import is_url, references
from samspil.reference import countries
from samspil_schemas import Volume
from samspil_schemas.base import LIST_MAX

_PROJECT = "cac:ProcurementProject"
_CPV = (
    "cac:MainCommodityClassification/cbc:ItemClassificationCode",
    "cac:AdditionalCommodityClassification/cbc:ItemClassificationCode",
)
_VALUE = "cac:RequestedTenderTotal/cbc:EstimatedOverallContractAmount"
_ANSWERS = f"cac:TenderingProcess/{EXTENSION}/efac:AnswerReceptionPeriod"
# What a supplier must do first, in the order in which a procedure asks for it.
_DEADLINES = (
    _ANSWERS,
    f"cac:TenderingProcess/{EXTENSION}/efac:InterestExpressionReceptionPeriod",
    "cac:TenderingProcess/cac:ParticipationRequestReceptionPeriod",
    "cac:TenderingProcess/cac:TenderSubmissionDeadlinePeriod",
)
_DOCUMENTS = "cac:TenderingTerms/cac:CallForTendersDocumentReference/cac:Attachment/cac:ExternalReference/cbc:URI"
_EARLIER = "cac:TenderingProcess/cac:NoticeDocumentReference/cbc:ID"
_ANYWHERE = frozenset({"anyw", "anyw-eea"})
_CURRENCY = re.compile(r"[A-Z]{3}")


def cpv(root: Element, *, notes: Notes) -> tuple[str, ...]:
    """BT-262 and BT-263: the procedure's main code, its additional ones, then those of lots and parts."""
    stated = [
        code
        for level in (root, *lots(root))
        for project in each(level, _PROJECT)
        for path in _CPV
        for code in texts(project, path)
    ]
    return codes.cpv_codes(stated, notes=notes)


def regions(root: Element, *, notes: Notes) -> tuple[str, ...]:
    """Where, as NUTS codes (BT-5071, else the country of BT-5141); none where any lot may be performed anywhere (BT-727).

    The places of lots and parts count where they have any, for they are nearer than the procedure's.
    """
    for levels in (lots(root), [root]):
        places = [
            place
            for level in levels
            for address in each(level, f"{_PROJECT}/cac:RealizedLocation/cac:Address")
            if (place := _place(address))
        ]
        if places:
            return () if _ANYWHERE.intersection(places) else codes.regions(places, notes=notes)
    return ()


def _place(address: Element) -> str | None:
    if region := text(address, "cbc:CountrySubentityCode"):
        return region
    if country := countries.alpha2(text(address, "cac:Country/cbc:IdentificationCode") or ""):
        return countries.nuts_country(country)
    anywhere = (text(address, "cbc:Region") or "").lower()
    return anywhere if anywhere in _ANYWHERE else None


def volume(root: Element) -> Volume | None:
    """BT-27: the procedure's estimated value, else the sum of the lots' where they are in one currency."""
    stated = [found for project in each(root, _PROJECT) for found in _amounts(project)]
    found = stated or [found for lot in lots(root) for project in each(lot, _PROJECT) for found in _amounts(project)]
    currencies = {currency for _, currency in found}
    total = stated[0][0] if stated else math.fsum(amount for amount, _ in found)
    if len(currencies) != 1 or not 0 < total < math.inf:
        return None
    return Volume(amount=total, unit=currencies.pop())


def _amounts(project: Element) -> Iterator[tuple[float, str]]:
    for element in each(project, _VALUE):
        currency = element.get("currencyID", "").strip().upper()
        try:
            amount = float((element.text or "").strip()[:40])
        except ValueError:
            continue
        if 0 < amount < math.inf and _CURRENCY.fullmatch(currency):
            yield amount, currency


def deadline(root: Element) -> datetime | None:
    """When a supplier must first have answered, whatever the lot: for answers (BT-800), interest (BT-630), requests to take part
    (BT-1311) or tenders (BT-131). A date without a time lasts until its end.
    """  # noqa: D205
    return next((found for path in _DEADLINES if (found := _earliest(root, path))), None)


def answers_until(root: Element) -> datetime | None:
    """BT-800: until when a market consultation takes answers."""
    return _earliest(root, _ANSWERS)


def _earliest(root: Element, path: str) -> datetime | None:
    periods = [period for lot in lots(root) for period in each(lot, path)]
    ends = [moment(text(p, "cbc:EndDate"), text(p, "cbc:EndTime"), otherwise=END_OF_DAY) for p in periods]
    return min((end for end in ends if end), key=lambda end: end.astimezone(UTC), default=None)


def documents(root: Element, *, notes: Notes) -> tuple[str, ...]:
    """BT-15 and BT-615: where the documents are, or where one asks for them; no address with someone's e-mail in it."""
    stated = dict.fromkeys(url for lot in lots(root) for url in texts(lot, _DOCUMENTS))
    found = [url for url in stated if is_url(url)]
    notes[Note.LIST_CUT] += len(found) > LIST_MAX
    return tuple(found[:LIST_MAX])


def follows(root: Element, *, notes: Notes) -> tuple[str, ...]:
    """BT-125: the earlier notices that lots and parts follow. Some real notices state it for the whole procedure."""
    return references((number for level in (root, *lots(root)) for number in texts(level, _EARLIER)), notes=notes)


def answer_languages(root: Element) -> tuple[str, ...]:
    """BT-97: the languages that answers may be in."""
    stated = (code for lot in lots(root) for code in texts(lot, "cac:TenderingTerms/cac:Language/cbc:ID"))
    return tuple(dict.fromkeys(found for code in stated if (found := languages.code(code))))[:LIST_MAX]
