"""The tables: made by migrations, the same as the code believes, and safe to make twice."""

import asyncio
import shutil
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Connection, MetaData, Table, bindparam, inspect, text

from samspil.adapters.sql import SqlRecord, migrations, open_record
from samspil.adapters.sql.migrate import configuration, write_next
from samspil.adapters.sql.tables import metadata
from samspil.adapters.sql.types import Moment, counting_id, json_column
from samspil.errors import Misconfigured
from tests.factories import a_statement
from tests.protocol import START


def _differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))


async def test_models_and_migrations_agree(record: SqlRecord) -> None:
    async with record.begin() as transaction:
        assert await transaction.run(_differences) == []
        tables = await transaction.run(lambda connection: set(inspect(connection).get_table_names()))
    assert tables == set(metadata.tables) | {"alembic_version"}


async def test_migrating_again_changes_nothing(record: SqlRecord) -> None:
    await record.submissions.submit_need("n", a_statement())
    await record.migrate()
    assert await record.readings.need("n") is not None


async def test_two_at_once_do_not_collide_on_an_empty_file(tmp_path: Path) -> None:
    records = [open_record(f"sqlite+aiosqlite:///{tmp_path}/record.db") for _ in range(4)]
    await asyncio.gather(*(record.migrate() for record in records))
    for record in records:
        await record.ping()
        await record.close()


async def test_two_at_once_do_not_collide_on_an_empty_postgresql(postgres_url: str) -> None:
    admin = open_record(postgres_url)
    async with admin._database.engines.writes.connect() as connection:
        raw = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await raw.execute(text("DROP DATABASE IF EXISTS empty"))
        await raw.execute(text("CREATE DATABASE empty"))
    records = [open_record(postgres_url.replace("/postgres?", "/empty?")) for _ in range(4)]
    await asyncio.gather(*(record.migrate() for record in records))
    for record in records:
        await record.close()
    await admin.close()


async def test_tables_of_a_newer_version_are_refused_with_a_clear_word(record: SqlRecord) -> None:
    async with record.begin() as transaction:
        await transaction.run(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    try:
        with pytest.raises(Misconfigured, match="last wrote them"):
            await record.migrate()
    finally:
        async with record.begin() as transaction:
            await transaction.run(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '0006'")))


async def test_looking_at_the_tables_changes_nothing_and_tells_which_they_are(
    record: SqlRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await record.stands()
    empty = open_record(f"sqlite+aiosqlite:///{tmp_path}/empty.db")
    assert not await empty.stands()
    async with empty._database.connection(writes=False) as connection:
        assert not await connection.run_sync(lambda found: inspect(found).get_table_names())
    await empty.close()
    monkeypatch.setattr("alembic.script.ScriptDirectory.get_current_head", lambda _: "0007")
    with pytest.raises(Misconfigured, match="older version") as refusal:
        await record.stands()
    assert refusal.value.hint == "Run `samspil migrate`."


async def test_tables_of_a_newer_version_are_not_looked_at_either(record: SqlRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alembic.script.ScriptDirectory.get_current_head", lambda _: "0000")
    monkeypatch.setattr("alembic.script.ScriptDirectory.walk_revisions", lambda _: [])
    with pytest.raises(Misconfigured, match="newer version"):
        await record.stands()


SUBMIT = """
import asyncio, sys
from samspil.adapters.sql import open_record
from tests.factories import a_statement

async def main():
    record = open_record(sys.argv[1])
    await record.migrate()
    for number in range(30):
        await record.submissions.submit_need(f"{sys.argv[2]}-{number}", a_statement())
    await record.close()

asyncio.run(main())
"""


async def test_two_processes_write_to_one_file_at_once(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/record.db"
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", SUBMIT, url, name, stderr=asyncio.subprocess.PIPE)
        for name in ("one", "two")
    ]
    record = open_record(url)
    await record.migrate()
    for number in range(30):
        await record.submissions.submit_need(f"three-{number}", a_statement())
    for process in processes:
        _, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
    assert (await record.readings.totals())["needs"] == 90
    await record.close()


async def test_the_next_migration_says_what_the_tables_say_since_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scripts = tmp_path / "migrations"
    shutil.copytree(Path(migrations.__file__).parent, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    changed = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.tables.values():
        table.to_metadata(changed)
    Table("later", changed, Column("id", counting_id(), primary_key=True), Column("at", Moment()), Column("what", json_column()))
    monkeypatch.setattr("samspil.adapters.sql.tables.metadata", changed)
    await write_next("add later", scripts=str(scripts))
    text = (scripts / "versions" / "v0007_add_later.py").read_text()
    assert 'down_revision = "0006"' in text.replace("'", '"')
    assert "op.create_table('later'" in text
    assert "sa.Column('id', counting_id()" in text
    assert "sa.Column('at', Moment()" in text
    assert "sa.Column('what', json_column()" in text
    assert "drop_table" not in text
    assert "Generating" in capsys.readouterr().out


OLDER = [
    (
        "INSERT INTO needs (id, version, withdrawn, withdrawn_version, content_version, content)"
        " VALUES ('n', 2, false, 0, 2, :statement)"
    ),
    (
        "INSERT INTO ledger (need_id, version, status, known_at, accepted_at)"
        " VALUES ('n', 1, 'superseded', :now, :now), ('n', 2, 'pending', :now, :now)"
    ),
    (
        "INSERT INTO dialogues (dialogue_id, need_id, version, withdrawn, withdrawn_version, content_version, content,"
        " policies, revision, cancelled) VALUES ('d', 'n', 2, false, 0, 2, :offer, :nothing, 1, false)"
    ),
    (
        "INSERT INTO invitees (invitation_id, dialogue_id, need_id, supplier_id, matches, need_version, need_withdrawn,"
        " profile_version, profile_withdrawn, approved, status, revision, changed_at)"
        " VALUES ('told', 'd', 'n', 's', :nothing, 0, false, 0, false, false, 'issued', 1, :now),"
        " ('waits', 'd', 'n', 't', :nothing, 0, false, 0, false, false, 'awaiting_review', 0, :now)"
    ),
]


@pytest.fixture
async def older_url(record_url: str) -> str:
    """A database with the tables of the first version, and something in them."""
    url = record_url.replace("/postgres?", "/older?")
    if url != record_url:
        admin = open_record(record_url)
        async with admin._database.engines.writes.connect() as connection:
            raw = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await raw.execute(text("DROP DATABASE IF EXISTS older"))
            await raw.execute(text("CREATE DATABASE older"))
        await admin.close()
    older = open_record(url)

    def fill(connection: Connection) -> None:
        command.upgrade(configuration(connection), "0001")
        values = {
            "statement": a_statement(cpv=("90490000", "45233140")).model_dump(mode="json"),
            "offer": {"title": "t", "language": "en", "buyer_id": "b", "buyer_name": "B"},
            "nothing": {},
            "now": START,
        }
        types = [bindparam(name, type_=Moment() if name == "now" else json_column()) for name in values]
        for statement in OLDER:
            named = [one for one in types if f":{one.key}" in statement]
            connection.execute(text(statement).bindparams(*named), {one.key: values[one.key] for one in named})

    async with older._database.begin() as transaction:
        await transaction.run(fill)
    await older.close()
    return url


async def test_what_was_there_before_feedback_is_known_to_it_and_was_told(older_url: str) -> None:
    record = open_record(older_url)
    await record.migrate()
    async with record.begin() as transaction:
        before, newest = await transaction.ledger_entries(["n"])
        assert (before.cpv, before.regions, before.language) == (None, (), None)
        assert (newest.cpv, newest.regions, newest.language) == ("90490000", ("DK031",), "en")
        offer = (await transaction.dialogues_of(["n"]))["n"].standing.content
        assert offer is not None
        assert (offer.cpv, offer.regions) == ("90490000", ("DK031",))
        assert await transaction.run(_told) == {"told": True, "waits": False}
    await record.close()


def _told(connection: Connection) -> dict[str, bool]:
    return {row.invitation_id: bool(row.told) for row in connection.execute(text("SELECT invitation_id, told FROM invitees"))}
