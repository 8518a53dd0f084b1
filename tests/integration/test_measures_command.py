"""`klat measures rebuild`: what went wrong in the counts is mended from what is kept."""

from datetime import UTC, datetime, timedelta

import command
import pytest
from promise_shop import Shop

from tracking.measuring import count_due, mark_due
from tracking.store.pool import open_pool

NOW = datetime.now(UTC)


@pytest.fixture
async def pool(database_url):
    pool = await open_pool(database_url, size=2)
    yield pool
    await pool.close()


@pytest.fixture
def klat(database_url, tmp_path):
    env = {"KLAT_DATABASE_URL": database_url, "KLAT_DATA_DIR": str(tmp_path)}

    async def run(*words: str) -> tuple[int, str]:
        code, printed, complaint = await command.klat("measures", *words, env=env)
        return code, printed + complaint

    return run


async def test_wrong_counts_are_mended(pool, klat):
    shop = await Shop.open(pool)
    for days in (1, 30):
        shop.now = NOW - timedelta(days=days)
        await shop.register(days)
    await mark_due(pool, NOW - timedelta(minutes=5))
    await count_due(pool)
    await pool.execute("UPDATE measure SET parcels = 7 WHERE span = 'day'")
    since = f"{NOW - timedelta(days=9):%Y-%m-%d}"
    assert await klat("rebuild", "--since", since) == (0, "days of shops counted anew: 1\n")
    found = await pool.fetch("SELECT parcels FROM measure WHERE span = 'day' ORDER BY day")
    assert [row["parcels"] for row in found] == [7, 1]
    assert await klat("rebuild") == (0, "days of shops counted anew: 2\n")
    right = "SELECT sum(parcels) FILTER (WHERE span = 'day'), sum(parcels) FROM measure"
    assert tuple(await pool.fetchrow(right)) == (2, 4), "the months too"


async def test_what_is_closed_is_not_opened(klat):
    code, said = await klat("rebuild", "--since", "2020-01-01")
    assert code == 1
    assert "at the earliest; days are closed after 180 days" in " ".join(said.split())
