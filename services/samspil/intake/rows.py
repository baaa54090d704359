"""One row of a file, as a need or a profile: Samspil's own shape, and the flat shape of tables.

Own shape: `{"need_id": …, "statement": {…}}` and `{"supplier_id": …, "profile": {…}}`, as in the contract.

Flat shape of a need: title, text, lang, country, buyer, and where known id, cpv (with cpv_extra, cpv_all), nuts, date, deadline,
stage or subtype, url, follows. Flat shape of a supplier: id, name, text, lang, country, and where known cpv and nuts.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from samspil.intake import codes, languages, texts
from samspil.intake.eforms.subtypes import stage_of
from samspil.intake.identity import buyer_id, derived_id, is_id, usable_id
from samspil.intake.moments import END_OF_DAY, moment
from samspil.intake.outcomes import Note, Notes, Parsed, Place, RefusalKind, Taken, TakenProfile, Unusable
from samspil.ports import SourceOrder
from samspil.reference import countries
from samspil_schemas import Buyer, CapabilityStatement, NeedStatement, Source, Stage, SupplierProfile
from samspil_schemas.base import LABEL_MAX, LIST_MAX, PARAGRAPH_MAX, TITLE_MAX

Row = Mapping[str, Any]
_ALIASES = {
    "text": ("text", "description", "descr"),
    "lang": ("lang", "language"),
    "buyer": ("buyer", "buyer_name"),
    "cpv": ("cpv", "cpv_extra", "cpv_all"),
    "nuts": ("nuts", "regions"),
    "deadline": ("deadline", "answer_deadline"),
}
_OCDS = frozenset({"ocid", "releases", "records", "compiledRelease"})
_LONG = ("affected", "situation")
_LISTS = ("effects", "constraints", "questions")
_CAPABILITY = "c1"
_NEITHER = (
    "It is neither a need (need_id and statement, or title, text, lang, country, buyer) "
    "nor a profile (supplier_id and profile, or name, text, lang, country)."
)


def read_row(row: object, *, source: Place, kind: str) -> Parsed:
    """The need or profile in a row; `kind` says of what (jsonl, csv).

    Raises:
        Unusable: it is neither, or something that it must have is missing or wrong.
    """
    if not isinstance(row, dict):
        raise Unusable(RefusalKind.INVALID, "It is no object; write one need or profile as {…} on each line.")
    refuse_ocds(row)
    notes = Notes()
    try:
        if "statement" in row:
            return _own_need(row, source=source, notes=notes)
        if "profile" in row:
            return _own_profile(row, source=source, notes=notes)
        if _word(row, "buyer"):
            return _flat_need(row, source=source, notes=notes, kind=kind)
        if _word(row, "name") and _word(row, "text"):
            return _flat_profile(row, source=source, notes=notes)
    except ValidationError as error:
        raise Unusable(RefusalKind.INVALID, f"It does not fit the contract: {_first(error)}.") from error
    raise Unusable(RefusalKind.INVALID, _NEITHER)


def refuse_ocds(document: Mapping[str, Any]) -> None:
    """Raise Unusable where the document is one of the Open Contracting Data Standard."""
    if _OCDS.intersection(document):
        raise Unusable(
            RefusalKind.UNSUPPORTED,
            "It is OCDS (Open Contracting Data Standard), which is not read yet; use eForms XML, JSON lines or CSV.",
        )


def _first(error: ValidationError) -> str:
    """What is wrong first, and how much else is."""
    wrong = error.errors(include_url=False, include_input=False, include_context=False)
    where = ".".join(str(step) for step in wrong[0]["loc"]) or "the whole"
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    return f"{where}: {wrong[0]['msg'].rstrip('.').lower()}{more}"


def _own_need(row: Row, *, source: Place, notes: Notes) -> Taken:
    stated = row["statement"]
    if isinstance(stated, dict):
        stated = {**stated, **_tidied(stated, notes=notes)}
    statement = NeedStatement.model_validate(stated)
    statement = statement.model_copy(update={"cpv": codes.cpv_codes(statement.cpv, notes=notes)})
    published = statement.source.published_at if statement.source else None
    return Taken(
        need_id=_own_id(row, "need_id"),
        statement=statement,
        order=SourceOrder(published_at=published) if published else None,
        source=source,
        notes=+notes,
    )


def _own_profile(row: Row, *, source: Place, notes: Notes) -> TakenProfile:
    profile = SupplierProfile.model_validate(row["profile"])
    capabilities = tuple(
        capability.model_copy(
            update={"text": _masked(capability.text, notes=notes), "cpv": codes.cpv_codes(capability.cpv, notes=notes)}
        )
        for capability in profile.capabilities
    )
    changes = {
        "cpv": codes.cpv_codes(profile.cpv, notes=notes),
        "capabilities": capabilities,
        "references": tuple(_masked(reference, notes=notes) for reference in profile.references),
    }
    return TakenProfile(
        supplier_id=_own_id(row, "supplier_id"), profile=profile.model_copy(update=changes), source=source, notes=+notes
    )


def _own_id(row: Row, field: str) -> str:
    found = _word(row, field)
    if not found:
        raise Unusable(RefusalKind.INCOMPLETE, f"Its {field} is missing.")
    if not is_id(found):
        raise Unusable(
            RefusalKind.INVALID,
            f"Its {field} is no id; use letters, digits and . _ : / @ + -, beginning with a letter or digit.",
        )
    return found


def _tidied(stated: Row, *, notes: Notes) -> dict[str, Any]:
    """The free texts of a statement, e-mail addresses masked and what is too long cut."""
    changes: dict[str, Any] = {}
    if isinstance(words := stated.get("title"), str):
        changes["title"] = texts.title(words, notes=notes)
    if isinstance(words := stated.get("description"), str):
        changes["description"] = texts.paragraph(words, notes=notes)
    for field in _LONG:
        if isinstance(words := stated.get(field), str):
            changes[field] = _masked(words, notes=notes)
    for field in _LISTS:
        if isinstance(found := stated.get(field), list):
            changes[field] = [_masked(words, notes=notes) if isinstance(words, str) else words for words in found[: LIST_MAX + 1]]
    return changes


def _masked(words: str, *, notes: Notes) -> str:
    """The paragraph without e-mail addresses; a mask may be longer than an address, but a text that fitted fits still."""
    return texts.cut(texts.masked(words, notes=notes), limit=max(PARAGRAPH_MAX, len(words)))


def _flat_need(row: Row, *, source: Place, notes: Notes, kind: str) -> Taken:
    title, text = _title_and_text(row, notes=notes)
    language = languages.of(_word(row, "lang"), text=f"{title}. {text}", notes=notes)
    places = _words(row, "nuts")
    country = _country(row, language=language, places=places, notes=notes)
    name = texts.cut(" ".join(texts.tidy(_word(row, "buyer")).split()), limit=LABEL_MAX)
    stated_id = _word(row, "id")
    need_id = usable_id(stated_id) if stated_id else derived_id(title, name, _word(row, "date"))
    notes[Note.ID_DERIVED] += need_id != stated_id
    published = moment(_word(row, "date"))
    url = _word(row, "url")
    statement = NeedStatement(
        title=title,
        description=text,
        language=language,
        buyer=Buyer(id=buyer_id(name=name, country=country), name=name, country=country),
        cpv=codes.cpv_codes(_words(row, "cpv"), notes=notes),
        regions=codes.regions(places, notes=notes),
        stage=_stage(row),
        answer_deadline=moment(_word(row, "deadline"), otherwise=END_OF_DAY),
        source=Source(kind=kind, reference=need_id, url=url if texts.is_url(url) else None, published_at=published),
        follows=_follows(row, notes=notes),
    )
    order = SourceOrder(published_at=published) if published else None
    return Taken(need_id=need_id, statement=statement, order=order, source=source, notes=+notes)


def _title_and_text(row: Row, *, notes: Notes) -> tuple[str, str]:
    """A title and a text; where the text begins with the title, it is not said twice."""
    title, text = _word(row, "title"), _word(row, "text")
    if not title and not text:
        raise Unusable(RefusalKind.INCOMPLETE, "It has no title and no text; a need without a text cannot be matched.")
    rest = text.removeprefix(title)
    if title and rest != text and rest[:1] in {".", ":", "-", "–", "\n"}:
        text = rest.lstrip(" .:-–\n") or title
    named = texts.title(title or texts.cut(text[: texts.LOOKED_AT], limit=TITLE_MAX), notes=notes)
    return named, texts.paragraph(text, notes=notes) or named


def _flat_profile(row: Row, *, source: Place, notes: Notes) -> TakenProfile:
    text = texts.paragraph(_word(row, "text"), limit=PARAGRAPH_MAX, notes=notes)
    language = languages.of(_word(row, "lang"), text=text, notes=notes)
    places = _words(row, "nuts")
    country = _country(row, language=language, places=places, notes=notes)
    name = texts.cut(" ".join(texts.tidy(_word(row, "name")).split()), limit=LABEL_MAX)
    stated_id = _word(row, "id")
    supplier_id = usable_id(stated_id) if stated_id else derived_id(name, country)
    notes[Note.ID_DERIVED] += supplier_id != stated_id
    profile = SupplierProfile(
        name=name,
        country=country,
        regions=codes.regions(places, notes=notes),
        cpv=codes.cpv_codes(_words(row, "cpv"), notes=notes),
        capabilities=(CapabilityStatement(id=_CAPABILITY, text=text, language=language),),
        languages=(language,),
    )
    return TakenProfile(supplier_id=supplier_id, profile=profile, source=source, notes=+notes)


def _country(row: Row, *, language: str, places: Iterable[str], notes: Notes) -> str:
    """The country that is stated, else that of the regions, else the one that the language points to."""
    if stated := _word(row, "country"):
        found = countries.alpha2(stated)
    else:
        around = {country for place in places if (country := countries.alpha2(place.strip()[:2]))}
        found = around.pop() if len(around) == 1 else languages.country_of(language)
        notes[Note.COUNTRY_INFERRED] += 1
    if found is None:
        said = f"states the country {stated[:20]!r}, which is none" if stated else "states no country"
        raise Unusable(RefusalKind.INCOMPLETE, f"It {said}; add a country such as DK.")
    return found


def _stage(row: Row) -> Stage:
    """The stage that is stated, else that of an eForms subtype; where nothing is said, the first."""
    stated = _word(row, "stage").lower()
    if stated in set(Stage):
        return Stage(stated)
    try:
        return stage_of(_word(row, "subtype") or "unknown")
    except Unusable:
        return Stage.IDEA


def _follows(row: Row, *, notes: Notes) -> tuple[str, ...]:
    """References to earlier publications: a list, or a text parted by semicolons or bars, for "2023/S 193-1" has spaces."""
    stated = row.get("follows")
    items = stated if isinstance(stated, list) else [stated]
    pieces = (piece for item in items if isinstance(item, str) for piece in item.replace("|", ";").split(";"))
    return texts.references(pieces, notes=notes)


def _word(row: Row, field: str) -> str:
    """The first value of a field that is a text or a number and not empty, under any of its names; empty where there is none."""
    for name in _ALIASES.get(field, (field,)):
        value = row.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def _words(row: Row, field: str) -> list[str]:
    """All texts of a field, under all of its names: lists are taken apart, and texts at commas, semicolons, bars and spaces."""
    found: list[str] = []
    for name in _ALIASES.get(field, (field,)):
        value = row.get(name)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str):
                found.extend(item.replace(",", " ").replace(";", " ").replace("|", " ").split())
    return found
