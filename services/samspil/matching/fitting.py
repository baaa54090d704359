"""A verdict is one record of the log, and a record has a size."""

from typing import TypeVar

from samspil.ports.log import RECORD_BYTES_MAX
from samspil_schemas import NeedMatched, SupplierMatched

VerdictT = TypeVar("VerdictT", NeedMatched, SupplierMatched)


def fitted(verdict: VerdictT, *, most: int = RECORD_BYTES_MAX) -> VerdictT:
    """The verdict in at most so many bytes; the last of its pairs are left out where it would be larger, and it says so."""
    while (size := len(verdict.model_dump_json().encode())) > most and (verdict.matches or _similar(verdict)):
        share = most / size
        kept: dict[str, object] = {"matches": verdict.matches[: int(len(verdict.matches) * share)], "truncated": True}
        if isinstance(verdict, NeedMatched):
            kept["similar"] = verdict.similar[: int(len(verdict.similar) * share)]
            kept["follow_ups"] = verdict.follow_ups[: int(len(verdict.follow_ups) * share)]
        verdict = verdict.model_copy(update=kept)
    return verdict


def _similar(verdict: NeedMatched | SupplierMatched) -> tuple[object, ...]:
    return (*verdict.similar, *verdict.follow_ups) if isinstance(verdict, NeedMatched) else ()
