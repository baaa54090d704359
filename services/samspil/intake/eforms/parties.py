"""The buyer of a notice: BT-500, BT-501, BT-513 and BT-514, found through the organisation's id (OPT-300)."""

from xml.etree.ElementTree import Element

from samspil.intake.eforms.tree import EXTENSION, each, text, texts
from samspil.intake.eforms.wording import in_language
from samspil.intake.identity import buyer_id
from samspil.intake.outcomes import RefusalKind, Unusable
from samspil.intake.texts import cut, tidy
from samspil.reference import countries
from samspil_schemas import Buyer
from samspil_schemas.base import LABEL_MAX

_ORGANISATIONS = f"{EXTENSION}/efac:Organizations/efac:Organization"
_ID = "cac:PartyIdentification/cbc:ID"
_NAME = "cac:PartyName/cbc:Name"
_LEGAL_ID = "cac:PartyLegalEntity/cbc:CompanyID"
_COUNTRY = "cac:PostalAddress/cac:Country/cbc:IdentificationCode"
_REGION = "cac:PostalAddress/cbc:CountrySubentityCode"
_PLACES = (
    "cac:ProcurementProject/cac:RealizedLocation/cac:Address",
    "cac:ProcurementProjectLot/cac:ProcurementProject/cac:RealizedLocation/cac:Address",
)


def buyer(root: Element, *, stated: str) -> Buyer:
    """The leading buyer, its name in the language as the notice states it where it has one.

    Contact points, persons, addresses, e-mail addresses and telephone numbers are personal data and are not read.

    Raises:
        Unusable: no buyer is named, or its country is unknown.
    """
    party = _leading(root)
    if party is None or not (name := tidy(in_language(party, _NAME, stated=stated) or "")):
        raise Unusable(RefusalKind.INCOMPLETE, "It names no buyer; a need must have an owner.")
    country = _country(party, root)
    if country is None:
        raise Unusable(RefusalKind.INCOMPLETE, "It does not say which country its buyer is in.")
    line = " ".join(name.split())
    return Buyer(
        id=buyer_id(name=line, country=country, legal_id=text(party, _LEGAL_ID)), name=cut(line, limit=LABEL_MAX), country=country
    )


def _leading(root: Element) -> Element | None:
    """The element that describes the buyer: the one that leads a group of buyers (OPP-050), else the first."""
    companies: dict[str, Element] = {}
    leaders: set[str] = set()
    for organisation in each(root, _ORGANISATIONS):
        company = next(each(organisation, "efac:Company"), None)
        # A contact point (TouchPoint) stands for the organisation that it belongs to.
        if company is not None:
            numbers = texts(organisation, f"*/{_ID}")
            companies |= {number: company for number in numbers if number not in companies}
            leaders.update(numbers if (text(organisation, "efbc:GroupLeadIndicator") or "").lower() == "true" else ())
    parties = list(each(root, "cac:ContractingParty/cac:Party"))
    numbers = [number for party in parties for number in texts(party, _ID)[:1] if number in companies]
    if numbers:
        return companies[min(numbers, key=lambda number: number not in leaders)]
    # Plain UBL, and some national variants, describe the buyer in place.
    return next((party for party in parties if text(party, _NAME)), None)


def _country(party: Element, root: Element) -> str | None:
    """The country of the buyer's address, else of its region, else of the place where the contract is performed."""
    stated = [text(party, _COUNTRY), (text(party, _REGION) or "")[:2]]
    for address in (address for path in _PLACES for address in each(root, path)):
        stated += [text(address, "cac:Country/cbc:IdentificationCode"), (text(address, "cbc:CountrySubentityCode") or "")[:2]]
    return next((country for code in stated if code and (country := countries.alpha2(code))), None)
