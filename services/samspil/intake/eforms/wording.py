"""The texts of a notice in one language: BT-21 and BT-24 of the procedure, its lots and its parts."""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from samspil.domain.text import sentences
from samspil.intake import languages, texts
from samspil.intake.eforms import tree
from samspil.intake.eforms.tree import each, text
from samspil.intake.outcomes import Notes, RefusalKind, Unusable

_OFFICIAL = ("cbc:NoticeLanguageCode", "cac:AdditionalNoticeLanguage/cbc:ID")
_GROUP = "cbc:ID[@schemeName='LotsGroup']"
_TITLE, _DESCRIPTION = "cbc:Name", "cbc:Description"


@dataclass(frozen=True, kw_only=True)
class Wording:
    """Title and description in one language (the two letters); `stated` is that language as the notice writes it."""

    title: str
    description: str
    language: str
    stated: str


def wording(root: Element, *, notes: Notes) -> Wording:
    """The notice's title and description, those of lots and parts appended.

    The language is the official one (BT-702) that has both a title and a description, else one that has either. A missing title
    is the first lot's, or the first sentence; a missing description is the lots', or the title.

    Raises:
        Unusable: there is no text at all, or its language is not plain.
    """
    projects = list(_projects(root))
    official = [code.upper() for path in _OFFICIAL for code in tree.texts(root, path)]
    stated = _language(projects, official)
    titles = [_in(project, _TITLE, stated=stated) for project in projects]
    descriptions = [_in(project, _DESCRIPTION, stated=stated) for project in projects]
    whole = texts.joined(
        f"{title}\n{description}" if number and title and title != titles[0] else description
        for number, (title, description) in enumerate(zip(titles, descriptions, strict=True))
    )
    title = next((found for found in titles if found), "") or next(iter(sentences(whole[: texts.LOOKED_AT])), "")
    named = texts.title(title, notes=notes)
    described = texts.paragraph(whole, notes=notes) or named
    if not named:
        raise Unusable(RefusalKind.INCOMPLETE, "It has no title and no description; a need without a text cannot be matched.")
    return Wording(
        title=named,
        description=described,
        language=languages.of(stated, text=f"{named}. {described}", notes=notes),
        stated=stated,
    )


def in_language(element: Element, path: str, *, stated: str) -> str | None:
    """The text on a path in that language, else the first in any."""
    return _in(element, path, stated=stated) or text(element, path)


def _projects(root: Element) -> Iterator[Element]:
    """The procurement projects of the procedure, then of each lot and part; groups of lots only repeat their lots."""
    yield from each(root, "cac:ProcurementProject")
    for lot in lots(root):
        yield from each(lot, "cac:ProcurementProject")


def lots(root: Element) -> list[Element]:
    """The lots and parts, without the groups of lots."""
    return [lot for lot in each(root, "cac:ProcurementProjectLot") if next(each(lot, _GROUP), None) is None]


def _language(projects: list[Element], official: list[str]) -> str:
    """The language to read, as the notice writes it; empty where it states none."""
    titled, described = (
        {_stated(found) for project in projects for found in each(project, path) if (found.text or "").strip()}
        for path in (_TITLE, _DESCRIPTION)
    )
    # Texts that name no language are in the notice's own.
    present = [*official, *sorted((titled | described) - {""})]
    both = [language for language in present if language in titled and language in described]
    either = [language for language in present if language in titled or language in described]
    return next(iter((*both, *either, *official)), "")


def _stated(element: Element) -> str:
    return element.get("languageID", "").strip().upper()


def _in(element: Element, path: str, *, stated: str) -> str:
    found = [(_stated(found), (found.text or "").strip()) for found in each(element, path)]
    return next((words for language, words in found if words and language in {stated, ""}), "")
