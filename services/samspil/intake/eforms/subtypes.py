"""Which notices state an open need, and how far their buyer has come (BT-02, OPP-070; Regulation (EU) 2019/1780, annex)."""

import re

from samspil.intake.outcomes import RefusalKind, Unusable
from samspil_schemas import Stage

_PLANNING = range(1, 10)  # 1-3 buyer profile, 4-6 planning only, 7-9 planning that shortens time limits
_COMPETITION = range(
    10, 25
)  # 10-14 planning that calls for competition, 15 qualification, 16-22 contracts, 23-24 design contests
_DIRECT = range(25, 29)
_RESULT = range(29, 38)
_CHANGED_CONTRACT = range(38, 41)
_STAGES = {"E1": Stage.DIALOGUE, "E2": Stage.PREPARING, "E3": Stage.TENDER, "CEI": Stage.TENDER}
_REASONS = {
    "E4": "a result notice states no open need",
    "E5": "a notice that a contract is completed states no open need",
    "E6": "a notice that a contract was changed states no open need",
    "T01": "a notice on public passenger transport comes under rules of its own and is not taken",
    "T02": "an award notice on public passenger transport states no open need",
    "X01": "a notice that a European company or grouping is registered states no need",
    "X02": "a notice that a European company or grouping is registered states no need",
}
# The notice types of BT-02, where a notice has no subtype.
_TYPES = {
    "pmc": "E1",
    "pin-buyer": "1",
    "pin-only": "4",
    "pin-rtl": "7",
    "pin-tran": "T01",
    "pin-cfc-standard": "10",
    "pin-cfc-social": "12",
    "qu-sy": "15",
    "cn-standard": "16",
    "cn-social": "20",
    "subco": "22",
    "cn-desg": "23",
    "veat": "25",
    "can-standard": "29",
    "can-social": "33",
    "can-desg": "36",
    "can-tran": "T02",
    "can-modif": "38",
    "cei": "CEI",
    "brin-ecs": "X01",
    "brin-eeig": "X02",
}
_ROOTS = {
    "PriorInformationNotice": "4",
    "ContractNotice": "16",
    "ContractAwardNotice": "29",
    "BusinessRegistrationInformationNotice": "X01",
}
ROOTS = frozenset(_ROOTS)
_NATIONAL = re.compile(r"N([0-9]{1,2})")


def stage_of(subtype: str | None, *, notice_type: str | None = None, root: str = "") -> Stage:
    """How far the buyer has come, by the subtype, else by the notice type, else by the root element.

    National variants (N4) count as what they are variants of.

    Raises:
        Unusable: such a notice states no open need.
    """
    plain = (subtype or "").strip().upper()
    if national := _NATIONAL.fullmatch(plain):
        plain = national[1]
    if not _known(plain):
        plain = _TYPES.get((notice_type or "").strip().lower()) or _ROOTS.get(root, "")
    if plain in _STAGES:
        return _STAGES[plain]
    number = int(plain) if plain.isdecimal() else 0
    if number in _PLANNING:
        return Stage.PREPARING
    if number in _COMPETITION:
        return Stage.TENDER
    raise Unusable(
        RefusalKind.NO_OPEN_NEED, f"It is not a need: {_reason(plain, number)} (subtype {subtype or plain or 'unknown'})."
    )


def _known(plain: str) -> bool:
    return (
        plain in _STAGES
        or plain in _REASONS
        or (plain.isascii() and plain.isdecimal() and 1 <= int(plain) < _CHANGED_CONTRACT.stop)
    )


def _reason(plain: str, number: int) -> str:
    if number in _DIRECT:
        return "a notice of an award without competition states no open need"
    if number in _RESULT:
        return "an award notice states no open need"
    if number in _CHANGED_CONTRACT:
        return "a notice that a contract was changed states no open need"
    return _REASONS.get(plain, "a notice of this type is not known")
