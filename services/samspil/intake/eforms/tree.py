"""Parses XML that nobody vouches for, and finds elements in it.

No document type, entity or external reference is accepted; size, depth and number of elements are limited.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from samspil.intake.outcomes import RefusalKind, Unusable

XML_BYTES_MAX = 20_000_000  # the largest notices of TED, with thousands of lots, have about 10 MB
_DEPTH_MAX = 100  # eForms goes down about 25 levels
_ELEMENTS_MAX = 500_000  # as many as 20 MB of a real notice hold
NAMES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "ext": "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2",
    "efext": "http://data.europa.eu/p27/eforms-ubl-extensions/1",
    "efac": "http://data.europa.eu/p27/eforms-ubl-extension-aggregate-components/1",
    "efbc": "http://data.europa.eu/p27/eforms-ubl-extension-basic-components/1",
}
EXTENSION = "ext:UBLExtensions/ext:UBLExtension/ext:ExtensionContent/efext:EformsExtension"


class _Bounded(TreeBuilder):
    """Builds the tree, and gives up on one that is too deep or has too many elements."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0
        self._elements = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        self._elements += 1
        if self._depth > _DEPTH_MAX:
            raise Unusable(RefusalKind.TOO_LARGE, f"The XML is nested more than {_DEPTH_MAX} levels deep, which no notice is.")
        if self._elements > _ELEMENTS_MAX:
            raise Unusable(RefusalKind.TOO_LARGE, f"The XML has more than {_ELEMENTS_MAX:,} elements, which no notice has.")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def parse(data: bytes) -> Element:
    """The root element.

    Raises:
        Unusable: it is no well-formed XML, tries what XML of strangers may not, or is too large.
    """
    if len(data) > XML_BYTES_MAX:
        raise Unusable(RefusalKind.TOO_LARGE, f"The XML is larger than {XML_BYTES_MAX // 1_000_000} MB.")
    parser = DefusedXMLParser(target=_Bounded(), forbid_dtd=True, forbid_entities=True, forbid_external=True)
    try:
        parser.feed(data)
        root = parser.close()
    except DefusedXmlException as error:
        raise Unusable(
            RefusalKind.UNREADABLE,
            "The XML declares a document type or entities, which is not accepted from a file; remove them.",
        ) from error
    except ParseError as error:
        raise Unusable(RefusalKind.UNREADABLE, f"The XML is broken: {_plain(error)}.") from error
    except (LookupError, ValueError) as error:
        raise Unusable(RefusalKind.UNREADABLE, "The XML is in an encoding that is not known; save it as UTF-8.") from error
    if not isinstance(root, Element):
        raise Unusable(RefusalKind.UNREADABLE, "The XML is broken: it has no root element.")
    return root


def _plain(error: ParseError) -> str:
    line, column = getattr(error, "position", (0, 0))
    what = str(error).split(":", maxsplit=1)[0]
    return f"{what} at line {line}, column {column}"


def name(element: Element) -> str:
    """The element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def namespace(element: Element) -> str:
    """The element's namespace; empty where it has none."""
    return str(element.tag).rpartition("}")[0].lstrip("{")


def each(element: Element, path: str) -> Iterator[Element]:
    """All elements on a path, in document order."""
    return element.iterfind(path, NAMES)


def texts(element: Element, path: str) -> list[str]:
    """The texts of all elements on a path that are not empty, in document order."""
    return [text for found in each(element, path) if (text := (found.text or "").strip())]


def text(element: Element, path: str) -> str | None:
    """The first text on a path that is not empty."""
    return next(iter(texts(element, path)), None)
