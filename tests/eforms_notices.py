"""Small well-formed eForms notices to test with; name only what the test is about."""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
NAMESPACES = (
    f'xmlns:cac="{UBL}CommonAggregateComponents-2" xmlns:cbc="{UBL}CommonBasicComponents-2" '
    f'xmlns:ext="{UBL}CommonExtensionComponents-2" xmlns:efext="http://data.europa.eu/p27/eforms-ubl-extensions/1" '
    'xmlns:efac="http://data.europa.eu/p27/eforms-ubl-extension-aggregate-components/1" '
    'xmlns:efbc="http://data.europa.eu/p27/eforms-ubl-extension-basic-components/1"'
)
NOTICE_ID = "11111111-2222-4333-8444-555555555555"
Words = str | Mapping[str, str] | None


def element(name: str, content: str | None, **attributes: str) -> str:
    """An element around content that is XML already; nothing where the content is None."""
    if content is None:
        return ""
    stated = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{stated}>{content}</{name}>"


def leaf(name: str, text: str | None, **attributes: str) -> str:
    """An element around a text."""
    return element(name, None if text is None else escape(text), **attributes)


def words(name: str, said: Words) -> str:
    """One element for each language."""
    languages = {"DAN": said} if isinstance(said, str) else said or {}
    return "".join(leaf(name, text, languageID=language) for language, text in languages.items())


def extension(content: str) -> str:
    inner = element("ext:UBLExtension", element("ext:ExtensionContent", element("efext:EformsExtension", content)))
    return element("ext:UBLExtensions", inner)


def period(name: str, day: str | None, clock: str | None = "12:00:00+02:00") -> str:
    return element(name, leaf("cbc:EndDate", day) + leaf("cbc:EndTime", clock)) if day else ""


def a_place(*, nuts: str | None = None, country: str | None = None, anywhere: str | None = None) -> str:
    """An address of performance."""
    inner = leaf("cbc:Region", anywhere) + leaf("cbc:CountrySubentityCode", nuts, listName="nuts")
    inner += element("cac:Country", leaf("cbc:IdentificationCode", country)) if country else ""
    return element("cac:RealizedLocation", element("cac:Address", inner))


def a_project(
    *,
    title: Words = None,
    description: Words = None,
    cpv: Sequence[str] = (),
    places: str = "",
    value: tuple[str, str] | None = None,
) -> str:
    """A ProcurementProject, of the procedure or of a lot."""
    total = ""
    if value:
        total = element("cac:RequestedTenderTotal", leaf("cbc:EstimatedOverallContractAmount", value[0], currencyID=value[1]))
    names = ["cac:MainCommodityClassification", *["cac:AdditionalCommodityClassification"] * len(cpv)]
    codes = "".join(
        element(name, leaf("cbc:ItemClassificationCode", code, listName="cpv")) for name, code in zip(names, cpv, strict=False)
    )
    return element(
        "cac:ProcurementProject", words("cbc:Name", title) + words("cbc:Description", description) + total + codes + places
    )


def a_lot(
    *,
    number: str = "LOT-0001",
    scheme: str = "Lot",
    answers_by: str | None = None,
    interest_by: str | None = None,
    requests_by: str | None = None,
    tenders_by: str | None = None,
    clock: str | None = "12:00:00+02:00",
    documents: Sequence[str] = (),
    answer_languages: Sequence[str] = (),
    follows: Sequence[str] = (),
    **project: object,
) -> str:
    """A ProcurementProjectLot: a lot, a part or a group of lots."""
    urls = "".join(
        element(
            "cac:CallForTendersDocumentReference",
            element("cac:Attachment", element("cac:ExternalReference", leaf("cbc:URI", url))),
        )
        for url in documents
    )
    languages = "".join(element("cac:Language", leaf("cbc:ID", language)) for language in answer_languages)
    periods = period("efac:AnswerReceptionPeriod", answers_by, clock)
    periods += period("efac:InterestExpressionReceptionPeriod", interest_by, clock)
    process = extension(periods) + period("cac:ParticipationRequestReceptionPeriod", requests_by, clock)
    process += period("cac:TenderSubmissionDeadlinePeriod", tenders_by, clock)
    process += "".join(element("cac:NoticeDocumentReference", leaf("cbc:ID", number)) for number in follows)
    return element(
        "cac:ProcurementProjectLot",
        leaf("cbc:ID", number, schemeName=scheme)
        + element("cac:TenderingTerms", urls + languages)
        + element("cac:TenderingProcess", process)
        + a_project(**project),  # type: ignore[arg-type]
    )


def an_organisation(
    *,
    number: str = "ORG-0001",
    name: Words = "Nordby Prøvekommune",
    legal_id: str | None = "DK12345679",
    country: str | None = "DNK",
    nuts: str | None = None,
    leads: bool = False,
    touch_point: str | None = None,
) -> str:
    """An organisation with a contact person, whom no statement may name."""
    contact = element(
        "cac:Contact",
        leaf("cbc:Name", "Karen Kontakt")
        + leaf("cbc:Telephone", "+45 12345678")
        + leaf("cbc:ElectronicMail", "karen@nordby.example"),
    )
    address = leaf("cbc:CountrySubentityCode", nuts)
    address += element("cac:Country", leaf("cbc:IdentificationCode", country)) if country else ""
    company = element("cac:PartyIdentification", leaf("cbc:ID", number))
    company += element("cac:PartyName", words("cbc:Name", name)) if name else ""
    company += element("cac:PostalAddress", address)
    company += element("cac:PartyLegalEntity", leaf("cbc:CompanyID", legal_id)) if legal_id else ""
    inner = leaf("efbc:GroupLeadIndicator", "true" if leads else "false") + element("efac:Company", company + contact)
    if touch_point:
        point = element("cac:PartyIdentification", leaf("cbc:ID", touch_point)) + contact
        inner += element("efac:TouchPoint", point)
    return element("efac:Organization", inner)


def a_notice(
    *,
    root: str = "PriorInformationNotice",
    subtype: str | None = "E1",
    notice_type: str | None = None,
    notice_id: str | None = NOTICE_ID,
    version: str | None = "01",
    issued: tuple[str, str] = ("2026-03-02+01:00", "09:30:00+01:00"),
    planned: str | None = None,
    changes: str | None = None,
    change_reason: str | None = None,
    journal_number: str | None = None,
    follows: Sequence[str] = (),
    languages: Sequence[str] = ("DAN",),
    organisations: str | None = None,
    buyers: Sequence[str] = ("ORG-0001",),
    project: str | None = None,
    lots: str = "",
    before_root: str = "",
) -> bytes:
    """A notice as bytes; by default a market consultation with a title and a description in Danish."""
    changed = ""
    if changes:
        reason = element("efac:ChangeReason", leaf("cbc:ReasonCode", change_reason)) if change_reason else ""
        changed = element("efac:Changes", leaf("efbc:ChangedNoticeIdentifier", changes) + reason)
    kind = element("efac:NoticeSubType", leaf("cbc:SubTypeCode", subtype)) if subtype else ""
    parties = element("efac:Organizations", an_organisation() if organisations is None else organisations)
    journal = element("efac:Publication", leaf("efbc:NoticePublicationID", journal_number)) if journal_number else ""
    head = extension(changed + kind + parties + journal)
    head += leaf("cbc:ID", notice_id, schemeName="notice-id")
    head += leaf("cbc:IssueDate", issued[0]) + leaf("cbc:IssueTime", issued[1])
    head += leaf("cbc:VersionID", version) + leaf("cbc:PlannedDate", planned) + leaf("cbc:NoticeTypeCode", notice_type)
    head += "".join(
        leaf("cbc:NoticeLanguageCode", language)
        if not position
        else element("cac:AdditionalNoticeLanguage", leaf("cbc:ID", language))
        for position, language in enumerate(languages)
    )
    head += "".join(
        element(
            "cac:ContractingParty",
            element("cac:Party", element("cac:PartyIdentification", leaf("cbc:ID", buyer))),
        )
        for buyer in buyers
    )
    if project is None:
        project = a_project(title="Find utætte vandrør", description="En femtedel af vandet går tabt under gaderne.")
    earlier = "".join(element("cac:NoticeDocumentReference", leaf("cbc:ID", number)) for number in follows)
    head += element("cac:TenderingProcess", earlier) if earlier else ""
    opening = f'<{root} xmlns="{UBL}{root}-2" {NAMESPACES}>'
    return f'<?xml version="1.0" encoding="UTF-8"?>{before_root}{opening}{head}{project}{lots}</{root}>'.encode()
