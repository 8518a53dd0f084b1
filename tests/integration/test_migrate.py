"""The schema is built by its migrations, each applied once, whoever comes first."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from tracking.store.migrate import (
    Migration,
    MigrationError,
    half_built,
    load_migrations,
    migrate,
    pending,
    plan,
)

COLOURS = Migration(1, "colours", "CREATE TABLE colour (name text PRIMARY KEY);")
SHADES = Migration(2, "shades", "CREATE TABLE shade (name text REFERENCES colour);")
INDEX = Migration(
    3, "shade_index", "-- no-transaction\nCREATE INDEX CONCURRENTLY shade_by_name ON shade (name);"
)
AGAIN = Migration(3, "shade_index", INDEX.sql.replace("CONCURRENTLY", "CONCURRENTLY IF NOT EXISTS"))
IS_VALID = """
SELECT i.indisvalid FROM pg_index AS i WHERE i.indexrelid = to_regclass('shade_by_name')
"""
BUILDER = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%CONCURRENTLY%'
"""


async def tables(dsn):
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch("SELECT relname FROM pg_class WHERE relname ~ '^(colo|shad)'")
        return {row["relname"] for row in rows}
    finally:
        await connection.close()


async def test_the_project_s_own_migrations_apply_once(empty_database_url):
    known = load_migrations()
    assert await plan(empty_database_url, known) == known
    assert await migrate(empty_database_url, known) == known
    assert await migrate(empty_database_url, known) == []


async def test_a_file_that_fails_leaves_nothing_and_keeps_those_before_it(empty_database_url):
    broken = Migration(2, "broken", "CREATE TABLE shade (name text); SELECT 1 / 0;")
    with pytest.raises(MigrationError, match="0002_broken: division by zero"):
        await migrate(empty_database_url, [COLOURS, broken])
    assert await tables(empty_database_url) == {"colour", "colour_pkey"}
    assert await plan(empty_database_url, [COLOURS, SHADES]) == [SHADES]


async def test_an_index_is_built_outside_a_transaction(empty_database_url):
    await migrate(empty_database_url, [COLOURS, SHADES, INDEX])
    assert "shade_by_name" in await tables(empty_database_url)


async def test_an_index_whose_building_was_cut_off_is_built_anew(empty_database_url):
    """Somebody's open transaction keeps it waiting until an operator gives up."""
    todo = [COLOURS, SHADES, AGAIN]
    await migrate(empty_database_url, [COLOURS, SHADES])
    writer, looker = [await asyncpg.connect(empty_database_url) for _ in range(2)]
    async with writer.transaction():
        await writer.execute("INSERT INTO colour VALUES ('red'); INSERT INTO shade VALUES ('red')")
        building = asyncio.create_task(migrate(empty_database_url, todo))
        while (pid := await looker.fetchval(BUILDER)) is None:  # noqa: ASYNC110 - a server away
            await asyncio.sleep(0.02)
        await looker.execute("SELECT pg_cancel_backend($1)", pid)
        with pytest.raises(MigrationError, match="0003_shade_index: canceling statement"):
            await building
    assert await looker.fetchval(IS_VALID) is False
    assert await plan(empty_database_url, todo) == [AGAIN]

    assert await migrate(empty_database_url, todo) == [AGAIN]
    assert await looker.fetchval(IS_VALID) is True
    assert await migrate(empty_database_url, todo) == []
    for connection in (writer, looker):
        await connection.close()


async def test_an_index_that_was_taken_for_built_is_told_and_built_anew(empty_database_url):
    """As earlier releases recorded it."""
    todo = [COLOURS, SHADES, AGAIN]
    await migrate(empty_database_url, todo)
    assert await half_built(empty_database_url, todo) == []
    looker = await asyncpg.connect(empty_database_url)
    await looker.execute(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'shade_by_name'::regclass"
    )
    assert await plan(empty_database_url, todo) == []
    assert await half_built(empty_database_url, todo) == [AGAIN]
    assert await migrate(empty_database_url, todo) == [AGAIN]
    assert (await half_built(empty_database_url, todo), await looker.fetchval(IS_VALID)) == (
        [],
        True,
    )
    await looker.close()


async def test_only_what_holds_nobody_up_waits_for_long(empty_database_url):
    limit = "current_setting('lock_timeout') AS it"
    todo = [
        Migration(1, "one", f"CREATE TABLE a AS SELECT {limit};"),
        Migration(2, "two", f"-- no-transaction\nCREATE TABLE b AS SELECT {limit};"),
        Migration(3, "three", f"CREATE TABLE c AS SELECT {limit};"),
    ]
    await migrate(empty_database_url, todo)
    looker = await asyncpg.connect(empty_database_url)
    assert [await looker.fetchval(f"SELECT it FROM {name}") for name in "abc"] == ["5s", "0", "5s"]
    await looker.close()


def test_every_index_of_ours_that_is_built_beside_everything_is_known_by_name():
    built = [each for each in load_migrations() if not each.in_transaction]
    assert {"standing_by_place", "shipment_with_people"} <= {each.index for each in built}
    assert all(f"EXISTS {each.index}\n" in each.sql for each in built)


async def test_those_who_migrate_at_once_take_turns(empty_database_url):
    todo = [COLOURS, SHADES, INDEX]
    done = await asyncio.gather(*(migrate(empty_database_url, todo) for _ in range(4)))
    assert sorted(done, key=len) == [[], [], [], todo]


async def test_a_file_changed_afterwards_is_refused(empty_database_url):
    await migrate(empty_database_url, [COLOURS])
    changed = Migration(1, "colours", COLOURS.sql + "\n-- better")
    with pytest.raises(MigrationError, match="0001_colours: the file was changed"):
        await migrate(empty_database_url, [changed, SHADES])
    assert await tables(empty_database_url) == {"colour", "colour_pkey"}


async def test_an_older_version_lives_with_a_newer_schema(empty_database_url):
    await migrate(empty_database_url, [COLOURS, SHADES])
    connection = await asyncpg.connect(empty_database_url)
    assert await pending(connection, [COLOURS]) == []
    await connection.close()


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        (["0001_a.sql", "0003_c.sql"], "0003_c: the number 0002 was expected"),
        (["0001_a.sql", "0001_b.sql"], "the number 0002 was expected"),
        (["0001_a.sql", "2_b.sql"], "2_b.sql: a migration is called 0001_what_it_does.sql"),
    ],
)
def test_a_gap_or_a_wrong_name_is_an_error(tmp_path, names, fault):
    for name in names:
        (tmp_path / name).write_text("SELECT 1;")
    with pytest.raises(MigrationError, match=fault):
        load_migrations(tmp_path)


def test_the_command_tells_by_its_exit_code_what_is_pending(empty_database_url):
    check, apply = klat(empty_database_url, "--check"), klat(empty_database_url)
    assert (check.returncode, apply.returncode) == (1, 0)
    assert check.stdout.splitlines()[0].startswith("pending 0001_")
    assert apply.stdout == check.stdout.replace("pending", "applied")
    again = klat(empty_database_url, "--check")
    assert (again.returncode, again.stdout) == (0, "")
    asyncio.run(_spoil(empty_database_url))
    broken = klat(empty_database_url, "--check")
    assert broken.returncode == 0, "it is slow without, and no reason not to start"
    name = "shipment_with_people"
    assert broken.stdout == f"invalid index {name} of 0033_{name}: run `klat migrate` again\n"


async def _spoil(dsn):
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'shipment_with_people'::regclass"
    )
    await connection.close()


def klat(database_url, *options):
    return subprocess.run(
        [Path(sys.executable).with_name("klat"), "migrate", *options],
        env=os.environ | {"KLAT_DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=False,
    )
