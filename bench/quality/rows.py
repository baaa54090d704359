"""Read a set: needs, what is to be found for them, and which of it is right.

A row is read into the fields that a system may use. A name or a buyer is never read, so no system can use one.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

QUERIES, SUPPLIERS, DOCS, QRELS = "queries.jsonl", "suppliers.jsonl", "docs.jsonl", "qrels.tsv"
CPV_PROXY = "-cpvproxy"
UNKNOWN_LANGUAGE, UNKNOWN_COUNTRY = "und", "XX"
_CPV_DIGITS = 8
_LANGUAGE_LETTERS = (2, 3)


class BrokenSet(Exception):
    """A set cannot be read; the message says which file and line, and what is wrong there."""


class Row(BaseModel):
    """One text of a set. `n_awards` is for the baseline of the most popular, `source_id` tells a query's own document."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    title: str = ""
    text: str = ""
    lang: str = UNKNOWN_LANGUAGE
    country: str = UNKNOWN_COUNTRY
    date: str | None = None
    cpv: tuple[str, ...] = ()
    n_awards: int | None = None
    source_id: str | None = None

    @field_validator("title", "text", mode="before")
    @classmethod
    def _no_text_is_empty(cls, value: object) -> object:
        return "" if value is None else value

    @field_validator("lang", mode="before")
    @classmethod
    def _two_letters(cls, value: object) -> object:
        known = isinstance(value, str) and value.isalpha() and len(value) in _LANGUAGE_LETTERS
        return str(value).casefold() if known else UNKNOWN_LANGUAGE

    @field_validator("country", mode="before")
    @classmethod
    def _country_code(cls, value: object) -> object:
        known = isinstance(value, str) and value.isalpha() and len(value) == len(UNKNOWN_COUNTRY)
        return str(value).upper() if known else UNKNOWN_COUNTRY

    @field_validator("cpv", mode="before")
    @classmethod
    def _codes_of_eight_digits(cls, value: object) -> object:
        given = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        codes = (str(code).partition("-")[0] for code in given)
        return tuple(dict.fromkeys(code for code in codes if len(code) == _CPV_DIGITS and code.isdigit()))

    @property
    def words(self) -> str:
        """Title and text; a title that the text repeats stands once."""
        parts = (self.text,) if self.text.startswith(self.title) else (self.title, self.text)
        return "\n".join(part for part in parts if part)


@dataclass(frozen=True, kw_only=True)
class QualitySet:
    """A set. `similar` says that needs are sought, not suppliers; `left_out` is what was not counted, in words."""

    name: str
    queries: tuple[Row, ...]
    docs: tuple[Row, ...]
    relevance: Mapping[str, Mapping[str, int]]
    similar: bool = False
    left_out: tuple[str, ...] = ()

    @cached_property
    def _own(self) -> Mapping[str, str]:
        return {name: doc.id for doc in self.docs for name in (doc.source_id, doc.id) if name} if self.similar else {}

    def own(self, query: Row) -> str | None:
        """The id of the document that is the query itself, which is no find; None among suppliers."""
        return self._own.get(query.id) or self._own.get(query.source_id or "")


def read_sets(folder: Path) -> list[QualitySet]:
    """Every subfolder with queries, in the order of their names.

    Raises:
        BrokenSet: a row or a file cannot be read.
    """
    return [read_set(place) for place in sorted(folder.iterdir()) if (place / QUERIES).is_file()]


def read_set(folder: Path) -> QualitySet:
    """The set in a folder. Queries without a right answer in the set are left out.

    Raises:
        BrokenSet: a row or a file cannot be read.
    """
    similar = (folder / DOCS).is_file()
    queries = _texts(folder / QUERIES)
    docs = _texts(folder / (DOCS if similar else SUPPLIERS))
    if folder.name.endswith(CPV_PROXY):
        # The right answers were made from the codes, so the codes would give them away.
        queries, docs = _without_cpv(queries), _without_cpv(docs)
    relevance, strangers = _relevance(folder / QRELS, queries=set(queries), docs=set(docs))
    read = QualitySet(
        name=folder.name,
        queries=tuple(queries.values()),
        docs=tuple(docs.values()),
        relevance=relevance,
        similar=similar,
        left_out=(f"{strangers} judgements of texts that are not in the set",) if strangers else (),
    )
    return _answerable(read)


def _answerable(read: QualitySet) -> QualitySet:
    relevance: dict[str, Mapping[str, int]] = {}
    for query in read.queries:
        own = read.own(query)
        right = {doc: grade for doc, grade in read.relevance.get(query.id, {}).items() if grade > 0 and doc != own}
        if right:
            relevance[query.id] = right
    unanswerable = len(read.queries) - len(relevance)
    return replace(
        read,
        queries=tuple(query for query in read.queries if query.id in relevance),
        relevance=relevance,
        left_out=(*read.left_out, *([f"{unanswerable} queries without a right answer"] if unanswerable else [])),
    )


def _texts(file: Path) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for place, line in _lines(file):
        row = _row(line, place=place)
        if row.id in found:
            raise BrokenSet(f"{place}: the id {row.id} stands twice.")
        found[row.id] = row
    if not found:
        raise BrokenSet(f"{file}: there is no row in it.")
    return found


def _row(line: str, *, place: str) -> Row:
    try:
        value: Any = json.loads(line)
    except ValueError as error:
        raise BrokenSet(f"{place}: it is no JSON ({error}).") from error
    try:
        row = Row.model_validate(value)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in wrong["loc"]) or "the row"
        raise BrokenSet(f"{place}: {where}: {wrong['msg']}.") from error
    if not row.words.strip():
        raise BrokenSet(f"{place}: {row.id} has neither a title nor a text.")
    return row


def _relevance(file: Path, *, queries: set[str], docs: set[str]) -> tuple[dict[str, dict[str, int]], int]:
    found: dict[str, dict[str, int]] = {}
    strangers = 0
    for number, (place, line) in enumerate(_lines(file)):
        if number == 0:
            continue  # the header
        fields = line.split("\t")
        try:
            query, doc, grade = fields[0], fields[1], int(fields[2])
        except (IndexError, ValueError) as error:
            raise BrokenSet(f"{place}: write query, supplier and a whole number, with tabs between them.") from error
        if query in queries and doc in docs:
            found.setdefault(query, {})[doc] = grade
        else:
            strangers += 1
    return found, strangers


def _lines(file: Path) -> Iterator[tuple[str, str]]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenSet(f"{file}: it cannot be read ({error}).") from error
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield f"{file}:{number}", line.rstrip("\r")


def _without_cpv(rows: Mapping[str, Row]) -> dict[str, Row]:
    return {id_: row.model_copy(update={"cpv": ()}) for id_, row in rows.items()}
