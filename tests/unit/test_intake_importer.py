import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from samspil.errors import Conflict, NotFound, Outdated, RecordUnavailable
from samspil.intake import Note, Progress, RefusalKind, Summary, import_paths, importer
from samspil.ports import SourceOrder, Submitted
from samspil_schemas import NeedStatement, SupplierProfile
from tests.eforms_notices import NOTICE_ID, a_notice, a_project
from tests.factories import a_profile, a_statement

CHANGE_ID = "22222222-2222-4333-8444-555555555555"
CANCEL_ID = "33333333-2222-4333-8444-555555555555"
NEED_ID = f"eforms:{NOTICE_ID}"


class MemorySubmissions:
    """A record in memory that keeps the rules of the port."""

    def __init__(self) -> None:
        self.needs: dict[str, tuple[int, NeedStatement, SourceOrder | None, bool]] = {}
        self.profiles: dict[str, tuple[int, SupplierProfile]] = {}
        self.reasons: list[str | None] = []

    async def submit_need(self, need_id: str, statement: NeedStatement, *, order: SourceOrder | None = None) -> Submitted:
        version, stands, last, withdrawn = self.needs.get(need_id, (0, None, None, False))
        if stands and stands.buyer.id != statement.buyer.id:
            raise Conflict(f"The need {need_id} belongs to another buyer.")
        if order and last and (order.published_at, order.number) < (last.published_at, last.number):
            raise Outdated("The record holds a newer version.")
        if stands == statement and (not withdrawn or order == last):
            return Submitted(id=need_id, version=version, changed=False)
        self.needs[need_id] = (version + 1, statement, order, False)
        return Submitted(id=need_id, version=version + 1, changed=True)

    async def withdraw_need(self, need_id: str, *, reason: str | None = None) -> Submitted:
        if need_id not in self.needs:
            raise NotFound(f"There is no need {need_id}.")
        version, statement, order, _ = self.needs[need_id]
        self.needs[need_id] = (version, statement, order, True)
        self.reasons.append(reason)
        return Submitted(id=need_id, version=version, changed=True)

    async def submit_profile(self, supplier_id: str, profile: SupplierProfile) -> Submitted:
        version, stands = self.profiles.get(supplier_id, (0, None))
        if stands == profile:
            return Submitted(id=supplier_id, version=version, changed=False)
        self.profiles[supplier_id] = (version + 1, profile)
        return Submitted(id=supplier_id, version=version + 1, changed=True)

    async def withdraw_profile(self, supplier_id: str, *, reason: str | None = None) -> Submitted:
        raise NotFound(f"There is no profile {supplier_id}.")

    def open(self) -> list[str]:
        return sorted(need_id for need_id, (_, _, _, withdrawn) in self.needs.items() if not withdrawn)


@pytest.fixture
def record() -> MemorySubmissions:
    return MemorySubmissions()


def lines(*rows: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


def own(need_id: str, **changes: Any) -> dict[str, Any]:
    return {"need_id": need_id, "statement": json.loads(a_statement(**changes).model_dump_json())}


SUPPLIER = {"supplier_id": "s-1", "profile": json.loads(a_profile().model_dump_json())}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "good.jsonl").write_bytes(lines(own("n-1"), own("n-2", cpv=("99999999",)), SUPPLIER))
    return tmp_path


async def test_an_import_submits_all_and_says_so(folder: Path, record: MemorySubmissions) -> None:
    summary = await import_paths([folder], submissions=record)
    assert record.open() == ["n-1", "n-2"]
    assert list(record.profiles) == ["s-1"]
    assert (summary.files, summary.needs, summary.profiles, summary.refusals, summary.taken) == (1, 2, 1, 0, 3)
    assert summary.notes == {Note.UNKNOWN_CPV: 1}
    assert summary.exit_code == 0


async def test_importing_again_changes_nothing(folder: Path, record: MemorySubmissions) -> None:
    (folder / "notice.xml").write_bytes(a_notice())
    await import_paths([folder], submissions=record)
    before = dict(record.needs)
    summary = await import_paths([folder], submissions=record)
    assert record.needs == before
    assert (summary.needs, summary.profiles, summary.unchanged, summary.exit_code) == (0, 0, 4, 0)


async def test_a_dry_run_reads_all_and_submits_nothing(folder: Path, record: MemorySubmissions) -> None:
    (folder / "cancel.xml").write_bytes(a_notice(change_reason="cancel", changes=f"{CHANGE_ID}-01"))
    summary = await import_paths([folder], submissions=None)
    assert (record.needs, record.profiles) == ({}, {})
    assert (summary.needs, summary.profiles, summary.withdrawn, summary.dry_run, summary.exit_code) == (2, 1, 1, True, 0)


async def test_what_is_refused_is_told_with_its_reason_and_counted_by_kind(folder: Path, record: MemorySubmissions) -> None:
    (folder / "award.xml").write_bytes(a_notice(subtype="29"))
    (folder / "bad.jsonl").write_bytes(b'{"x": 1}\n{"y"\n{"z": 2}')
    summary = await import_paths([folder, folder / "missing"], submissions=record)
    assert summary.exit_code == 1
    assert summary.files == 4
    assert summary.reasons == {
        RefusalKind.NO_OPEN_NEED: 1,
        RefusalKind.INVALID: 2,
        RefusalKind.UNREADABLE: 1,
        RefusalKind.NO_FILE: 1,
    }
    assert {(item.path.name, item.line) for item in summary.refused} == {
        ("award.xml", None),
        ("bad.jsonl", 1),
        ("bad.jsonl", 2),
        ("bad.jsonl", 3),
        ("missing", None),
    }
    assert all(item.reason.endswith(".") for item in summary.refused)


@pytest.mark.parametrize("content", [None, b"", b"nothing here", a_notice(subtype="29")])
async def test_nothing_usable_has_an_exit_code_of_its_own(
    tmp_path: Path, record: MemorySubmissions, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "file").write_bytes(content)
    assert (await import_paths([tmp_path], submissions=record)).exit_code == 2


async def test_what_the_record_refuses_is_told_and_the_rest_goes_on(tmp_path: Path, record: MemorySubmissions) -> None:
    other = {"id": "buyer-2", "name": "Southby", "country": "DK"}
    (tmp_path / "a.jsonl").write_bytes(lines(own("n-1"), own("n-1", buyer=other), own("n-2")))
    summary = await import_paths([tmp_path], submissions=record)
    assert record.open() == ["n-1", "n-2"]
    assert [(item.line, item.kind) for item in summary.refused] == [(2, RefusalKind.NOT_STORED)]
    assert "another buyer" in summary.refused[0].reason


def an_edition(notice_id: str, day: int, title: str = "T", **changes: Any) -> bytes:
    return a_notice(
        notice_id=notice_id,
        issued=(f"2026-03-{day:02}+01:00", "09:00:00+01:00"),
        project=a_project(title=title, description="D"),
        **changes,
    )


FIRST = an_edition(NOTICE_ID, 1)
CHANGE = an_edition(CHANGE_ID, 2, "Changed", changes=f"{NOTICE_ID}-01")
CANCEL = an_edition(CANCEL_ID, 3, "Changed", changes=f"{CHANGE_ID}-01", change_reason="cancel")
REOPENED = an_edition("44444444-2222-4333-8444-555555555555", 4, "Again", changes=f"{CANCEL_ID}-01")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_the_newest_edition_stands_in_whatever_order_the_files_come(
    tmp_path: Path, record: MemorySubmissions, order: tuple[int, ...]
) -> None:
    for place, which in enumerate(order):
        (tmp_path / f"{place}.xml").write_bytes((FIRST, CHANGE)[which])
    summary = await import_paths([tmp_path], submissions=record)
    assert record.needs[NEED_ID][1].title == "Changed"
    assert (summary.taken, summary.refusals, summary.outdated) == (2, 0, order[0])


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
async def test_a_cancelled_need_ends_withdrawn_in_whatever_order_the_files_come(
    tmp_path: Path, record: MemorySubmissions, order: tuple[int, ...]
) -> None:
    for place, which in enumerate(order):
        (tmp_path / f"{place}.xml").write_bytes((FIRST, CHANGE, CANCEL)[which])
    summary = await import_paths([tmp_path], submissions=record)
    assert record.open() == []
    assert (summary.withdrawn, summary.refusals) == (1, 0)
    again = await import_paths([tmp_path], submissions=record)
    assert record.open() == []
    assert again.refusals == 0


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 3, 0, 1)])
async def test_a_notice_after_the_cancellation_opens_the_need_again(
    tmp_path: Path, record: MemorySubmissions, order: tuple[int, ...]
) -> None:
    for place, which in enumerate(order):
        (tmp_path / f"{place}.xml").write_bytes((FIRST, CHANGE, CANCEL, REOPENED)[which])
    summary = await import_paths([tmp_path], submissions=record)
    assert record.open() == [NEED_ID]
    assert record.needs[NEED_ID][1].title == "Again"
    assert (summary.withdrawn, summary.refusals) == (0, 0)


async def test_several_cancellations_withdraw_once(tmp_path: Path, record: MemorySubmissions) -> None:
    (tmp_path / "0.xml").write_bytes(CANCEL)
    (tmp_path / "1.xml").write_bytes(FIRST)
    (tmp_path / "2.xml").write_bytes(
        an_edition("55555555-2222-4333-8444-555555555555", 2, changes=f"{NOTICE_ID}-01", change_reason="cancel")
    )
    (tmp_path / "3.xml").write_bytes(CHANGE)
    summary = await import_paths([tmp_path], submissions=record)
    assert (record.open(), len(record.reasons), summary.withdrawn) == ([], 1, 1)


async def test_cancelling_what_is_not_known_is_refused(tmp_path: Path, record: MemorySubmissions) -> None:
    (tmp_path / "cancel.xml").write_bytes(CANCEL)
    summary = await import_paths([tmp_path], submissions=record)
    assert (record.needs, summary.exit_code) == ({}, 2)
    assert "does not hold" in summary.refused[0].reason


async def test_progress_counts_files_to_the_end(folder: Path, record: MemorySubmissions) -> None:
    (folder / "award.xml").write_bytes(a_notice(subtype="29"))
    seen: list[Progress] = []
    await import_paths([folder], submissions=record, progress=seen.append)
    assert [(step.files_done, step.files) for step in seen] == [(0, 2), (1, 2), (2, 2)]
    assert [step.path.name if step.path else None for step in seen] == [None, "award.xml", "good.jsonl"]
    assert (seen[-1].taken, seen[-1].refused) == (3, 1)


async def test_a_record_that_does_not_answer_stops_the_import(folder: Path) -> None:
    class Silent(MemorySubmissions):
        async def submit_need(self, need_id: str, statement: NeedStatement, *, order: SourceOrder | None = None) -> Submitted:
            raise RecordUnavailable("The database does not answer.")

    with pytest.raises(RecordUnavailable):
        await import_paths([folder], submissions=Silent())


async def test_refusals_beyond_the_limit_are_still_counted(
    tmp_path: Path, record: MemorySubmissions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "_REFUSALS_KEPT", 3)
    (tmp_path / "bad.jsonl").write_bytes(lines(*[{"x": 1}] * 200, own("n-1")))
    summary = await import_paths([tmp_path], submissions=record)
    assert (len(summary.refused), summary.refusals, summary.reasons[RefusalKind.INVALID]) == (3, 200, 200)
    assert summary.exit_code == 1


def test_an_empty_summary_has_nothing_usable() -> None:
    assert Summary().exit_code == 2
