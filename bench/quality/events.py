"""The rows of a set as the events that Samspil reads. Names, buyers and ids are neutral: a place in the file, no more."""

import re

from bench.quality.rows import QualitySet, Row
from bench.quality.statements import statements
from samspil_schemas import (
    Buyer,
    CapabilityStatement,
    NeedPublished,
    NeedStatement,
    ProfilePublished,
    SupplierProfile,
)
from samspil_schemas.base import CODES_MAX, PARAGRAPH_MAX, TEXT_MAX, TITLE_MAX

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_OTHER_BUYER = "buyer-of-the-query"


def query_events(quality_set: QualitySet) -> list[NeedPublished]:
    """One need for each query, with the id of the query's own document where there is one, so that it does not find itself."""
    places = {doc.id: place for place, doc in enumerate(quality_set.docs)}
    own = [quality_set.own(query) for query in quality_set.queries]
    ids = [f"query-{n:06}" if doc is None else doc_id(places[doc]) for n, doc in enumerate(own)]
    return [_need(query, need_id=need_id, buyer=_OTHER_BUYER) for query, need_id in zip(quality_set.queries, ids, strict=True)]


def need_events(quality_set: QualitySet) -> list[NeedPublished]:
    """One need of a buyer of its own for each document, in their order."""
    return [_need(doc, need_id=doc_id(place), buyer=f"buyer-{place:06}") for place, doc in enumerate(quality_set.docs)]


def profile_events(quality_set: QualitySet) -> list[ProfilePublished]:
    """One profile for each supplier, in their order."""
    return [_profile(doc, supplier_id=doc_id(place)) for place, doc in enumerate(quality_set.docs)]


def doc_id(place: int) -> str:
    """The id of the document at a place; its number comes back with `place_of`."""
    return f"doc-{place:06}"


def place_of(id_: str) -> int:
    """The place of the document with this id."""
    return int(id_.removeprefix("doc-"))


def _need(row: Row, *, need_id: str, buyer: str) -> NeedPublished:
    title, text = _clean(row.title), _clean(row.text)
    return NeedPublished(
        need_id=need_id,
        version=1,
        statement=NeedStatement(
            title=_up_to(title or text, TITLE_MAX),
            description=_up_to(text or title, TEXT_MAX),
            language=row.lang,
            buyer=Buyer(id=buyer, name="Buyer", country=row.country),
            cpv=row.cpv[:CODES_MAX],
        ),
    )


def _profile(row: Row, *, supplier_id: str) -> ProfilePublished:
    texts = statements(_clean(row.text or row.title))
    return ProfilePublished(
        supplier_id=supplier_id,
        version=1,
        profile=SupplierProfile(
            name="Supplier",
            country=row.country,
            cpv=row.cpv[:CODES_MAX],
            capabilities=tuple(
                CapabilityStatement(id=f"c{number:02}", text=_up_to(text, PARAGRAPH_MAX), language=row.lang)
                for number, text in enumerate(texts)
            ),
        ),
    )


def _clean(text: str) -> str:
    return _CONTROLS.sub(" ", text).strip()


def _up_to(text: str, limit: int) -> str:
    return text[:limit].strip()
