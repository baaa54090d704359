"""What becomes of each notice and row that intake reads: taken, or refused with a reason that a person understands."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from samspil.errors import Permanent
from samspil.ports import SourceOrder
from samspil_schemas import NeedStatement, SupplierProfile


class RefusalKind(StrEnum):
    """Kinds of reasons, to count them by."""

    NO_OPEN_NEED = "states no open need"
    UNSUPPORTED = "format not read"
    UNREADABLE = "broken or not UTF-8"
    TOO_LARGE = "too large"
    INCOMPLETE = "something needed is missing"
    INVALID = "does not fit the contract"
    NOT_STORED = "the record refused it"
    NO_FILE = "no readable file"


class Note(StrEnum):
    """What intake changed or inferred in something that it took."""

    UNKNOWN_CPV = "CPV codes that do not exist, left out"
    OLD_REGION = "regions that NUTS 2024 does not have, widened to one that it has"
    UNKNOWN_REGION = "regions of no country of NUTS, left out"
    TITLE_CUT = "titles over the limit, cut with an ellipsis"
    TEXT_CUT = "texts over the limit, cut with an ellipsis"
    LIST_CUT = "lists over the limit, cut"
    EMAIL_MASKED = "e-mail addresses in texts, masked"
    LANGUAGE_DETECTED = "languages that were not stated, detected"
    COUNTRY_INFERRED = "countries that were not stated, inferred"
    ID_DERIVED = "ids that were not stated or not usable, derived"
    CHANGE_UNRESOLVED = "changes of a notice that its reference does not name, taken as needs of their own"


Notes = Counter[Note]


class Unusable(Permanent):
    """This notice or row cannot be taken; the message is the reason, one sentence."""

    def __init__(self, kind: RefusalKind, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where something was read; the line is None where the whole file is one notice."""

    path: Path
    line: int | None = None

    def __str__(self) -> str:
        return str(self.path) if self.line is None else f"{self.path}:{self.line}"


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A need. `withdraw` is true where the notice cancels the need instead of stating it anew."""

    need_id: str
    statement: NeedStatement
    order: SourceOrder | None
    source: Place
    withdraw: bool = False
    notes: Notes = field(default_factory=Counter)


@dataclass(frozen=True, kw_only=True)
class TakenProfile:
    """A supplier's profile."""

    supplier_id: str
    profile: SupplierProfile
    source: Place
    notes: Notes = field(default_factory=Counter)


@dataclass(frozen=True, kw_only=True)
class RefusedItem:
    """A file, notice or row that was not taken."""

    path: Path
    line: int | None
    reason: str
    kind: RefusalKind


Parsed = Taken | TakenProfile
Outcome = Taken | TakenProfile | RefusedItem


def refused(error: Unusable, *, at: Place) -> RefusedItem:
    """The refusal that an error stands for."""
    return RefusedItem(path=at.path, line=at.line, reason=error.message, kind=error.kind)
