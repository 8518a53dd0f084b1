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


def klat(database_url, *options):
    return subprocess.run(
        [Path(sys.executable).with_name("klat"), "migrate", *options],
        env=os.environ | {"KLAT_DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=False,
    )
