"""`klat users`: made, listed, renewed, shut out; what is wrong is said with what to do."""

import re

import asyncpg
import command
import pytest
from cryptography.fernet import Fernet

from tracking.staff.passwords import is_password

PASSWORD = re.compile(r"([2-9a-z]{4}-){4}[2-9a-z]{4}")
ANNA = "anna@example.org"
KEY = Fernet.generate_key().decode()


@pytest.fixture
def klat(database_url, tmp_path):
    env = {"KLAT_DATABASE_URL": database_url, "KLAT_DATA_DIR": str(tmp_path)}
    env["KLAT_SECRET_KEYS"] = KEY

    async def run(*words):
        return await command.klat("users", *words, env=env)

    return run


@pytest.fixture
async def conn(database_url):
    conn = await asyncpg.connect(database_url)
    yield conn
    await conn.close()


async def test_from_the_first_day_to_the_last(klat, conn):
    code, printed, said = await klat("create", "--email", ANNA.upper(), "--role", "support")
    once = printed.splitlines()[-1]
    assert (code, bool(PASSWORD.fullmatch(once)), "7 days" in said) == (0, True, True)
    assert await is_password(await conn.fetchval("SELECT password FROM staff"), once)

    code, listed, _ = await klat("list")
    assert listed.split("\t")[:4] == [ANNA, "support", "all shops", "password only"]

    again = (await klat("reset", "--email", ANNA))[1].splitlines()[-1]
    assert again != once
    assert not await is_password(await conn.fetchval("SELECT password FROM staff"), once)

    assert (await klat("disable", "--email", ANNA))[0] == 0
    assert "\tdisabled\t" in (await klat("list"))[1]


async def test_somebody_may_work_for_some_shops_only(klat, conn):
    await conn.execute(
        "INSERT INTO merchant (merchant_id, name, created_at)"
        " VALUES (gen_random_uuid(), 'Zaļā Lapa', now())"
    )
    shop = ("--merchant", "Zaļā Lapa")
    assert (await klat("create", "--email", ANNA, "--role", "lead", *shop))[0] == 0
    assert (await klat("list"))[1].split("\t")[:3] == [ANNA, "lead", "Zaļā Lapa"]
    code, printed, said = await klat(
        "create", "--email", "b@example.org", "--role", "lead", "--merchant", "Nobody"
    )
    assert (code, printed, "no shop is called 'Nobody'" in said) == (1, "", True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create", "--email", "nonsense", "--role", "admin"), "--email: not an e-mail address"),
        (("reset", "--email", ANNA), "klat users list"),
        (("disable", "--email", ANNA), "klat users list"),
        (("change", "--email", ANNA, "--role", "lead"), "klat users list"),
        (("change", "--email", ANNA), "Name what changes"),
        (("change", "--email", ANNA, "--merchant", "a", "--all-shops"), "one of them"),
    ],
)
async def test_what_is_wrong_is_said(klat, words, said):
    code, printed, complaint = await klat(*words)
    assert (code, printed, said in complaint) == (1, "", True)


async def test_nobody_is_made_twice(klat):
    await klat("create", "--email", ANNA, "--role", "admin")
    code, printed, said = await klat("create", "--email", ANNA, "--role", "admin")
    assert (code, printed, "klat users reset" in said) == (1, "", True)


async def test_another_role_and_other_shops_end_every_session_and_are_noted(klat, conn):
    await conn.execute(
        """
        INSERT INTO merchant (merchant_id, name, created_at)
        VALUES (gen_random_uuid(), 'Zaļā Lapa', now());
        INSERT INTO staff (staff_id, email, name, role, password, created_at)
        VALUES (gen_random_uuid(), 'anna@example.org', 'Anna', 'support', 'x', now());
        INSERT INTO staff_session (session_hash, staff_id, second, created_at, seen_at)
        SELECT 'x', staff_id, true, now(), now() FROM staff;
        """
    )
    words = ("change", "--email", ANNA.upper(), "--role", "lead", "--merchant", "Zaļā Lapa")
    code, _, said = await klat(*words)
    assert (code, said.strip()) == (0, "changed")
    assert await conn.fetchval("SELECT count(*) FROM staff_session") == 0
    changed = await conn.fetchrow(
        "SELECT role, shops = ARRAY(SELECT merchant_id FROM merchant) AS is_of_shop FROM staff"
    )
    assert tuple(changed) == ("lead", True)
    noted = await conn.fetchrow("SELECT action, detail FROM audit")
    assert (noted["action"], "lead" in noted["detail"]) == ("role_changed", False), "sealed"
    assert (await klat("change", "--email", ANNA, "--all-shops"))[0] == 0
    assert tuple(await conn.fetchrow("SELECT role, shops FROM staff")) == ("lead", None)
