"""`klat audit`: who saw and did what, as a table, with what was typed."""

import csv
from datetime import UTC, datetime, timedelta
from uuid import UUID

import command
import pytest
from people import PHONE

from schemas.staff import Action, StaffRole
from tracking.sealing import Sealer
from tracking.staff.audit import note
from tracking.staff.people import add_staff
from tracking.store.pool import open_pool
from tracking.store.staff import StaffStore

KEY = "q" * 42 + "Q="
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PARCEL = UUID(int=7)
SHOP = UUID(int=8)


@pytest.fixture
async def noted(database_url):
    """Anna searched, and a minute later Zane looked at a parcel."""
    pool = await open_pool(database_url, size=2)
    store, sealer = StaffStore(pool), Sealer([KEY])
    for name in ("anna", "zane"):
        await add_staff(pool, f"{name}@x.example", name, StaffRole.SUPPORT, None, now=NOW)
    anna = await store.staff_by_email("anna@x.example")
    zane = await store.staff_by_email("zane@x.example")
    await note(store, sealer, anna, Action.SEARCHED, NOW, q=f'=1+1"{PHONE}')
    later = NOW + timedelta(minutes=1)
    await note(store, sealer, zane, Action.PARCEL_SEEN, later, shipment_id=PARCEL, merchant_id=SHOP)
    await pool.close()


@pytest.fixture
def klat(database_url, tmp_path):
    env = {"KLAT_DATABASE_URL": database_url, "KLAT_DATA_DIR": str(tmp_path)}

    async def run(*words, key=KEY):
        ended = await command.klat("audit", *words, env=env | {"KLAT_SECRET_KEYS": key})
        assert ended.code == 0, ended.complaint
        return list(csv.DictReader(ended.printed.splitlines()))

    return run


async def test_the_latest_is_first_and_what_was_typed_is_opened(noted, klat):
    seen, searched = await klat()
    assert (seen["email"], seen["action"]) == ("zane@x.example", "parcel_seen")
    assert (seen["merchant_id"], searched["merchant_id"]) == (str(SHOP), "")
    assert (seen["at"], seen["shipment_id"]) == ("2026-11-20T12:01:00Z", str(PARCEL))
    assert (searched["action"], PHONE in searched["detail"]) == ("searched", True)
    assert not searched["detail"].startswith("="), "no spreadsheet runs it"


async def test_of_one_person_or_before_some_time(noted, klat):
    assert [row["email"] for row in await klat("--email", "ANNA@x.example")] == ["anna@x.example"]
    before = await klat("--before", "2026-11-20T12:00:30")
    assert [row["action"] for row in before] == ["searched"]
    assert len(await klat("--most", "1")) == 1


async def test_what_no_key_opens_says_so(noted, klat):
    _, searched = await klat(key="x" * 42 + "Q=")
    assert searched["detail"] == '{"sealed_with_another_key": true}'
