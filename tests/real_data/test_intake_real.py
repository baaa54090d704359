"""Every real notice file and row is taken, or refused for a reason that is right. Skipped where ../shared/data is absent."""

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from samspil.intake import Outcome, RefusalKind, RefusedItem, Taken, TakenProfile, read_paths
from samspil_schemas import NeedStatement, Stage, SupplierProfile

DATA = Path("../shared/data")
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real data of ../shared/data are not here")

NEEDS = {*map(str, range(1, 25)), "E1", "E2", "E3", "CEI", *(f"N{number}" for number in range(1, 25))}
# Notices of these subtypes that are broken on purpose: they have no notice id and hardly anything else.
EMPTY = {"INVALID_cn_24_empty.xml", "INVALID_cn_24_stage-1.xml"}


def index() -> list[dict[str, str]]:
    return [json.loads(line) for line in (DATA / "files" / "index.jsonl").read_text().splitlines()] if DATA.is_dir() else []


def read(*paths: Path) -> list[Outcome]:
    return list(read_paths(paths))


def print_table(found: list[Outcome]) -> None:
    """The refusals as a table, for whoever runs this with -s."""
    reasons = Counter((item.kind.value, item.reason) for item in found if isinstance(item, RefusedItem))
    taken = len(found) - reasons.total()
    sys.stdout.write(
        f"\n{taken:5}  taken\n" + "".join(f"{count:5}  {kind}: {why}\n" for (kind, why), count in reasons.most_common())
    )


def test_every_eforms_file_is_taken_or_refused_with_the_right_reason() -> None:
    found = read(DATA / "files" / "eforms")
    print_table(found)
    by_name = {
        str((item.path if isinstance(item, RefusedItem) else item.source.path).relative_to(DATA / "files")): item
        for item in found
    }
    rows = [row for row in index() if row["file"].startswith("eforms/")]
    assert set(by_name) == {row["file"] for row in rows}
    for row in rows:
        outcome, name = by_name[row["file"]], Path(row["file"]).name
        if row["subtype"] in NEEDS and name not in EMPTY:
            assert isinstance(outcome, Taken), outcome
        else:
            assert isinstance(outcome, RefusedItem), outcome
            expected = (
                RefusalKind.INCOMPLETE
                if name in EMPTY
                else RefusalKind.UNSUPPORTED
                if row["subtype"] is None
                else RefusalKind.NO_OPEN_NEED
            )
            assert outcome.kind is expected


def test_every_need_of_an_eforms_file_fits_the_contract_and_names_no_address() -> None:
    for outcome in read(DATA / "files" / "eforms"):
        if isinstance(outcome, Taken):
            said = outcome.statement.model_dump_json()
            assert NeedStatement.model_validate_json(said) == outcome.statement
            assert "contact@example.org" not in said
            assert outcome.statement.cpv


def test_the_consultation_among_the_examples_announces_a_dialogue() -> None:
    (found,) = read(DATA / "files" / "eforms" / "sdk-examples" / "E1_minimal.xml")
    assert isinstance(found, Taken)
    assert found.statement.stage is Stage.DIALOGUE
    assert found.statement.dialogue is not None
    assert found.statement.dialogue.registration_deadline == found.statement.answer_deadline


@pytest.mark.parametrize(("folder", "named"), [("ocds", "OCDS"), ("ted-export-legacy", "TED_EXPORT")])
def test_formats_that_are_not_read_yet_are_refused_by_name(folder: str, named: str) -> None:
    found = read(DATA / "files" / folder)
    assert len(found) == sum(row["file"].startswith(f"{folder}/") for row in index())
    for item in found:
        assert isinstance(item, RefusedItem)
        # One of the OCDS files is in Latin-1, so that not even its format can be told.
        assert named in item.reason or "UTF-8" in item.reason


@pytest.mark.parametrize(
    ("file", "kind", "refused"),
    [
        ("procurements_sv_uhm_dev.jsonl", Taken, 0),
        ("notices_ted_dev.jsonl", Taken, 0),
        ("notices_en_uk_open_2025.jsonl", Taken, 0),
        ("notices_no_doffin2020_dev.jsonl", Taken, 0),
        # One notice in English says neither a country nor a region.
        ("notices_no_doffin_eforms_2022_2024.jsonl", Taken, 1),
        ("awards_en_uk_dev.jsonl", Taken, 0),
        *((f"A-dev/{name}/queries.jsonl", Taken, 0) for name in ("sv-uhm", "en-uk", "multi-ted-cpvproxy")),
        *((f"A-dev/{name}/suppliers.jsonl", TakenProfile, 0) for name in ("sv-uhm", "en-uk", "multi-ted-cpvproxy")),
    ],
)
def test_every_row_of_the_tables_is_taken(file: str, kind: type[Taken | TakenProfile], refused: int) -> None:
    path = DATA / file
    found = read(path)
    assert len(found) == len(path.read_text().splitlines())
    assert sum(isinstance(item, kind) for item in found) == len(found) - refused
    assert [item.kind for item in found if isinstance(item, RefusedItem)] == [RefusalKind.INCOMPLETE] * refused
    for item in found[:200]:
        if isinstance(item, Taken):
            assert NeedStatement.model_validate_json(item.statement.model_dump_json()) == item.statement
        elif isinstance(item, TakenProfile):
            assert SupplierProfile.model_validate_json(item.profile.model_dump_json()) == item.profile


def test_ids_of_the_tables_stay_what_they_were() -> None:
    path = DATA / "procurements_sv_uhm_dev.jsonl"
    stated = [json.loads(line)["id"] for line in path.read_text().splitlines()]
    assert [item.need_id for item in read(path) if isinstance(item, Taken)] == stated
