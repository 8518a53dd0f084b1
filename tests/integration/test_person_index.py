"""Registrations of before the index, and of before a new key, are found too."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from schemas.api import ShipmentRegistration
from schemas.contact import Recipient
from tracking.contact import Contact, seal_contact
from tracking.register import register
from tracking.sealing import Sealer
from tracking.search.find import search
from tracking.search.index import index_missing
from tracking.store.pool import open_pool

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OTHER = Contact(recipient=Recipient(name="Zane Zariņš"))
OLD, NEW = Sealer(["old"]), Sealer(["new", "old"])


@pytest.fixture
async def pool(database_url):
    pool = await open_pool(database_url, size=4)
    yield pool
    await pool.close()


@pytest.fixture
async def shop(pool):
    merchant_id = uuid4()
    sql = "INSERT INTO merchant (merchant_id, name, created_at) VALUES ($1, 'Shop', $2)"
    await pool.execute(sql, merchant_id, NOW)
    for number in range(7):
        body = ShipmentRegistration(
            carrier="omniva",
            tracking_number=f"CE{number}",
            recipient=Recipient(name=f"Anna Ozola{'bcdefgh'[number] * 3}") if number else None,
        )
        await register(pool, OLD, merchant_id, body, now=NOW)
    return merchant_id


async def numbers(pool, sealer, typed: str) -> set[str]:
    found = await search(pool, sealer, typed)
    return {hit.parcel.tracking_number for hit in found.hits}


async def test_what_was_registered_before_there_was_an_index_is_indexed_once(pool, shop):
    await pool.execute("DELETE FROM person_index")
    assert await numbers(pool, OLD, "ozolaccc") == set()
    assert await index_missing(pool, OLD, at_once=2) == 6
    assert await numbers(pool, OLD, "ozolaccc") == {"CE1"}
    assert await index_missing(pool, OLD, at_once=2) == 0


async def test_under_a_new_key_it_is_found_before_and_after_it_is_indexed_anew(pool, shop):
    assert await numbers(pool, NEW, "ozolaccc") == {"CE1"}
    before = await pool.fetch("SELECT terms FROM person_index ORDER BY shipment_id")
    assert await index_missing(pool, NEW) == 6
    assert await index_missing(pool, NEW) == 0
    assert await pool.fetch("SELECT terms FROM person_index ORDER BY shipment_id") != before
    assert await numbers(pool, NEW, "ozolaccc") == {"CE1"}
    assert len(await numbers(pool, NEW, "anna")) == 6


async def test_what_no_key_opens_is_not_found_and_comes_back_with_its_key(pool, shop, caplog):
    assert await index_missing(pool, Sealer(["lost"])) == 0
    assert "contact.sealed_with_another_key" in caplog.text
    assert await numbers(pool, OLD, "ozolaccc") == set()
    assert await index_missing(pool, OLD) == 6
    assert await numbers(pool, OLD, "ozolaccc") == {"CE1"}


async def test_what_was_erased_or_changed_behind_its_back_is_found_out(pool, shop):
    key = "(SELECT shipment_id FROM shipment WHERE tracking_number = 'CE1')"
    await pool.execute(f"UPDATE registration SET contact = NULL WHERE shipment_id = {key}")
    assert await index_missing(pool, OLD) == 0
    assert await pool.fetchval("SELECT count(*) FROM person_index") == 5
    sealed = seal_contact(OLD, (id_ := await pool.fetchval(f"SELECT {key}")), OTHER)
    await pool.execute("UPDATE registration SET contact = $2 WHERE shipment_id = $1", id_, sealed)
    assert await index_missing(pool, OLD) == 1
    assert await numbers(pool, OLD, "zarins") == {"CE1"}


async def test_who_only_looks_locks_nothing(pool, shop):
    stamps = "SELECT array_agg(xmax::text ORDER BY shipment_id) FROM registration"
    before = await pool.fetchval(stamps)
    assert await index_missing(pool, OLD) == 0
    assert await pool.fetchval(stamps) == before


async def test_a_shop_finds_only_its_own(pool, shop):
    assert len((await search(pool, OLD, "anna", shops=[shop])).hits) == 6
    assert (await search(pool, OLD, "anna", shops=[uuid4()])).hits == []
    assert (await search(pool, OLD, "CE2", shops=[uuid4()])).hits == []
    assert (await search(pool, OLD, "CE2", shops=[])).hits == []
    assert len((await search(pool, OLD, "CE2", shops=[shop])).hits) == 1
