"""Checks the disclosure ledgers of the record, read directly: no service is asked what it thinks of itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from samspil.bootstrap.parts import seen_record
from samspil.domain.disclosures import differs_from_kept, first_fault, first_unlike
from samspil.errors import NotFound
from samspil.ports.openness import DisclosureReadings
from samspil.settings import Settings

KeptEnd = tuple[int, str]


@dataclass(frozen=True, kw_only=True)
class Audited:
    """One ledger: how many entries it has, its last digest, and the first place at which it is not whole, if there is one."""

    dialogue_id: str
    entries: int
    digest: str | None
    problem: str | None


async def audit_ledgers(settings: Settings, *, dialogue_id: str | None = None, kept: KeptEnd | None = None) -> Sequence[Audited]:
    """Check the ledger of one dialogue or of all.

    Args:
        settings: where the record is.
        dialogue_id: only this one.
        kept: count and digest of an end of its ledger that someone kept.

    Raises:
        NotFound: there is no such ledger.
        Misconfigured: the record is that of another version.
        RecordUnavailable: the database does not answer.
    """
    async with seen_record(settings) as record:
        found = await record.disclosures.ledgers() if record is not None else []
        if dialogue_id is not None and kept is None and dialogue_id not in found:
            raise NotFound(f"There is no disclosure ledger of {dialogue_id}.", hint="Look for its id: `samspil dialogue list`.")
        if record is None:
            return []
        chosen = [dialogue_id] if dialogue_id is not None else found
        return [await _audited(record.disclosures, one, kept=kept) for one in chosen]


async def _audited(readings: DisclosureReadings, dialogue_id: str, *, kept: KeptEnd | None) -> Audited:
    """The ledger as it stands. What is shown between two looks is no fault: only what is seen twice counts."""
    found = await _looked_at(readings, dialogue_id, kept=kept)
    while found.problem is not None:
        before, found = found, await _looked_at(readings, dialogue_id, kept=kept)
        if found.problem == before.problem:
            break
    return found


async def _looked_at(readings: DisclosureReadings, dialogue_id: str, *, kept: KeptEnd | None) -> Audited:
    try:
        head, entries = await readings.ledger_head(dialogue_id), await readings.ledger_of(dialogue_id)
        stored = await readings.stored_publications(dialogue_id)
    except ValueError:  # what a column of this type cannot hold, or no JSON
        return Audited(dialogue_id=dialogue_id, entries=0, digest=None, problem="an entry cannot be read: it was overwritten")
    fault = first_fault(dialogue_id, entries, head)
    if fault is None and kept is not None:
        fault = differs_from_kept(entries, count=kept[0], digest=kept[1])
    problem = f"entry {fault.number}: {fault.what}" if fault else first_unlike(entries, stored)
    digest = entries[-1].digest if entries else None
    return Audited(dialogue_id=dialogue_id, entries=len(entries), digest=digest, problem=problem)
