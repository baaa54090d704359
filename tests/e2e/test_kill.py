"""The process is killed in the middle of 500 needs and started again; nothing may be lost or doubled."""

import json
import sqlite3
from contextlib import closing

import pytest

from samspil_schemas import CapabilityStatement
from tests.e2e.processes import Place
from tests.factories import a_profile, a_statement

NEEDS = 500
MIDDLE = 40
FIELDS = ("leaks in pipes", "school meals", "fall alarms", "snow on roads", "harbour power")


def rows():
    for number, field in enumerate(FIELDS * 2):
        capability = CapabilityStatement(id="c1", text=f"We have an answer to {field}.", language="en")
        profile = a_profile(name=f"Sample supplier {number}", capabilities=(capability,))
        yield {"supplier_id": f"supplier-{number:02}", "profile": profile.model_dump(mode="json")}
    for number in range(NEEDS):
        field = FIELDS[number % len(FIELDS)]
        statement = a_statement(title=f"An answer to {field}", description=f"We need an answer to {field}, number {number}.")
        yield {"need_id": f"need-{number:03}", "statement": statement.model_dump(mode="json")}


@pytest.mark.timeout(600)
def test_after_a_kill_in_the_middle_every_need_is_accounted_for_and_each_pair_stands_once(tmp_path):
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows()), encoding="utf-8")
    killed, whole = Place(tmp_path / "killed"), Place(tmp_path / "whole")
    assert killed.run("import", str(file), "--no-wait").returncode == 0

    with killed.up() as process:
        killed.wait_for(lambda: accounted(killed) >= MIDDLE)
        killed.kill(process)
    in_the_middle = accounted(killed)
    assert in_the_middle < NEEDS
    with killed.up():
        killed.wait_for(lambda: accounted(killed) == NEEDS)

    assert whole.run("import", str(file), timeout=200).returncode == 0
    assert accounted(whole) == NEEDS
    assert killed.json("ledger", "--limit", "1")["accounted"] == NEEDS
    assert pairs(killed) == pairs(whole)
    assert len(pairs(killed)) == len(set(pairs(killed)))
    assert pairs(killed)


def accounted(place):
    """Read past the command line, whose start would take the processor from what is watched."""
    with closing(sqlite3.connect(place.path / "record.sqlite", timeout=30)) as connection:
        return connection.execute("select count(*) from ledger where status <> 'pending'").fetchone()[0]


def pairs(place):
    with closing(sqlite3.connect(place.path / "record.sqlite")) as connection:
        found = connection.execute("select kind, left_id, right_id, score from listings where stands order by 1, 2, 3")
        return found.fetchall()
